import { ArtifactError } from "../errors.ts";
import { proxyFor } from "./proxy.ts";

/** How requests are made: a dependency, so that nothing reads the process's own environment. */
export interface HttpContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** An answer, or a pause inside of one, longer than this is given up. */
  readonly idleTimeoutMs: number;
}

const MAX_REDIRECTS = 10;

/** A request that failed in a way that may pass: it is tried again. */
export class TransientError extends Error {
  /** From Retry-After, where the server says when. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "TransientError";
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Answers with one of these may be others a moment later. */
const TRANSIENT_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * A GET that follows redirects itself, so that none leads from https to http. Rejects with
 * TransientError for a connection that fails and for statuses that may pass, with kind
 * `download` for the others; 404 too.
 */
export async function get(
  context: HttpContext,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  let target = new URL(url);
  for (let i = 0; i <= MAX_REDIRECTS; i++) {
    const response = await fetchOnce(context, target, headers);
    const location = response.headers.get("location");
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status);
    if (!isRedirect || location === null) return accept(response, url);
    await response.body?.cancel();
    const next = URL.canParse(location, target.href) ? new URL(location, target) : undefined;
    if (next === undefined || !/^https?:$/.test(next.protocol)) {
      throw failed(url, `it redirects to what is no http URL: "${location.slice(0, 200)}"`);
    }
    if (target.protocol === "https:" && next.protocol === "http:") {
      throw failed(url, `it redirects from https to http: ${next.host}`);
    }
    target = next;
  }
  throw failed(url, `more than ${MAX_REDIRECTS} redirects`);
}

async function fetchOnce(
  context: HttpContext,
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const proxy = proxyFor(url, context.env);
  const idle = new AbortController();
  const timer = setTimeout(
    () => idle.abort(new TransientError(`no answer in ${context.idleTimeoutMs} ms`)),
    context.idleTimeoutMs,
  );
  try {
    return await fetch(url, {
      redirect: "manual",
      // What is saved must be the file, not a form of it for the way.
      headers: { "accept-encoding": "identity", "user-agent": "nodewright", ...headers },
      decompress: false,
      // A broken-off answer must not spoil the next request.
      keepalive: false,
      signal:
        context.signal === undefined ? idle.signal : AbortSignal.any([context.signal, idle.signal]),
      ...(proxy === undefined ? {} : { proxy }),
    });
  } catch (thrown) {
    context.signal?.throwIfAborted();
    throw toTransient(thrown);
  } finally {
    clearTimeout(timer);
  }
}

/** Whatever a connection fails with, as an error that is tried again. */
export function toTransient(thrown: unknown): TransientError {
  if (thrown instanceof TransientError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  // Bun adds advice for programmers behind the first sentence.
  const [first = message] = message.split(/\. |\n/);
  return new TransientError(first, { cause: thrown });
}

async function accept(response: Response, url: string): Promise<Response> {
  if (response.ok || response.status === 416) return response;
  await response.body?.cancel();
  const status = `${response.status} ${response.statusText}`.trim();
  if (!TRANSIENT_STATUS.has(response.status)) throw failed(url, `the server answers ${status}`);
  const seconds = Number(response.headers.get("retry-after") ?? "");
  throw new TransientError(`the server answers ${status}`, {
    ...(seconds > 0 ? { retryAfterMs: Math.min(seconds, 60) * 1000 } : {}),
  });
}

function failed(url: string, what: string): ArtifactError {
  return new ArtifactError("download", `Cannot download ${url}, ${what}`, {
    fix: "Open the URL by hand and correct it in the list",
  });
}
