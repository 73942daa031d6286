import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A message bus of its own, with the fake firewalld on it, for plugins that are called with `env`. */
export class PrivateBus implements Disposable {
  readonly env: Readonly<Record<string, string>>;
  readonly #children: Bun.Subprocess[] = [];
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    const socket = join(directory, "bus");
    this.env = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` };
    const config = join(directory, "bus.conf");
    writeFileSync(
      config,
      `<busconfig>
        <listen>unix:path=${socket}</listen>
        <auth>EXTERNAL</auth>
        <policy context="default">
          <allow send_destination="*" eavesdrop="true"/>
          <allow eavesdrop="true"/>
          <allow own="*"/>
        </policy>
      </busconfig>`,
    );
    this.#start("dbus", ["dbus-daemon", `--config-file=${config}`, "--nofork", "--print-address"]);
    const program = resolve(import.meta.dir, "fake-firewalld.ts");
    this.#start("firewalld", [process.execPath, program]);
  }

  /** Starts a program and waits for its first line. */
  #start(name: string, argv: string[]): void {
    const log = join(this.#directory, `${name}.log`);
    const child = Bun.spawn(argv, {
      env: { ...process.env, ...this.env },
      stdout: Bun.file(log),
      stderr: "inherit",
    });
    this.#children.push(child);
    for (let tries = 0; readFileSync(log, "utf8") === ""; tries++) {
      if (tries > 500 || child.exitCode !== null) throw new Error(`${name} does not start`);
      Bun.sleepSync(10);
    }
  }

  /** Ends firewalld; the bus stays. */
  stopFirewalld(): void {
    const child = this.#children.pop();
    child?.kill("SIGKILL");
    Bun.sleepSync(100);
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }
}
