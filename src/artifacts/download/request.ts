import { ArtifactError } from "../errors.ts";
import { proxyFor } from "./proxy.ts";
import { TransientError, toTransient } from "./transient.ts";
import type { Watchdog } from "./watchdog.ts";

/** How requests are made: a dependency, so that nothing reads the process's own environment. */
export interface HttpContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** An answer, or a pause inside of one, longer than this is given up. */
  readonly idleTimeoutMs: number;
}

/** One request: what it says, and who ends it. Headers and body come under the same watch. */
export interface RequestOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly watchdog: Watchdog;
}

const MAX_REDIRECTS = 10;

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
  request: RequestOptions,
): Promise<Response> {
  let target = new URL(url);
  for (let i = 0; i <= MAX_REDIRECTS; i++) {
    const response = await fetchOnce(context, target, request);
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
  request: RequestOptions,
): Promise<Response> {
  const proxy = proxyFor(url, context.env);
  try {
    return await fetch(url, {
      redirect: "manual",
      // What is saved must be the file, not a form of it for the way.
      headers: { "accept-encoding": "identity", "user-agent": "nodewright", ...request.headers },
      decompress: false,
      // A broken-off answer must not spoil the next request.
      keepalive: false,
      signal: request.watchdog.signal,
      ...(proxy === undefined ? {} : { proxy }),
    });
  } catch (thrown) {
    context.signal?.throwIfAborted();
    throw toTransient(thrown);
  }
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
