import { FileLock } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import {
  type IptablesChange,
  parseSavedTable,
  printChanges,
  type SavedTable,
} from "./iptables-text.ts";

/** Which of the two implementations of iptables: the one that is called so, or one of them. */
export type IptablesVariant = "default" | "legacy";

/** Other programs that look and then change (another call of a plugin) wait for each other here. */
const LOCK = "/run/nodewright/iptables.lock";

/** Long enough for a node whose service proxy rewrites thousands of rules. */
const WAIT_SECONDS = 60;

/** iptables or ip6tables of this machine: one program call to read a table, one to change it. */
export class Iptables {
  readonly family: 4 | 6;
  readonly #program: string;
  readonly #path: string;

  constructor(
    family: 4 | 6,
    options: {
      readonly env: Readonly<Record<string, string | undefined>>;
      readonly variant?: IptablesVariant;
    },
  ) {
    this.family = family;
    const base = family === 4 ? "iptables" : "ip6tables";
    this.#program = options.variant === "legacy" ? `${base}-legacy` : base;
    // A runtime may have been started with a path that has no sbin.
    this.#path = `${options.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;
  }

  /** True where the programs are installed. */
  get isInstalled(): boolean {
    return this.#which("save") !== undefined && this.#which("restore") !== undefined;
  }

  /** Reads a table. */
  read(table: string): SavedTable {
    return parseSavedTable(this.#run("save", ["-t", table], ""));
  }

  /**
   * Reads a table and changes it as `plan` says, all at once or not at all; nothing is run where
   * it says nothing. Calls of this kind do not overlap. CniError 5 with iptables' words.
   */
  change(table: string, plan: (present: SavedTable) => readonly IptablesChange[]): void {
    using _lock = FileLock.acquireBlocking(LOCK);
    const changes = plan(this.read(table));
    if (changes.length === 0) return;
    this.#run("restore", ["--noflush", `--wait=${WAIT_SECONDS}`], printChanges(table, changes));
  }

  #which(tool: "save" | "restore"): string | undefined {
    return Bun.which(`${this.#program}-${tool}`, { PATH: this.#path }) ?? undefined;
  }

  #run(tool: "save" | "restore", args: readonly string[], stdin: string): string {
    const path = this.#which(tool);
    const name = `${this.#program}-${tool}`;
    if (path === undefined) {
      throw new CniError(CNI_ERROR.ioFailure, `Cannot run ${name}: it is not installed`, {
        fix: "Install the package iptables, or choose the nftables backend",
      });
    }
    const child = Bun.spawnSync([path, ...args], {
      env: { PATH: this.#path, LC_ALL: "C" },
      stdin: new TextEncoder().encode(stdin),
    });
    if (child.exitCode === 0) return child.stdout.toString();
    const said = child.stderr.toString().trim();
    throw new CniError(
      CNI_ERROR.ioFailure,
      `Cannot ${tool === "save" ? "read" : "change"} the rules with ${name}: ${said.split("\n")[0] ?? ""}`,
      { details: [said, stdin].filter((text) => text !== "").join("\n") },
    );
  }
}
