import { describe, expect, test } from "bun:test";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/mod.ts";
import { rejectionOf } from "../../base/testing/mod.ts";
import { ArtifactCache } from "../cache/store.ts";
import { BadServer, head, type RawAnswer, type RawRequest, TempDir } from "../testing/mod.ts";
import { publishedChecksum } from "./checksum.ts";
import { download } from "./download.ts";
import type { DownloadContext } from "./transfer.ts";

const BODY = "0123456789".repeat(5_000);
const SHA256 = new Bun.CryptoHasher("sha256").update(BODY).digest("hex");
const ETAG = '"v1"';

/** Waits are counted, not waited for. */
function testClock(): Clock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => Date.now(),
    sleep: async (ms) => {
      sleeps.push(ms);
    },
  };
}

async function setup(dir: string, overrides: Partial<DownloadContext> = {}) {
  const clock = testClock();
  const cache = await ArtifactCache.open(join(dir, "cache"), { nowMs: Date.now() });
  const context: DownloadContext = { cache, clock, env: {}, idleTimeoutMs: 2_000, ...overrides };
  return { cache, clock, context };
}

const whole = (): RawAnswer => ({
  send: [head("200 OK", { "Content-Length": BODY.length, ETag: ETAG }), BODY],
  end: "close",
});

/** The rest of the body, if the request's Range and If-Range are as they should be. */
function rest({ headers }: RawRequest, etag = ETAG): RawAnswer {
  const from = Number(/^bytes=(\d+)-$/.exec(headers["range"] ?? "")?.[1]);
  if (!(from > 0) || (headers["if-range"] ?? etag) !== etag) return whole();
  return {
    send: [
      head("206 Partial Content", {
        "Content-Length": BODY.length - from,
        "Content-Range": `bytes ${from}-${BODY.length - 1}/${BODY.length}`,
      }),
      BODY.slice(from),
    ],
    end: "close",
  };
}

/** The head for the whole body, and only a part of it. */
const part = (
  bytes: number,
  end: RawAnswer["end"],
  headers: object = { ETag: ETAG },
): RawAnswer => ({
  send: [head("200 OK", { "Content-Length": BODY.length, ...headers }), BODY.slice(0, bytes)],
  end,
});

/** How much of it comes. A connection that breaks at once may take it along; one that goes silent does not. */
const HALF = 30_000;
/** Of the silent servers below; the others answer at once. */
const IDLE_MS = 500;

describe("security 8: download() of what never ends", () => {
  test.each([
    ["names its length", { "Content-Length": 2_000_000 }],
    ["names none", {}],
  ])("stops at the limit where the server %s, and keeps nothing", async (_name, headers) => {
    await using dir = await TempDir.make();
    const maxBytes = 100_000;
    await using server = await BadServer.start(() => ({
      send: [head("200 OK", headers), "x".repeat(maxBytes + 1)],
      end: "hang",
    }));
    const { context } = await setup(dir.path, { maxBytes });
    const error = await rejectionOf(download(context, server.url("/runc")));
    expect(error).toMatchObject({
      kind: "download",
      message: expect.stringContaining("larger than"),
    });
    const left = await readdir(join(dir.path, "cache/partial"));
    expect(left.filter((name) => !name.endsWith(".lock"))).toEqual([]);
  });

  test("a checksum list without an end is none", async () => {
    await using server = await BadServer.start(() => ({
      send: [head("200 OK", {}), `${"a".repeat(64)}  other\n`.repeat(2000)],
      end: "hang",
    }));
    const found = publishedChecksum({ env: {}, idleTimeoutMs: 20_000 }, server.url("/runc"));
    expect(await found).toBeUndefined();
  });

  test("an abandoned part goes after two weeks, a fresh one stays", async () => {
    await using dir = await TempDir.make();
    const partial = join(dir.path, "cache/partial");
    await mkdir(partial, { recursive: true });
    await writeFile(join(partial, "old"), "x");
    await writeFile(join(partial, "new"), "x");
    const old = new Date(Date.now() - 15 * 24 * 60 * 60 * 1000);
    await utimes(join(partial, "old"), old, old);
    await setup(dir.path);
    expect(await readdir(partial)).toEqual(["new"]);
  });
});

describe("download() gets the whole file", () => {
  const rows: {
    name: string;
    answer: (request: RawRequest) => RawAnswer;
    requests: number;
    expected?: string;
  }[] = [
    { name: "at the first attempt", answer: whole, requests: 1 },
    {
      name: "after the server broke off, however it did",
      answer: (request) => (request.earlier === 0 ? part(HALF, "close") : rest(request)),
      requests: 2,
    },
    {
      name: "after a reset connection",
      answer: (request) => (request.earlier === 0 ? part(HALF, "reset") : rest(request)),
      requests: 2,
    },
    {
      name: "after a pause that is too long",
      answer: (request) => (request.earlier === 0 ? part(HALF, "hang") : rest(request)),
      requests: 2,
    },
    {
      name: "after three busy answers",
      answer: (request) =>
        request.earlier < 3
          ? { send: head("503 Busy", { "Content-Length": 0, "Retry-After": 7 }), end: "close" }
          : whole(),
      requests: 4,
    },
    {
      name: "though the file changed between the attempts",
      answer: (request) =>
        request.earlier === 0 ? part(HALF, "hang", { ETag: '"v0"' }) : rest(request),
      requests: 2,
    },
    {
      name: "though the server knows no ranges",
      answer: (request) => (request.earlier === 0 ? part(HALF, "hang") : whole()),
      requests: 2,
    },
    {
      name: "through redirects, relative ones too",
      answer: ({ path }) =>
        path === "/file"
          ? { send: head("302 Found", { Location: "/other", "Content-Length": 0 }), end: "close" }
          : whole(),
      requests: 2,
    },
    {
      name: "without a length in the answer",
      answer: () => ({ send: [head("200 OK", { Connection: "close" }), BODY], end: "close" }),
      requests: 1,
      expected: SHA256,
    },
    {
      name: "joined wrongly by a server that ignores If-Range, then once more from the start",
      answer: (request) => {
        if (request.earlier === 0) return part(HALF, "hang", { ETag: '"v0"' });
        if (request.earlier > 1) return whole();
        const from = Number(/\d+/.exec(request.headers["range"] ?? "")?.[0]);
        return {
          send: [
            head("206 Partial Content", {
              "Content-Length": BODY.length - from,
              "Content-Range": `bytes ${from}-${BODY.length - 1}/${BODY.length}`,
            }),
            "x".repeat(BODY.length - from),
          ],
          end: "close",
        };
      },
      requests: 3,
      expected: SHA256,
    },
  ];
  test.each(rows)("$name", async ({ answer, requests, expected }) => {
    await using dir = await TempDir.make();
    await using server = await BadServer.start(answer);
    const { cache, context } = await setup(dir.path, { idleTimeoutMs: IDLE_MS });
    const blob = await download(context, server.url("/file"), expected);
    expect(blob).toEqual({ sha256: SHA256, sizeBytes: BODY.length });
    expect(await readFile(cache.blobPath(SHA256), "utf8")).toBe(BODY);
    expect(server.requests).toHaveLength(requests);
    expect(await readdir(join(cache.dir, "partial"))).toEqual([expect.stringMatching(/\.lock$/)]);
  });

  test("goes on without a validator where the checksum will tell", async () => {
    await using dir = await TempDir.make();
    await using server = await BadServer.start((request) =>
      request.earlier === 0 ? part(HALF, "hang", {}) : rest(request),
    );
    const { context } = await setup(dir.path, { idleTimeoutMs: IDLE_MS });
    await download(context, server.url("/file"), SHA256);
    expect(server.requests[1]?.headers["range"]).toMatch(/^bytes=[1-9]/);
    expect(server.requests[1]?.headers["if-range"]).toBeUndefined();
  });

  test("begins again without a validator and without a checksum", async () => {
    await using dir = await TempDir.make();
    await using server = await BadServer.start((request) =>
      request.earlier === 0 ? part(HALF, "hang", {}) : rest(request),
    );
    const { context } = await setup(dir.path, { idleTimeoutMs: IDLE_MS });
    await download(context, server.url("/file"));
    expect(server.requests[1]?.headers["range"]).toBeUndefined();
  });

  test("asks through the proxy of the environment", async () => {
    await using dir = await TempDir.make();
    await using server = await BadServer.start(whole);
    const { context } = await setup(dir.path, { env: { http_proxy: server.url("") } });
    const blob = await download(context, "http://files.example/release/runc.amd64");
    expect(blob.sha256).toBe(SHA256);
    expect(server.requests.map((request) => request.path)).toEqual([
      "http://files.example/release/runc.amd64",
    ]);
  });

  test("waits as long as the server asks for", async () => {
    await using dir = await TempDir.make();
    await using server = await BadServer.start((request) =>
      request.earlier === 0
        ? { send: head("429 Slow down", { "Content-Length": 0, "Retry-After": 7 }), end: "close" }
        : whole(),
    );
    const { clock, context } = await setup(dir.path);
    await download(context, server.url("/file"));
    expect(clock.sleeps).toEqual([7_000]);
  });

  test("goes on where an interrupted run ended", async () => {
    await using dir = await TempDir.make();
    await using server = await BadServer.start((request) =>
      request.earlier === 0 ? part(HALF, "hang") : rest(request),
    );
    const stop = new AbortController();
    const first = await setup(dir.path, {
      signal: stop.signal,
      onBytes: (_url, received) => {
        if (received === HALF) stop.abort(new Error("stopped"));
      },
    });
    expect(await rejectionOf(download(first.context, server.url("/file")))).toEqual(
      new Error("stopped"),
    );
    const second = await setup(dir.path);
    await download(second.context, server.url("/file"));
    expect(server.requests.at(-1)?.headers).toMatchObject({
      range: `bytes=${HALF}-`,
      "if-range": ETAG,
    });
  });
});

describe("download() gives up", () => {
  const page = "<!DOCTYPE html><title>Sign in</title>";
  const rows: {
    name: string;
    answer: (request: RawRequest) => RawAnswer;
    want: object;
    expected?: string;
    requests?: number;
  }[] = [
    {
      name: "at a file that is not there",
      answer: () => ({ send: head("404 Not Found", { "Content-Length": 0 }), end: "close" }),
      want: { kind: "download", message: expect.stringContaining("404") },
      requests: 1,
    },
    {
      name: "at wrong bytes, with both digests",
      answer: () => ({ send: [head("200 OK", { "Content-Length": 3 }), "abc"], end: "close" }),
      expected: SHA256,
      want: { kind: "checksum", message: expect.stringMatching(new RegExp(`${SHA256}: ba7816bf`)) },
      requests: 1,
    },
    {
      name: "at a length that lies below the file's",
      answer: () => ({ send: [head("200 OK", { "Content-Length": 40_000 }), BODY], end: "close" }),
      expected: SHA256,
      want: { kind: "checksum" },
      requests: 1,
    },
    {
      name: "at a length that lies above the file's, again and again",
      answer: () => ({
        send: [head("200 OK", { "Content-Length": BODY.length + 1 }), BODY],
        end: "close",
      }),
      expected: SHA256,
      want: { kind: "download", message: expect.stringMatching(/in \d+ attempts/) },
    },
    {
      name: "at a web page in the place of the file",
      answer: () => ({
        send: [head("200 OK", { "Content-Length": page.length }), page],
        end: "close",
      }),
      want: { kind: "download", message: expect.stringContaining("an HTML or XML page") },
      requests: 1,
    },
    {
      name: "at a web page in the place of a file whose checksum is known",
      answer: () => ({
        send: [head("200 OK", { "Content-Length": page.length }), page],
        end: "close",
      }),
      expected: SHA256,
      want: { kind: "checksum", message: expect.stringContaining("(an HTML or XML page)") },
      requests: 1,
    },
    {
      name: "at an empty file",
      answer: () => ({ send: head("200 OK", { "Content-Length": 0 }), end: "close" }),
      want: { kind: "download", message: expect.stringContaining("an empty file") },
    },
    {
      name: "at redirects in a circle",
      answer: () => ({
        send: head("301 Moved", { Location: "/file", "Content-Length": 0 }),
        end: "close",
      }),
      want: { kind: "download", message: expect.stringContaining("redirects") },
      requests: 11,
    },
    {
      name: "at a redirect out of HTTP",
      answer: () => ({
        send: head("301 Moved", { Location: "file:///etc/shadow", "Content-Length": 0 }),
        end: "close",
      }),
      want: { kind: "download", message: expect.stringContaining("no http URL") },
      requests: 1,
    },
    {
      name: "at a server that is always busy",
      answer: () => ({ send: head("500 Broken", { "Content-Length": 0 }), end: "close" }),
      want: { kind: "download", message: expect.stringContaining("500") },
      requests: 5,
    },
    {
      name: "at what is no HTTP",
      answer: () => ({ send: "SSH-2.0-OpenSSH_9.2\r\n", end: "close" }),
      want: { kind: "download" },
      requests: 5,
    },
  ];
  test.each(rows)("$name", async ({ answer, expected, want, requests }) => {
    await using dir = await TempDir.make();
    await using server = await BadServer.start(answer);
    const { cache, context } = await setup(dir.path);
    expect(await rejectionOf(download(context, server.url("/file"), expected))).toMatchObject(want);
    expect(await readdir(join(cache.dir, "blobs/sha256"))).toEqual([]);
    if (requests !== undefined) expect(server.requests).toHaveLength(requests);
  });

  test("where nobody listens", async () => {
    await using dir = await TempDir.make();
    const server = await BadServer.start(whole);
    const url = server.url("/file");
    await server[Symbol.asyncDispose]();
    const { context, clock } = await setup(dir.path);
    expect(await rejectionOf(download(context, url))).toMatchObject({ kind: "download" });
    expect(clock.sleeps).toHaveLength(4);
  });
});

test("download() of one URL by two at once asks the server once", async () => {
  await using dir = await TempDir.make();
  await using server = await BadServer.start(whole);
  const { context } = await setup(dir.path, { clock: { now: () => Date.now(), sleep: Bun.sleep } });
  const url = server.url("/file");
  const blobs = await Promise.all([download(context, url, SHA256), download(context, url, SHA256)]);
  expect(blobs.map((blob) => blob.sha256)).toEqual([SHA256, SHA256]);
  expect(server.requests).toHaveLength(1);
});
