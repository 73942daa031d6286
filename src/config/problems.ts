import type { Problem, SourceLocation } from "../base/mod.ts";
import { formatPath, type Path } from "./config-document.ts";

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
    ...(fix === undefined ? {} : { fix }),
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
