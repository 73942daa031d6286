import type { IncomingMessage } from "node:http";
import { parse as parseYaml } from "yaml";
import { messageOf } from "../../../base/mod.ts";
import { ApiError, type Json, refusals } from "../../objects/mod.ts";
import { decodeMessage, openEnvelope } from "../../protobuf/mod.ts";
import { bodyDefinition } from "../../resources/mod.ts";
import { duplicateFields } from "./duplicate-fields.ts";

/** Upstream takes three mebibytes at most. */
const MAX_BYTES = 3 * 1024 * 1024;

const JSON_PATCH = "application/json-patch+json";
const JSON_TYPES: ReadonlySet<string> = new Set([
  "",
  "application/json",
  JSON_PATCH,
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
]);
const YAML_TYPES: ReadonlySet<string> = new Set([
  "application/yaml",
  "application/apply-patch+yaml",
]);
const PROTOBUF = "application/vnd.kubernetes.protobuf";
const SUPPORTED = ["application/json", "application/yaml", PROTOBUF] as const;

/** What a request brings. */
export interface Body {
  /** Undefined where there is none. */
  readonly body: Json | undefined;
  /** Paths of fields that are there twice. */
  readonly duplicates: readonly string[];
}

/** The body of a request as JSON. Throws for what cannot be read. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const none: Body = { body: undefined, duplicates: [] };
  if (request.method === "GET") return none;
  const type = contentType(request);
  const bytes = await collect(request);
  if (bytes.length === 0) return none;
  if (type === PROTOBUF) return { ...none, body: decodeProtobuf(bytes) };
  const isYaml = YAML_TYPES.has(type);
  if (!isYaml && !JSON_TYPES.has(type)) throw refusals.unsupportedMediaType(SUPPORTED);
  const text = bytes.toString("utf8");
  try {
    // cast: both parsers give JSON values alone
    const body = (isYaml ? parseYaml(text) : JSON.parse(text)) as Json;
    const isObject = !isYaml && type !== JSON_PATCH;
    return { body, duplicates: isObject ? duplicateFields(text) : [] };
  } catch (thrown) {
    const why = messageOf(thrown);
    throw refusals.badRequest(`the body of the request is not valid: ${why.split("\n")[0]}`);
  }
}

/** A message with its kind and version, as JSON. */
function decodeProtobuf(bytes: Uint8Array): Json {
  try {
    const envelope = openEnvelope(bytes);
    const id = envelope && bodyDefinition(envelope.apiVersion, envelope.kind);
    if (envelope !== undefined && id !== undefined) {
      const { apiVersion, kind, raw } = envelope;
      return { kind, apiVersion, ...decodeMessage(id, raw) };
    }
  } catch {
    // Cut, or not what its envelope says.
  }
  throw refusals.badRequest("the body of the request is no message of a known kind");
}

/** The media type of a request's body, without its parameters. */
export function contentType({ headers }: IncomingMessage): string {
  return (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      throw new ApiError(
        413,
        "RequestEntityTooLarge",
        `Request entity too large: limit is ${MAX_BYTES}`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
