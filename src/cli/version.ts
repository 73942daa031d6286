import { release } from "node:os";
import { ARCHES, type Lock, parseArch, readLock } from "../artifacts/mod.ts";
import { VERSION } from "../base/mod.ts";
import { PLUGIN_NAMES, SPEC_VERSIONS } from "../cni/mod.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";

interface VersionRow {
  readonly name: string;
  readonly version: string;
  /** Where the version was read. */
  readonly of: string;
}

/** `nodewright version [--all]`. */
export const define: DefineCommand = (root, context) => {
  root
    .option("--all", "also of what nodewright is made of, speaks, finds here, and installs")
    .action(async (options) => {
      const rows = options.all === true ? await allVersions(context) : [];
      if (context.json) {
        const versions = options.all === true ? { versions: rows } : {};
        context.out.json({ kind: "version", nodewright: VERSION, ...versions });
        return;
      }
      if (options.all !== true) context.out.line(VERSION);
      else {
        const cells = rows.map(({ name, version, of }) => [name, version, of]);
        context.out.table(["NAME", "VERSION", "OF"], cells);
      }
    });
};

async function allVersions(context: CliContext): Promise<readonly VersionRow[]> {
  const { arch, env } = context.process;
  const own = parseArch(arch);
  const machine = own === undefined ? arch : ARCHES[own].uname;
  return [
    { name: "nodewright", version: VERSION, of: context.process.execPath },
    { name: "bun", version: Bun.version, of: "this executable's runtime" },
    { name: "linux", version: release(), of: `this machine, ${machine}` },
    { name: "ssh", version: versionOf(["ssh", "-V"], env), of: "this machine's OpenSSH" },
    { name: "CNI", version: SPEC_VERSIONS.join(" "), of: "specification versions of the plugins" },
    { name: "CNI plugins", version: String(PLUGIN_NAMES.length), of: PLUGIN_NAMES.join(" ") },
    { name: "CRI", version: "v1", of: "container runtime interface of `nodewright cri`" },
    ...lockedVersions(await readLock(context.clusterDir)),
  ];
}

/** The first line that a program prints about its version; "missing" where there is no such program. */
function versionOf(argv: readonly string[], env: CliContext["process"]["env"]): string {
  try {
    const child = Bun.spawnSync([...argv], { env, stdin: "ignore", timeout: 5000 });
    const text = `${child.stdout}${child.stderr}`.split("\n")[0] ?? "";
    return /[\w.]+_?\d[\w.]*/.exec(text)?.[0] ?? "unknown";
  } catch {
    return "missing";
  }
}

/** What nodewright.lock holds: the components that nodes get. */
function lockedVersions(lock: Lock): readonly VersionRow[] {
  return Object.entries(lock).flatMap(([arch, components]) =>
    Object.entries(components ?? {}).flatMap(([name, bySettings]) =>
      Object.values(bySettings).map(({ version, source }) => ({
        name,
        version,
        of: `nodewright.lock, ${arch}, from ${source}`,
      })),
    ),
  );
}
