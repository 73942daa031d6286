import { formatLocation } from "../../../base/mod.ts";
import { type KernelChange, shortBefore } from "./compare-items.ts";
import type { DelegateCall } from "./delegate-recorder.ts";
import { prettyJson } from "./pretty-json.ts";
import type { TracedCall, TracedFile, TracedOperation, TraceReport } from "./trace-report.ts";

/** A report as lines for a terminal, in the order in which things happen. */
export function traceText(report: TraceReport): readonly string[] {
  const { netns } = report;
  return [
    `Trace of the network "${report.network}" (${report.cniVersion}), interface ${report.ifName}, container ${report.containerId}`,
    `${report.startedAt}, nodewright ${report.nodewright}, kernel ${report.kernel}`,
    ...section("1. The network namespace", [
      `${netns.path} (inode ${netns.inode})${netns.isTemporary ? ", made for this trace" : ""}`,
    ]),
    ...section(`2. The configuration in ${report.confDir}`, report.files.flatMap(fileLines)),
    ...section(
      "3. The plugins",
      report.search.flatMap(({ type, tried }) => [
        `${type}:`,
        ...indent(tried.map(({ path, isThere }) => `${isThere ? "found" : "not there"}  ${path}`)),
      ]),
    ),
    ...section("4. ADD", operationLines(report.add)),
    ...section("5. The result", resultLines(report)),
    ...section("6. The container starts", startLines(report)),
    ...section("7. DEL", operationLines(report.del)),
    ...section("8. What is otherwise than before", changeLines(report.leftovers)),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return ["", title, ...indent(lines)];
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

function fileLines({ path, network, verdict, isRuntimeDefault, problems }: TracedFile) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const mark = verdict === "chosen" ? "*" : " ";
  const what = network === undefined ? verdict : `"${network}", ${verdict}`;
  const first = isRuntimeDefault ? "; the first: what container runtimes take" : "";
  return [
    `${mark} ${name}: ${what}${first}`,
    ...problems.map((problem) => {
      const [at] = problem.locations;
      return `    ${problem.severity}: ${problem.message}${at === undefined ? "" : ` at ${formatLocation(at)}`}`;
    }),
  ];
}

function operationLines({ calls, error, command }: TracedOperation): readonly string[] {
  const lines = calls.flatMap((call) => [...callLines(call, calls.length), ""]);
  if (error === undefined)
    return calls.length === 0 ? ["no plugin was called"] : lines.slice(0, -1);
  return [
    ...lines,
    `${command} failed with code ${error.code}: ${error.message}`,
    ...(error.details === "" ? [] : indent(error.details.split("\n"))),
  ];
}

function callLines(call: TracedCall, count: number): readonly string[] {
  const place = count > 1 ? ` (plugin ${call.index + 1})` : "";
  return [
    `${call.path}${place}: ${formatMs(call.durationMs)}, ${ending(call)}`,
    ...indent(detailLines(call)),
  ];
}

function detailLines(call: TracedCall): readonly string[] {
  return [
    ...part("environment", variableLines(call.variables)),
    ...part("stdin", prettyJson(call.stdin).split("\n")),
    ...call.delegates.flatMap(delegateLines),
    ...(call.stdout === "" ? [] : part("stdout", prettyJson(call.stdout).split("\n"))),
    ...(call.stderr === "" ? [] : part("stderr", call.stderr.trimEnd().split("\n"))),
    ...part("kernel", changeLines(call.changes)),
  ];
}

function delegateLines(call: DelegateCall): readonly string[] {
  const time = call.durationMs === undefined ? "" : `${formatMs(call.durationMs)}, `;
  return part(`calls ${call.path} (${call.command}): ${time}exit ${call.exitCode}`, [
    ...(call.stdout === "" ? [] : part("stdout", prettyJson(call.stdout).split("\n"))),
    ...(call.stderr === "" ? [] : part("stderr", call.stderr.trimEnd().split("\n"))),
  ]);
}

function part(title: string, lines: readonly string[]): readonly string[] {
  return [title, ...indent(lines)];
}

function variableLines(variables: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

const SIGNS = { added: "+", changed: "~", removed: "-" } as const;

function changeLines(changes: readonly KernelChange[]): readonly string[] {
  if (changes.length === 0) return ["nothing"];
  return changes.map(({ change, where, subject, text, before }) => {
    const was = before === undefined ? "" : ` (before: ${shortBefore(text, before)})`;
    return `${SIGNS[change]} ${where.padEnd(4)} ${subject.padEnd(8)} ${text}${was}`;
  });
}

function resultLines({ result, cachePath, add }: TraceReport): readonly string[] {
  if (result === undefined) return [`none: ADD failed with code ${add.error?.code}`];
  return [...JSON.stringify(result, null, 2).split("\n"), `kept for CHECK and DEL in ${cachePath}`];
}

function startLines({ add }: TraceReport): readonly string[] {
  return add.error === undefined
    ? ["here a container runtime has runc start the container; a trace starts none"]
    : ["it does not: the container runtime calls DEL, and tries again later"];
}

/** How a call ended, in words. */
export function ending({ exitCode, signalCode, isTimedOut }: TracedCall): string {
  if (isTimedOut) return "killed: its time was over";
  return signalCode === null ? `exit ${exitCode}` : `ended by ${signalCode}`;
}

/** A duration for people: `2.41 ms`, `31 ms`. */
export function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
}
