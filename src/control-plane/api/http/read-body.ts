import type { IncomingMessage } from "node:http";
import { parse as parseYaml } from "yaml";
import { messageOf } from "../../../base/mod.ts";
import { ApiError, type Json, refusals } from "../../objects/mod.ts";
import { decodeMessage, openEnvelope } from "../../protobuf/mod.ts";
import { bodyDefinition } from "../../resources/mod.ts";

/** Upstream takes three mebibytes at most. */
const MAX_BYTES = 3 * 1024 * 1024;

const JSON_TYPES: ReadonlySet<string> = new Set([
  "",
  "application/json",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
]);
const YAML_TYPES: ReadonlySet<string> = new Set([
  "application/yaml",
  "application/apply-patch+yaml",
]);
const PROTOBUF = "application/vnd.kubernetes.protobuf";
const SUPPORTED = ["application/json", "application/yaml", PROTOBUF] as const;

/** The body of a request as JSON; undefined where it is empty. Throws for what cannot be read. */
export async function readBody(request: IncomingMessage): Promise<Json | undefined> {
  const type = contentType(request);
  const bytes = await collect(request);
  if (bytes.length === 0) return undefined;
  if (type === PROTOBUF) return decodeProtobuf(bytes);
  const isYaml = YAML_TYPES.has(type);
  if (!isYaml && !JSON_TYPES.has(type)) throw refusals.unsupportedMediaType(SUPPORTED);
  const text = bytes.toString("utf8");
  try {
    // cast: both parsers give JSON values alone
    return (isYaml ? parseYaml(text) : JSON.parse(text)) as Json;
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
