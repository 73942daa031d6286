import { type Conn, NetlinkError } from "../../../../netlink/mod.ts";
import {
  addPortVlansRequest,
  createLink,
  deletePortVlansRequest,
  findLink,
  getLink,
  type Link,
  listPortVlans,
  type PortVlans,
  setLink,
} from "../../../../rtnl/mod.ts";
import { ERRNO } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { portMac, randomMac } from "../../lib/random-mac.ts";
import { refuseAdvertisements } from "../../lib/refuse-advertisements.ts";
import { type BridgeConf, vlanGatewayName } from "./bridge-conf.ts";

/** The VLAN that a bridge puts its ports into by itself. */
const DEFAULT_VLAN = 1;

type VlanConf = Pick<BridgeConf, "name" | "vlan" | "trunk" | "preserveDefaultVlan">;

/** Puts a port of the bridge into the VLANs of the configuration, and out of the default one. */
export function setPortVlans(conn: Conn, portIndex: number, conf: VlanConf): void {
  conn.requestAll([
    ...(conf.vlan === 0 || conf.preserveDefaultVlan
      ? []
      : [deletePortVlansRequest(portIndex, [{ first: DEFAULT_VLAN }])]),
    addPortVlansRequest(portIndex, wantedVlans(conf)),
  ]);
}

function wantedVlans({ vlan, trunk }: VlanConf): readonly PortVlans[] {
  return [...trunk, ...(vlan === 0 ? [] : [{ first: vlan, isPvid: true, isUntagged: true }])];
}

/** Which VLANs of the configuration a port is not in; for messages. */
export function missingVlans(conn: Conn, portIndex: number, conf: VlanConf): string {
  const present = listPortVlans(conn, portIndex);
  const missing = wantedVlans(conf).flatMap(({ first, last = first, isPvid }) => {
    const ids = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    return ids.filter(
      (id) => !present.some((vlan) => vlan.id === id && (isPvid !== true || vlan.isPvid)),
    );
  });
  return missing.join(", ");
}

/**
 * The host's own link into a VLAN of the bridge, which is the gateway there: `cni0.100`, one end of
 * a pair whose other end is a port. It stays when pods go.
 */
export function ensureVlanGateway(conn: Conn, bridge: Link, conf: BridgeConf): Link {
  const name = vlanGatewayName(conf);
  if (findLink(conn, name) === undefined) createGateway(conn, bridge, conf);
  const gateway = getLink(conn, name);
  if (gateway.kind !== "veth" || gateway.parentIndex === undefined) {
    throw new CniError(
      CNI_ERROR.internal,
      `Cannot use "${name}" as the gateway of VLAN ${conf.vlan}: it is a link, but none of this plugin's`,
    );
  }
  // Always: an ADD that made the pair may have been cut short.
  setPortVlans(conn, gateway.parentIndex, { ...conf, trunk: [] });
  refuseAdvertisements(name);
  if (!gateway.isUp) setLink(conn, gateway.index, { up: true });
  return gateway;
}

function createGateway(conn: Conn, bridge: Link, conf: BridgeConf): void {
  const name = vlanGatewayName(conf);
  const digest = new Bun.CryptoHasher("sha256").update(name).digest("hex");
  try {
    createLink(conn, {
      kind: "veth",
      name: `veth${digest.slice(0, 8)}`,
      address: portMac(),
      mtu: bridge.mtu,
      masterIndex: bridge.index,
      up: true,
      peer: { name, address: randomMac(), mtu: bridge.mtu },
    });
  } catch (thrown) {
    // Another ADD makes it at the same time.
    if (!(thrown instanceof NetlinkError) || thrown.errno !== ERRNO.EEXIST) throw thrown;
  }
}
