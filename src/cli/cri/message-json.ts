import { type DescMessage, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";

/**
 * A message of the interface as JSON, with the kind of document that it is; also what has its
 * default value, such as SANDBOX_READY.
 */
export function messageJson<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  kind: string,
): { readonly kind: string; readonly [key: string]: JsonValue } {
  const json = toJson(schema, message, { alwaysEmitImplicit: true });
  return typeof json === "object" && json !== null && !Array.isArray(json)
    ? { kind, ...json }
    : { kind, value: json };
}
