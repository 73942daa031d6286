import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen } from "../../kube/serving/mod.ts";
import { HttpError } from "./http-error.ts";
import { logPath, sendNodeLog } from "./node-logs.ts";

const top = mkdtempSync(join(tmpdir(), "nodewright-logs-"));
const logs = join(top, "log");
const server = http.createServer((request, response) => {
  const exchange = {
    ...{ response, signal: new AbortController().signal },
    url: new URL(request.url ?? "", "http://node"),
  };
  sendNodeLog(exchange, logs).catch((thrown: unknown) => {
    response.writeHead(thrown instanceof HttpError ? thrown.status : 500).end();
  });
});
let port = 0;

beforeAll(async () => {
  mkdirSync(join(logs, "pods/a"), { recursive: true });
  writeFileSync(join(logs, "pods/a/0.log"), "one\ntwo\n");
  writeFileSync(join(logs, "<b>.log"), "");
  writeFileSync(join(top, "log-secret"), "secret");
  symlinkSync(join(logs, "pods/a/0.log"), join(logs, "inside.log"));
  symlinkSync(join(top, "log-secret"), join(logs, "outside.log"));
  symlinkSync(top, join(logs, "above"));
  await listen(server, 0, "127.0.0.1");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterAll(() => {
  server.close();
  rmSync(top, { recursive: true });
});

const get = (path: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, { redirect: "manual" });

describe("/logs/", () => {
  test("lists a directory, names escaped, and sends a file", async () => {
    const list = await (await get("/logs/")).text();
    expect(list).toContain('<a href="./pods/">pods/</a>');
    expect(list).toContain('<a href="./%3Cb%3E.log">&lt;b&gt;.log</a>');
    expect(await (await get("/logs/pods/a/0.log")).text()).toBe("one\ntwo\n");
    expect(await (await get("/logs/inside.log")).text()).toBe("one\ntwo\n");
    expect((await get("/logs/%3Cb%3E.log")).status).toBe(200);
  });

  test.each([
    ["/logs", "/logs/"],
    ["/logs/pods", "/logs/pods/"],
  ])("sends %s on to %s", async (path, location) => {
    const { status, headers } = await get(path);
    expect([status, headers.get("location")]).toEqual([307, location]);
  });

  test.each([
    ...["/logs/none", "/logs/outside.log", "/logs/above/", "/logs/above/log-secret"],
    ...["/logs/..%2flog-secret", "/logs/pods%2fa%2f0.log", "/logs//etc/passwd", "/logs/a%00b"],
  ])("has nothing at %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

test.each<[string, readonly string[] | undefined]>([
  ["/logs/", []],
  ["/logs/a/b", ["a", "b"]],
  ["/logs/a/", ["a"]],
  ["/logs/../a", undefined],
  ["/logs/%zz", undefined],
])("logPath(%p) is %p", (path, want) => {
  expect(logPath(path)).toEqual(want);
});
