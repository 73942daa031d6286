import type { SourceLocation } from "./location.ts";
import { formatProblem, type Problem } from "./problem.ts";

/** What an error says beside its message, so that a person knows where to look and what to do. */
export interface ErrorContext {
  readonly node?: string;
  readonly locations?: readonly SourceLocation[];
  /** Further text such as the last journal lines of a unit; printed indented. */
  readonly detail?: string;
  readonly fix?: string;
  readonly cause?: unknown;
}

/**
 * The base of every error that an effect rejects with. `kind` is a stable word for programs;
 * the message starts with the action that failed.
 */
export class NodewrightError extends Error {
  readonly kind: string;
  readonly node: string | undefined;
  readonly locations: readonly SourceLocation[];
  readonly detail: string | undefined;
  readonly fix: string | undefined;

  constructor(kind: string, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = "NodewrightError";
    this.kind = kind;
    this.node = context.node;
    this.locations = context.locations ?? [];
    this.detail = context.detail;
    this.fix = context.fix;
  }

  /** Wraps anything that was thrown; our own errors pass through unchanged. */
  static from(thrown: unknown, action: string): NodewrightError {
    if (thrown instanceof NodewrightError) return thrown;
    const text = messageOf(thrown);
    return new NodewrightError("internal", `${action}: ${text}`, { cause: thrown });
  }

  /** The same error, said to be of this node. */
  onNode(node: string): NodewrightError {
    if (this.node !== undefined) return this;
    return new NodewrightError(this.kind, this.message, {
      node,
      locations: this.locations,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.fix === undefined ? {} : { fix: this.fix }),
      cause: this,
    });
  }
}

/** The kinds of a ProblemsError: of parsers and the like, or of the rules of `check`. */
export const PROBLEM_KINDS = ["problems", "checks"] as const;

/** What a ProblemsError has beside its problems. */
export interface ProblemsContext extends Pick<ErrorContext, "node" | "cause" | "fix"> {
  readonly kind?: (typeof PROBLEM_KINDS)[number];
}

/** Thrown where input files have errors: carries every one of them, not only the first. */
export class ProblemsError extends NodewrightError {
  readonly problems: readonly Problem[];
  constructor(message: string, problems: readonly Problem[], context: ProblemsContext = {}) {
    const { kind = "problems", ...rest } = context;
    super(kind, message, { ...rest, detail: problems.map(formatProblem).join("\n") });
    this.name = "ProblemsError";
    this.problems = problems;
  }

  override onNode(node: string): ProblemsError {
    if (this.node !== undefined) return this;
    const { kind, fix } = this;
    return new ProblemsError(this.message, this.problems, {
      node,
      cause: this,
      ...(kind === "checks" ? { kind } : {}),
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

/** A command line that cannot be carried out as written; exit code 2. */
export class UsageError extends NodewrightError {
  constructor(message: string, context: ErrorContext = {}) {
    super("usage", message, context);
    this.name = "UsageError";
  }

  /** Every problem of a command line in one error; throws nothing where there is none. */
  static throwFor(problems: readonly Problem[]): void {
    const [first] = problems;
    if (first === undefined) return;
    throw new UsageError(problems.map(({ message }) => message).join("; "), {
      ...(first.fix === undefined ? {} : { fix: first.fix }),
    });
  }
}

/** What a thrown value says: the message of an error, or the value as text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
