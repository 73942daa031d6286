import { compareDotted } from "../../../base/mod.ts";
import type { ContainerdConfig, ContainerdRuntime, Located } from "../../../config/mod.ts";
import type { BinaryFact } from "../../facts/binaries.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Executables with something in common, by that. */
function grouped(
  binaries: Iterable<BinaryFact>,
  key: (binary: BinaryFact) => string | undefined,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const binary of binaries) {
    const group = key(binary);
    if (group === undefined) continue;
    groups.set(group, [...(groups.get(group) ?? []), binary.path]);
  }
  return groups;
}

/** `/bin/containerd, /bin/ctr and 18 more` */
function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(", ");
  return paths.length <= 3 ? shown : `${shown} and ${paths.length - 3} more`;
}

/** NW-A13 */
export const glibcFits = nodeRule({
  id: "NW-A13",
  severity: "error",
  title: "The machine's glibc is as new as every executable needs it",
  stages: ["machine"],
  places: ["executables of the node: the versions of glibc's symbols that they ask for"],
  symptom:
    "The unit fails at once: `/bin/containerd: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' " +
    "not found`.",
  why:
    "containerd's release archives are linked with the glibc of the machine that built them, which " +
    "from 2.1 on is newer than Debian 11's and Ubuntu 20.04's. The same version as a containerd-static " +
    "archive runs everywhere; the versions that a file needs are in its ELF header.",
  fix: "Use the containerd-static archive, a distribution's own package, or a newer distribution.",
  provoked: { how: "a containerd that asks for a glibc of the future: its unit fails" },
  needs: ["binaries", "host"],
  check({ binaries, host }) {
    const needed = grouped(binaries.values(), ({ glibc }) => glibc);
    if (host.glibc === null) {
      if (needed.size === 0) return [];
      return [
        {
          message: `The machine has no glibc, and executables need one: ${listed([...needed.values()].flat())}`,
          locations: [],
          fix: `Provide static executables for ${host.os.name}`,
        },
      ];
    }
    const there = host.glibc;
    return [...needed]
      .filter(([version]) => compareDotted(version, there) > 0)
      .map(([version, paths]) => ({
        message: `${listed(paths)}: made for glibc ${version}, the machine has ${there}`,
        locations: [],
        fix: `Provide a static ${nameOf(paths[0] ?? "")}, or one made for ${host.os.name}`,
      }));
  },
});

/** NW-A14 */
export const architecture = nodeRule({
  id: "NW-A14",
  severity: "error",
  title: "Every executable is whole and made for the machine's architecture",
  stages: ["files", "machine"],
  places: ["executables of the node: ELF header", "uname -m"],
  symptom:
    "The unit fails with `status=203/EXEC` and `Exec format error`; with a plugin or a shim the unit " +
    "runs and every sandbox fails with `fork/exec /opt/cni/bin/bridge: exec format error`.",
  why:
    "An archive of the jumpbox's architecture, a page of a proxy or half a download looks like any " +
    "other file until it is started, and plugins are not started before the first pod.",
  fix: "Provide the file for the machine's architecture.",
  provoked: {
    how: "an executable for another architecture in place of a plugin: the sandbox fails",
  },
  needs: ["binaries"],
  uses: ["host"],
  check({ binaries, host }) {
    const damaged = [...binaries.values()].flatMap(({ path, origin, damage }): Found[] =>
      damage === undefined
        ? []
        : [
            {
              message: `${path} is no executable but ${damage}: ${origin}`,
              locations: [],
              fix: "Get the file again, and compare its checksum",
            },
          ],
    );
    const machines = grouped(binaries.values(), ({ machine }) => machine);
    // Without the machine itself, what most files are made for is what it should be.
    const most = [...machines].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
    const there = host?.machine ?? most;
    const foreign = [...machines]
      .filter(([machine]) => machine !== there)
      .map(([machine, paths]) => ({
        message:
          host === undefined
            ? `Executables of one node are for different architectures: ${listed(paths)} for ${machine}, the others for ${there}`
            : `${listed(paths)}: made for ${machine}, the machine is ${there}`,
        locations: [],
        fix: `Provide ${paths.map(nameOf).slice(0, 3).join(", ")} for ${there}`,
      }));
    return [...damaged, ...foreign];
  },
});

const CONTAINERD = "/bin/containerd";
/** systemd's own for system services; /sbin and /bin where they are directories of their own. */
const SERVICE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const SERVICE_DIRS = SERVICE_PATH.split(":");

/** Where `ctr install` puts programs; containerd has it in front of its PATH. */
function optDir({ reader, version }: ContainerdConfig): string {
  const plugin = version === 1 ? "opt" : "io.containerd.internal.v1.opt";
  return reader.text(["plugins", plugin, "path"])?.value ?? "/opt/containerd";
}

/** A directory by one name, whether or not /bin is a link to /usr/bin. */
const oneName = (dir: string): string => dir.replace(/^\/(s?bin)$/, "/usr/$1");
const dirOf = (path: string): string => oneName(path.slice(0, path.lastIndexOf("/")) || "/");

/** `io.containerd.runc.v2` is started as containerd-shim-runc-v2. */
function shimOf(runtimeType: string): string | undefined {
  const match = /^[\w-]+(?:\.[\w-]+)*\.([\w-]+)\.(v\d+)$/.exec(runtimeType);
  return match === null ? undefined : `containerd-shim-${match[1]}-${match[2]}`;
}

/** NW-A15 */
export const onSearchPath = nodeRule({
  id: "NW-A15",
  severity: "error",
  title: "containerd finds the shim and runc on its search path",
  stages: ["files", "machine"],
  places: [
    "containerd.service: Environment=PATH=..., ExecStart",
    "containerd config.toml: runtime_type, options.BinaryName",
    "executables of the node",
  ],
  symptom:
    'No sandbox is made: `failed to start sandbox ...: runtime "io.containerd.runc.v2" binary not ' +
    'installed "containerd-shim-runc-v2": file does not exist`, or `exec: "runc": executable file not ' +
    "found in $PATH`.",
  why:
    "containerd looks for the shim on the PATH of its unit, with /opt/containerd/bin in front, and beside " +
    "its own executable; the shim looks for runc on the same PATH. systemd gives a service a PATH of its own, which no shell's profile changes.",
  fix: "Install it to a directory of that path, the shim also beside containerd, or add Environment=PATH=... to the unit.",
  provoked: {
    how: "Environment=PATH=/usr/bin with runc in /usr/local/bin: the sandbox is refused",
  },
  needs: ["containerdUnit", "containerdConfig", "binaries"],
  uses: ["host", "files"],
  check({ containerdUnit, containerdConfig, binaries, host, files }) {
    const { unit } = containerdUnit;
    const runtime = containerdConfig.defaultRuntime;
    if (runtime === undefined) return unknown("the default runtime has no table (NW-A07)");
    const variable = unit.environment.get("PATH");
    const path = `${optDir(containerdConfig)}/bin:${variable?.value ?? SERVICE_PATH}`;
    const start = unit.execStart[0]?.executable;
    const beside = dirOf(start?.value ?? CONTAINERD);
    // k3s and RKE2 put the directory of their programs in front.
    const own = containerdUnit.distribution === undefined ? [] : [beside];
    const dirs = [...new Set([...own, ...path.split(":").map(oneName)])];
    const location = variable?.location ?? start?.location;
    const places = location === undefined ? [] : [location];
    const others = containerdConfig.runtimes.filter(
      ({ name }) => !name.isDefault && name.value !== runtime.name.value,
    );
    const found: Found[] = [];
    let isUnknown = false;
    const judged = new Set<string>();
    for (const one of [runtime, ...others].flatMap((each) => programsOf(each, beside))) {
      const { name, extra, location: named } = one;
      if (judged.has(name)) continue;
      judged.add(name);
      const searched = [...SERVICE_DIRS, ...dirs, ...extra];
      const known = pathsOf(name, { binaries, commands: host?.commands, files, searched });
      // What a directory does not bring for a further runtime the machine may well have.
      if (known === undefined || (known.length === 0 && !one.isDefault && !isWhole(files, host))) {
        isUnknown ||= one.isDefault;
      } else if (
        !(name.startsWith("/") ? known.length > 0 : isReached(known, [...dirs, ...extra]))
      ) {
        const message = notReached(name, known, dirs);
        const fix =
          known.length === 0
            ? `Provide ${name}${one.isDefault ? "" : `, or remove the runtime "${one.runtime}"`}`
            : undefined;
        const locations = named === undefined ? places : [named];
        found.push({ message, locations, ...(fix === undefined ? {} : { fix }) });
      }
    }
    return found.length === 0 && isUnknown
      ? unknown("whether the machine has its own runc needs the machine")
      : found;
  },
});

/** The shim and the OCI runtime of an entry of `runtimes`, with the places that name them. */
function programsOf({ name, runtimeType, binaryName }: ContainerdRuntime, beside: string) {
  const shim = shimOf(runtimeType.value);
  const isRunc = shim?.startsWith("containerd-shim-runc-") === true;
  const own = { runtime: name.value, isDefault: name.value === "runc" && binaryName.value === "" };
  const placeOf = ({ isDefault, location }: Located<string>) => (isDefault ? undefined : location);
  return [
    ...(shim === undefined
      ? []
      : [
          {
            ...own,
            name: shim,
            extra: [beside],
            location: isRunc ? undefined : placeOf(runtimeType),
          },
        ]),
    // Other shims have a runtime of their own, and no key for it that is known here.
    ...(isRunc || binaryName.value !== ""
      ? [{ ...own, name: binaryName.value || "runc", extra: [], location: placeOf(binaryName) }]
      : []),
  ];
}

/** Whether what is not seen is not there. */
function isWhole(files: NodeTree | undefined, host: HostFacts | undefined): boolean {
  return files?.isComplete === true && host === undefined;
}

interface Known {
  readonly binaries: ReadonlyMap<string, BinaryFact>;
  readonly commands: Readonly<Record<string, string | null>> | undefined;
  readonly files: NodeTree | undefined;
  /** Directories that it may be in. */
  readonly searched: readonly string[];
}

/** Where an executable is; undefined where only the machine knows. */
function pathsOf(
  name: string,
  { binaries, commands, files, searched: dirs }: Known,
): readonly string[] | undefined {
  const isComplete = commands === undefined && files?.isComplete === true;
  if (name.startsWith("/")) {
    if (binaries.has(name) || files?.get(name) !== undefined) return [name];
    const there = commands?.[nameOf(name)];
    if (there === name) return [name];
    return isComplete ? [] : undefined;
  }
  const searched = isComplete ? [...new Set(dirs)].map((dir) => `${dir}/${name}`) : [];
  const ours = [
    ...[...binaries.keys()].filter((path) => nameOf(path) === name),
    ...searched.filter((path) => !binaries.has(path) && files?.get(path) !== undefined),
  ];
  if (isComplete) return ours;
  const there = commands?.[name];
  if (typeof there === "string" && !ours.includes(there)) return [...ours, there];
  return ours.length === 0 && there === undefined ? undefined : ours;
}

function isReached(paths: readonly string[], dirs: readonly string[]): boolean {
  return paths.some((path) => dirs.includes(dirOf(path)));
}

function notReached(name: string, paths: readonly string[], dirs: readonly string[]): string {
  if (paths.length === 0) return `containerd needs ${name}, which is nowhere on the node`;
  return `containerd does not find ${name} on its search path: ${paths.join(", ")} is not in ${dirs.join(":")}`;
}
