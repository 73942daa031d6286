import { refusals } from "../../objects/mod.ts";

/** In which form an answer is wanted (the `as` parameter of an Accept header). */
export type AnswerForm = "object" | "table" | "metadata" | "metadataList" | "discovery";

const JSON_TYPE = "application/json";

/** What this server can answer with; protobuf is not among it. */
const SERVED: readonly string[] = [JSON_TYPE, "application/yaml"];

/**
 * Reads an Accept header: the first form in it that can be served. What is answered and not stored
 * has no other form than its own.
 */
export function readAccept(header: string | undefined, hasForms = true): AnswerForm {
  const wanted = header === undefined || header === "" ? "*/*" : header;
  for (const one of wanted.split(",")) {
    const [type = "", ...params] = one.split(";").map((part) => part.trim());
    if (![JSON_TYPE, "application/*", "*/*"].includes(type)) continue;
    const form = formOf(new Map(params.map((param) => splitParam(param))));
    if (form === "object" || (form !== undefined && hasForms)) return form;
  }
  throw refusals.notAcceptable([...SERVED, "application/json;stream=watch"].slice(0, 1));
}

function formOf(params: ReadonlyMap<string, string>): AnswerForm | undefined {
  const as = params.get("as");
  if (as === undefined) return "object";
  const version = params.get("v");
  if (as === "APIGroupDiscoveryList") return version === "v2" ? "discovery" : undefined;
  if (params.get("g") !== "meta.k8s.io" || version !== "v1") return undefined;
  if (as === "Table") return "table";
  if (as === "PartialObjectMetadata") return "metadata";
  return as === "PartialObjectMetadataList" ? "metadataList" : undefined;
}

function splitParam(param: string): readonly [string, string] {
  const at = param.indexOf("=");
  return at === -1 ? [param, ""] : [param.slice(0, at), param.slice(at + 1)];
}

/** As `readAccept` for paths that are no resource: health is text whatever is asked for. */
export function readPlainAccept(header: string | undefined): AnswerForm {
  return /[=]APIGroupDiscoveryList/.test(header ?? "") ? readAccept(header) : "object";
}
