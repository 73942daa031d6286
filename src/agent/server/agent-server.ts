import http, { type IncomingMessage, type ServerResponse } from "node:http";
import net from "node:net";
import type { Duplex } from "node:stream";
import { type Logger, messageOf } from "../../base/mod.ts";
import type { ConnectionSource, KubeClient } from "../../kube/client/mod.ts";
import { forwardUpgrade, listen, TlsHttpServer } from "../../kube/serving/mod.ts";
import type { ServerSettings } from "../config/mod.ts";
import { Authenticator } from "./authenticate.ts";
import { Authorizer, attributesOf } from "./authorize.ts";
import { HttpError } from "./http-error.ts";
import { IdleConnections, RequestLimits } from "./request-limits.ts";
import { answer, pathParts, type RouteDeps, sendHealth, sendText } from "./routes.ts";
import { ServerIdentity } from "./server-identity.ts";
import { streamUrl } from "./streams.ts";

export interface ServerDeps extends RouteDeps {
  readonly log: Logger;
  /** Reviews tokens and rights; absent where there is no API server. */
  readonly client?: KubeClient;
  readonly addresses: readonly string[];
  /** Signs serving certificates; absent where there is no API server. */
  readonly credentials?: ConnectionSource;
}

/** The agent's two servers: HTTPS for the cluster, and its health for the machine alone. */
export class AgentServer implements Disposable {
  readonly #deps: ServerDeps;
  readonly #authenticator: Authenticator;
  readonly #authorizer: Authorizer;
  readonly #health = http.createServer();
  readonly #identity: ServerIdentity;
  readonly #limits = new RequestLimits();
  readonly #connections = new IdleConnections();
  #https: TlsHttpServer | undefined;

  constructor(deps: ServerDeps) {
    const { client, settings, clock } = deps;
    const now = (): number => clock.now();
    this.#deps = deps;
    this.#authenticator = new Authenticator(client, settings.server, now);
    this.#authorizer = new Authorizer(client, {
      ...{ settings: settings.server, nodeName: settings.nodeName, now },
    });
    this.#identity = new ServerIdentity(deps, (current) => this.#https?.renew(current));
    this.#health.on("request", (_request, response) => {
      void sendHealth(deps, response).catch(() => response.destroy());
    });
  }

  [Symbol.dispose](): void {
    void this.#https?.[Symbol.asyncDispose]();
    this.#health.close();
    this.#health.closeAllConnections();
  }

  /** Listens; rejects where a port or a certificate cannot be used. */
  async start(): Promise<void> {
    const { server } = this.#deps.settings;
    if (server.healthzPort !== 0) {
      await listen(this.#health, server.healthzPort, server.healthzAddress);
    }
    if (!server.enabled) return;
    this.#https = new TlsHttpServer(await this.#identity.open());
    const { http: requests } = this.#https;
    requests.on("connection", (socket) => this.#connections.opened(socket));
    requests.on("request", (request, response) => void this.#request(request, response));
    requests.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
    await this.#https.listen(server.port, server.address);
  }

  /** Keeps up with certificates that change, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#deps.settings.server.enabled) await this.#identity.run(signal);
  }

  /** Where HTTPS is served, once it is. */
  get port(): number {
    return this.#https?.port ?? 0;
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    this.#connections.busy(request.socket);
    let leave = (): void => {};
    response.on("close", () => {
      gone.abort(new Error("the caller has gone"));
      this.#connections.idle(request.socket);
      leave();
    });
    try {
      const { url, caller } = await this.#admit(request);
      leave = this.#enter(caller, url);
      if (gone.signal.aborted) leave();
      await answer(this.#deps, { request, response, url, signal: gone.signal });
    } catch (thrown) {
      if (gone.signal.aborted) return;
      const { status, message } = toHttpError(thrown);
      if (status === 429) response.setHeader("retry-after", "1");
      if (response.headersSent) response.destroy();
      else sendText(response, status, message);
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    this.#connections.busy(request.socket);
    try {
      const { url, caller } = await this.#admit(request);
      socket.once("close", this.#enter(caller, url));
      const to = await streamUrl(this.#deps, url);
      if (to === undefined) throw new HttpError(404, "404 page not found");
      const { hostname, pathname, search, host } = to;
      const stream = await connect(hostname, Number(to.port));
      forwardUpgrade({ request, socket, head }, { stream, path: pathname + search, host });
    } catch (thrown) {
      const { status, message } = toHttpError(thrown);
      const bytes = Buffer.byteLength(message);
      socket.end(
        `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ""}\r\nContent-Type: text/plain\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n${message}`,
      );
    }
  }

  /** A place among those that are answered at once; the function gives it back. */
  #enter(caller: string, url: URL): () => void {
    const leave = this.#limits.enter(caller, url.pathname);
    if (leave === undefined) throw new HttpError(429, "Too many requests, please try again later.");
    return leave;
  }

  /** Who asks, and may they? The request's URL where they may. */
  async #admit(request: IncomingMessage): Promise<{ readonly url: URL; readonly caller: string }> {
    const url = new URL(request.url ?? "/", "https://node");
    const user = await this.#authenticator.identify(request);
    if (user === undefined) throw new HttpError(401, "Unauthorized");
    const attributes = attributesOf(request.method ?? "GET", url.pathname);
    if (await this.#authorizer.allows(user, attributes)) {
      if (isDisabled(url.pathname, this.#deps.settings.server)) {
        throw new HttpError(405, "Debug endpoints are disabled.");
      }
      return { url, caller: user.name };
    }
    const { verb, subresources } = attributes;
    throw new HttpError(
      403,
      `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(" ")}])`,
    );
  }
}

const DEBUGGING = new Set([
  ...["run", "exec", "attach", "portForward", "containerLogs", "runningpods", "checkpoint"],
]);

/** Pure: true for what the configuration switches off; routes are found by the decoded name, too. */
export function isDisabled(
  pathname: string,
  settings: Pick<ServerSettings, "hasDebugging" | "hasNodeLogs">,
): boolean {
  const [first = ""] = pathParts(pathname);
  if (first === "logs") return !(settings.hasDebugging && settings.hasNodeLogs);
  return !settings.hasDebugging && DEBUGGING.has(first);
}

/** Connects to the runtime's streaming server. */
async function connect(host: string, port: number): Promise<net.Socket> {
  const stream = net.connect({ host, port });
  await new Promise<void>((resolve, reject) => {
    stream.once("connect", resolve);
    stream.once("error", (cause) =>
      reject(new HttpError(500, `Cannot connect to the container runtime: ${cause.message}`)),
    );
  });
  return stream;
}

function toHttpError(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown;
  return new HttpError(500, messageOf(thrown));
}
