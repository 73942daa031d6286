import type { Node as V1Node } from "kubernetes-types/core/v1";
import { parseQuantity } from "../../base/mod.ts";
import type { NodeView } from "../admission/mod.ts";
import type { ApiObject } from "../api/mod.ts";
import type { AgentSettings, Amounts } from "../config/mod.ts";
import { allocatable } from "./node-status.ts";
import type { MachineInfo } from "./read-machine.ts";

/** Labels that every node has from its agent. */
export function defaultLabels(
  { nodeName }: AgentSettings,
  { architecture }: MachineInfo,
): Record<string, string> {
  return {
    "kubernetes.io/hostname": nodeName,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": architecture,
    "beta.kubernetes.io/os": "linux",
    "beta.kubernetes.io/arch": architecture,
  };
}

/** The node as pods are judged by: what the API server has of it, else what it will be made with. */
export function nodeView(
  node: ApiObject<V1Node> | undefined,
  settings: AgentSettings,
  machine: MachineInfo & { readonly devices: Amounts },
): NodeView {
  const own = allocatable(settings, machine);
  const written = Object.entries(node?.status?.allocatable ?? {}).flatMap(([name, quantity]) => {
    const amount = parseQuantity(quantity);
    return amount === undefined || name in own ? [] : [[name, amount] as const];
  });
  return {
    name: settings.nodeName,
    labels: {
      ...defaultLabels(settings, machine),
      ...(node?.metadata.labels ?? settings.nodeLabels),
    },
    taints: node === undefined ? settings.node.taints : (node.spec?.taints ?? []),
    // Its own resources and its devices are the agent's to say; other extended ones are the API's.
    allocatable: { ...Object.fromEntries(written), ...machine.devices, ...own },
  };
}
