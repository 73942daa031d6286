import { expect, test } from "bun:test";
import type { Pod } from "../api/mod.ts";
import { planMirrors } from "./mirror-pods.ts";

const pod = (name: string, annotations: Record<string, string>, more = {}): Pod => ({
  metadata: { name, namespace: "ns", uid: name, annotations, ...more },
  spec: { containers: [] },
});
const fixed = (name: string, hash: string) => pod(name, { "kubernetes.io/config.hash": hash });
const mirror = (name: string, hash: string, more = {}) =>
  pod(name, { "kubernetes.io/config.mirror": hash }, more);

test.each<{ name: string; mirrors: Pod[]; create: string[]; remove: string[] }>([
  { name: "none yet", mirrors: [], create: ["a"], remove: [] },
  { name: "one that is current", mirrors: [mirror("a", "1")], create: [], remove: [] },
  { name: "one of another content", mirrors: [mirror("a", "0")], create: ["a"], remove: ["a"] },
  {
    name: "one that was deleted",
    mirrors: [mirror("a", "1", { deletionTimestamp: "2026-01-01T00:00:00Z" })],
    create: ["a"],
    remove: ["a"],
  },
  { name: "one of no static pod", mirrors: [mirror("b", "1")], create: ["a"], remove: ["b"] },
])("planMirrors() with $name", ({ mirrors, create, remove }) => {
  const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name);
  const plan = planMirrors([fixed("a", "1")], mirrors);
  expect({ create: names(plan.create), remove: names(plan.remove) }).toEqual({ create, remove });
});
