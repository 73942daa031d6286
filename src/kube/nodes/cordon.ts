import { type CallOptions, type KubeClient, NODES, type Node } from "../client/mod.ts";

/** On a Node that was cordoned here and not by a person: an interrupted run's cordon is known by it. */
const MARK = "nodewright/cordoned-since";

/** Marks the Node as not to be scheduled on; true where it was not so before. */
export async function cordonNode(
  client: KubeClient,
  name: string,
  call: CallOptions = {},
): Promise<boolean> {
  return await setUnschedulable(client, name, { wanted: true, call });
}

/** Takes the cordon off that `cordonNode` put there, now or in an earlier run; leaves a person's alone. */
export async function releaseNode(
  client: KubeClient,
  name: string,
  call: CallOptions = {},
): Promise<boolean> {
  const node = await client.find(NODES, { name }, call);
  if (node?.metadata.annotations?.[MARK] === undefined) return false;
  return await setUnschedulable(client, name, { wanted: false, call });
}

/** Takes the mark off; true where it was there before. */
export async function uncordonNode(
  client: KubeClient,
  name: string,
  call: CallOptions = {},
): Promise<boolean> {
  return await setUnschedulable(client, name, { wanted: false, call });
}

async function setUnschedulable(
  client: KubeClient,
  name: string,
  { wanted, call }: { readonly wanted: boolean; readonly call: CallOptions },
): Promise<boolean> {
  const node: Node = await client.get(NODES, { name }, call);
  if ((node.spec?.unschedulable ?? false) === wanted) return false;
  // null takes a field away: a Node that never was cordoned does not have it.
  const value = {
    metadata: { annotations: { [MARK]: wanted ? new Date().toISOString() : null } },
    spec: { unschedulable: wanted ? true : null },
  };
  await client.patch(NODES, { name }, { type: "merge", value }, call);
  return true;
}

/** Removes the Node object, so that the name can be used anew; true where there was one. */
export async function deleteNode(
  client: KubeClient,
  name: string,
  call: CallOptions = {},
): Promise<boolean> {
  if ((await client.find(NODES, { name }, call)) === undefined) return false;
  await client.delete(NODES, { name }, {}, call);
  return true;
}
