import { describe, expect, test } from "bun:test";
import {
  hostPorts,
  matchesNode,
  matchesRequirement,
  matchesSelector,
  type NodeChoice,
  portsConflict,
  tolerates,
} from "./mod.ts";

const node = { name: "n1", labels: { zone: "a", cpus: "8" } };
const affinity = (terms: readonly object[]): NodeChoice => ({
  // cast: the terms of the table, wrong ones among them
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms as never },
    },
  },
});
const label = (key: string, operator: string, ...values: string[]): NodeChoice =>
  affinity([{ matchExpressions: [{ key, operator, values }] }]);

describe("matchesNode()", () => {
  test.each<{ name: string; choice: NodeChoice; want: boolean }>([
    { name: "no wish", choice: {}, want: true },
    { name: "a label", choice: { nodeSelector: { zone: "a" } }, want: true },
    { name: "another label", choice: { nodeSelector: { zone: "b" } }, want: false },
    { name: "a missing label", choice: { nodeSelector: { rack: "" } }, want: false },
    { name: "In", choice: label("zone", "In", "b", "a"), want: true },
    { name: "In of others", choice: label("zone", "In", "b"), want: false },
    { name: "In without the label", choice: label("rack", "In", "b"), want: false },
    { name: "NotIn", choice: label("zone", "NotIn", "b"), want: true },
    { name: "NotIn without the label", choice: label("rack", "NotIn", "b"), want: true },
    { name: "Exists", choice: label("zone", "Exists"), want: true },
    { name: "DoesNotExist", choice: label("zone", "DoesNotExist"), want: false },
    { name: "Gt", choice: label("cpus", "Gt", "7"), want: true },
    { name: "Gt of the same", choice: label("cpus", "Gt", "8"), want: false },
    { name: "Lt", choice: label("cpus", "Lt", "9"), want: true },
    { name: "Lt of a word", choice: label("zone", "Lt", "9"), want: false },
    { name: "an unknown operator", choice: label("zone", "Like", "a"), want: false },
    { name: "no term", choice: affinity([]), want: false },
    { name: "an empty term", choice: affinity([{}]), want: false },
    {
      name: "one term of two",
      choice: affinity([
        {},
        { matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] },
      ]),
      want: true,
    },
    {
      name: "all of a term",
      choice: affinity([
        {
          matchExpressions: [{ key: "zone", operator: "Exists" }],
          matchFields: [{ key: "metadata.name", operator: "In", values: ["n2"] }],
        },
      ]),
      want: false,
    },
  ])("$name: $want", ({ choice, want }) => {
    expect(matchesNode(choice, node)).toBe(want);
  });
});

test.each([
  { name: "the same", toleration: { key: "k", value: "v", effect: "NoExecute" }, want: true },
  { name: "another value", toleration: { key: "k", value: "w" }, want: false },
  { name: "any value", toleration: { key: "k", operator: "Exists" }, want: true },
  { name: "everything", toleration: { operator: "Exists" }, want: true },
  { name: "another effect", toleration: { operator: "Exists", effect: "NoSchedule" }, want: false },
  { name: "another key", toleration: { key: "x", operator: "Exists" }, want: false },
  { name: "an unknown operator", toleration: { key: "k", operator: "Like" }, want: false },
])("tolerates() $name: $want", ({ toleration, want }) => {
  expect(tolerates(toleration, { key: "k", value: "v", effect: "NoExecute" })).toBe(want);
});

test.each([
  { name: "other ports", a: { hostPort: 80 }, b: { hostPort: 81 }, want: false },
  { name: "the same port", a: { hostPort: 80 }, b: { hostPort: 80 }, want: true },
  {
    name: "other protocols",
    a: { hostPort: 80 },
    b: { hostPort: 80, protocol: "UDP" },
    want: false,
  },
  {
    name: "other addresses",
    a: { hostPort: 80, hostIP: "10.0.0.1" },
    b: { hostPort: 80, hostIP: "10.0.0.2" },
    want: false,
  },
  {
    name: "one address and all",
    a: { hostPort: 80, hostIP: "10.0.0.1" },
    b: { hostPort: 80 },
    want: true,
  },
  { name: "no host port", a: {}, b: {}, want: false },
])("portsConflict() with $name: $want", ({ a, b, want }) => {
  const of = (port: object) => hostPorts({ containers: [{ ports: [port] }] });
  expect(portsConflict(of(a), of(b))).toBe(want);
});

test("what an object inherits is no label", () => {
  const exists = { key: "constructor", operator: "Exists" };
  expect(matchesRequirement(exists, {})).toBe(false);
  expect(matchesSelector({ matchExpressions: [exists] }, { constructor: "x" })).toBe(true);
});
