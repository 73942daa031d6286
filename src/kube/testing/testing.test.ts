import { describe, expect, test } from "bun:test";
import { LEASES, NODES, PODS, type ResourceType, SERVICES } from "../client/mod.ts";
import { type Attributes, authorize, type User } from "./authorizer.ts";
import { applyJsonPatch, applyMergePatch, applyStrategicPatch } from "./merge.ts";
import { ObjectStore, type StoreEvent } from "./object-store.ts";

describe("patches", () => {
  test.each([
    { name: "merge replaces lists", target: { a: [1, 2] }, patch: { a: [3] }, want: { a: [3] } },
    {
      name: "merge removes by null",
      target: { a: 1, b: { c: 1 } },
      patch: { b: { c: null } },
      want: { a: 1, b: {} },
    },
    {
      name: "merge replaces a scalar by an object",
      target: { a: 1 },
      patch: { a: { b: 1 } },
      want: { a: { b: 1 } },
    },
  ])("$name", ({ target, patch, want }) => {
    expect(applyMergePatch(target, patch)).toEqual(want);
  });

  test.each([
    {
      name: "strategic merges conditions by type",
      patch: {
        conditions: [
          { type: "B", status: "1" },
          { type: "C", status: "1" },
        ],
      },
      want: [
        { type: "A", status: "0" },
        { type: "B", status: "1" },
        { type: "C", status: "1" },
      ],
    },
    {
      name: "strategic deletes by directive",
      patch: { conditions: [{ $patch: "delete", type: "A" }] },
      want: [{ type: "B", status: "0" }],
    },
  ])("$name", ({ patch, want }) => {
    const target = {
      conditions: [
        { type: "A", status: "0" },
        { type: "B", status: "0" },
      ],
    };
    expect(applyStrategicPatch(target, patch)).toEqual({ conditions: want });
  });

  test("JSON patch adds, replaces, removes, tests, and refuses what is not there", () => {
    const target = { a: { "b/c": 1 }, list: [1, 2] };
    const patched = applyJsonPatch(target, [
      { op: "test", path: "/a/b~1c", value: 1 },
      { op: "replace", path: "/a/b~1c", value: 2 },
      { op: "add", path: "/list/-", value: 3 },
      { op: "add", path: "/list/0", value: 0 },
      { op: "remove", path: "/list/1" },
    ]);
    expect(patched).toEqual({ a: { "b/c": 2 }, list: [0, 2, 3] });
    expect(target).toEqual({ a: { "b/c": 1 }, list: [1, 2] });
    expect(() => applyJsonPatch(target, [{ op: "remove", path: "/x" }])).toThrow(RangeError);
    expect(() => applyJsonPatch(target, [{ op: "test", path: "/list", value: [] }])).toThrow(
      RangeError,
    );
  });
});

describe("ObjectStore", () => {
  test("keeps uid and creation time, counts versions, tells watchers what they missed", () => {
    const store = new ObjectStore();
    const first = store.put(NODES, { metadata: { name: "a" } });
    const seen: StoreEvent[] = [];
    const stop = store.watch(NODES, store.version - 1, (event) => void seen.push(event));
    const second = store.put(NODES, { ...first, spec: { unschedulable: true } });
    store.delete(NODES, "a");
    stop?.();
    store.put(NODES, { metadata: { name: "b" } });
    expect(second.metadata.uid).toBe(first.metadata.uid);
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(
      Number(first.metadata.resourceVersion),
    );
    expect(seen.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    expect(store.list(NODES).map((node) => node.metadata.name)).toEqual(["b"]);
    store.compact();
    expect(store.watch(NODES, 1, () => {})).toBeUndefined();
  });
});

describe("authorize()", () => {
  const admin: User = { name: "admin", groups: ["system:masters"] };
  const node: User = { name: "system:node:node-0", groups: ["system:nodes"] };
  const proxy: User = { name: "system:kube-proxy", groups: ["system:node-proxier"] };
  /** The right name without the group: what a wrong O in the certificate leads to. */
  const groupless: User = { name: "system:node:node-0", groups: [] };
  const rows: {
    user: User;
    verb: string;
    type: ResourceType;
    more?: Partial<Attributes>;
    want: boolean;
  }[] = [
    { user: admin, verb: "delete", type: NODES, more: { name: "node-0" }, want: true },
    { user: node, verb: "create", type: NODES, want: true },
    {
      user: node,
      verb: "patch",
      type: NODES,
      more: { name: "node-0", subresource: "status" },
      want: true,
    },
    { user: node, verb: "patch", type: NODES, more: { name: "node-1" }, want: false },
    { user: node, verb: "delete", type: NODES, more: { name: "node-0" }, want: false },
    { user: node, verb: "get", type: NODES, more: { name: "node-1" }, want: false },
    {
      user: node,
      verb: "watch",
      type: NODES,
      more: { fieldSelector: "metadata.name=node-0" },
      want: true,
    },
    { user: node, verb: "list", type: PODS, want: false },
    {
      user: node,
      verb: "list",
      type: PODS,
      more: { fieldSelector: "spec.nodeName=node-0" },
      want: true,
    },
    {
      user: node,
      verb: "update",
      type: LEASES,
      more: { namespace: "kube-node-lease", name: "node-0" },
      want: true,
    },
    {
      user: node,
      verb: "update",
      type: LEASES,
      more: { namespace: "kube-node-lease", name: "node-1" },
      want: false,
    },
    { user: groupless, verb: "create", type: NODES, want: false },
    { user: proxy, verb: "list", type: SERVICES, want: true },
    { user: proxy, verb: "list", type: PODS, want: false },
    { user: proxy, verb: "patch", type: NODES, more: { name: "node-0" }, want: false },
  ];
  test.each(rows)(
    "$user.name may $verb $type.plural: $want",
    ({ user, verb, type, more, want }) => {
      const refusal = authorize(user, {
        verb,
        type,
        name: undefined,
        namespace: undefined,
        subresource: undefined,
        fieldSelector: undefined,
        ...more,
      });
      expect(refusal === undefined).toBe(want);
      if (refusal !== undefined) expect(refusal).toMatch(/is forbidden: /);
    },
  );
});
