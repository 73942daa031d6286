import type http from "node:http";
import type { Secret } from "../../base/mod.ts";
import { certificateUser, TlsHttpServer } from "../serving/mod.ts";
import { parseResourceRequest, readJson, StatusError } from "./api-request.ts";
import { authorize, type User } from "./authorizer.ts";
import { ObjectStore } from "./object-store.ts";
import { handleResource, type ResourceContext } from "./resource-handler.ts";

/** How a fake API server listens and whom it believes. */
export interface FakeApiServerOptions {
  /** Serving certificate and key (PEM). */
  readonly cert: string;
  readonly key: Secret;
  /** The authority of client certificates (PEM). */
  readonly clientCa: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** What /version says; default v1.36.2. */
  readonly version?: string;
  /**
   * How long a deleted pod takes to go away, in place of its kubelet; `kubelet` where there is one
   * that takes it away by itself. Default 10 ms.
   */
  readonly podTerminationMs?: number | "kubelet";
}

/** A request as tests see it. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly user: string;
}

/**
 * An answer put in place of the real one: an error, any text as a success; `hang` never answers, `cut`
 * closes the connection.
 */
export type Interception =
  | { readonly text: string }
  | { readonly code: number; readonly reason: string; readonly message: string }
  | "hang"
  | "cut";

/**
 * An API server in memory, over TLS with client certificates: nodes, leases, pods with eviction
 * and disruption budgets, services and what else a worker node and its installer ask for. Node
 * users may only write their own Node. No admission, no validation, no discovery, no controllers.
 */
export class FakeApiServer implements AsyncDisposable {
  readonly store = new ObjectStore();
  /** Every request so far, in order. */
  readonly requests: RecordedRequest[] = [];
  /** Set it to answer in another way than the server would; undefined lets the request through. */
  intercept: ((request: RecordedRequest) => Interception | undefined) | undefined;

  readonly #options: FakeApiServerOptions;
  readonly #https: TlsHttpServer;
  readonly #closing = new AbortController();

  private constructor(options: FakeApiServerOptions) {
    this.#options = options;
    this.#https = new TlsHttpServer(options);
    this.#https.http.on("request", (request, response) => void this.#serve(request, response));
  }

  /** Listens; rejects with the system's error where the address is taken. */
  static async start(options: FakeApiServerOptions): Promise<FakeApiServer> {
    const server = new FakeApiServer(options);
    await server.#https.listen(options.port ?? 0, options.host ?? "127.0.0.1");
    return server;
  }

  get port(): number {
    return this.#https.port;
  }
  get url(): string {
    const host = this.#options.host ?? "127.0.0.1";
    return `https://${host.includes(":") ? `[${host}]` : host}:${this.port}`;
  }

  /** Breaks every open connection, watches included; new ones are taken. */
  dropConnections(): void {
    this.#https.dropConnections();
  }

  /** Closes the listener and every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#https[Symbol.asyncDispose]();
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (thrown) {
      const error =
        thrown instanceof StatusError
          ? thrown
          : new StatusError(500, "InternalError", `internal error: ${String(thrown)}`);
      sendJson(response, error.status.code, { apiVersion: "v1", ...error.status });
    }
  }

  async #route(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const user = userOf(request);
    const record = {
      method: request.method ?? "GET",
      path: url.pathname + url.search,
      user: user?.name ?? "",
    };
    this.requests.push(record);
    const instead = this.intercept?.(record);
    if (instead === "hang") return;
    if (instead === "cut") return void request.socket.destroy();
    if (instead !== undefined && "text" in instead) return void response.end(instead.text);
    if (instead !== undefined) throw new StatusError(instead.code, instead.reason, instead.message);
    if (["/healthz", "/livez", "/readyz"].includes(url.pathname)) return void response.end("ok");
    if (user === undefined) throw new StatusError(401, "Unauthorized", "Unauthorized");
    if (url.pathname === "/version") {
      const gitVersion = this.#options.version ?? "v1.36.2";
      return sendJson(response, 200, { gitVersion, platform: "linux/amd64" });
    }
    const asked = parseResourceRequest(record.method, url);
    const refusal = authorize(user, asked);
    if (refusal !== undefined) throw new StatusError(403, "Forbidden", refusal);
    const context: ResourceContext = {
      store: this.store,
      podTerminationMs: this.#options.podTerminationMs ?? 10,
      closing: this.#closing.signal,
    };
    const body = record.method === "GET" ? undefined : await readJson(request);
    const contentType = request.headers["content-type"] ?? "";
    const result = handleResource(context, asked, { body, contentType, response });
    if (result !== undefined) sendJson(response, result.code, result.body);
  }
}

/** The user that a verified client certificate names; undefined without one, or with a wrong one. */
function userOf(request: http.IncomingMessage): User | undefined {
  const user = certificateUser(request);
  return user && { ...user, groups: [...user.groups, "system:authenticated"] };
}

function sendJson(response: http.ServerResponse, code: number, body: unknown): void {
  if (response.headersSent) return void response.end();
  response.writeHead(code, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
