import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { CniCommand } from "../../../skel/plugin.ts";
import { type LabNetns, PluginLab, PodNetwork } from "../../../testing/mod.ts";

let lab: PluginLab;
let network: PodNetwork;
beforeEach(() => {
  lab = new PluginLab();
  network = new PodNetwork(lab);
});
afterEach(() => lab[Symbol.dispose]());

interface Pod {
  readonly netns: LabNetns;
  readonly number: number;
}

/** Ports 80 and 81 of the pod answer, each with its own name. */
function podWith(number: number): Pod {
  return { netns: network.pod(number), number };
}

function call(command: CniCommand, pod: Pod, mappings: readonly object[], keys: object = {}) {
  const conf = {
    cniVersion: "1.0.0",
    name: "mynet",
    type: "portmap",
    runtimeConfig: { portMappings: mappings },
    prevResult: { ...network.result(pod.netns, pod.number), cniVersion: "1.0.0" },
    ...keys,
  };
  return lab.call("portmap", { command, conf, pod: pod.netns, containerId: `pod${pod.number}` });
}

const ONE = { hostIP: "192.0.2.1", hostPort: 80, containerPort: 80, protocol: "tcp" };
const ALL = { hostPort: 80, containerPort: 80, protocol: "tcp" };

/** The pod's number that a connection to a rule's address leads to, by the order of the rules. */
function winner(backend: string): string {
  if (backend === "nftables") {
    const text = lab.run(lab.host, ["nft", "list", "table", "ip", "cni_hostport"]);
    const chains = ["hostip_hostports", "hostports"].flatMap((name) =>
      (text.split(`chain ${name} {`)[1]?.split("}")[0] ?? "").split("\n"),
    );
    const first = chains.find((line) => line.includes("dport 80 "));
    return /comment "(pod\d)"/.exec(first ?? "")?.[1] ?? "nobody";
  }
  const saved = lab.run(lab.host, ["iptables-save", "-t", "nat"]).split("\n");
  const entry = saved.find((line) => line.startsWith("-A CNI-HOSTPORT-DNAT"));
  return /id: \\"(pod\d)/.exec(entry ?? "")?.[1] ?? "nobody";
}

describe.each(["nftables", "iptables"])("cni 8: %s", (backend) => {
  const keys = { backend };

  test("a port of one address goes before that of all addresses, whatever the order", () => {
    const [p, r] = [podWith(2), podWith(3)];
    for (const [first, second] of [
      [p, r],
      [r, p],
    ] as const) {
      const of = (pod: Pod): readonly object[] => [pod === p ? ONE : ALL];
      expect(call("ADD", first, of(first), keys).stdout).toContain("ips");
      expect(call("ADD", second, of(second), keys).stdout).toContain("ips");
      expect(winner(backend)).toBe("pod2");
      for (const pod of [p, r]) {
        expect(call("CHECK", pod, of(pod), keys).stdout).toBe("");
        expect(call("DEL", pod, of(pod), keys).exitCode).toBe(0);
      }
      expect(winner(backend)).toBe("nobody");
    }
  });

  test("inside one container too", () => {
    const pod = podWith(2);
    const other = { ...ONE, containerPort: 81 };
    expect(call("ADD", pod, [ALL, other], keys).exitCode).toBe(0);
    const rules =
      backend === "nftables"
        ? lab.run(lab.host, ["nft", "list", "chain", "ip", "cni_hostport", "hostip_hostports"])
        : lab
            .run(lab.host, ["iptables-save", "-t", "nat"])
            .split("\n")
            .filter((line) => line.includes("--to-destination"))[0];
    expect(rules).toContain(":81");
  });

  test("one port of the host to two of the pod is error 7", () => {
    const pod = podWith(2);
    const { error } = call("ADD", pod, [ALL, { ...ALL, containerPort: 81 }], keys);
    expect(error).toMatchObject({ code: 7 });
    expect(error?.msg).toContain("two ports of the pod, 80 and 81");
    const mixed = [{ ...ALL, hostIP: "0.0.0.0", containerPort: 81 }, ALL];
    expect(call("ADD", pod, mixed, keys).error).toMatchObject({ code: 7 });
    // The same twice is no contradiction, and neither is another protocol.
    const fine = [ALL, ALL, { ...ALL, protocol: "udp", containerPort: 81 }];
    expect(call("ADD", pod, fine, keys).exitCode).toBe(0);
  });

  test("an address of a family that the pod lacks is told of", () => {
    const pod = podWith(2);
    const result = network.result(pod.netns, 2);
    const only4 = { ...result, ips: result.ips.slice(0, 1), cniVersion: "1.0.0" };
    for (const hostIP of ["fd00:99::1", "::"]) {
      const { exitCode, stderr } = call("ADD", pod, [{ ...ALL, hostIP }], {
        ...keys,
        prevResult: only4,
      });
      expect([exitCode, stderr]).toEqual([0, expect.stringContaining("no IPv6 address")]);
    }
  });
});

describe("cni 16: the reference's nftables", () => {
  test("markMasqBit is of no account for nftables", () => {
    const pod = podWith(2);
    const keys = { backend: "nftables", markMasqBit: 5 };
    expect(call("ADD", pod, [ALL], keys).exitCode).toBe(0);
  });

  test("CHECK takes the reference's rules of masqAll, and misses the one that is gone", () => {
    const pod = podWith(2);
    const keys = { backend: "nftables", masqAll: true };
    const result = network.result(pod.netns, 2);
    expect(call("ADD", pod, [ALL], keys).exitCode).toBe(0);
    // As the reference writes them: nothing but the container's ID, one rule for all senders.
    for (const { address } of result.ips) {
      const [ip, family] = [address.split("/")[0] ?? "", address.includes(":") ? "ip6" : "ip"];
      const nft = (...words: string[]) => lab.run(lab.host, ["nft", ...words]);
      const table = [family, "cni_hostport"];
      const comment = ["comment", '"pod2"'];
      nft("flush", "chain", ...table, "hostports");
      nft("flush", "chain", ...table, "masquerading");
      const to = family === "ip6" ? `[${ip}]:80` : `${ip}:80`;
      nft("add", "rule", ...table, "hostports", "tcp", "dport", "80", "dnat", "to", to, ...comment);
      expect(call("CHECK", pod, [ALL], keys).error?.msg).toContain("the masquerading of");
      nft("add", "rule", ...table, "masquerading", family, "daddr", ip, "masquerade", ...comment);
    }
    expect(call("CHECK", pod, [ALL], keys)).toMatchObject({ exitCode: 0 });
  });
});
