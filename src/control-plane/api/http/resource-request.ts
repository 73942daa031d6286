import type { ServerResponse } from "node:http";
import { refusals } from "../../objects/mod.ts";
import type { ResourceInfo } from "../request-info.ts";
import { subresourceKey } from "../request-info.ts";
import { createObject } from "../rest/create.ts";
import { deleteCollection, deleteObject } from "../rest/delete.ts";
import { checkBody } from "../rest/metadata.ts";
import { patchObject } from "../rest/patch.ts";
import { getObject, listObjects } from "../rest/read.ts";
import { subjectOf } from "../rest/subject.ts";
import { bindPod, evictPod, getScale, writeScale } from "../rest/subresources/mod.ts";
import type { Answer, RestContext, RestRequest } from "../rest/types.ts";
import { updateObject } from "../rest/update.ts";
import { watchObjects } from "../rest/watch.ts";
import type { RowObject } from "../tables/mod.ts";
import type { ApiExtensions } from "../types.ts";
import type { Exchange } from "./exchange.ts";
import { readAccept } from "./media-types.ts";
import { contentType, readBody } from "./read-body.ts";
import { type Rendering, renderAnswer, watchRenderer } from "./render.ts";

interface Context {
  readonly rest: RestContext;
  readonly extensions: ApiExtensions;
}
interface ResourceExchange extends Exchange {
  readonly info: ResourceInfo;
}

/** A caller that does not read is cut off: it lists again when it comes back. */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024;

/** Answers a request for a resource that is allowed. */
export async function answerResource(
  context: Context,
  exchange: ResourceExchange,
  response: ServerResponse,
): Promise<void> {
  const { info, request, url, user, signal, warnings } = exchange;
  const own = context.extensions.subresources[subresourceKey(info)];
  if (own !== undefined && info.subresource !== "") {
    const { isResource: _, verb: __, ...place } = info;
    const answer = { by: "response", response } as const;
    return await own({ ...place, user, url, request, signal, answer });
  }
  checkVerb(info);
  const form = readAccept(request.headers.accept, info.kind.isStored);
  const rest: RestRequest = {
    ...{ info, user, query: url.searchParams, contentType: contentType(request) },
    ...(await readBody(request)),
    userAgent: request.headers["user-agent"] ?? "",
    warn: (message) => void warnings.push(message),
  };
  const include = readInclude(url.searchParams.get("includeObject"));
  const rendering = { form, kind: info.kind, include };
  if (info.verb === "watch") return watch(context.rest, { exchange, rest, rendering }, response);
  const answer = await handle(context, rest);
  const text = renderAnswer(answer, { ...rendering, now: context.rest.now() });
  if (warnings.length > 0) response.setHeader("warning", warnings.map(warningHeader));
  response.writeHead(answer.is === "list" ? 200 : answer.code, {
    "content-type": "application/json",
    "cache-control": "no-cache, private",
  });
  response.end(text);
}

async function handle({ rest, extensions }: Context, request: RestRequest): Promise<Answer> {
  const { info } = request;
  const part = await handlePart(rest, request);
  if (part !== undefined) return part;
  switch (info.verb) {
    case "get":
      return getObject(rest, request);
    case "list":
      return listObjects(rest, request);
    case "create":
      return await create(extensions, rest, request);
    case "update":
      return await updateObject(rest, request);
    case "patch":
      return await patchObject(rest, request);
    case "delete":
      return await deleteObject(rest, request);
    case "deletecollection":
      return await deleteCollection(rest, request);
    default:
      throw refusals.methodNotAllowed(subjectOf(info.kind, info.name));
  }
}

/** Subresources whose bodies are not the object itself; undefined for everything else. */
async function handlePart(rest: RestContext, request: RestRequest): Promise<Answer | undefined> {
  const { verb, kind, subresource } = request.info;
  if (subresource === "scale") {
    return verb === "get" ? getScale(rest, request) : await writeScale(rest, request);
  }
  if (verb !== "create") return undefined;
  if (subresource === "binding" || kind.kind === "Binding") return await bindPod(rest, request);
  return subresource === "eviction" ? await evictPod(rest, request) : undefined;
}

async function create(
  { reviews }: ApiExtensions,
  rest: RestContext,
  request: RestRequest,
): Promise<Answer> {
  const { info, user } = request;
  const { kind, subresource, namespace, name } = info;
  const key =
    subresource !== ""
      ? subresourceKey(info)
      : `${kind.plural}${kind.group === "" ? "" : `.${kind.group}`}`;
  const review = reviews[key];
  if (review !== undefined) {
    const object = checkBody(request.body, reviewInfo(info));
    const answered = await review({ user, kind, subresource, namespace, name, object });
    return { is: "object", code: 201, object: answered };
  }
  if (subresource !== "" || !kind.isStored) throw refusals.methodNotAllowed(subjectOf(kind, name));
  return await createObject(rest, request);
}

/** A subresource's body has a kind of its own. */
function reviewInfo(info: ResourceInfo): ResourceInfo {
  const part = info.kind.subresources.find(({ name }) => name === info.subresource);
  if (part === undefined) return info;
  const { group = info.kind.group, version = info.kind.version, kind } = part;
  return { ...info, kind: { ...info.kind, group, version, kind } };
}

function watch(
  rest: RestContext,
  asked: {
    readonly exchange: ResourceExchange;
    readonly rest: RestRequest;
    readonly rendering: Omit<Rendering, "now">;
  },
  response: ServerResponse,
): void {
  const { exchange, rendering } = asked;
  const render = watchRenderer(rendering, rest.now);
  let isOpen = false;
  // Options that do not go together are refused before anything is sent.
  const open = (): void => {
    if (isOpen) return;
    isOpen = true;
    response.writeHead(200, {
      "content-type": "application/json",
      "cache-control": "no-cache, private",
      "transfer-encoding": "chunked",
    });
    response.flushHeaders();
  };
  watchObjects(rest, asked.rest, {
    signal: exchange.signal,
    send: (frame) => {
      open();
      response.write(render(frame));
      if (response.writableLength > MAX_UNSENT_BYTES) response.destroy();
    },
    end: () => void response.end(),
  });
  open();
}

/** What the table says about the resource holds for every path of it. */
function checkVerb({ kind, verb, subresource, name }: ResourceInfo): void {
  const verbs: readonly string[] =
    subresource === ""
      ? kind.verbs
      : (kind.subresources.find((part) => part.name === subresource)?.verbs ?? []);
  if (subresource !== "" && verbs.length === 0) throw refusals.noSuchResource();
  const needsName = verb === "update" || verb === "patch";
  if (!verbs.includes(verb) || (needsName && name === ""))
    throw refusals.methodNotAllowed(subjectOf(kind, name));
}

function readInclude(value: string | null): RowObject {
  return value === "None" || value === "Object" ? value : "Metadata";
}

function warningHeader(message: string): string {
  return `299 - ${JSON.stringify(message)}`;
}
