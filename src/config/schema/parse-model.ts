import type { ConfigDocument, Path } from "../document/config-document.ts";
import { findUnexpanded } from "../document/find-unexpanded.ts";
import { joinProblems } from "../document/problems.ts";
import type { Parsed } from "../document/source-text.ts";
import { ConfigReader } from "./config-reader.ts";
import type { SchemaNode } from "./schema.ts";
import { type ValidateOptions, validate } from "./validate.ts";

/** How a parsed document becomes a model. */
export interface ModelOptions<T> extends ValidateOptions {
  readonly schema: SchemaNode;
  /** Places whose text goes to a program that expands variables by itself. */
  readonly isCommand?: (path: Path) => boolean;
  readonly create: (reader: ConfigReader) => T;
}

/**
 * Syntax, then schema, then the model. There is a model wherever the syntax holds and the document
 * is a map, so that other files can be checked against what it does say.
 */
export function parseModel<T>(parsed: Parsed<ConfigDocument>, options: ModelOptions<T>): Parsed<T> {
  const document = parsed.value;
  if (document === undefined) return { value: undefined, problems: parsed.problems };
  const problems = joinProblems(parsed.problems, [
    ...validate(document, options.schema, options),
    ...findUnexpanded(document, options.isCommand),
  ]);
  if (document.root.kind !== "map") return { value: undefined, problems };
  const value = options.create(new ConfigReader(document, options.schema));
  return { value, problems };
}
