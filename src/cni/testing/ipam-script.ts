import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What an IPAM script does on which operation. */
export interface IpamScriptOptions {
  /** `type` of the configuration; default `script-ipam`. */
  readonly type?: string;
  /** What ADD prints; default one IPv4 and one IPv6 address with their default routes. */
  readonly result?: object;
  /** Operations that fail with code 100. */
  readonly fails?: readonly string[];
  /** A shell command that runs first, in the namespace that the plugin runs in. */
  readonly before?: string;
}

const RESULT = {
  cniVersion: "1.1.0",
  ips: [
    { address: "198.51.100.5/24", gateway: "198.51.100.1" },
    { address: "2001:db8::5/64", gateway: "2001:db8::1" },
  ],
  routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
  dns: { nameservers: ["198.51.100.53"] },
};

/**
 * An IPAM plugin that is a shell script: it prints what it is told to, and keeps a list of what it
 * was called for. For tests of plugins that call one.
 */
export class IpamScript {
  /** For CNI_PATH. */
  readonly directory: string;
  readonly #log: string;

  /** Makes the script in a directory of its own below `parent`. */
  constructor(parent: string, options: IpamScriptOptions = {}) {
    const { type = "script-ipam", result = RESULT, fails = [], before = "" } = options;
    this.directory = mkdtempSync(join(parent, "ipam-"));
    this.#log = join(this.directory, "calls");
    const path = join(this.directory, type);
    const failure = JSON.stringify({ cniVersion: "1.1.0", code: 100, msg: "told to fail" });
    const lines = [
      "#!/bin/sh",
      `cat > '${this.directory}/stdin'`,
      `echo "$CNI_COMMAND" >> '${this.#log}'`,
      before,
      `case "$CNI_COMMAND" in`,
      `${["none", ...fails].join("|")}) echo '${failure}'; exit 1 ;;`,
      `ADD) echo '${JSON.stringify(result)}' ;;`,
      "esac",
    ];
    writeFileSync(path, `${lines.join("\n")}\n`);
    chmodSync(path, 0o755);
  }

  /** The operations since the last look. */
  takeCalls(): readonly string[] {
    if (!existsSync(this.#log)) return [];
    const calls = readFileSync(this.#log, "utf8").trim().split("\n");
    rmSync(this.#log);
    return calls;
  }
}
