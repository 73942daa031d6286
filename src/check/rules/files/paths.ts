import { nearest } from "../../../base/mod.ts";
import type { Located } from "../../../config/mod.ts";
import { unitFlags } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

/** Flags by which a program is told its files. Whether those are there: NW-B11, NW-C01, NW-C11. */
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
/** A bare name is right for systemd, which looks for it in the directories above. */
const PROGRAMS = ["containerd", "kubelet", "kube-proxy"];
/** What starts them in its turn. */
const WRAPPERS = ["bash", "env", "hyperkube", "nice", "nsenter", "numactl", "sh", "taskset"];

/** NW-M08 */
export const leadingPaths = nodeRule({
  id: "NW-M08",
  severity: "error",
  title: "Programs and files that units name have absolute paths, and lie where programs lie",
  stages: ["files", "machine"],
  places: ["units: ExecStart and its --config and --kubeconfig"],
  symptom:
    "The unit fails as often as it is started: `no such file or directory`, `status=203/EXEC`.",
  why:
    "A path is a name like any other: one letter off, and nothing is started. What the cluster " +
    "directory does not bring may be there by other means, so only a directory is reported that is " +
    "nearly one where programs are.",
  fix: "Write the absolute path of the file that is meant.",
  provoked: { how: "one letter of the directory in ExecStart: 203/EXEC" },
  needs: ["name"],
  uses: UNIT_FACTS,
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
    if (PROGRAMS.includes(value) || WRAPPERS.includes(value)) return [];
    const meant = nearest(value, PROGRAMS);
    const isSlip = meant !== undefined && Math.abs(meant.length - value.length) <= 1;
    return [
      {
        message: `ExecStart has no path, and a name that is none of a node's programs: "${value}"`,
        locations: [location],
        fix: isSlip
          ? `Write ${meant}, if that is meant`
          : `Write the absolute path of ${PROGRAMS.join(", ")}, if one of them is meant`,
        severity: "warning",
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
