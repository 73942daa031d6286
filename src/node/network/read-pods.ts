import { mapPool, messageOf } from "../../base/mod.ts";
import {
  type CriClient,
  createCriClient,
  findRuntimeEndpoint,
  isNotFound,
  type PodSandbox,
  PodSandboxState,
} from "../../cri/mod.ts";
import { Netns, withNetns } from "../../netns/mod.ts";
import type { NodePod } from "./node-network.ts";
import { readNetns } from "./read-netns.ts";
import { sandboxNetwork } from "./sandbox-network.ts";

/** Questions to the runtime at once. */
const PARALLELISM = 8;

/** The pods of the runtime, each with what its network namespace has; rejects where nothing answers. */
export async function readPods(): Promise<NodePod[]> {
  using cri = createCriClient({ endpoint: await findRuntimeEndpoint(undefined) });
  const { items } = await cri.runtime.listPodSandbox({});
  const pods = await mapPool(items, PARALLELISM, (sandbox) => readPod(cri, sandbox));
  return pods.filter((pod) => pod !== undefined);
}

/** Undefined where the pod has gone meanwhile. */
async function readPod(cri: CriClient, sandbox: PodSandbox): Promise<NodePod | undefined> {
  const pod = {
    sandboxId: sandbox.id,
    namespace: sandbox.metadata?.namespace ?? "",
    name: sandbox.metadata?.name ?? "",
    isReady: sandbox.state === PodSandboxState.SANDBOX_READY,
    isHostNetwork: false,
    network: null,
    problem: null,
  };
  try {
    const { isHostNetwork, netnsPath } = await sandboxNetwork(cri, sandbox.id);
    // A sandbox that has ended keeps its name until it is removed, its network not.
    if (isHostNetwork || !pod.isReady) return { ...pod, isHostNetwork };
    if (netnsPath === undefined) {
      return { ...pod, problem: "the runtime does not say where its network namespace is" };
    }
    using netns = Netns.open(netnsPath);
    return { ...pod, network: withNetns(netns, readNetns) };
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    return { ...pod, problem: messageOf(thrown) };
  }
}
