import { describe, expect, test } from "bun:test";
import { NodewrightError } from "../../base/mod.ts";
import type { DesiredNode, NodePlan, Step } from "../../plan/mod.ts";
import {
  digestOf,
  formatSavedPlan,
  looksLikeSavedPlan,
  parseSavedPlan,
  savedNode,
  whatChanged,
} from "./saved-plan.ts";

const DESIRED: DesiredNode = {
  node: "node-0",
  fqdn: "node-0.k.local",
  address: "192.0.2.11",
  podSubnets: ["10.200.0.0/24"],
  files: [],
  units: [],
  modules: [],
  sysctls: {},
  swap: "off",
  routes: [],
  criEndpoint: "unix:///run/containerd/containerd.sock",
  images: [],
  traces: { bridges: [], networks: [], stateDirs: [] },
};
const write = (content: string): Step => ({
  kind: "write-file",
  file: {
    path: "/etc/x",
    mode: 0o644,
    digest: digestOf(content),
    sizeBytes: content.length,
    sensitive: false,
    text: true,
    origin: "configs/x",
  },
  previous: null,
  foreign: false,
});
const plan = (steps: readonly Step[], baseGeneration: number | null = 1): NodePlan => ({
  node: "node-0",
  baseGeneration,
  steps,
  notes: [],
  problems: [],
});
const SAVED = savedNode(plan([write("a"), { kind: "daemon-reload" }]), DESIRED);
const TEXT = formatSavedPlan({ settings: digestOf(""), allow: ["NW-A01"], nodes: [SAVED] });

describe("a saved plan", () => {
  test("comes back as it was written, whatever the order of keys", () => {
    const { nodes, allow, settings } = parseSavedPlan(TEXT, "x.plan");
    expect({ nodes, allow, settings }).toEqual({
      nodes: [SAVED],
      allow: ["NW-A01"],
      settings: digestOf(""),
    });
    expect(looksLikeSavedPlan(TEXT)).toBe(true);
    expect(looksLikeSavedPlan('{"kind": "plan"}')).toBe(false);
    const { kind, ...rest } = write("a");
    // cast: the same step with its keys in another order
    const turned = { ...rest, kind } as Step;
    const now = savedNode(plan([turned, { kind: "daemon-reload" }]), DESIRED);
    expect(nodes[0] && whatChanged(nodes[0], now)).toBeUndefined();
  });

  test.each([
    {
      what: "a generation in between",
      now: savedNode(plan([write("a"), { kind: "daemon-reload" }], 2), DESIRED),
      says: "it is at generation 2, and the plan starts from generation 1",
    },
    {
      what: "a reset in between",
      now: savedNode(plan([write("a"), { kind: "daemon-reload" }], null), DESIRED),
      says: "it is at no generation yet, and the plan starts from generation 1",
    },
    {
      what: "another content",
      now: savedNode(plan([write("b"), { kind: "daemon-reload" }]), DESIRED),
      says: "its steps are different: write /etc/x (new), but not the same",
    },
    {
      what: "a step more and one less",
      now: savedNode(plan([write("a"), { kind: "enable-unit", unit: "a.service" }]), DESIRED),
      says: "its steps are different: no longer reload systemd's unit files; now also enable a.service",
    },
    {
      what: "another order",
      now: savedNode(plan([{ kind: "daemon-reload" }, write("a")]), DESIRED),
      says: "its steps come in another order",
    },
    {
      what: "another timeout or trace",
      now: savedNode(plan([write("a"), { kind: "daemon-reload" }]), {
        ...DESIRED,
        criEndpoint: "unix:///run/other.sock",
      }),
      says: "its steps are the same, but not what belongs to them (timeouts, what units read)",
    },
  ])("$what is a change", ({ now, says }) => {
    expect(whatChanged(SAVED, now)).toBe(says);
  });

  test("more than a few differences are counted", () => {
    const units = Array.from(
      { length: 9 },
      (_, i): Step => ({ kind: "enable-unit", unit: `u${i}.service` }),
    );
    expect(whatChanged(savedNode(plan([]), DESIRED), savedNode(plan(units), DESIRED))).toEndWith(
      "now also enable u4.service; and 4 more",
    );
  });

  test.each([
    ["0 bytes", "", "it is empty"],
    ["half of it", TEXT.slice(0, 400), "it is not JSON: "],
    ["another document", '{"kind": "plan"}', "it was not written by plan -o"],
    ["a list", "[]", "it was not written by plan -o"],
    ["another version", TEXT.replace('"version": 1', '"version": 2'), "its format is version 2"],
    ["no version", TEXT.replace('"version": 1,', ""), "its format is version missing, expected 1"],
    [
      "a step that nodewright does not have",
      TEXT.replace('"daemon-reload"', '"run"'),
      "nodes.0.plan.steps.1.kind: ",
    ],
    ["no node", `${TEXT.slice(0, TEXT.indexOf('"nodes"'))}"nodes": []}`, "nodes: "],
  ])("%s is refused by name", (_what, text, why) => {
    const read = (): unknown => parseSavedPlan(text, "x.plan");
    expect(read).toThrow(NodewrightError);
    expect(read).toThrow(`Cannot use the saved plan x.plan: ${why}`);
  });
});
