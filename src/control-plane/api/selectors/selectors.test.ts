import { describe, expect, test } from "bun:test";
import type { ApiObject } from "../../objects/mod.ts";
import { kindOf } from "../../resources/mod.ts";
import { labelSelectorMatcher, parseFieldSelector, parseLabelSelector } from "./mod.ts";

describe("parseLabelSelector()", () => {
  const labels = { app: "web", tier: "", "example.com/size": "12" };
  const cases: readonly (readonly [selector: string, want: boolean])[] = [
    ["", true],
    ["app=web", true],
    ["app==web", true],
    ["app = web", true],
    ["app!=web", false],
    ["none!=web", true],
    ["app", true],
    ["none", false],
    ["!none", true],
    ["!app", false],
    ["tier=", true],
    ["app in (web, api)", true],
    ["app notin (web)", false],
    ["none notin (web)", true],
    ["example.com/size>11", true],
    ["example.com/size<11", false],
    ["app in (web),tier=,!none", true],
    ["app in (web),none", false],
    ["constructor", false],
  ];
  test.each(cases)("%s", (selector, want) => {
    expect(parseLabelSelector(selector)(labels)).toBe(want);
  });

  test.each(["a b", "a=b c", "=x", "a in b", "a in (b"])("refuses %s", (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow(/unable to parse requirement/);
  });
});

test("labelSelectorMatcher() takes all of its requirements together", () => {
  const matches = labelSelectorMatcher({
    matchLabels: { a: "1" },
    matchExpressions: [
      { key: "b", operator: "In", values: ["x", "y"] },
      { key: "c", operator: "DoesNotExist", values: [] },
    ],
  });
  expect(matches({ a: "1", b: "x" })).toBe(true);
  expect(matches({ a: "1", b: "z" })).toBe(false);
  expect(matches({ a: "1", b: "x", c: "" })).toBe(false);
  expect(labelSelectorMatcher({})({})).toBe(true);
});

describe("parseFieldSelector()", () => {
  const pod: ApiObject = {
    ...{ kind: "Pod", apiVersion: "v1", metadata: { name: "p", namespace: "n" } },
    ...{ spec: { nodeName: "node-0" }, status: { phase: "Running" } },
  };
  test.each([
    ["metadata.name=p", true],
    ["metadata.namespace!=n", false],
    ["spec.nodeName=node-0,status.phase=Running", true],
    ["spec.nodeName!=,status.phase!=Failed", true],
    ["spec.nodeName=", false],
    ["spec.hostNetwork=false", true],
    ["", true],
  ] as const)("%s", (selector, want) => {
    expect(parseFieldSelector(kindOf("pods"), selector)(pod)).toBe(want);
  });

  test("refuses a field that the kind cannot be selected by", () => {
    const parse = (text: string) => parseFieldSelector(kindOf("configmaps"), text);
    expect(() => parse("spec.nodeName=x")).toThrow("field label not supported: spec.nodeName");
    expect(() => parse("metadata.name")).toThrow(/invalid selector/);
  });
});
