import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "../../../base/mod.ts";
import {
  certificateUser,
  peerCertificates,
  type TlsHttpOptions,
  TlsHttpServer,
} from "../../../kube/serving/mod.ts";
import type { UserInfo } from "../../auth/request/mod.ts";
import { ApiError, refusals } from "../../objects/mod.ts";
import { parseRequest, subresourceKey } from "../request-info.ts";
import { authorizeRequest } from "../rest/authorize-request.ts";
import type { RestContext } from "../rest/types.ts";
import type { ApiExtensions } from "../types.ts";
import type { Exchange } from "./exchange.ts";
import { readPlainAccept } from "./media-types.ts";
import { plainAnswer } from "./plain-paths.ts";
import { answerResource } from "./resource-request.ts";

/** What the API server is made of. */
export interface ApiServerOptions {
  readonly tls: TlsHttpOptions;
  readonly rest: Omit<RestContext, "admissions" | "authorize">;
  readonly extensions: ApiExtensions;
  readonly log: Logger;
  /** `HOST:PORT` where clients reach the server: discovery tells it. */
  readonly advertise: string;
}

/** The API server: HTTPS, and who may do what with it. */
export class ApiServer implements AsyncDisposable {
  readonly #options: ApiServerOptions;
  readonly #rest: RestContext;
  readonly #https: TlsHttpServer;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { authorize, admissions } = options.extensions;
    this.#rest = { ...options.rest, authorize, admissions };
    this.#https = new TlsHttpServer(options.tls);
    const { http } = this.#https;
    // A watch is silent for as long as nothing happens.
    http.requestTimeout = 0;
    http.timeout = 0;
    http.on("request", (request, response) => void this.#serve(request, response));
    http.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  /** Listens; rejects where the address cannot be used. */
  async listen(port: number, host: string): Promise<void> {
    await this.#https.listen(port, host);
  }

  get port(): number {
    return this.#https.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#https[Symbol.asyncDispose]();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort(new Error("the caller has gone")));
    const warnings: string[] = [];
    try {
      const url = requestUrl(request);
      const user = await this.#authenticate(request);
      await this.#answer({ request, url, user, signal: gone.signal, warnings }, response);
    } catch (thrown) {
      if (gone.signal.aborted) return;
      this.#logUnforeseen(thrown, request);
      const error = ApiError.from(thrown);
      if (response.headersSent) response.destroy();
      else sendStatus(response, error);
    }
  }

  async #answer(exchange: Exchange, response: ServerResponse): Promise<void> {
    const { url, request, user } = exchange;
    const { authorize, paths } = this.#options.extensions;
    const info = parseRequest(request.method ?? "GET", url);
    await authorizeRequest(authorize, { info, url, user });
    if (info.isResource) {
      await answerResource(this.#resourceContext(), { ...exchange, info }, response);
      return;
    }
    const added = paths[url.pathname];
    if (added !== undefined) return sendJson(response, await added(url));
    const form = readPlainAccept(request.headers.accept);
    const answer = plainAnswer(url.pathname, form, this.#options.advertise);
    if (answer === undefined) throw refusals.noSuchResource();
    if (answer.is === "text") {
      response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
      response.end(answer.text);
    } else sendJson(response, answer.body, answer.contentType);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    const gone = new AbortController();
    socket.on("close", () => gone.abort(new Error("the caller has gone")));
    try {
      const url = requestUrl(request);
      const user = await this.#authenticate(request);
      const info = parseRequest(request.method ?? "GET", url);
      const { authorize, subresources } = this.#options.extensions;
      await authorizeRequest(authorize, { info, url, user });
      const handler = info.isResource ? subresources[subresourceKey(info)] : undefined;
      if (!info.isResource || handler === undefined) throw refusals.noSuchResource();
      const { isResource: _, verb: __, ...place } = info;
      const answer = { by: "upgrade", socket, head } as const;
      await handler({ ...place, user, url, request, signal: gone.signal, answer });
    } catch (thrown) {
      this.#logUnforeseen(thrown, request);
      refuseUpgrade(socket, ApiError.from(thrown));
    }
  }

  #resourceContext() {
    const { extensions } = this.#options;
    return { rest: this.#rest, extensions };
  }

  async #authenticate(request: IncomingMessage): Promise<UserInfo> {
    const user = await this.#options.extensions.authenticate({
      certificate: certificateUser(request),
      peerCertificates: peerCertificates(request),
      authorization: request.headers.authorization,
      headers: headerList(request.rawHeaders),
    });
    if (user === undefined) throw refusals.unauthorized();
    return user;
  }

  #logUnforeseen(thrown: unknown, { method, url }: IncomingMessage): void {
    if (thrown instanceof ApiError) return;
    const error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    this.#options.log.error("Cannot answer a request", { method, path: url, error });
  }
}

function headerList(raw: readonly string[]): (readonly [name: string, value: string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as const] : []));
}

function requestUrl({ url = "/" }: IncomingMessage): URL {
  try {
    return new URL(url, "https://kubernetes.default.svc");
  } catch {
    throw refusals.badRequest("the URL of the request is not valid");
  }
}

/** Sends a JSON answer. */
export function sendJson(response: ServerResponse, body: unknown, type = "application/json"): void {
  response.writeHead(200, { "content-type": type, "cache-control": "no-cache, private" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

function sendStatus(response: ServerResponse, error: ApiError): void {
  const status = error.toStatus();
  const retry = error.details?.["retryAfterSeconds"];
  response.writeHead(error.code, {
    "content-type": "application/json",
    "cache-control": "no-cache, private",
    ...(typeof retry === "number" ? { "retry-after": String(retry) } : {}),
  });
  response.end(JSON.stringify(status));
}

function refuseUpgrade(socket: Duplex, error: ApiError): void {
  const body = JSON.stringify(error.toStatus());
  socket.end(
    `HTTP/1.1 ${error.code} ${STATUS_CODES[error.code] ?? ""}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
