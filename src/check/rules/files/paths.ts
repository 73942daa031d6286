import { nearest } from "../../../base/mod.ts";
import type { KubeProxyConfig, Located } from "../../../config/mod.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import { unitFlags } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

/** Flags by which a program is told its files. Whether they are there is NW-B11's business. */
const FILE_FLAGS: ReadonlySet<string> = new Set([
  "--config",
  "-c",
  "--kubeconfig",
  "--bootstrap-kubeconfig",
]);

/** Where programs are installed: by the tutorial, by distributions. */
const PROGRAM_DIRS = [
  "/usr/local/bin",
  "/usr/bin",
  "/bin",
  "/usr/local/sbin",
  "/usr/sbin",
  "/sbin",
];
/** What a bare name may be: systemd looks for it in the directories above. */
const PROGRAMS = ["containerd", "kubelet", "kube-proxy"];

const PROXY_DIR = "/var/lib/kube-proxy";

/** NW-M08 */
export const leadingPaths = nodeRule({
  id: "NW-M08",
  severity: "error",
  title: "Paths of programs and kubeconfigs in units and configurations lead somewhere",
  stages: ["files", "machine"],
  places: [
    "units: ExecStart and its --config and --kubeconfig",
    "kube-proxy-config.yaml: clientConnection.kubeconfig",
  ],
  symptom:
    "The unit fails as often as it is started: `no such file or directory`, `status=203/EXEC`; " +
    "kube-proxy ends with `unable to load in-cluster configuration`.",
  why:
    "A path is a name like any other: one letter off, and the file that was put beside it is not " +
    "read. What the cluster directory does not bring may be there by other means, so in a directory " +
    "only a path is reported that is nearly one that is known.",
  fix: "Write the absolute path of the file that is meant.",
  provoked: { how: "one letter of the directory in ExecStart: 203/EXEC" },
  needs: ["files"],
  uses: [...UNIT_FACTS, "kubeProxyConfig"],
  check(facts) {
    const units = unitsOf(facts);
    const flags = units.flatMap(({ unit }) =>
      unitFlags(unit).filter(({ name }) => FILE_FLAGS.has(name)),
    );
    const programs = units.flatMap(({ unit }) =>
      unit.execStart.map((command) => command.executable),
    );
    return [
      ...flags.flatMap(({ name, value }) => relative(name, value)),
      ...programs.flatMap(misplaced),
      ...proxyKubeconfig(facts.kubeProxyConfig, facts.kubeProxyUnit, facts.files),
    ];
  },
});

function relative(what: string, path: Located<string> | undefined): Found[] {
  if (path === undefined || path.value === "" || /^[/%$]/.test(path.value)) return [];
  return [
    {
      message: `${what} is no absolute path: "${path.value}"`,
      locations: [path.location],
      fix: "Write the path from / on: a service runs in /",
    },
  ];
}

/** A program in a directory that is nearly one of those for programs, or a bare name of none. */
function misplaced(program: Located<string>): Found[] {
  const { value, location } = program;
  const slash = value.lastIndexOf("/");
  const dir = value.slice(0, slash);
  if (slash === -1) {
    if (value.startsWith("%") || PROGRAMS.includes(value)) return [];
    return [
      {
        message: `ExecStart has no path, and a name that is none of a node's programs: "${value}"`,
        locations: [location],
        fix: `Write the absolute path of ${PROGRAMS.join(", ")}`,
      },
    ];
  }
  if (slash === 0 || PROGRAM_DIRS.includes(dir)) return [];
  const near = nearest(dir, PROGRAM_DIRS);
  if (near === undefined || Math.abs(near.length - dir.length) > 1) return [];
  return [
    {
      message: `ExecStart leads to a directory that is nearly ${near}: ${value}`,
      locations: [location],
      fix: `Write ${near}/${value.slice(slash + 1)}, if that is meant`,
      severity: "warning",
    },
  ];
}

/** Without one kube-proxy looks for a pod's account, which a service of the machine has not got. */
function proxyKubeconfig(
  config: KubeProxyConfig | undefined,
  unit: UnitFact | undefined,
  files: NodeTree,
): Found[] {
  if (config === undefined || unit === undefined) return [];
  const path = config.kubeconfig;
  const flags = unitFlags(unit.unit).map(({ name }) => name);
  if (path === undefined) {
    if (flags.includes("--kubeconfig") || flags.includes("--master")) return [];
    return [
      {
        message: "kube-proxy is not told of its kubeconfig: clientConnection.kubeconfig is missing",
        locations: [config.document.keyAt(["clientConnection"])],
        fix: `Write its path, as ${PROXY_DIR}/kubeconfig`,
      },
    ];
  }
  if (!path.value.startsWith("/")) return relative("clientConnection.kubeconfig", path);
  const own = (files.list(PROXY_DIR) ?? []).map((name) => `${PROXY_DIR}/${name}`);
  const near = nearest(path.value, own);
  if (files.get(path.value) !== undefined || near === undefined) return [];
  if (Math.abs(near.length - path.value.length) > 2) return [];
  return [
    {
      message: `clientConnection.kubeconfig leads to a file that the node has not got: ${path.value}`,
      locations: [path.location],
      fix: `Write ${near}, which the node has`,
    },
  ];
}
