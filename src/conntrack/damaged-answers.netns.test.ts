import { afterAll, beforeAll, expect, test } from "bun:test";
import { seededRandom } from "../base/testing/mod.ts";
import { Conn, NETLINK, NetlinkError } from "../netlink/mod.ts";
import { damagedTransport } from "../netlink/testing/mod.ts";
import { Netns, withNetns } from "../netns/mod.ts";
import { listChains, listElements, listRules, listTables, TYPE } from "../nft/mod.ts";
import {
  findQdisc,
  getLink,
  listAddresses,
  listLinks,
  listNeighbours,
  listRoutes,
  listRules as listRtnlRules,
} from "../rtnl/mod.ts";
import { NetlinkSocket } from "../sys/mod.ts";
import { listConntrack } from "./mod.ts";

/** Something of every kind that is listed. */
const SET_UP = `
set -e
ip link set lo up
ip link add br0 up type bridge
ip link add v0 up type veth peer name v1
ip link set v0 master br0
ip link set v1 up
ip link add m0 link v1 type macvlan mode bridge
ip address add 192.0.2.1/24 dev br0
ip address add 2001:db8::1/64 dev br0 nodad
ip route add 198.51.100.0/24 nexthop via 192.0.2.2 nexthop via 192.0.2.3
ip neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev br0
ip rule add from 192.0.2.0/24 table 100
tc qdisc add dev v1 root handle 1: tbf rate 8mbit burst 10kb latency 25ms
nft -f - <<'END'
table inet t {
  map services { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 192.0.2.7 . tcp . 80 : accept } }
  set nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 } }
  chain c {
    type nat hook prerouting priority dstnat; policy accept;
    ip saddr != 192.0.2.0/24 tcp dport { 80, 443 } counter dnat ip to 192.0.2.7:8080 comment "words"
  }
  chain p {
    type nat hook postrouting priority srcnat;
    meta mark & 0xff == 1 ct state established limit rate 5/second masquerade
  }
  chain f {
    type filter hook input priority 0;
    fib daddr type local ip daddr . meta l4proto . th dport vmap @services
  }
}
table ip t { chain output { type nat hook output priority -100; udp dport 5353 dnat to 127.0.0.7:53; }; }
END
echo x > /dev/udp/127.0.0.1/5353
echo x > /dev/udp/127.0.0.1/9
`;

const ROUNDS = 250;

let netns: Netns;
beforeAll(() => {
  netns = Netns.create();
  const made = withNetns(netns, () => Bun.spawnSync(["bash", "-c", SET_UP]));
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
});
afterAll(() => netns[Symbol.dispose]());

const table = { family: "inet", table: "t" } as const;
const services = {
  ...table,
  set: "services",
  key: [TYPE.ipv4Addr, TYPE.inetProto, TYPE.inetService],
  data: "verdict",
} as const;

const LISTS: readonly (readonly [string, number, (conn: Conn) => unknown])[] = [
  ["links", NETLINK.ROUTE, (conn) => listLinks(conn)],
  ["addresses", NETLINK.ROUTE, (conn) => listAddresses(conn)],
  ["routes", NETLINK.ROUTE, (conn) => listRoutes(conn)],
  ["neighbours", NETLINK.ROUTE, (conn) => listNeighbours(conn)],
  ["rules", NETLINK.ROUTE, (conn) => listRtnlRules(conn)],
  [
    "queueing disciplines",
    NETLINK.ROUTE,
    (conn) => findQdisc(conn, getLink(conn, "v1").index, "root"),
  ],
  ["nftables: tables", NETLINK.NETFILTER, (conn) => listTables(conn)],
  ["nftables: chains", NETLINK.NETFILTER, (conn) => listChains(conn, table)],
  ["nftables: rules", NETLINK.NETFILTER, (conn) => listRules(conn, table)],
  ["nftables: elements", NETLINK.NETFILTER, (conn) => listElements(conn, services)],
  ["connections", NETLINK.NETFILTER, (conn) => listConntrack(conn, { family: 4 })],
];

test.each(LISTS)(
  "damaged answers of the kernel, %s: read, or refused as EBADMSG",
  (_, family, list) => {
    const random = seededRandom(20_261_128);
    const open = (): NetlinkSocket => withNetns(netns, () => new NetlinkSocket(family));
    using whole = new Conn(open());
    expect(list(whole)).toBeTruthy();
    for (let round = 0; round < ROUNDS; round++) {
      using conn = new Conn(damagedTransport(open(), random));
      try {
        list(conn);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(NetlinkError);
      }
    }
  },
);
