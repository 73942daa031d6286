import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Logger, messageOf } from "../../base/mod.ts";
import type { ListenAddress } from "../config/mod.ts";
import { type HealthCheck, healthCheckAnswer } from "./service-health.ts";

/** The status of an answer, and a body that becomes JSON, or a text. */
export interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers one request. */
export type Answer = (path: string) => Answered | Promise<Answered>;

/** A server that listens. */
export interface Listener extends AsyncDisposable {
  readonly address: ListenAddress;
}

/** All addresses of both families, or of IPv4 where the kernel has no IPv6. */
export const EVERYWHERE = "::";

/** A request's headers and body must come within this time. */
const REQUEST_MS = 10_000;

/** Serves GET requests; rejects where the address cannot be had. */
export function listen(address: ListenAddress, answer: Answer): Promise<Listener> {
  const server = createServer(
    { requestTimeout: REQUEST_MS },
    (request, response) => void respond(request, response, answer).catch(() => response.destroy()),
  );
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const { port, host } = address;
    // Without a host both families are tried.
    server.listen({ port, ...(host === EVERYWHERE ? {} : { host }) }, () => {
      server.off("error", reject);
      resolve({ address, [Symbol.asyncDispose]: () => close(server) });
    });
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const path = new URL(request.url ?? "/", "http://proxy").pathname;
  const { status, body, headers } = await answer(path);
  const isText = typeof body === "string";
  response.writeHead(status, {
    "content-type": isText ? "text/plain; charset=utf-8" : "application/json",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(isText ? body : JSON.stringify(body));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

interface OpenCheck {
  check: HealthCheck;
  readonly listener: Promise<Listener>;
}

/** The health check ports of Services: one server a Service, opened and closed as they come and go. */
export class HealthCheckServers implements AsyncDisposable {
  readonly #log: Logger;
  readonly #isProxyHealthy: () => boolean;
  readonly #open = new Map<string, OpenCheck>();

  constructor(log: Logger, isProxyHealthy: () => boolean) {
    this.#log = log;
    this.#isProxyHealthy = isProxyHealthy;
  }

  /** Takes up what has changed of a Service; undefined where it has no check. */
  set(service: string, check: HealthCheck | undefined): void {
    const open = this.#open.get(service);
    if (open !== undefined && open.check.port === check?.port) {
      open.check = check;
      return;
    }
    if (open !== undefined) {
      this.#open.delete(service);
      void open.listener.then((listener) => listener[Symbol.asyncDispose]()).catch(() => {});
    }
    if (check !== undefined) this.#serve(service, check);
  }

  #serve(service: string, check: HealthCheck): void {
    const current = (): HealthCheck => this.#open.get(service)?.check ?? check;
    const listener = listen({ host: EVERYWHERE, port: check.port }, () =>
      healthCheckAnswer(current(), this.#isProxyHealthy()),
    );
    const entry: OpenCheck = { check, listener };
    this.#open.set(service, entry);
    entry.listener.catch((thrown: unknown) => {
      const reason = messageOf(thrown);
      this.#log.error("Cannot serve the health check", { service, port: check.port, reason });
      if (this.#open.get(service) === entry) this.#open.delete(service);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(
      all.map(async ({ listener }) => await (await listener)[Symbol.asyncDispose]()),
    );
  }
}
