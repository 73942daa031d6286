import type { ExecCommand, Located } from "../../../config/mod.ts";
import type { BinaryFact } from "../../facts/binaries.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const dirName = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";
/** One name for a file, whether or not /bin is a link to /usr/bin. */
const oneName = (path: string): string => path.replace(/^\/(s?bin)\//, "/usr/$1/");

/** The mount options of the nearest directory that is known. */
function diskOf(host: HostFacts, path: string): { dir: string; isNoexec: boolean } | undefined {
  for (let dir = dirName(path); ; dir = dirName(dir)) {
    const disk = host.disks[dir];
    if (disk !== undefined) return { dir: disk.mountPoint, isNoexec: disk.isNoexec };
    if (dir === "/") return undefined;
  }
}

interface Known {
  readonly files: NodeTree;
  readonly binaries: ReadonlyMap<string, BinaryFact> | undefined;
  readonly host: HostFacts | undefined;
}

/** What is wrong with the path that a component's unit starts; undefined where only the machine would know. */
function judge(
  component: string,
  executable: Located<string>,
  { files, binaries, host }: Known,
): readonly Found[] | undefined {
  const { value: path, location } = executable;
  // systemd looks a bare name up by itself, and replaces specifiers.
  if (!path.startsWith("/") || path.includes("%")) return [];
  // A directory of files knows no links; a root directory may have followed one.
  const file = files.get(path) ?? (files.isComplete ? files.get(oneName(path)) : undefined);
  const isOurs = file !== undefined || binaries?.has(path) === true;
  if (!isOurs) {
    const known = [...(binaries?.keys() ?? [])];
    const other =
      known.find((one) => baseName(one) === baseName(path)) ??
      known.find((one) => baseName(one) === component);
    if (other === undefined && !files.isComplete) return undefined;
    return [
      {
        message: `The unit starts a file that is not installed: ${path}`,
        locations: [location],
        fix:
          other === undefined
            ? `Install it as ${path}, or write the path that it is installed to`
            : `Write the path that it is installed to: ${other}`,
      },
    ];
  }
  const found: Found[] = [];
  if (file?.mode !== undefined && (file.mode & 0o111) === 0) {
    found.push({
      message: `The unit starts a file that is not executable: ${path} has mode ${file.mode.toString(8)}`,
      locations: [location],
      fix: `chmod 755 ${path}`,
    });
  }
  const disk = host === undefined ? undefined : diskOf(host, path);
  if (disk?.isNoexec === true) {
    found.push({
      message: `The unit starts a file on a file system that is mounted noexec: ${path} on ${disk.dir}`,
      locations: [location],
      fix: `Mount ${disk.dir} without noexec, or install it elsewhere`,
    });
  }
  return found;
}

/** NW-B08 */
export const execStart = nodeRule({
  id: "NW-B08",
  severity: "error",
  title: "Each unit starts a file that is installed there and may be executed",
  stages: ["files", "machine"],
  places: ["units: ExecStart", "executables of the node: path, mode, mount options"],
  symptom:
    "`Main process exited, code=exited, status=203/EXEC`: `No such file or directory` or `Permission denied`.",
  why:
    "The unit and whoever installs the file each know a path. containerd's own unit says " +
    "/usr/local/bin/containerd, the tutorial's /bin/containerd, Debian has /usr/bin/containerd.",
  fix: "Write the path in ExecStart= that the file is installed to.",
  provoked: { how: "another path in ExecStart=: status=203/EXEC" },
  needs: ["files"],
  uses: [...UNIT_FACTS, "binaries", "host"],
  check(facts) {
    const { files, binaries, host } = facts;
    if (binaries === undefined && !files.isComplete) {
      return unknown("there are no binaries to look into");
    }
    const known = { files, binaries, host };
    const judged = unitsOf(facts).flatMap(({ name, unit }) =>
      unit.execStart.map(({ executable }) =>
        judge(name.replace(/\.service$/, ""), executable, known),
      ),
    );
    const found = judged.flatMap((one) => one ?? []);
    return found.length === 0 && judged.length > 0 && judged.every((one) => one === undefined)
      ? unknown("the units start files that this directory does not bring")
      : found;
  },
});

/** Keys of commands that run before or beside the main process. */
const BESIDE = ["ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost"] as const;

/** The file that a command writes in place, by the programs that do so. */
function writesTo({ executable, args }: ExecCommand): readonly Located<string>[] {
  const words = args.map(({ value }) => value);
  const after = (...flags: string[]): readonly Located<string>[] =>
    args.filter((_, i) => flags.includes(words[i - 1] ?? ""));
  switch (baseName(executable.value)) {
    case "cp":
      // cp -f and --remove-destination make a new file, where the old one cannot be opened.
      return words.some((word) => /^(?:--remove-destination|--force|-[a-zA-Z]*f)/.test(word))
        ? []
        : args.slice(-1);
    case "curl":
      return after("-o", "--output");
    case "wget":
      return after("-O", "--output-document");
    case "tee":
      return args.filter(({ value }) => !value.startsWith("-"));
    case "dd":
      return args
        .filter(({ value }) => value.startsWith("of="))
        .map((arg) => ({ ...arg, value: arg.value.slice("of=".length) }));
    default:
      return [];
  }
}

/** NW-B10 */
export const replacedByRename = nodeRule({
  id: "NW-B10",
  severity: "warning",
  title: "Executables are replaced by a rename, and what runs is what is installed",
  stages: ["files", "machine"],
  places: [
    "units: ExecStartPre, ExecStartPost, ExecReload, ExecStop, ExecStopPost",
    "the machine: /proc/PID/exe of the units' processes",
  ],
  symptom:
    "`cp: cannot create regular file '/bin/containerd-shim-runc-v2': Text file busy`; a file that is half " +
    "written when the power goes; a node that says one version and runs another.",
  why:
    "A file that runs cannot be written (ETXTBSY), and the shims run as long as pods do. Whoever writes in " +
    "place has no old file to go back to. A rename is whole or not at all, and processes keep what they " +
    "started with, until they are restarted. nodewright writes beside, renames, restarts and keeps the version before.",
  fix: "Let nodewright apply install the file, or use install(1) or mv; then restart the unit.",
  provoked: { how: "ExecStartPre=cp over the shim while a pod runs: Text file busy" },
  needs: [],
  uses: [...UNIT_FACTS, "host"],
  check(facts) {
    const units = unitsOf(facts);
    if (units.length === 0) return unknown("there is no unit");
    const started = new Set(
      units.flatMap(({ unit }) => unit.execStart.map(({ executable }) => executable.value)),
    );
    const isExecutable = (path: string): boolean =>
      started.has(path) || /^(?:\/usr\/local|\/usr)?\/s?bin\/|^\/opt\/cni\/bin\//.test(path);
    const written = units.flatMap(({ name, unit }) =>
      BESIDE.flatMap((key) =>
        unit
          .commands(key)
          .flatMap(writesTo)
          .filter(({ value }) => isExecutable(value))
          .map(({ value, location }) => ({
            message: `${key}= of ${name} writes an executable in place: ${value}`,
            locations: [location],
            fix: "Use install(1), which makes a new file, or let nodewright apply install it",
          })),
      ),
    );
    const replaced = Object.entries(facts.host?.units ?? {}).flatMap(([name, { executable }]) =>
      executable?.endsWith(" (deleted)") !== true
        ? []
        : [
            {
              message: `${name} still runs an executable that has been replaced: ${executable}`,
              locations: [],
              fix: `systemctl restart ${name}`,
            },
          ],
    );
    return [...written, ...replaced];
  },
});
