import { expect, test } from "bun:test";
import type { KubeObject } from "../../../kube/client/mod.ts";
import { API } from "../../../kube/types/mod.ts";
import { printWrites } from "../testing/mod.ts";
import { type Owner, planGarbage } from "./plan-garbage.ts";

const item = (name: string, metadata: object = {}) => ({
  type: API.pods,
  object: { metadata: { name, uid: `uid-${name}`, ...metadata } } as KubeObject,
});
const reference = (name: string, more: object = {}) => ({
  ...{ apiVersion: "v1", kind: "Pod", name, uid: `uid-${name}` },
  ...more,
});
const owner = (name: string, state: Owner["state"]): Owner => ({
  reference: reference(name),
  state,
});
const deleted = (...finalizers: string[]) => ({
  deletionTimestamp: "2026-01-01T00:00:00Z",
  finalizers,
});
const child = (name: string, more: object = {}) =>
  item(name, { ownerReferences: [reference("x", { blockOwnerDeletion: true })], ...more });

test.each([
  { name: "no owners", item: item("x"), owners: [], want: [] },
  { name: "an owner that is there", item: item("x"), owners: [owner("a", "present")], want: [] },
  {
    name: "an owner of a kind that nobody knows",
    item: item("x"),
    owners: [owner("a", "unknown")],
    want: [],
  },
  {
    name: "an owner that is gone",
    item: item("x"),
    owners: [owner("a", "absent")],
    want: ["delete Pod x"],
  },
  {
    name: "one of two owners is gone",
    item: item("x", { ownerReferences: [reference("a"), reference("b")] }),
    owners: [owner("a", "absent"), owner("b", "present")],
    want: ["patch Pod x"],
  },
  {
    name: "an owner that waits",
    item: item("x"),
    owners: [owner("a", "waiting")],
    want: ["delete Pod x"],
  },
  {
    name: "foreground: dependents first",
    item: item("x", deleted("foregroundDeletion")),
    owners: [],
    dependents: [
      child("a"),
      child("b", deleted()),
      item("c", { ownerReferences: [reference("x")] }),
    ],
    want: ["delete Pod a"],
  },
  {
    name: "foreground: a dependent with another owner is released",
    item: item("x", deleted("foregroundDeletion")),
    owners: [],
    dependents: [
      item("a", {
        ownerReferences: [reference("x", { blockOwnerDeletion: true }), reference("y")],
      }),
    ],
    want: ["patch Pod a"],
  },
  {
    name: "foreground: the last dependent is gone",
    item: item("x", deleted("foregroundDeletion")),
    owners: [],
    want: ["patch Pod x"],
  },
  {
    name: "foreground: one that waits for itself lets its owners go",
    item: item("x", {
      ...deleted("foregroundDeletion"),
      ownerReferences: [reference("a", { blockOwnerDeletion: true })],
    }),
    owners: [owner("a", "waiting")],
    dependents: [child("a", deleted("foregroundDeletion"))],
    isCircular: true,
    want: ["patch Pod x"],
  },
  {
    name: "orphan: dependents are released",
    item: item("x", deleted("orphan")),
    owners: [],
    dependents: [child("a")],
    want: ["patch Pod a", "patch Pod x"],
  },
  {
    name: "deleted otherwise",
    item: item("x", deleted()),
    owners: [owner("a", "absent")],
    want: [],
  },
])("planGarbage(): $name", ({ want, dependents = [], ...input }) => {
  expect(printWrites(planGarbage({ ...input, dependents }).writes)).toEqual(want);
});
