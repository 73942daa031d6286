import type { InventoryMachine } from "../../check/mod.ts";

const KUBELET_PORT = 10_250;
/** Each node asks so many others: in a thousand nodes every one is asked, and none asks a thousand. */
const NEIGHBOURS = 2;

/** The kubelets of the workers that follow a node in machines.txt, as URLs; the last one is followed by the first. */
export function kubeletServers(
  machines: readonly Pick<InventoryMachine, "name" | "address" | "podSubnets">[],
  node: string,
): readonly string[] {
  const workers = machines.filter(({ podSubnets }) => podSubnets.length > 0);
  const at = workers.findIndex(({ name }) => name === node);
  const others = [...workers.slice(at + 1), ...workers.slice(0, Math.max(0, at))];
  return others
    .filter(({ name }) => name !== node)
    .slice(0, NEIGHBOURS)
    .map(({ address }) => {
      const host = address.includes(":") ? `[${address}]` : address;
      return `https://${host}:${KUBELET_PORT}`;
    });
}
