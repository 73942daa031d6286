import { statSync } from "node:fs";
import { ARCHES, isArch, readBinary } from "../../../artifacts/mod.ts";
import type { BinaryFact, ComponentVersions, NodeFacts } from "../../../check/mod.ts";
import type { RootTree } from "./root-tree.ts";

/** Where programs are looked for, as systemd's own default has it. */
const PROGRAM_DIRS = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
] as const;
const PROGRAMS = [
  "containerd",
  "containerd-shim-runc-v2",
  "ctr",
  "runc",
  "crictl",
  "kubelet",
  "kube-proxy",
  "kubectl",
] as const;
const PLUGIN_DIRS = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"] as const;

/** Which component a program is the version of. */
const COMPONENT_OF: Readonly<Record<string, keyof ComponentVersions>> = {
  containerd: "containerd",
  runc: "runc",
  crictl: "crictl",
  kubelet: "kubelet",
  "kube-proxy": "kube-proxy",
  kubectl: "kubectl",
  bridge: "cni-plugins",
};

/**
 * Looks into the executables of a node, wherever its units, containerd's configuration and the usual
 * places have them; one that has several names is read once. Nothing is run.
 */
export async function readBinaries(
  tree: RootTree,
  facts: NodeFacts,
): Promise<{ binaries: ReadonlyMap<string, BinaryFact>; versions: ComponentVersions }> {
  const binaries = new Map<string, BinaryFact>();
  const versions: { -readonly [K in keyof ComponentVersions]: ComponentVersions[K] } = {};
  const known = new Map<string, Promise<BinaryFact | undefined>>();
  for (const path of executablesOf(tree, facts)) {
    const local = tree.locate(path);
    if (local === undefined || binaries.has(path)) continue;
    const { dev, ino } = statSync(local);
    const key = `${dev}:${ino}`;
    const reading = known.get(key) ?? read(local, path);
    known.set(key, reading);
    const fact = await reading;
    if (fact === undefined) continue;
    binaries.set(path, { ...fact, path, origin: path });
    const component = COMPONENT_OF[path.slice(path.lastIndexOf("/") + 1)];
    if (component !== undefined && fact.version !== undefined) versions[component] ??= fact.version;
  }
  return { binaries, versions };
}

/** Paths in the order in which they count: what units start comes before what merely lies about. */
function executablesOf(tree: RootTree, facts: NodeFacts): readonly string[] {
  const started = [facts.containerdUnit, facts.kubeletUnit, facts.kubeProxyUnit].flatMap((unit) =>
    (unit?.unit.execStart ?? []).map(({ executable }) => executable.value),
  );
  const programs = PROGRAM_DIRS.flatMap((dir) => PROGRAMS.map((name) => `${dir}/${name}`));
  const dirs = new Set([
    ...(facts.containerdConfig?.cniBinDirs ?? []).map(({ value }) => value),
    ...PLUGIN_DIRS,
  ]);
  const plugins = [...dirs].flatMap((dir) =>
    (tree.list(dir) ?? []).map((name) => `${dir}/${name}`),
  );
  return [...started.filter((path) => path.startsWith("/")), ...programs, ...plugins];
}

async function read(local: string, path: string): Promise<BinaryFact | undefined> {
  try {
    if (!statSync(local).isFile()) return undefined;
    const facts = await readBinary(local);
    const { arch, version, glibc, interpreter, kind, what, executable } = facts;
    return {
      path,
      origin: path,
      ...(arch === undefined ? {} : { machine: isArch(arch) ? ARCHES[arch].uname : arch }),
      ...(kind === "script" || (kind === "elf" && executable) ? {} : { damage: what }),
      ...(version === undefined ? {} : { version }),
      ...(glibc === undefined ? {} : { glibc }),
      ...(interpreter === undefined ? {} : { interpreter }),
    };
  } catch {
    return undefined;
  }
}
