import { expect, test } from "bun:test";
import { FactDeriver } from "../../facts/fact-deriver.ts";
import { treeOf } from "../../facts/node-tree.ts";
import { managerState } from "./machine-state.ts";

const HEAD = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
const CONFIG = "/var/lib/kubelet/kubelet-config.yaml";
const STATE = "/var/lib/kubelet/cpu_manager_state";

/** A machine with a kubelet's configuration and other files. */
function nodeWith(config: string, others: Readonly<Record<string, string>>) {
  const texts = { [CONFIG]: HEAD + config, ...others };
  const files = Object.entries(texts).map(([path, text]) => ({ path, shown: path, text }));
  const tree = treeOf(files, { isComplete: true });
  return new FactDeriver().derive({ name: "node-0", now: new Date(0), files: tree });
}

/** What the rule says of a change to the policy static on a machine with such state files. */
function judge(states: Readonly<Record<string, string>>, { before = "" } = {}) {
  const previous = nodeWith(before, states);
  const next = nodeWith("cpuManagerPolicy: static\nreservedSystemCPUs: '0'\n", {});
  const { kubeletConfig, files } = next;
  if (kubeletConfig === undefined || files === undefined) throw new Error("no facts");
  const answer = managerState.check({ kubeletConfig, files, previous });
  return "unknown" in answer ? answer.unknown : answer.map(({ message }) => message);
}

test("NW-C24 refuses another policy while the state file is there", () => {
  const found = judge({ [STATE]: '{"policyName":"none","defaultCpuSet":"","checksum":1}' });
  expect(found).toEqual([expect.stringContaining("refuses to change cpuManagerPolicy from none")]);
});

test("NW-C24 has nothing to say once its fix was followed: the state file is deleted", () => {
  expect(judge({})).toEqual([]);
  expect(judge({}, { before: "cpuManagerPolicy: static\nreservedSystemCPUs: '1'\n" })).toEqual([]);
});

test("NW-C24 refuses other reserved CPUs while the state file is there", () => {
  const states = { [STATE]: '{"policyName":"static","defaultCpuSet":"0","checksum":1}' };
  const before = "cpuManagerPolicy: static\nreservedSystemCPUs: '1'\n";
  expect(judge(states, { before })).toEqual([
    expect.stringContaining("reservedSystemCPUs changes"),
  ]);
});
