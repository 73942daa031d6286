import { describe, expect, test } from "bun:test";
import { ApiError, type Json, type JsonObject } from "../../objects/mod.ts";
import { shapeOf } from "../../schema/mod.ts";
import { applyJsonPatch, applyMergePatch, applyStrategicPatch } from "./mod.ts";

const POD = shapeOf("io.k8s.api.core.v1.Pod");

describe("applyMergePatch()", () => {
  const cases: { name: string; target: Json; patch: Json; want: Json }[] = [
    {
      name: "sets and removes",
      target: { a: 1, b: 2 },
      patch: { a: null, c: 3 },
      want: { b: 2, c: 3 },
    },
    {
      name: "merges objects",
      target: { a: { b: 1 } },
      patch: { a: { c: 2 } },
      want: { a: { b: 1, c: 2 } },
    },
    { name: "replaces lists", target: { a: [1, 2] }, patch: { a: [3] }, want: { a: [3] } },
    {
      name: "replaces text by an object",
      target: { a: "x" },
      patch: { a: { b: 1 } },
      want: { a: { b: 1 } },
    },
  ];
  test.each(cases)("$name", ({ target, patch, want }) => {
    expect(applyMergePatch(target, patch)).toEqual(want);
  });
});

describe("applyJsonPatch()", () => {
  test("adds, replaces, removes, moves, copies and tests", () => {
    const patched = applyJsonPatch({ a: 1, l: [1, 2] }, [
      { op: "test", path: "/a", value: 1 },
      { op: "replace", path: "/a", value: 2 },
      { op: "add", path: "/l/-", value: 3 },
      { op: "remove", path: "/l/0" },
      { op: "copy", from: "/a", path: "/b" },
      { op: "move", from: "/b", path: "/c" },
    ]);
    expect(patched).toEqual({ a: 2, l: [2, 3], c: 2 });
  });

  const refused: { name: string; patch: Json; code: number }[] = [
    { name: "a path that is not there", patch: [{ op: "remove", path: "/x" }], code: 422 },
    { name: "a test that fails", patch: [{ op: "test", path: "/a", value: 2 }], code: 422 },
    { name: "what is no list", patch: { op: "add" }, code: 400 },
  ];
  test.each(refused)("refuses $name", ({ patch, code }) => {
    const target = { a: 1 };
    try {
      applyJsonPatch(target, patch);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ApiError);
      expect(thrown).toHaveProperty("code", code);
      expect(target).toEqual({ a: 1 });
      return;
    }
    throw new Error("expected a refusal");
  });
});

describe("applyStrategicPatch()", () => {
  const containers = (...names: string[]) => ({
    spec: { containers: names.map((name) => ({ name, image: "a" })) },
  });
  const cases: { name: string; target: JsonObject; patch: JsonObject; want: JsonObject }[] = [
    {
      name: "merges containers by name",
      target: containers("c", "d"),
      patch: { spec: { containers: [{ name: "d", image: "b" }] } },
      want: {
        spec: {
          containers: [
            { name: "c", image: "a" },
            { name: "d", image: "b" },
          ],
        },
      },
    },
    {
      name: "puts new items of the patch first",
      target: containers("c"),
      patch: { spec: { containers: [{ name: "n", image: "b" }] } },
      want: {
        spec: {
          containers: [
            { name: "n", image: "b" },
            { name: "c", image: "a" },
          ],
        },
      },
    },
    {
      name: "deletes an item by its directive",
      target: containers("c", "d"),
      patch: { spec: { containers: [{ name: "c", $patch: "delete" }] } },
      want: containers("d"),
    },
    {
      name: "replaces a list by its directive",
      target: containers("c", "d"),
      patch: { spec: { containers: [{ $patch: "replace" }, { name: "e", image: "a" }] } },
      want: containers("e"),
    },
    {
      name: "orders items as it is told",
      target: containers("c", "d"),
      patch: { spec: { "$setElementOrder/containers": [{ name: "d" }, { name: "c" }] } },
      want: containers("d", "c"),
    },
    {
      name: "replaces lists that have no key",
      target: { spec: { tolerations: [{ key: "a" }] } },
      patch: { spec: { tolerations: [{ key: "b" }] } },
      want: { spec: { tolerations: [{ key: "b" }] } },
    },
    {
      name: "adds to lists of text, and takes from them by directive",
      target: { metadata: { finalizers: ["a", "b"] } },
      patch: { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"], finalizers: ["c"] } },
      want: { metadata: { finalizers: ["c", "b"] } },
    },
    {
      name: "keeps only the keys that it is told to retain",
      target: { spec: { volumes: [{ name: "v", emptyDir: {} }] } },
      patch: {
        spec: {
          volumes: [{ name: "v", $retainKeys: ["name", "secret"], secret: { secretName: "s" } }],
        },
      },
      want: { spec: { volumes: [{ name: "v", secret: { secretName: "s" } }] } },
    },
    {
      name: "removes with null, and replaces a map by its directive",
      target: { metadata: { labels: { a: "1", b: "2" }, annotations: { x: "y" } } },
      patch: { metadata: { labels: { a: null }, annotations: { $patch: "replace", z: "1" } } },
      want: { metadata: { labels: { b: "2" }, annotations: { z: "1" } } },
    },
  ];
  test.each(cases)("$name", ({ target, patch, want }) => {
    const before = structuredClone(target);
    expect(applyStrategicPatch(target, patch, POD)).toEqual(want);
    expect(target).toEqual(before);
  });

  test("refuses an item without its key", () => {
    const patch = { spec: { containers: [{ image: "x" }] } };
    expect(() => applyStrategicPatch(containers("c"), patch, POD)).toThrow(/merge key: name/);
  });
});
