import { afterEach, describe, expect, test } from "bun:test";
import { getLink } from "../../../../rtnl/mod.ts";
import { type LabNetns, sendPacket, TCP, tcpSegment } from "../../../testing/mod.ts";
import { NetworkLab } from "../../main/testing/mod.ts";

let lab: NetworkLab;
afterEach(() => lab[Symbol.dispose]());

const SEGMENTS = [
  ["RST", TCP.RST],
  ["FIN", TCP.FIN],
  ["RST/ACK", TCP.RST | TCP.ACK],
] as const;

/** Counts, on the machine outside, what arrives with a pod's address. */
function countPods(outside: LabNetns): () => number {
  const rules = `table inet seen { chain in { type filter hook prerouting priority -300;
    ip saddr 10.88.0.0/24 counter; ip6 saddr fd00:88::/64 counter; }; };`;
  lab.run(outside, ["sh", "-c", `echo '${rules}' | nft -f -`]);
  return () => {
    const text = lab.run(outside, ["nft", "list", "table", "inet", "seen"]);
    return [...text.matchAll(/packets (\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  };
}

function sendAll(pod: LabNetns, plugin: string): void {
  const link = plugin === "ptp" ? hostEnd(pod) : "cni0";
  const toMac = getLink(lab.host.conn, link).address;
  for (const [, flags] of SEGMENTS) {
    for (const ends of [
      { from: "10.88.0.2", to: "192.0.2.2" },
      { from: "fd00:88::2", to: "fd00:99::2" },
    ]) {
      sendPacket(pod, "eth0", { packet: tcpSegment(ends, flags), toMac });
    }
  }
  Bun.sleepSync(200);
}

function hostEnd(pod: LabNetns): number {
  return getLink(pod.conn, "eth0").parentIndex ?? 0;
}

describe.each(["bridge", "ptp"])("cni 2: %s", (plugin) => {
  test.each(["nftables", "iptables"])(
    "with %s, segments of no connection do not leave with the pod's address",
    (backend) => {
      const base = plugin === "bridge" ? { bridge: "cni0", isGateway: true } : {};
      lab = new NetworkLab(plugin, base);
      const outside = lab.outside();
      const seen = countPods(outside);
      const pod = lab.netns("a");
      const keys = { ...lab.dualStack, ipMasq: true, ipMasqBackend: backend };
      lab.add(pod, { keys });
      sendAll(pod, plugin);
      expect(seen()).toBe(0);
      // What belongs to a connection goes on, and nothing is left after DEL.
      expect(lab.canPing(pod, "192.0.2.2")).toBe(true);
      expect(lab.check(pod, { keys })).toBe("");
      lab.do("DEL", { pod, keys });
      expect(lab.run(lab.host, ["nft", "list", "ruleset"])).not.toContain(pod.name);
    },
  );

  test("the control: without masquerading they do arrive", () => {
    const base = plugin === "bridge" ? { bridge: "cni0", isGateway: true } : {};
    lab = new NetworkLab(plugin, base);
    const seen = countPods(lab.outside());
    const pod = lab.netns("a");
    lab.add(pod, { keys: lab.dualStack });
    sendAll(pod, plugin);
    expect(seen()).toBeGreaterThan(0);
  });
});
