import { formatAddress } from "../../ip/mod.ts";
import { type Element, hasTable, listElements, openNftIfThere, type Value } from "../../nft/mod.ts";
import { type ContainerName, layoutOf } from "./layout.ts";

/** An address and port that the kernel takes for a Service's, as kube-proxy's table has it. */
export interface Frontend {
  /** Empty for a node port: the node's own addresses are meant. */
  readonly address: string;
  /** An IP protocol number: 6 is TCP, 17 UDP, 132 SCTP. */
  readonly protocol: number;
  readonly port: number;
  /** False where the table has no endpoint for it, and drops or rejects what comes. */
  readonly hasEndpoints: boolean;
}

const MAPS = [
  ["service-ips", true],
  ["service-nodeports", true],
  ["no-endpoint-services", false],
  ["no-endpoint-nodeports", false],
] as const satisfies readonly (readonly [ContainerName, boolean])[];

/**
 * What the tables of kube-proxy's mode nftables translate, whoever wrote them; undefined where there is no
 * such table. A listing only: nothing is changed.
 */
export function listFrontends(): readonly Frontend[] | undefined {
  using conn = openNftIfThere();
  if (conn === undefined) return undefined;
  const layouts = ([4, 6] as const).map(layoutOf).filter(({ table }) => hasTable(conn, table));
  if (layouts.length === 0) return undefined;
  return layouts.flatMap(({ containers }) =>
    MAPS.flatMap(([name, hasEndpoints]) =>
      listElements(conn, containers[name]).flatMap((element) => toFrontend(element, hasEndpoints)),
    ),
  );
}

/** Keys are `address . protocol . port`, those of node ports `protocol . port`. */
function toFrontend({ key }: Element, hasEndpoints: boolean): Frontend | readonly [] {
  const [port, protocol, address] = key.toReversed();
  if (typeof port !== "number" || typeof protocol !== "number") return [];
  return { address: addressText(address), protocol, port, hasEndpoints };
}

function addressText(value: Value | undefined): string {
  return typeof value === "object" && "family" in value ? formatAddress(value) : "";
}
