import { type Located, parseUnitBoolean } from "../../../config/mod.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { removalOf } from "../../unit-facts.ts";

/** Keys that are on or off, or have a word that says how much. */
const SWITCHES = [
  "PrivateMounts",
  "PrivateTmp",
  "PrivateDevices",
  "PrivateNetwork",
  "PrivateIPC",
  "PrivateUsers",
  "PrivatePIDs",
  "ProtectSystem",
  "ProtectHome",
  "ProtectProc",
  "ProcSubset",
  "ProtectKernelTunables",
  "ProtectKernelModules",
  "ProtectKernelLogs",
  "ProtectControlGroups",
  "ProtectHostname",
] as const;
/** Values of them that change nothing. */
const HARMLESS: ReadonlySet<string> = new Set(["default", "all", "no", ""]);
/** Lists of paths, and what puts the service into another tree. */
const PATHS = [
  "ReadWritePaths",
  "ReadOnlyPaths",
  "InaccessiblePaths",
  "ExecPaths",
  "NoExecPaths",
  "TemporaryFileSystem",
  "BindPaths",
  "BindReadOnlyPaths",
  "RootDirectory",
  "RootImage",
] as const;

/** The keys of [Service] by which systemd starts a program in a namespace of its own. */
function separating({ unit }: UnitFact): readonly (readonly [string, Located<string>])[] {
  const switches = SWITCHES.flatMap((key) => {
    const value = unit.value("Service", key);
    if (value === undefined || HARMLESS.has(value.value)) return [];
    return parseUnitBoolean(value.value) === false ? [] : [[key, value] as const];
  });
  const paths = PATHS.flatMap((key) => {
    const [first] = unit.words("Service", key);
    return first === undefined || first.value === "/" ? [] : [[key, first] as const];
  });
  const flags = unit.value("Service", "MountFlags");
  const isShared = flags === undefined || flags.value === "shared" || flags.value === "";
  return [...switches, ...paths, ...(isShared ? [] : [["MountFlags", flags] as const])];
}

function found(fact: UnitFact): Found[] {
  return separating(fact).map(([key, { value, location }]) => ({
    message: `${fact.name} does not share the machine's namespaces: ${key}=${value}`,
    locations: [location],
    fix: `Remove ${key}= from [Service]`,
    edits: removalOf(fact, key),
  }));
}

/** NW-B18 */
export const sharedNamespaces = nodeRule({
  id: "NW-B18",
  severity: "error",
  title: "The units of containerd and the kubelet leave them in the machine's mount namespace",
  stages: ["files"],
  places: [
    "containerd.service, kubelet.service: ProtectSystem, ProtectHome, PrivateTmp, PrivateMounts, MountFlags",
    "containerd.service, kubelet.service: the other keys of systemd.exec(5) that make a namespace, as PrivateDevices",
  ],
  symptom:
    "Volumes are empty in containers, and `umount` of them on the machine says `not mounted`; or, with " +
    "ProtectSystem=strict, containerd and the kubelet end with `read-only file system`.",
  why:
    "For each of these keys systemd starts the program in a mount namespace of its own, from which mounts do not get " +
    "out. The kubelet mounts volumes that containerd hands to containers, and containerd mounts the " +
    "containers' root file systems, which their shims keep over a restart: all of them need one namespace, the machine's.",
  fix: "Remove the keys: what runs all pods as root cannot be confined by its unit.",
  provoked: {
    how: "PrivateMounts=yes in kubelet.service: /proc/PID/ns/mnt is another one than the machine's",
  },
  needs: [],
  uses: ["containerdUnit", "kubeletUnit"],
  check({ containerdUnit, kubeletUnit }) {
    return [containerdUnit, kubeletUnit].flatMap((fact) => (fact === undefined ? [] : found(fact)));
  },
});
