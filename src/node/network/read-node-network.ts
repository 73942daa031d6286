import { messageOf } from "../../base/mod.ts";
import {
  bootedAtMs,
  dataDirsOf,
  listHoldings,
  ResultCache,
  readConfDir,
} from "../../cni/runtime/mod.ts";
import { type ConntrackEntry, listConntrack } from "../../conntrack/mod.ts";
import { Conn, NETLINK, NetlinkError } from "../../netlink/mod.ts";
import { listFrontends } from "../../proxy/mod.ts";
import { SyscallError } from "../../sys/mod.ts";
import { countFlows } from "./count-flows.ts";
import type { NetnsNetwork, NodeNetwork, NodeReservation } from "./node-network.ts";
import { readNetns } from "./read-netns.ts";
import { readPods } from "./read-pods.ts";

/** Where networks and their state are, unless a runtime is told otherwise. */
const CONF_DIR = "/etc/cni/net.d";
const CACHE_DIR = "/var/lib/cni";

/** How often it is read where pods come and go meanwhile. */
const MOST_READINGS = 3;

/** The network of this machine as it is. Reads only; a runtime that does not answer is part of the answer. */
export async function readNodeNetwork(): Promise<NodeNetwork> {
  for (let reading = 1; ; reading++) {
    const before = linkNames(readNetns());
    const network = await readOnce();
    // Otherwise a pod that has just gone leaves a link without a pod in the picture.
    if (before === linkNames(network.host) || reading === MOST_READINGS) return network;
  }
}

function linkNames({ links }: NetnsNetwork): string {
  return links.map(({ index, name }) => `${index} ${name}`).join();
}

async function readOnce(): Promise<NodeNetwork> {
  const reservations = readReservations();
  const { pods, podsProblem } = await readPods().then(
    (pods) => ({ pods, podsProblem: null }),
    (thrown: unknown) => ({ pods: null, podsProblem: messageOf(thrown) }),
  );
  const entries = readConntrack();
  return {
    host: readNetns(),
    pods,
    podsProblem,
    reservations,
    frontends: listFrontends()?.map((one) => ({ ...one })) ?? null,
    flows: entries === undefined ? null : countFlows(entries),
  };
}

/** Addresses that host-local has given away; those of other IPAM plugins are nobody's reservation. */
function readReservations(): NodeReservation[] {
  const { attachments } = new ResultCache(CACHE_DIR).list();
  const lists = [...readConfDir(CONF_DIR).files, ...attachments].flatMap(({ list }) => list ?? []);
  const dataDirs = dataDirsOf(lists);
  return listHoldings({ attachments, dataDirs, bootedAtMs: bootedAtMs() })
    .filter(({ reservation }) => reservation !== undefined)
    .map(({ network, address, containerId, ifName }) => ({
      network,
      address,
      containerId,
      ifName,
    }));
}

/** Undefined where the kernel tracks no connections, or does not let us ask. */
function readConntrack(): ConntrackEntry[] | undefined {
  try {
    using conn = Conn.open(NETLINK.NETFILTER);
    return ([4, 6] as const).flatMap((family) => listConntrack(conn, { family }));
  } catch (thrown) {
    if (thrown instanceof NetlinkError || thrown instanceof SyscallError) return undefined;
    throw thrown;
  }
}
