import { readFileSync } from "node:fs";
import { NodewrightError } from "../../base/mod.ts";
import type { Disk, Systemd, UnitState } from "../../machine/mod.ts";

/** How a unit behaves when it is started: by default it runs. */
export type UnitBehaviour = "runs" | "start-fails" | "crashes" | "exits";

interface FakeUnit {
  state: UnitState;
  /** The unit file as it was at the last daemon-reload. */
  loaded: string | undefined;
}

const DIRECTORIES = ["/etc/systemd/system", "/usr/lib/systemd/system"];

/** Refuses what systemd refuses: a unit without a file, a masked one; forgets a unit only at daemon-reload. */
export class FakeSystemd implements Systemd {
  readonly #disk: Disk;
  readonly #effect: (what: string) => void;
  readonly #units = new Map<string, FakeUnit>();
  readonly #journals = new Map<string, string[]>();
  /** Every change asked for, in order: `restart containerd.service`. */
  readonly log: string[] = [];
  /** What a unit reads when it starts; kept to compare with what is there later. */
  reads: Readonly<Record<string, readonly string[]>> = {};
  readonly #startedWith = new Map<string, string>();
  /** Decides by what the unit would read then. */
  behaviour: (unit: string) => UnitBehaviour = () => "runs";

  /** `effect` is called before and after each change; a test throws from there. */
  constructor(disk: Disk, effect: (what: string) => void = () => {}) {
    this.#disk = disk;
    this.#effect = effect;
  }

  async show(units: readonly string[]): Promise<Record<string, UnitState>> {
    return Object.fromEntries(units.map((unit) => [unit, this.#look(unit)]));
  }

  async daemonReload(): Promise<void> {
    await this.#change("daemon-reload", () => {
      for (const [name, unit] of this.#units) {
        unit.loaded = this.#read(name);
        if (unit.loaded !== undefined) continue;
        unit.state = { ...unit.state, unitFileState: "" };
      }
    });
  }

  async enable(unit: string): Promise<void> {
    await this.#change(`enable ${unit}`, () => {
      if (this.#read(unit) === undefined) throw new NodewrightError("exec", `No unit ${unit}`);
      this.#set(unit, { unitFileState: "enabled" });
    });
  }

  async disable(unit: string): Promise<void> {
    await this.#change(`disable ${unit}`, () => this.#set(unit, { unitFileState: "disabled" }));
  }

  async mask(unit: string): Promise<void> {
    await this.#change(`mask ${unit}`, () => this.#set(unit, { unitFileState: "masked" }));
  }

  async unmask(unit: string): Promise<void> {
    await this.#change(`unmask ${unit}`, () => this.#set(unit, { unitFileState: "disabled" }));
  }

  async start(unit: string): Promise<void> {
    if (this.#look(unit).activeState === "active") return;
    await this.#begin("start", unit);
  }

  async restart(unit: string): Promise<void> {
    await this.#begin("restart", unit);
  }

  /** The machine shuts down: nothing can be started or stopped. */
  isStopping = false;

  async isGoingDown(): Promise<boolean> {
    return this.isStopping;
  }

  async stop(unit: string): Promise<void> {
    await this.#change(`stop ${unit}`, () =>
      this.#set(unit, { activeState: "inactive", subState: "dead" }),
    );
  }

  async swapUnits(): Promise<readonly string[]> {
    return [...this.#units.keys()].filter((name) => name.endsWith(".swap"));
  }

  async journalCursor(): Promise<string> {
    return "cursor";
  }

  async journal(unit: string): Promise<readonly string[]> {
    return this.#journals.get(unit) ?? [];
  }

  /** A unit that was there before nodewright. */
  put(unit: string, state: Partial<UnitState>): void {
    this.#set(unit, state);
    this.#unit(unit).loaded = this.#read(unit);
  }

  /** Whether a unit runs with what it would read now. */
  runsWithPresentFiles(unit: string): boolean {
    return this.#startedWith.get(unit) === this.#contents(unit);
  }

  #contents(unit: string): string {
    return (this.reads[unit] ?? []).map((path) => this.#text(path) ?? "absent").join("\0");
  }

  async #begin(verb: string, unit: string): Promise<void> {
    await this.#change(`${verb} ${unit}`, () => {
      const { loaded } = this.#unit(unit);
      if (loaded === undefined) throw new NodewrightError("exec", `Unit ${unit} not found`);
      const how = this.behaviour(unit);
      this.#startedWith.set(unit, this.#contents(unit));
      this.#journals.set(unit, [`${unit}: ${how}`]);
      if (how === "start-fails") {
        this.#set(unit, {
          activeState: "failed",
          subState: "failed",
          result: "exit-code",
          execMainStatus: 1,
        });
        throw new NodewrightError("exec", `Job for ${unit} failed`);
      }
      const subState = { runs: "running", crashes: "auto-restart", exits: "exited" }[how];
      const activeState = how === "crashes" ? "activating" : "active";
      this.#set(unit, { activeState, subState, result: "success", execMainStatus: 0 });
    });
  }

  async #change(what: string, work: () => void): Promise<void> {
    this.#effect(`before ${what}`);
    this.log.push(what);
    work();
    this.#effect(`after ${what}`);
  }

  #look(unit: string): UnitState {
    const { state, loaded } = this.#unit(unit);
    const file = this.#read(unit);
    const loadState = loaded === undefined && state.unitFileState === "" ? "not-found" : "loaded";
    return { ...state, loadState, needDaemonReload: loaded !== undefined && file !== loaded };
  }

  #unit(name: string): FakeUnit {
    let unit = this.#units.get(name);
    if (unit === undefined) {
      // systemd reads a unit that it has not met when it is asked for it
      const loaded = this.#read(name);
      const unitFileState = loaded === undefined ? "" : "disabled";
      unit = { loaded, state: { ...ABSENT, unitFileState } };
      if (loaded !== undefined) this.#units.set(name, unit);
    }
    return unit;
  }

  #set(name: string, change: Partial<UnitState>): void {
    const unit = this.#unit(name);
    unit.state = { ...unit.state, ...change };
    this.#units.set(name, unit);
  }

  #read(name: string): string | undefined {
    for (const directory of DIRECTORIES) {
      const text = this.#text(`${directory}/${name}`);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  #text(path: string): string | undefined {
    try {
      return readFileSync(this.#disk.at(path), "utf8");
    } catch {
      return undefined;
    }
  }
}

const ABSENT: UnitState = {
  loadState: "not-found",
  activeState: "inactive",
  subState: "dead",
  unitFileState: "",
  needDaemonReload: false,
  dropIns: [],
  result: "success",
  execMainStatus: 0,
  restarts: 0,
  mainPid: 0,
  fragmentPath: "",
  sourcePath: "",
};
