import { formatLocation, padColumns } from "../../../base/mod.ts";
import { type KernelChange, shortBefore } from "./compare-items.ts";
import type { DelegateCall } from "./delegate-recorder.ts";
import { prettyJson } from "./pretty-json.ts";
import type { TraceWords } from "./texts/texts.ts";
import type { TracedCall, TracedFile, TracedOperation, TraceReport } from "./trace-report.ts";

/** A report as lines for a terminal, in the order in which things happen. */
export function traceText(report: TraceReport, words: TraceWords): readonly string[] {
  const { network, cniVersion: version, ifName, containerId } = report;
  const { say } = words;
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    [say("netns.title"), netnsLines(report, words)],
    [
      say("files.titleIn", { confDir: report.confDir }),
      report.files.flatMap((file) => fileLines(file, words)),
    ],
    [say("search.title"), searchLines(report, words)],
    [say("add.title"), operationLines(report.add, words)],
    [say("result.title"), resultLines(report, words)],
    [say("start.title"), [say(report.add.error === undefined ? "start.starts" : "start.not")]],
    [say("del.title"), operationLines(report.del, words)],
    [say("rest.title"), changeLines(report.leftovers, words)],
  ];
  return [
    say("title", { network, version, ifName, containerId }),
    footer(report, words),
    ...sections.flatMap(([title, lines], at) => ["", `${at + 1}. ${title}`, ...indent(lines)]),
  ];
}

/** When it was, and with what. */
export function footer(report: TraceReport, { say }: TraceWords): string {
  const { startedAt, nodewright, kernel } = report;
  return say("page.footer", { startedAt, nodewright, kernel });
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

function netnsLines({ netns, netnsCommands }: TraceReport, { say }: TraceWords) {
  const { path, inode } = netns;
  const made = netns.isTemporary ? `, ${say("netns.isTemporary")}` : "";
  return [
    `${say("netns.inode", { path, inode })}${made}`,
    ...(netnsCommands.length === 0 ? [] : part(say("byHand"), netnsCommands)),
  ];
}

function searchLines({ search }: TraceReport, { say }: TraceWords): readonly string[] {
  return search.flatMap(({ type, tried }) => [
    `${type}:`,
    ...indent(
      tried.map(
        ({ path, isThere }) => `${say(isThere ? "search.found" : "search.missing")}  ${path}`,
      ),
    ),
  ]);
}

function fileLines(file: TracedFile, { say }: TraceWords): readonly string[] {
  const { path, network, verdict, isRuntimeDefault, problems } = file;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const mark = verdict === "chosen" ? "*" : " ";
  const said = say(`files.verdict.${verdict}`);
  const what = network === undefined ? said : `"${network}", ${said}`;
  const first = isRuntimeDefault ? `; ${say("files.isFirst")}` : "";
  return [
    `${mark} ${name}: ${what}${first}`,
    ...problems.map((problem) => {
      const [at] = problem.locations;
      const { message } = problem;
      const text =
        at === undefined ? message : say("problemAt", { message, place: formatLocation(at) });
      return `    ${say(`severity.${problem.severity}`)}: ${text}`;
    }),
  ];
}

function operationLines(operation: TracedOperation, words: TraceWords): readonly string[] {
  const { calls, error, command } = operation;
  const lines = calls.flatMap((call) => [...callLines(call, calls.length, words), ""]);
  if (error === undefined)
    return calls.length === 0 ? [words.say("calls.none")] : lines.slice(0, -1);
  const { code, message } = error;
  return [
    ...lines,
    words.say("calls.failed", { command, code, message }),
    ...(error.details === "" ? [] : indent(error.details.split("\n"))),
  ];
}

function callLines(call: TracedCall, count: number, words: TraceWords): readonly string[] {
  const place = count > 1 ? ` (${words.say("calls.place", { number: call.index + 1 })})` : "";
  return [
    `${call.path}${place}: ${formatMs(call.durationMs)}, ${ending(call, words)}`,
    ...indent(detailLines(call, words)),
  ];
}

function detailLines(call: TracedCall, words: TraceWords): readonly string[] {
  const { say } = words;
  return [
    ...part(say("calls.environment"), variableLines(call.variables)),
    ...part("stdin", prettyJson(call.stdin).split("\n")),
    ...call.delegates.flatMap((one) => delegateLines(one, words)),
    ...outputLines(call),
    ...part(say("calls.kernel"), changeLines(call.changes, words)),
    ...(call.commands.length === 0 ? [] : part(say("byHand"), call.commands)),
  ];
}

function delegateLines(call: DelegateCall, { say }: TraceWords): readonly string[] {
  const { path, command, durationMs, exitCode } = call;
  const time = durationMs === undefined ? "" : `${formatMs(durationMs)}, `;
  return part(
    `${say("calls.calls", { path, command })}: ${time}${say("calls.exit", { code: exitCode })}`,
    outputLines(call),
  );
}

function outputLines({ stdout, stderr }: Pick<TracedCall, "stdout" | "stderr">): readonly string[] {
  return [
    ...(stdout === "" ? [] : part("stdout", prettyJson(stdout).split("\n"))),
    ...(stderr === "" ? [] : part("stderr", stderr.trimEnd().split("\n"))),
  ];
}

function part(title: string, lines: readonly string[]): readonly string[] {
  return [title, ...indent(lines)];
}

function variableLines(variables: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

const SIGNS = { added: "+", changed: "~", removed: "-" } as const;

function changeLines(changes: readonly KernelChange[], { say }: TraceWords): readonly string[] {
  if (changes.length === 0) return [say("calls.unchanged")];
  return changes.map((one) => {
    const { change, text, before } = one;
    const short = before === undefined ? "" : shortBefore(text, before);
    const was = before === undefined ? "" : ` (${say("change.before", { before: short })})`;
    const where = padColumns(say(`where.${one.where}`), 4);
    const subject = padColumns(say(`subject.${one.subject}`), 8);
    return `${SIGNS[change]} ${where} ${subject} ${text}${was}`;
  });
}

function resultLines({ result, cachePath, add }: TraceReport, { say }: TraceWords) {
  if (result === undefined) return [say("result.none", { code: String(add.error?.code) })];
  return [...JSON.stringify(result, null, 2).split("\n"), say("result.kept", { path: cachePath })];
}

/** How a call ended, in words. */
export function ending(call: TracedCall, { say }: TraceWords): string {
  const { exitCode, signalCode, isTimedOut } = call;
  if (isTimedOut) return say("calls.timeout");
  return signalCode === null
    ? say("calls.exit", { code: String(exitCode) })
    : say("calls.signal", { signal: signalCode });
}

/** A duration for people: `2.41 ms`, `31 ms`. */
export function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
}
