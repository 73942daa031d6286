import { constants } from "node:fs";
import { type FileHandle, open, readdir, readlink } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { HttpError } from "./http-error.ts";

/** What /logs/ shows. */
export const NODE_LOGS = "/var/log";

/** Pure: the names of a path below /logs/; undefined where one of them could lead elsewhere. */
export function logPath(pathname: string): readonly string[] | undefined {
  let names: string[];
  try {
    names = pathname.split("/").slice(2).map(decodeURIComponent);
  } catch {
    return undefined;
  }
  if (names.at(-1) === "") names.pop();
  const isBad = (name: string): boolean => /^\.{0,2}$|[/\\\0]/.test(name);
  return names.some(isBad) ? undefined : names;
}

/** GET /logs/...: a directory's names, or a file. Nothing outside of the directory is ever sent. */
export async function sendNodeLog(
  exchange: { readonly url: URL; readonly response: ServerResponse; readonly signal: AbortSignal },
  directory: string = NODE_LOGS,
): Promise<void> {
  const { url, response, signal } = exchange;
  if (url.pathname === "/logs") return redirect(response, "/logs/");
  const names = logPath(url.pathname);
  if (names === undefined) throw notFound();
  await using file = await openBelow(directory, names);
  const state = await file.stat();
  if (state.isDirectory()) {
    if (!url.pathname.endsWith("/")) return redirect(response, `${url.pathname}/`);
    const entries = await readdir(placeOf(file), { withFileTypes: true });
    const shown = entries.map((entry) => `${entry.name}${entry.isDirectory() ? "/" : ""}`);
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(listing(shown.sort()));
    return;
  }
  if (!state.isFile()) throw notFound();
  response.writeHead(200, {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    "last-modified": state.mtime.toUTCString(),
  });
  // As long as it is now: a log that grows has no end otherwise.
  if (state.size === 0) return void response.end();
  const stream = file.createReadStream({ autoClose: false, end: state.size - 1 });
  await pipeline(stream, response, { signal });
}

/** Opens it first and asks the kernel then where that is: no link can change its mind in between. */
async function openBelow(directory: string, names: readonly string[]): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  await using top = await open(directory, flags).catch(() => undefined);
  const file = await open(join(directory, ...names), flags).catch(() => undefined);
  if (top === undefined || file === undefined) {
    await file?.close();
    throw notFound();
  }
  const [above, place] = await Promise.all([readlink(placeOf(top)), readlink(placeOf(file))]);
  if (place === above || place.startsWith(`${above}/`)) return file;
  await file.close();
  throw notFound();
}

const placeOf = (file: FileHandle): string => `/proc/self/fd/${file.fd}`;

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(307, { location });
  response.end();
}

function listing(names: readonly string[]): string {
  const lines = names.map((name) => {
    const isFolder = name.endsWith("/");
    const target = encodeURIComponent(isFolder ? name.slice(0, -1) : name);
    return `<a href="./${target}${isFolder ? "/" : ""}">${Bun.escapeHTML(name)}</a>`;
  });
  const head = '<!doctype html>\n<meta name="viewport" content="width=device-width">';
  return [head, "<pre>", ...lines, "</pre>", ""].join("\n");
}

function notFound(): HttpError {
  return new HttpError(404, "404 page not found");
}
