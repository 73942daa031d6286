import { describe, expect, test } from "bun:test";
import {
  type Clock,
  formatProblem,
  LineIndex,
  mapPool,
  NodewrightError,
  nearest,
  ProblemsError,
  pollUntil,
  Secret,
} from "./mod.ts";

describe("nearest()", () => {
  const known = ["cgroupDriver", "clusterDNS", "clusterDomain", "maxPods", "port"];
  test.each([
    ["cgroupdriver", "cgroupDriver"],
    ["cgropuDriver", "cgroupDriver"],
    ["clusterDns", "clusterDNS"],
    ["maxPod", "maxPods"],
    ["prot", "port"],
    ["completelyElse", undefined],
  ])("%s -> %s", (word, want) => {
    expect(nearest(word, known)).toBe(want);
  });
});

describe("LineIndex", () => {
  test.each([
    [0, 1, 1],
    [2, 1, 3],
    [3, 2, 1],
    [4, 3, 1],
    [6, 3, 3],
  ])("offset %d is line %d, column %d", (offset, line, column) => {
    expect(new LineIndex("ab\n\ncd").at(offset)).toEqual({ line, column });
  });
});

describe("Secret", () => {
  test("prints itself nowhere", () => {
    const secret = new Secret("hunter2");
    const printed = [
      String(secret),
      JSON.stringify({ secret }),
      Bun.inspect({ secret }),
      `${secret}`,
    ];
    expect(printed.join(" ")).not.toContain("hunter2");
    expect(secret.reveal()).toBe("hunter2");
  });
});

describe("errors", () => {
  test("from() keeps our own and wraps others with the action", () => {
    const own = new NodewrightError("kube", "Cannot get node");
    expect(NodewrightError.from(own, "Cannot drain")).toBe(own);
    expect(NodewrightError.from(new Error("boom"), "Cannot drain").message).toBe(
      "Cannot drain: boom",
    );
  });

  test("onNode() names the node once", () => {
    const error = new NodewrightError("ssh", "x", { fix: "y" }).onNode("node-0");
    expect([error.node, error.fix, error.onNode("node-1").node]).toEqual(["node-0", "y", "node-0"]);
  });

  test("ProblemsError shows every problem with its place", () => {
    const error = new ProblemsError("Cannot use the directory", [
      {
        code: "x",
        severity: "error",
        message: "first",
        locations: [{ file: "a", line: 1, column: 2 }],
        fix: "mend it",
      },
      { code: "y", severity: "warning", message: "second", locations: [], node: "node-0" },
    ]);
    expect(error.detail).toBe(
      "error: first\n  at a:1:2\n  fix: mend it\nwarning: second\n  node: node-0",
    );
    expect(formatProblem({ code: "z", severity: "error", message: "m", locations: [] })).toBe(
      "error: m",
    );
  });
});

test.each([
  ["a missing file has no line", "missing-file", 1, "error: m\n  at machines.txt"],
  ["what names it has", "missing-file", 4, "error: m\n  at machines.txt:4:1"],
  ["any other file has", "syntax", 1, "error: m\n  at machines.txt:1:1"],
])("use 25: %s", (_, code, line, want) => {
  const locations = [{ file: "machines.txt", line, column: 1 }];
  expect(formatProblem({ code, severity: "error", message: "m", locations })).toBe(want);
});

describe("mapPool()", () => {
  test("keeps the order and the limit", async () => {
    let running = 0;
    let most = 0;
    const results = await mapPool([5, 1, 4, 2, 3], 2, async (n) => {
      most = Math.max(most, ++running);
      await Bun.sleep(n);
      running--;
      return n * 2;
    });
    expect(results).toEqual([10, 2, 8, 4, 6]);
    expect(most).toBe(2);
  });
});

describe("pollUntil()", () => {
  const fakeClock = (): Clock => {
    let now = 0;
    return {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    };
  };

  test("gives the first value", async () => {
    let calls = 0;
    const value = await pollUntil(fakeClock(), { timeoutMs: 100, intervalMs: 10 }, async () =>
      ++calls === 3 ? "up" : undefined,
    );
    expect([value, calls]).toEqual(["up", 3]);
  });

  test("gives undefined when the time is over", async () => {
    let calls = 0;
    const value = await pollUntil(fakeClock(), { timeoutMs: 100, intervalMs: 10 }, async () => {
      calls++;
      return undefined;
    });
    expect([value, calls]).toEqual([undefined, 11]);
  });
});
