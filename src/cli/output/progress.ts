import { createLogUpdate } from "log-update";
import { oneLine, type Problem, printable } from "../../base/mod.ts";
import type { ApplyEvent, NodeOutcome } from "../../bootstrap/apply/mod.ts";
import type { VerifyCheck } from "../../node/verify/mod.ts";
import { describeStep } from "../../plan/mod.ts";
import type { CliContext } from "../context.ts";
import { printProblems } from "./print-problems.ts";

/** Shows what an apply is doing. `done` leaves the terminal clean; call it on every exit. */
export interface Progress {
  readonly onEvent: (event: ApplyEvent) => void;
  /** Something to know about the files; it stops nothing. */
  readonly onProblem: (problem: Problem) => void;
  readonly done: () => void;
  /** Keeps the terminal free while `work` asks on it. */
  readonly aside: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Live lines on a terminal, plain lines in a pipe, JSON lines with --json. */
export function createProgress(
  context: CliContext,
  options: { readonly quiet?: boolean } = {},
): Progress {
  if (context.color) return liveProgress(context);
  const onProblem = (problem: Problem): void => printProblems([problem], context);
  const done = (): void => {};
  const aside: Progress["aside"] = (work) => work();
  if (options.quiet === true) return { onEvent: () => {}, onProblem, done, aside };
  if (context.json) {
    // `check` is the kind of the report of that command.
    const kindOf = (event: ApplyEvent): string => (event.kind === "check" ? "verify" : event.kind);
    const onEvent = (event: ApplyEvent): void =>
      context.out.json({ ...event, kind: kindOf(event) });
    return { onEvent, onProblem, done, aside };
  }
  return { onEvent: plainProgress(context), onProblem, done, aside };
}

/** The line that stays of an event, if any; steps only where asked for. */
function permanentLine(event: ApplyEvent, verbose: boolean): string | undefined {
  switch (event.kind) {
    case "outcome":
      return `${event.node}: ${describeOutcome(event.outcome)} in ${seconds(event.ms)}`;
    case "note":
      return `${event.node}: note: ${event.text}`;
    case "step-done":
      return verbose
        ? `${event.node}: ${describeStep(event.step)} (${seconds(event.ms)})`
        : undefined;
    case "phase":
      return verbose ? `${event.node}: ${event.text}` : undefined;
    case "verified":
      return `${event.node}: ${event.checks.length} checks passed on real pods`;
    case "check":
      return verbose ? `${event.node}: ${describeCheck(event.check)}` : undefined;
    case "bytes":
    case "step-started":
      return undefined;
  }
}

/** A verification check in one line. */
export function describeCheck(check: VerifyCheck): string {
  const peer = check.peer === undefined ? "" : ` (${check.peer})`;
  return `${check.ok ? "ok" : "FAILED"}: ${check.check}${peer}: ${check.found}`;
}

/** An outcome in a few words. */
export function describeOutcome(outcome: NodeOutcome): string {
  switch (outcome.state) {
    case "unchanged":
      return "up to date";
    case "not-reached":
      return "not reached, nothing was changed";
    case "changed":
      return `done, generation ${outcome.generation}`;
    case "failed":
      if (outcome.isUnfinished === true)
        return "stopped half way; the next apply goes on from there";
      if (outcome.rolledBackTo === undefined) return "failed, nothing was changed";
      return outcome.rolledBackTo === null
        ? "failed, taken back to how it was before nodewright"
        : `failed, taken back to generation ${outcome.rolledBackTo}`;
  }
}

function plainProgress(context: CliContext): Progress["onEvent"] {
  return (event) => {
    // In a pipe a phase is the only sign of life, so it is always told.
    const line = permanentLine(event, context.verbose || event.kind === "phase");
    if (line !== undefined) context.out.note(oneLine(line));
  };
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

function liveProgress(context: CliContext): Progress {
  const update = createLogUpdate(context.process.stderr);
  const nodes = new Map<string, string>();
  let frame = 0;
  let isAside = false;
  const draw = (): void => {
    if (isAside) return;
    const spinner = FRAMES[frame++ % FRAMES.length];
    const width = Math.max(0, ...[...nodes.keys()].map((node) => node.length));
    update(
      [...nodes]
        .map(([node, text]) => `${spinner} ${printable(oneLine(`${node.padEnd(width)}  ${text}`))}`)
        .join("\n"),
    );
  };
  const timer = setInterval(draw, 100);
  return {
    onEvent: (event) => {
      const line = permanentLine(event, context.verbose);
      if (line !== undefined) {
        update.clear();
        context.out.note(oneLine(line));
      }
      if (event.kind === "outcome") nodes.delete(event.node);
      else nodes.set(event.node, liveText(event) ?? nodes.get(event.node) ?? "");
    },
    onProblem: (problem) => {
      update.clear();
      printProblems([problem], context);
    },
    done: () => {
      clearInterval(timer);
      update.clear();
      update.done();
    },
    aside: async (work) => {
      isAside = true;
      update.clear();
      try {
        return await work();
      } finally {
        isAside = false;
      }
    },
  };
}

function liveText(event: ApplyEvent): string | undefined {
  switch (event.kind) {
    case "phase":
      return event.text;
    case "bytes":
      return `sending ${megabytes(event.sentBytes)} of ${megabytes(event.totalBytes)}`;
    case "step-started":
      return `${event.index + 1}/${event.count} ${describeStep(event.step)}`;
    default:
      return undefined;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
