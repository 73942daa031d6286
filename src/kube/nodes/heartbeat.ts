import { type KubeClient, LEASES, NODES, type Node } from "../client/mod.ts";

/** When a kubelet was last heard of, in its own words; a field is absent where there is nothing yet. */
export interface Heartbeat {
  /** The renewTime of the Node's Lease: every 10 seconds, and first of all after a start. */
  readonly lease?: string;
  /** The lastHeartbeatTime of the Ready condition: after a start, then only every few minutes. */
  readonly status?: string;
}

/** What the API server knows of a kubelet's last sign of life. */
export async function readHeartbeat(
  client: KubeClient,
  name: string,
  signal?: AbortSignal,
): Promise<Heartbeat> {
  const call = signal === undefined ? {} : { signal };
  const node = await client.find(NODES, { name }, call);
  return await heartbeatOf(client, name, { node, call });
}

/** The same, for a Node that was just read. */
export async function heartbeatOf(
  client: KubeClient,
  name: string,
  {
    node,
    call,
  }: { readonly node: Node | undefined; readonly call: { readonly signal?: AbortSignal } },
): Promise<Heartbeat> {
  const lease = await client.find(LEASES, { name, namespace: "kube-node-lease" }, call);
  const renewed = lease?.spec?.renewTime;
  const status = node?.status?.conditions?.find(({ type }) => type === "Ready")?.lastHeartbeatTime;
  return {
    ...(renewed === undefined ? {} : { lease: renewed }),
    ...(status === undefined ? {} : { status }),
  };
}
