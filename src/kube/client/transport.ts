import http from "node:http";
import https from "node:https";
import type { ApiConnection, ConnectionSource } from "./connection.ts";
import { answerToKubeError, KubeError, toKubeError } from "./kube-error.ts";
import { tlsOptions } from "./tls-options.ts";

/** One HTTP request to the API server. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path without the server's prefix, with encoded segments. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Default application/json; patches say which kind they are. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** Until the answer is complete; for a stream, until its head is there. */
  readonly timeoutMs?: number;
  /** What is being done, for the error: `Cannot get Node "node-0"`. */
  readonly action: string;
}

/** What requests are made with, for as long as the credentials of TLS stay the same. */
interface Line {
  readonly connection: ApiConnection;
  readonly base: URL;
  readonly requests: http.Agent;
  /** Streams hold their connection as long as they last: no request waits for one. */
  readonly streams: http.Agent;
}

const KEEP_ALIVE_MS = 15_000;
/** Requests that are under way at once: each has a connection, and those stay, with their memory. */
const MAX_REQUESTS = 16;

/** HTTP over keep-alive agents with the connection's credentials, as they are at each request. */
export class Transport implements Disposable {
  readonly #source: ConnectionSource;
  readonly #timeoutMs: number;
  readonly #streams = new Set<http.IncomingMessage>();
  #line: Line | undefined;

  constructor(connection: ApiConnection | ConnectionSource, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    if ("current" in connection) {
      this.#source = connection;
    } else {
      this.#source = {
        server: connection.server,
        current: async () => connection,
        refused: () => {},
      };
      this.#line = openLine(connection);
    }
  }

  [Symbol.dispose](): void {
    if (this.#line !== undefined) destroyLine(this.#line);
  }

  /** Breaks every stream that `open` gave. */
  closeStreams(): void {
    for (const stream of this.#streams) stream.destroy(new Error("the server has fallen silent"));
  }

  /** Sends and returns the body as text; rejects with KubeError for any status but 2xx. */
  async send(request: ApiRequest): Promise<string> {
    const line = await this.#current(request.signal);
    const timer = timeout(request, this.#timeoutMs);
    try {
      const answer = await this.#start({ ...line, agent: line.requests }, request, timer.signal);
      return await this.#readAll(answer, request, timer.signal);
    } finally {
      timer.stop();
    }
  }

  /** Sends and returns the answer's stream once its head is there; rejects as `send` does. */
  async open(request: ApiRequest): Promise<http.IncomingMessage> {
    const line = await this.#current(request.signal);
    const timer = timeout(request, this.#timeoutMs);
    try {
      const answer = await this.#start({ ...line, agent: line.streams }, request, timer.signal);
      if ((answer.statusCode ?? 0) >= 300) await this.#readAll(answer, request, timer.signal);
      this.#streams.add(answer);
      answer.on("close", () => this.#streams.delete(answer));
      return answer;
    } finally {
      timer.stop();
    }
  }

  /** The line of the credentials as they are now; streams of other ones end, and are opened anew. */
  async #current(signal: AbortSignal | undefined): Promise<Line> {
    const connection = await unlessAborted(this.#source.current(), signal);
    const before = this.#line;
    if (before?.connection === connection) return before;
    if (before !== undefined && isSameTls(before.connection, connection)) {
      this.#line = { ...before, connection };
    } else {
      this.#line = openLine(connection);
      this.closeStreams();
      // What is under way may come to its end.
      if (before) setTimeout(() => destroyLine(before), this.#timeoutMs).unref();
    }
    return this.#line;
  }

  #start(via: Via, request: ApiRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const fail = (thrown: unknown): void => {
        reject(signal.aborted ? this.#aborted(request, signal) : this.#failed(request, thrown));
      };
      const body = request.body === undefined ? undefined : JSON.stringify(request.body);
      let sent: http.ClientRequest;
      try {
        sent = createRequest(via, request, body);
      } catch (thrown) {
        return fail(thrown);
      }
      const onAbort = (): void => void sent.destroy(new Error("aborted"));
      signal.addEventListener("abort", onAbort, { once: true });
      sent.on("error", fail);
      // A peer that was cut off silently is noticed by the kernel: probes begin after this time.
      sent.on("socket", (socket) => void socket.setKeepAlive(true, KEEP_ALIVE_MS));
      sent.on("close", () => signal.removeEventListener("abort", onAbort));
      sent.on("response", (answer) => {
        signal.removeEventListener("abort", onAbort);
        resolve(answer);
      });
      if (signal.aborted) return onAbort();
      sent.end(body);
    });
  }

  #readAll(
    answer: http.IncomingMessage,
    request: ApiRequest,
    signal: AbortSignal,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const onAbort = (): void => {
        reject(this.#aborted(request, signal));
        answer.destroy();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      answer.on("data", (chunk: Buffer) => void chunks.push(chunk));
      answer.on("error", (thrown) => reject(this.#failed(request, thrown)));
      answer.on("close", () => {
        signal.removeEventListener("abort", onAbort);
        const lost = Object.assign(new Error("closed early"), { code: "ECONNRESET" });
        reject(this.#failed(request, lost));
      });
      answer.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        const status = answer.statusCode ?? 0;
        if (status >= 200 && status < 300) return resolve(body);
        if (status === 401) this.#source.refused();
        const retryAfter = answer.headers["retry-after"];
        reject(
          answerToKubeError(this.#action(request), {
            status,
            body,
            ...(retryAfter === undefined ? {} : { retryAfter }),
          }),
        );
      });
    });
  }

  #action(request: ApiRequest): string {
    return `${request.action} at ${this.#source.server}`;
  }

  #failed(request: ApiRequest, thrown: unknown): KubeError {
    return toKubeError(thrown, this.#action(request));
  }

  #aborted(request: ApiRequest, signal: AbortSignal): unknown {
    if (signal.reason instanceof RequestTimeout) {
      return this.#failed(request, signal.reason);
    }
    return signal.reason;
  }
}

/** What one request goes through. */
type Via = Pick<Line, "base" | "connection"> & { readonly agent: http.Agent };

function createRequest(
  { base, agent, connection }: Via,
  request: ApiRequest,
  body: string | undefined,
): http.ClientRequest {
  const url = new URL(base);
  url.pathname = base.pathname.replace(/\/$/, "") + request.path;
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const token = connection.token;
  const options = {
    method: request.method,
    agent,
    headers: {
      // As kubectl has it: logs are text.
      accept: "application/json, */*",
      "user-agent": "nodewright",
      ...(body === undefined
        ? {}
        : {
            "content-type": request.contentType ?? "application/json",
            // Always said: a DELETE's body would otherwise follow without any length.
            "content-length": Buffer.byteLength(body),
          }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
    },
  };
  return base.protocol === "http:" ? http.request(url, options) : https.request(url, options);
}

function openLine(connection: ApiConnection): Line {
  const base = parseServer(connection);
  const agent = (options: http.AgentOptions): http.Agent =>
    base.protocol === "http:"
      ? new http.Agent(options)
      : new https.Agent({ ...options, ...tlsOptions(connection) });
  return {
    ...{ connection, base },
    requests: agent({ keepAlive: true, maxSockets: MAX_REQUESTS }),
    streams: agent({ keepAlive: true }),
  };
}

function destroyLine({ requests, streams }: Line): void {
  requests.destroy();
  streams.destroy();
}

class RequestTimeout extends Error {
  readonly code = "NODEWRIGHT_TIMEOUT";
}

/** The caller's signal and the time limit as one signal. */
function timeout(
  request: ApiRequest,
  defaultMs: number,
): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(request.signal?.reason);
  if (request.signal?.aborted) onAbort();
  request.signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(
    () => controller.abort(new RequestTimeout("timeout")),
    request.timeoutMs ?? defaultMs,
  );
  return {
    signal: controller.signal,
    stop: () => {
      clearTimeout(timer);
      request.signal?.removeEventListener("abort", onAbort);
    },
  };
}

/** What is awaited, or the signal's reason as soon as there is one. */
async function unlessAborted<T>(wait: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await wait;
  signal.throwIfAborted();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([wait, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function isSameTls(a: ApiConnection, b: ApiConnection): boolean {
  const secret = ({ key }: ApiConnection): string => key?.reveal() ?? "";
  return (
    secret(a) === secret(b) &&
    (["server", "ca", "cert", "tlsServerName", "insecureSkipTlsVerify"] as const).every(
      (name) => a[name] === b[name],
    )
  );
}

function parseServer(connection: ApiConnection): URL {
  const url = URL.canParse(connection.server) ? new URL(connection.server) : undefined;
  if (url !== undefined && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw new KubeError(`Cannot use the API server's URL: "${connection.server}"`, {
    reason: "BadUrl",
    fix: "write it as https://HOST:6443",
  });
}
