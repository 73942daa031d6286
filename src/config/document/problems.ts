import type { Problem, SourceLocation } from "../../base/mod.ts";
import { formatPath, type Path } from "./config-document.ts";

/** So many problems of one stage are told; a file with more has one cause, or is no such file. */
export const MAX_PROBLEMS = 100;

/**
 * Collects a stage's problems up to MAX_PROBLEMS and then says once that there are more. What is
 * past that is never even worded: a hostile file costs no more than a wrong one.
 */
export class ProblemList {
  readonly #problems: Problem[] = [];

  get all(): readonly Problem[] {
    return this.#problems;
  }

  add(makeProblem: () => Problem): void {
    const count = this.#problems.length;
    if (count > MAX_PROBLEMS) return;
    const problem = makeProblem();
    this.#problems.push(
      count < MAX_PROBLEMS
        ? problem
        : {
            code: "too-many-problems",
            severity: problem.severity,
            message: `Found more problems than are listed: ${MAX_PROBLEMS}`,
            locations: problem.locations.slice(0, 1),
            fix: "fix those above, or check that it is the right file",
          },
    );
  }
}

/**
 * What the parser and the schema have found together. A value that the schema wants of another type
 * is spoken of once: what the parser made of it does not matter then.
 */
export function joinProblems(
  ofParser: readonly Problem[],
  ofSchema: readonly Problem[],
): readonly Problem[] {
  const placeOf = ({ locations: [at] }: Problem): string => `${at?.line}:${at?.column}`;
  const placesOf = (wanted: string): ReadonlySet<string> =>
    new Set(ofSchema.filter(({ code }) => code === wanted).map(placeOf));
  const [retyped, unexpanded] = [placesOf("wrong-type"), placesOf("unexpanded-variable")];
  return [
    ...ofParser.filter(
      (problem) => problem.code !== "ambiguous-value" || !retyped.has(placeOf(problem)),
    ),
    ...ofSchema.filter(
      (problem) => problem.code !== "wrong-value" || !unexpanded.has(placeOf(problem)),
    ),
  ];
}

/** A file that is not of its format at all; `what` goes on with the sentence after the colon. */
export function syntaxError(
  format: string,
  what: string,
  location: SourceLocation,
  fix?: string,
): Problem {
  return {
    code: "syntax",
    severity: "error",
    message: `Cannot parse ${format}: ${what}`,
    locations: [location],
    fix: fix ?? "correct the line, or the one before it",
  };
}

/** A key that stands twice in one map; the later one is named first, since it is the one to remove. */
export function duplicateKey(
  path: Path,
  key: string,
  later: SourceLocation,
  first: SourceLocation,
): Problem {
  return {
    code: "duplicate-key",
    severity: "error",
    message: `Duplicate key in ${formatPath(path)}: "${key}"`,
    locations: [later, first],
    fix: "keep one of the two",
  };
}

/** What a parser that recurses says of a document nested too deeply for it. */
export function tooDeep(format: string, location: SourceLocation): Problem {
  return {
    code: "too-deep",
    severity: "error",
    message: `Cannot parse ${format}: values are nested too deeply`,
    locations: [location],
    fix: "give a configuration file; this one looks generated to do harm",
  };
}
