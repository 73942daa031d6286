import { describe, expect, test } from "bun:test";
import {
  KUBELET_FLAGS,
  kubeletConfiguration,
  REMOVED_KUBELET_FLAGS,
  schemaAt,
  TLS_CIPHER_SUITES,
} from "../../config/mod.ts";
import { FEATURE_GATES, REMOVED_GATES } from "./feature-gates.ts";
import { mayKubeletSet } from "./node-labels.ts";

describe("feature gates", () => {
  test("have a name and a minor, and are locked after they have come", () => {
    for (const [name, { since, lockedSince = since }] of FEATURE_GATES) {
      expect(name).toMatch(/^[A-Z][A-Za-z0-9]+$/);
      expect(since, name).toBeGreaterThan(0);
      expect(lockedSince, name).toBeGreaterThanOrEqual(since);
    }
    expect(FEATURE_GATES.get("NodeSwap")).toEqual({ since: 22, lockedSince: 34 });
    expect(FEATURE_GATES.get("MemoryQoS")).toEqual({ since: 22 });
  });

  test("are known or removed, not both", () => {
    expect([...REMOVED_GATES.keys()].filter((name) => FEATURE_GATES.has(name))).toEqual([]);
    expect([...REMOVED_GATES.values()].every((minor) => minor > 9 && minor < 37)).toBe(true);
  });
});

describe("kubelet flags", () => {
  test("lead to keys that the configuration has", () => {
    const fields = Object.values(KUBELET_FLAGS).filter((field) => field !== "");
    const unknown = fields.filter(
      (field) => schemaAt(kubeletConfiguration, field.split(".")) === undefined,
    );
    expect(unknown).toEqual([]);
  });

  test("are taken or refused, not both", () => {
    expect(Object.keys(REMOVED_KUBELET_FLAGS).filter((name) => name in KUBELET_FLAGS)).toEqual([]);
  });
});

test.each([
  ["node.kubernetes.io/pool", true],
  ["x.kubelet.kubernetes.io/pool", true],
  ["topology.kubernetes.io/zone", true],
  ["example.com/kubernetes.io", true],
  ["disk", true],
  ["node-role.kubernetes.io/worker", false],
  ["kubernetes.io/role", false],
  ["topology.kubernetes.io/rack", false],
  ["x.k8s.io/y", false],
  ["fakekubernetes.io/y", true],
])("mayKubeletSet(%p) is %p", (key, want) => {
  expect(mayKubeletSet(key)).toBe(want);
});

test("cipher suites are words of their kind", () => {
  expect([...TLS_CIPHER_SUITES].filter((name) => !/^TLS_[A-Z0-9_]+$/.test(name))).toEqual([]);
});
