import { afterEach, describe, expect, test } from "bun:test";
import { createLogger, systemClock } from "../../base/mod.ts";
import type { Pod } from "../api/mod.ts";
import { parsePods, pollStaticPods } from "./static-url.ts";

const POD =
  "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: a, image: busybox}\n";
const LIST = JSON.stringify({
  apiVersion: "v1",
  kind: "PodList",
  items: ["one", "two"].map((name) => ({
    metadata: { name },
    spec: { containers: [{ name: "a", image: "busybox" }] },
  })),
});

const namesOf = (found: readonly Pod[] | string): readonly string[] | string =>
  typeof found === "string" ? found : found.map(({ metadata }) => metadata.name);

describe("parsePods()", () => {
  test("reads a Pod and says that it came over HTTP", () => {
    const found = parsePods(POD, "http://x/pod", "n");
    expect(namesOf(found)).toEqual(["web-n"]);
    if (typeof found === "string") throw new Error(found);
    expect(found[0]?.metadata.annotations?.["kubernetes.io/config.source"]).toBe("http");
  });

  test("reads a list, whose items need not say what they are", () => {
    expect(namesOf(parsePods(LIST, "http://x/pods", "n"))).toEqual(["one-n", "two-n"]);
    expect(parsePods('{"apiVersion":"v1","kind":"PodList","items":[]}', "http://x", "n")).toEqual(
      [],
    );
  });

  test.each([
    ["no YAML", "a: ["],
    ["another kind", "apiVersion: v1\nkind: Service\n"],
    ["a list with one that is wrong", LIST.replace('"image":"busybox"', '"image":""')],
    ["a list of something else", '{"kind":"List","items":[1]}'],
  ])("refuses %s", (_what, text) => {
    expect(typeof parsePods(text, "http://x", "n")).toBe("string");
  });
});

describe("pollStaticPods()", () => {
  let server: Bun.Server<undefined> | undefined;
  afterEach(() => server?.stop(true));

  test("sends the headers, and keeps the pods of before where the server fails", async () => {
    const asked: string[] = [];
    const answers = [
      () => new Response(POD),
      () => new Response("down", { status: 503 }),
      () => new Response(""),
      () => new Response(LIST),
    ];
    server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request) => {
        asked.push(request.headers.get("x-site") ?? "");
        return (answers[asked.length - 1] ?? (() => new Response(LIST)))();
      },
    });
    const seen: (readonly string[] | string)[] = [];
    const lines: string[] = [];
    const ended = new AbortController();
    const log = createLogger({
      ...{ write: (line) => void lines.push(line), program: "agent", verbosity: 0 },
      ...{ processId: 1, now: () => 0 },
    });
    await pollStaticPods(
      {
        ...{
          url: `http://127.0.0.1:${server.port}/pods`,
          headers: [
            ["X-Site", "a"],
            ["X-Site", "b"],
          ],
        },
        ...{ checkMs: 1, nodeName: "n", clock: systemClock, log, signal: ended.signal },
      },
      (pods) => {
        seen.push(namesOf(pods));
        if (seen.length === 2) ended.abort();
      },
    );
    expect(seen).toEqual([["web-n"], ["one-n", "two-n"]]);
    expect(asked.slice(0, 4)).toEqual(["a, b", "a, b", "a, b", "a, b"]);
    expect(lines.join("\n")).toContain("the server answers 503");
    expect(lines.join("\n")).toContain("the answer is empty");
  });
});
