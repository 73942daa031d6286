import { expect, test } from "bun:test";
import { FactDeriver, type HostFacts, type NodeFacts, treeOf } from "../../check/mod.ts";
import { BASE_HOST } from "./testing/mod.ts";

const UNIT = "/etc/systemd/system/kubelet.service";
const DROP_IN = `${UNIT}.d/10-flags.conf`;
const CONFIG = "/var/lib/kubelet/kubelet-config.yaml";
const KUBELET = "/usr/local/bin/kubelet";
const TEXTS = {
  [UNIT]: `[Service]\nExecStart=${KUBELET} --config=${CONFIG}\n`,
  [CONFIG]: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
};

/** A machine whose kubelet.service is in a state. */
function factsOf(
  state: { activeState: string; unitFileState: string },
  more: Record<string, string> = {},
): NodeFacts {
  const base = BASE_HOST.units?.["kubelet.service"];
  if (base === undefined) throw new TypeError("The base machine has no kubelet.service");
  const host: HostFacts = {
    ...BASE_HOST,
    units: { ...BASE_HOST.units, "kubelet.service": { ...base, ...state } },
  };
  const texts: Record<string, string> = { ...TEXTS, ...more };
  const files = Object.entries(texts).map(([path, text]) => ({ path, shown: path, text }));
  return new FactDeriver().derive({
    name: "node-0",
    now: new Date(0),
    files: treeOf(files, { isComplete: true }),
    host,
  });
}

const OFF = { activeState: "inactive", unitFileState: "disabled" };

test.each([
  { what: "nothing but files", facts: () => factsOf(OFF), has: false },
  { what: "its executable", facts: () => factsOf(OFF, { [KUBELET]: "" }), has: true },
  { what: "a drop-in", facts: () => factsOf(OFF, { [DROP_IN]: "[Service]\n" }), has: true },
  {
    what: "an enabled unit",
    facts: () => factsOf({ ...OFF, unitFileState: "enabled" }),
    has: true,
  },
  {
    what: "a unit that fails",
    facts: () => factsOf({ ...OFF, activeState: "failed" }),
    has: true,
  },
])("a kubelet with $what is one of the node: $has", ({ facts, has }) => {
  const { kubeletUnit, kubeletConfig } = facts();
  expect([kubeletUnit !== undefined, kubeletConfig !== undefined]).toEqual([has, has]);
});
