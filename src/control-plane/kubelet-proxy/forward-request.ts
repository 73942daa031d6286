import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import { ApiError, refusals } from "../objects/mod.ts";
import { unreachable } from "./kubelet-client.ts";
import { rewriteLink, rewriteLinks } from "./rewrite-links.ts";

/** A request on its way to another server. */
export interface Forwarded {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
}

/** Where it goes, and how the connection is made. */
export interface ForwardTarget {
  readonly scheme: "http" | "https";
  /** Path with query. */
  readonly path: string;
  readonly options: https.RequestOptions;
  /** Where the caller sees the other server's root: links of its pages are led there. */
  readonly prefix?: string;
}

/** Of one connection, or said by one server to another: never passed on (RFC 9110 section 7.6.1). */
const OWN_HEADERS =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|authorization|impersonate-.*)$/i;

/** Passes a request on as it is, and the answer back as it comes; pages get links that lead through. */
export async function forwardRequest(forwarded: Forwarded, target: ForwardTarget): Promise<void> {
  const { request, response } = forwarded;
  const { prefix, path } = target;
  const headers = passedHeaders(request.rawHeaders);
  if (prefix !== undefined) {
    headers["x-forwarded-uri"] = prefix + path.replace(/\?.*/s, "");
    // A page that is packed cannot be read on its way.
    delete headers["accept-encoding"];
  }
  const answer = await send(forwarded, target, { method: request.method ?? "GET", headers });
  const answered = passedHeaders(answer.rawHeaders);
  if (prefix !== undefined && answer.headers.location !== undefined) {
    answered["location"] = rewriteLink(answer.headers.location, prefix);
  }
  if (prefix !== undefined && isPage(answer)) {
    delete answered["content-length"];
    response.writeHead(answer.statusCode ?? 502, answered);
    return await forwardPage(answer, response, prefix);
  }
  response.writeHead(answer.statusCode ?? 502, answered);
  response.flushHeaders();
  answer.pipe(response);
  await ended(answer, response);
}

/** Reads from a kubelet: what it refuses is a refusal of the API server. */
export async function forwardLog(
  forwarded: Forwarded,
  target: ForwardTarget,
  subject: { readonly resource: string; readonly name: string },
): Promise<void> {
  const { response } = forwarded;
  // What the client accepts is about this server's answers: the kubelet would refuse kubectl's JSON for a log.
  const answer = await send(forwarded, target, { method: "GET", headers: {} });
  const status = answer.statusCode ?? 500;
  if (status < 200 || status > 299) throw toRefusal(status, await readText(answer), subject);
  response.writeHead(200, { "content-type": "text/plain", "cache-control": "no-cache, private" });
  response.flushHeaders();
  answer.pipe(response);
  await ended(answer, response);
}

async function send(
  { request, signal }: Forwarded,
  { scheme, path, options }: ForwardTarget,
  { method, headers }: { readonly method: string; readonly headers: http.OutgoingHttpHeaders },
): Promise<IncomingMessage> {
  const whole: https.RequestOptions = { ...options, path, method, headers, signal };
  const outgoing = scheme === "https" ? https.request(whole) : http.request(whole);
  // What happens after the answer has begun is seen on the answer.
  outgoing.on("error", () => {});
  const answered = once(outgoing, "response");
  if (method === "GET" || method === "HEAD") outgoing.end();
  else request.pipe(outgoing);
  try {
    const [answer] = await answered;
    return answer;
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw unreachable(`${scheme}://${options.host ?? ""}:${options.port ?? ""}`, thrown);
  }
}

function passedHeaders(raw: readonly string[]): http.OutgoingHttpHeaders {
  const passed = new Map<string, string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    if (OWN_HEADERS.test(name)) continue;
    passed.set(name, [...(passed.get(name) ?? []), raw[at + 1] ?? ""]);
  }
  return Object.fromEntries(passed);
}

const MAX_ERROR_BYTES = 64 * 1024;

async function readText(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer) {
    text += String(chunk);
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return text.slice(0, MAX_ERROR_BYTES);
}

/** Sends a page with other links; one that turns out to be too large goes on as it is. */
async function forwardPage(
  answer: IncomingMessage,
  response: ServerResponse,
  prefix: string,
): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    size += chunk.length;
    chunks.push(chunk);
    if (size <= MAX_PAGE_BYTES) continue;
    for (const one of chunks.splice(0)) if (!response.write(one)) await once(response, "drain");
  }
  if (size > MAX_PAGE_BYTES) response.end();
  else response.end(rewriteLinks(Buffer.concat(chunks).toString("utf8"), prefix));
}

/** Larger pages pass as they are. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

function isPage({ headers }: IncomingMessage): boolean {
  const isHtml = (headers["content-type"] ?? "").split(";")[0]?.trim() === "text/html";
  return isHtml && headers["content-encoding"] === undefined;
}

/** What other answers of a kubelet are to a client; their text says more and goes along as a cause. */
const REFUSALS = new Map<number, readonly [reason: string, message: string | undefined]>([
  [401, ["Unauthorized", "the server has asked for the client to provide credentials"]],
  // Says who has not which right: most likely the API server's own user.
  [403, ["Forbidden", undefined]],
  [404, ["NotFound", "the server could not find the requested resource"]],
]);

function toRefusal(
  status: number,
  text: string,
  { resource, name }: { readonly resource: string; readonly name: string },
): ApiError {
  if (status === 400) return refusals.badRequest(text);
  const known = REFUSALS.get(status);
  if (known === undefined) {
    return new ApiError(500, "InternalError", `Internal error occurred: ${text}`, {
      details: { causes: [{ message: text }] },
    });
  }
  const [reason, message = text] = known;
  return new ApiError(status, reason, `${message} ( ${resource} ${name})`, {
    details: {
      ...{ name, kind: resource },
      causes: [{ reason: "UnexpectedServerResponse", message: text }],
    },
  });
}

/** Resolves when the answer has been passed on; an answer that breaks off breaks the caller's too. */
async function ended(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const cut = (): void => void response.destroy();
    answer.on("error", cut);
    answer.on("aborted", cut);
    response.on("error", () => {});
    response.on("close", () => {
      answer.destroy();
      resolve();
    });
  });
}
