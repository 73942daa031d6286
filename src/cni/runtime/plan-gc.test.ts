import { describe, expect, test } from "bun:test";
import type { Holding } from "./holdings.ts";
import { type GcFacts, planGc } from "./plan-gc.ts";
import type { CachedAttachment } from "./result-cache.ts";

const NO_KEEP = { keep: [], keepsLive: true };

function cached(containerId: string, more: Partial<CachedAttachment> = {}): CachedAttachment {
  return {
    network: "net",
    containerId,
    ifName: "eth0",
    netns: "",
    args: [],
    capabilityArgs: {},
    list: undefined,
    result: { cniVersion: "1.0.0", ips: [{ address: "10.0.0.2/24" }] },
    path: "/cache/x",
    writtenAtMs: 2000,
    ...more,
  };
}

function holding(containerId: string, more: Partial<Holding> = {}): Holding {
  return {
    network: "net",
    address: "10.0.0.9",
    containerId,
    ifName: "eth0",
    netns: "",
    sinceMs: 2000,
    reservation: "/data/net/10.0.0.9",
    isCached: false,
    isOfThisBoot: true,
    hasNetns: undefined,
    ...more,
  };
}

function facts(more: Partial<GcFacts>): GcFacts {
  const isNetns = (path: string): boolean => path === "/run/netns/live";
  return { cached: [], holdings: [], linked: [], bootedAtMs: 1000, isNetns, ...more };
}

const idsOf = (entries: readonly { readonly containerId: string }[]): string[] =>
  entries.map(({ containerId }) => containerId);

function resultIn(sandbox: string) {
  const interfaces = [{ name: "veth1" }, { name: "eth0", sandbox }];
  return { result: { cniVersion: "1.0.0", interfaces } };
}

describe("cni 4: --keep-live", () => {
  test("a cache entry without a namespace is in use where nothing says otherwise", () => {
    const entries = [
      cached("unknown"),
      cached("live", { netns: "/run/netns/live" }),
      cached("gone", { netns: "/run/netns/gone" }),
    ];
    const { kept, released } = planGc(facts({ cached: entries }), NO_KEEP);
    expect(idsOf(kept)).toEqual(["unknown", "live"]);
    expect(idsOf(released)).toEqual(["gone"]);
    expect(released[0]).toMatchObject({
      addresses: ["10.0.0.2"],
      netns: "/run/netns/gone",
      why: "its namespace is gone",
    });
  });

  test("the namespace is taken from the result where the entry has none (containerd 1.6)", () => {
    const entries = [
      cached("live", resultIn("/run/netns/live")),
      cached("gone", resultIn("/run/netns/gone")),
    ];
    const { kept, released } = planGc(facts({ cached: entries }), NO_KEEP);
    expect([idsOf(kept), idsOf(released)]).toEqual([["live"], ["gone"]]);
  });

  test("an address that no cache entry explains is in use", () => {
    const { kept } = planGc(facts({ holdings: [holding("other")] }), NO_KEEP);
    expect(idsOf(kept)).toEqual(["other"]);
  });

  test("a link on the host is proof of life, whatever the cache says", () => {
    const entries = [cached("c", { netns: "/run/netns/gone" })];
    const linked = [{ containerId: "c", ifName: "eth0" }];
    const { kept } = planGc(facts({ cached: entries, linked }), NO_KEEP);
    expect(kept).toMatchObject([{ containerId: "c", why: "its link is there" }]);
  });

  test("what is from before the machine's start is gone", () => {
    const old = facts({
      cached: [cached("c", { writtenAtMs: 500 })],
      holdings: [holding("h", { isOfThisBoot: false })],
    });
    expect(idsOf(planGc(old, NO_KEEP).released)).toEqual(["c", "h"]);
  });
});

describe("cni 4: without --keep-live", () => {
  test("what is named stays, known or not, and the rest goes", () => {
    const keep = [
      { containerId: "a", ifName: "eth0" },
      { containerId: "stranger", ifName: "net1" },
    ];
    const plan = planGc(facts({ cached: [cached("a"), cached("b")] }), { keep, keepsLive: false });
    expect(idsOf(plan.kept)).toEqual(["a", "stranger"]);
    expect(idsOf(plan.released)).toEqual(["b"]);
  });
});
