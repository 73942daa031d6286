import { type ApiObject, numberAt, objectsAt, refusals, textAt } from "../objects/mod.ts";

/** Where a kubelet listens, and the names that its certificate may show. */
export interface KubeletAddress {
  readonly host: string;
  readonly port: number;
  /** Its node's name and all of its node's addresses. */
  readonly names: readonly string[];
}

const KUBELET_PORT = 10250;
/** Addresses need no name server, so they come first. */
const PREFERRED = ["InternalIP", "Hostname", "InternalDNS", "ExternalDNS", "ExternalIP"];

/** The kubelet of a Node; throws where the Node has no address yet. */
export function kubeletAddress(node: ApiObject): KubeletAddress {
  const name = node.metadata.name ?? "";
  const addresses = objectsAt(node, "status", "addresses").map((one) => ({
    type: textAt(one, "type"),
    address: textAt(one, "address"),
  }));
  const [host] = PREFERRED.flatMap((type) =>
    addresses.filter((one) => one.type === type && one.address !== ""),
  );
  if (host === undefined) {
    throw refusals.badRequest(
      `no preferred addresses found; known addresses: [] of node "${name}"`,
    );
  }
  const port = numberAt(node, "status", "daemonEndpoints", "kubeletEndpoint", "Port") ?? 0;
  return {
    host: host.address,
    port: port > 0 ? port : KUBELET_PORT,
    names: [name, ...addresses.map(({ address }) => address)],
  };
}
