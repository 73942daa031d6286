import type { ApiObject, JsonObject } from "../../objects/mod.ts";
import { groupVersion, type ResourceKind } from "../../resources/mod.ts";
import type { StoredObject } from "../../storage/mod.ts";
import { fromStored, isConverted } from "../conversion/mod.ts";
import type { Answer } from "../rest/types.ts";
import type { WatchFrame } from "../rest/watch.ts";
import { partialMetadata, type RowObject, table, tableKind, tableRow } from "../tables/mod.ts";
import type { AnswerForm } from "./media-types.ts";

/** How the caller wants an answer to look. */
export interface Rendering {
  readonly form: AnswerForm;
  readonly kind: ResourceKind;
  readonly include: RowObject;
  readonly now: number;
}

/** An answer as the text of its body. */
export function renderAnswer(answer: Answer, rendering: Rendering): string {
  if (answer.is === "json") return JSON.stringify(answer.body);
  if (answer.is === "object") {
    const { object, text } = served(answer, rendering);
    return renderObject(object, text, rendering);
  }
  const { form, kind, now, include } = rendering;
  const { items, metadata } = answer;
  if (form === "table") {
    const how = tableKind(kind);
    const rows = items.map(({ object }) => tableRow(how, object, { now, include }));
    return JSON.stringify(table(how, metadata, rows));
  }
  if (form !== "object") {
    return JSON.stringify({
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata,
      items: items.map(({ object }) => partialMetadata(object)),
    });
  }
  const prefix = typePrefix(kind);
  const texts = items.map((stored) => {
    const { text } = served(stored, rendering);
    return text.startsWith(prefix) ? `{${text.slice(prefix.length)}` : text;
  });
  const head = JSON.stringify({
    kind: `${kind.kind}List`,
    apiVersion: groupVersion(kind),
    metadata,
  });
  return `${head.slice(0, -1)},"items":[${texts.join()}]}`;
}

interface Written {
  readonly object: ApiObject;
  readonly text?: string;
}

/** An object in the form that the path serves, with its text. */
function served(
  { object, text }: Written,
  { kind, form }: Pick<Rendering, "kind" | "form">,
): Required<Written> {
  // Tables are made of the stored form, and an answer of another kind is what it is.
  const isOther = !isConverted(kind) || form === "table" || object.kind !== kind.kind;
  if (isOther) return { object, text: text ?? JSON.stringify(object) };
  const converted = fromStored(object, kind);
  return { object: converted, text: JSON.stringify(converted) };
}

/** Items of a list do not repeat their kind: what a stored text starts with. */
function typePrefix(kind: ResourceKind): string {
  const type = JSON.stringify({ kind: kind.kind, apiVersion: groupVersion(kind) });
  return `${type.slice(0, -1)},`;
}

function renderObject(
  object: ApiObject,
  text: string,
  { form, kind, now, include }: Rendering,
): string {
  if (form === "object") return text;
  if (form !== "table") return JSON.stringify(partialMetadata(object));
  const how = tableKind(kind);
  const row = tableRow(how, object, { now, include });
  return JSON.stringify(table(how, listMetadata(object), [row]));
}

function listMetadata({ metadata }: ApiObject): JsonObject {
  return metadata.resourceVersion === undefined
    ? {}
    : { resourceVersion: metadata.resourceVersion };
}

/** Makes the lines of a watch; the columns of a table are sent once. */
export function watchRenderer(
  rendering: Omit<Rendering, "now">,
  now: () => number,
): (frame: WatchFrame) => string {
  let isFirst = true;
  const { form, kind, include } = rendering;
  const objectText = (stored: Pick<StoredObject, "object" | "text">): string => {
    if (form === "object") return served(stored, rendering).text;
    if (form !== "table") return JSON.stringify(partialMetadata(stored.object));
    const row = tableRow(tableKind(kind), stored.object, { now: now(), include });
    const text = JSON.stringify(
      table(isFirst ? tableKind(kind) : undefined, listMetadata(stored.object), [row]),
    );
    isFirst = false;
    return text;
  };
  return (frame) => {
    if (frame.type === "ERROR") return line("ERROR", JSON.stringify(frame.error.toStatus()));
    if (frame.type !== "BOOKMARK") return line(frame.type, objectText(frame.stored));
    return line("BOOKMARK", bookmarkText(frame, rendering));
  };
}

function bookmarkText(
  { revision, endsInitial }: Extract<WatchFrame, { type: "BOOKMARK" }>,
  { form, kind, include }: Omit<Rendering, "now">,
): string {
  const metadata = {
    resourceVersion: String(revision),
    creationTimestamp: null,
    ...(endsInitial ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
  };
  if (form === "object") {
    return JSON.stringify({ kind: kind.kind, apiVersion: groupVersion(kind), metadata });
  }
  const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
  if (form !== "table") return JSON.stringify(partial);
  const row = { cells: [], object: include === "None" ? null : partial };
  return JSON.stringify(table(undefined, { resourceVersion: String(revision) }, [row]));
}

function line(type: string, object: string): string {
  return `{"type":"${type}","object":${object}}\n`;
}
