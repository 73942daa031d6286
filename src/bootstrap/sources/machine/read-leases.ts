import type { HostFacts, NodeFacts, NodeTree } from "../../../check/mod.ts";

const DEFAULT_DIR = "/var/lib/cni/networks";

/** host-local's address files, below the dataDir of the networks and the usual one. */
export function readLeases(tree: NodeTree, facts: NodeFacts): HostFacts["leases"] {
  const dirs = new Set([
    DEFAULT_DIR,
    ...(facts.networks ?? []).flatMap(({ plugins }) =>
      plugins.flatMap(({ dataDir }) => dataDir?.value ?? []),
    ),
  ]);
  return [...dirs].flatMap((dir) =>
    (tree.list(dir) ?? []).flatMap((network) =>
      (tree.list(`${dir}/${network}`) ?? []).flatMap((name) => {
        const text = isAddress(name) ? tree.get(`${dir}/${network}/${name}`)?.text : undefined;
        if (text === undefined) return [];
        // A container's id, CR LF, the interface.
        return [{ network, address: name, containerId: text.split(/\r?\n/)[0]?.trim() ?? "" }];
      }),
    ),
  );
}

function isAddress(name: string): boolean {
  return /^(?:\d+\.){3}\d+$|^[0-9a-f]*:[0-9a-f:.]*$/.test(name);
}
