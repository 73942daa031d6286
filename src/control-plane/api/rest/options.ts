import { refusals } from "../../objects/mod.ts";

/** How a change with unknown or repeated fields is met. */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** The options of a change that are in its query. */
export interface ChangeOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  readonly fieldManager: string;
  readonly force: boolean;
}

/** Reads the options of a create, update or patch; throws Invalid for what they cannot be. */
export function readChangeOptions(query: URLSearchParams, userAgent: string): ChangeOptions {
  const validation = query.get("fieldValidation") ?? "Warn";
  if (validation !== "Ignore" && validation !== "Warn" && validation !== "Strict") {
    throw invalid("fieldValidation", validation, ["Ignore", "Warn", "Strict"]);
  }
  return {
    dryRun: readDryRun(query.getAll("dryRun")),
    fieldValidation: validation,
    // Without a name of its own a manager is the program that asks.
    fieldManager: query.get("fieldManager") || (userAgent.split("/")[0] ?? "").slice(0, 128),
    force: query.get("force") === "true",
  };
}

/** Reads dryRun, which is All or nothing. */
export function readDryRun(values: readonly unknown[]): boolean {
  const given = values.filter((value) => value !== "");
  if (given.some((value) => value !== "All")) throw invalid("dryRun", given[0], ["All"]);
  return given.length > 0;
}

function invalid(field: string, value: unknown, supported: readonly string[]): Error {
  return refusals.invalid({ group: "meta.k8s.io", resource: "CreateOptions", name: "" }, [
    {
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((one) => JSON.stringify(one)).join(", ")}`,
      field,
    },
  ]);
}
