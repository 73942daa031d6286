import { access } from "node:fs/promises";
import { messageOf } from "../base/mod.ts";
import { KubeClient, loadConnection, NODES } from "../kube/client/mod.ts";
import { hostKubeconfig } from "./control-plane/mod.ts";
import type { Lab } from "./machines/mod.ts";

/** A lab's cluster as its API server tells of it. */
export interface ClusterState {
  /** URL of the API server. */
  readonly server: string;
  readonly kubeconfig: string;
  /** Absent where it does not answer. */
  readonly version?: string;
  /** Why it does not answer. */
  readonly problem?: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly isReady: boolean;
    readonly kubelet: string;
  }[];
}

const TIMEOUT_MS = 3_000;

/** Asks the API server of a lab; undefined where the lab has none. */
export async function labClusterState(lab: Lab): Promise<ClusterState | undefined> {
  const kubeconfig = hostKubeconfig(lab);
  const exists = await access(kubeconfig).then(
    () => true,
    () => false,
  );
  if (!exists) return undefined;
  const connection = await loadConnection(kubeconfig);
  const { server } = connection;
  using client = new KubeClient(connection, { timeoutMs: TIMEOUT_MS });
  try {
    const version = await client.version();
    const { items } = await client.list(NODES);
    const nodes = items.map(({ metadata, status }) => ({
      name: metadata.name,
      isReady:
        status?.conditions?.some(
          ({ type, status: value }) => type === "Ready" && value === "True",
        ) ?? false,
      kubelet: status?.nodeInfo?.kubeletVersion ?? "",
    }));
    return { server, kubeconfig, version, nodes };
  } catch (thrown) {
    const problem = messageOf(thrown);
    return { server, kubeconfig, problem, nodes: [] };
  }
}
