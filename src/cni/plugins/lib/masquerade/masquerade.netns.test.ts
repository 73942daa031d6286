import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { deleteConntrack } from "../../../../conntrack/mod.ts";
import { type InterfaceAddress, parseInterfaceAddress } from "../../../../ip/mod.ts";
import { withNetns } from "../../../../netns/mod.ts";
import { openNft } from "../../../../nft/mod.ts";
import { addAddress, addRoute, createLink, getLink, setLink } from "../../../../rtnl/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { type LabNetns, PluginLab } from "../../../testing/mod.ts";
import { Masquerade } from "./masquerade.ts";

const env = { PATH: process.env["PATH"] };
let lab: PluginLab;
beforeEach(() => {
  lab = new PluginLab();
});
afterEach(() => lab[Symbol.dispose]());

function address(text: string): InterfaceAddress {
  const parsed = parseInterfaceAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
const four = address("10.11.0.2/24");
const six = address("fd00:11::2/64");

interface Call extends Partial<Attachment> {
  readonly backend?: string;
  readonly valid?: readonly Attachment[];
  readonly ipMasq?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Does something with the masquerading of an attachment in the host's namespace. */
function inHost(call: Call, body: (masquerade: Masquerade) => void): void {
  const conf = parsePluginConf(
    JSON.stringify({
      cniVersion: "1.1.0",
      name: "mynet",
      type: "bridge",
      ipMasq: call.ipMasq ?? true,
      ipMasqBackend: call.backend,
      "cni.dev/valid-attachments": call.valid?.map(({ containerId, ifName }) => ({
        containerID: containerId,
        ifname: ifName,
      })),
    }),
  );
  const request = {
    command: "ADD",
    containerId: call.containerId ?? "abc123",
    ifName: call.ifName ?? "eth0",
    netns: "",
    args: "",
    path: [],
    conf,
    stdin: "",
  } as const;
  using masquerade = new Masquerade(request, { env: call.env ?? env });
  withNetns(lab.host.netns, () => body(masquerade));
}
const nft = (...args: string[]): string => lab.run(lab.host, ["nft", ...args]);

/** The host's namespace between a pod with these addresses and a machine that knows no way back. */
function connect(): LabNetns {
  const pod = lab.netns("pod");
  const outside = lab.netns("outside");
  const link = (name: string, there: LabNetns, addresses: readonly [string, string][]): void => {
    createLink(lab.host.conn, {
      kind: "veth",
      name,
      up: true,
      peer: { name: "eth0", netns: there.netns },
    });
    setLink(there.conn, "eth0", { up: true });
    for (const [here, peer] of addresses) {
      addAddress(lab.host.conn, {
        linkIndex: getLink(lab.host.conn, name).index,
        ...address(here),
        noDad: true,
      });
      addAddress(there.conn, {
        linkIndex: getLink(there.conn, "eth0").index,
        ...address(peer),
        noDad: true,
      });
    }
  };
  link("pod0", pod, [
    ["10.11.0.1/24", "10.11.0.2/24"],
    ["fd00:11::1/64", "fd00:11::2/64"],
  ]);
  link("out0", outside, [
    ["192.0.2.1/24", "192.0.2.2/24"],
    ["fd00:99::1/64", "fd00:99::2/64"],
  ]);
  for (const gateway of ["10.11.0.1/24", "fd00:11::1/64"]) {
    const { address: hop } = address(gateway);
    addRoute(pod.conn, {
      destination: { family: hop.family, network: 0n, prefixLength: 0 },
      gateway: hop,
      linkIndex: getLink(pod.conn, "eth0").index,
    });
  }
  lab.run(lab.host, ["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]);
  return pod;
}

describe("nftables", () => {
  test("the ruleset is the reference's, and what drops invalid packets", () => {
    inHost({}, (masquerade) => masquerade.setUp([four, six]));
    const comment = 'comment "d23676b4f2d9fe04-ebce0e3dd4dafae3, net: mynet, if: eth0, id: abc123"';
    expect(
      nft("list", "ruleset")
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual([
      "table inet cni_plugins_masquerade {",
      'comment "Masquerading for plugins from github.com/containernetworking/plugins"',
      "chain masq_checks {",
      'comment "Masquerade traffic from certain IPs to any (non-multicast) IP outside their subnet"',
      `ip saddr 10.11.0.2 ip daddr != 10.11.0.0/24 masquerade ${comment}`,
      `ip6 saddr fd00:11::2 ip6 daddr != fd00:11::/64 masquerade ${comment}`,
      "}",
      "",
      "chain postrouting {",
      "type nat hook postrouting priority srcnat; policy accept;",
      "ip daddr 224.0.0.0/4 return",
      "ip6 daddr ff00::/8 return",
      "goto masq_checks",
      "}",
      "",
      "chain invalid_checks {",
      `ip saddr 10.11.0.2 ip daddr != 10.11.0.0/24 drop ${comment}`,
      `ip6 saddr fd00:11::2 ip6 daddr != fd00:11::/64 drop ${comment}`,
      "}",
      "",
      "chain invalid {",
      "type filter hook forward priority filter; policy accept;",
      "ct state invalid goto invalid_checks",
      "}",
      "}",
      "",
    ]);
  });

  test("a repeated ADD changes nothing, another one adds its own rules alone", () => {
    inHost({}, (masquerade) => masquerade.setUp([four]));
    const before = nft("-a", "list", "ruleset");
    inHost({}, (masquerade) => masquerade.setUp([four]));
    expect(nft("-a", "list", "ruleset")).toBe(before);
    const other = { containerId: "def456" };
    inHost(other, (masquerade) => masquerade.setUp([address("10.11.0.3/24")]));
    const lines = nft("-a", "list", "ruleset").split("\n");
    expect(lines.filter((line) => !before.includes(line)).join()).toMatch(
      /^\s*ip saddr 10\.11\.0\.3 /,
    );
    // Another address for the same attachment takes the place of the old one.
    inHost({}, (masquerade) => masquerade.setUp([address("10.11.0.4/24")]));
    expect(nft("list", "ruleset")).not.toContain("10.11.0.2 ");
  });

  test("a frame that somebody has damaged is mended", () => {
    inHost({}, (masquerade) => masquerade.setUp([four]));
    const whole = nft("list", "ruleset");
    nft("flush", "chain", "inet", "cni_plugins_masquerade", "postrouting");
    inHost({}, (masquerade) => masquerade.setUp([four]));
    expect(nft("list", "ruleset")).toBe(whole);
  });

  test("packets leave with the host's address, until DEL", () => {
    const pod = connect();
    expect(lab.isSilent(pod, "192.0.2.2")).toBe(true);
    inHost({}, (masquerade) => masquerade.setUp([four, six]));
    expect(lab.canPing(pod, "192.0.2.2")).toBe(true);
    expect(lab.canPing(pod, "fd00:99::2")).toBe(true);
    inHost({}, (masquerade) => masquerade.check([four, six]));
    inHost({}, (masquerade) => masquerade.tearDown());
    expect(nft("list", "chain", "inet", "cni_plugins_masquerade", "masq_checks")).not.toContain(
      "saddr",
    );
    withNetns(lab.host.netns, () => {
      using conn = openNft();
      deleteConntrack(conn, { family: 4 });
    });
    expect(lab.isSilent(pod, "192.0.2.2")).toBe(true);
    inHost({}, (masquerade) => masquerade.tearDown());
  });

  test("CHECK says which address is missing", () => {
    const check = () =>
      inHost({ backend: "nftables" }, (masquerade) => masquerade.check([four, six]));
    expect(check).toThrow("10.11.0.2/24, fd00:11::2/64 is not masqueraded");
    inHost({}, (masquerade) => masquerade.setUp([four]));
    expect(check).toThrow('interface "eth0": fd00:11::2/64 is not masqueraded');
  });

  test("GC leaves what is valid and what is another network's", () => {
    for (const containerId of ["a", "b", "c"]) {
      inHost({ containerId }, (masquerade) => masquerade.setUp([four]));
    }
    nft(
      "add",
      "rule",
      "inet",
      "cni_plugins_masquerade",
      "masq_checks",
      "accept",
      "comment",
      '"foreign"',
    );
    const valid = [{ containerId: "b", ifName: "eth0" }];
    inHost({ valid }, (masquerade) => masquerade.collect());
    const left = nft("list", "chain", "inet", "cni_plugins_masquerade", "masq_checks");
    expect(left.match(/id: ./g)).toEqual(["id: b"]);
    expect(left).toContain('"foreign"');
  });

  test("nothing is done where no masquerading is wanted", () => {
    const call = { ipMasq: false };
    inHost(call, (masquerade) => masquerade.setUp([four]));
    inHost(call, (masquerade) => masquerade.check([four]));
    inHost(call, (masquerade) => masquerade.tearDown());
    inHost(call, (masquerade) => masquerade.status());
    expect(nft("list", "ruleset")).toBe("");
  });
});

describe("iptables", () => {
  const iptables = (family: "ip" | "ip6" = "ip"): string[] =>
    lab
      .run(lab.host, [`${family}tables-save`, "-t", "nat"])
      .split("\n")
      .filter((line) => /^(-A|:CNI)/.test(line));
  const chain = "CNI-70a29d9dc18bc4d652ea5d59";
  const comment = '-m comment --comment "name: \\"mynet\\" id: \\"abc123\\""';

  test("the rules are the reference's", () => {
    inHost({ backend: "iptables" }, (masquerade) => masquerade.setUp([four, six]));
    expect(iptables()).toEqual([
      `:${chain} - [0:0]`,
      `-A POSTROUTING -s 10.11.0.2/32 ${comment} -j ${chain}`,
      `-A ${chain} -d 10.11.0.0/24 ${comment} -j ACCEPT`,
      `-A ${chain} ! -d 224.0.0.0/4 ${comment} -j MASQUERADE`,
    ]);
    expect(iptables("ip6")).toEqual([
      `:${chain} - [0:0]`,
      `-A POSTROUTING -s fd00:11::2/128 ${comment} -j ${chain}`,
      `-A ${chain} -d fd00:11::/64 ${comment} -j ACCEPT`,
      `-A ${chain} ! -d ff00::/8 ${comment} -j MASQUERADE`,
    ]);
    const before = iptables();
    inHost({ backend: "iptables" }, (masquerade) => masquerade.setUp([four, six]));
    expect(iptables()).toEqual(before);
  });

  test("packets leave with the host's address, until DEL, which needs no iptables program", () => {
    const pod = connect();
    inHost({ backend: "iptables" }, (masquerade) => masquerade.setUp([four]));
    expect(lab.canPing(pod, "192.0.2.2")).toBe(true);
    inHost({ backend: "iptables" }, (masquerade) => masquerade.check([four]));
    inHost({}, (masquerade) => masquerade.check([four]));
    // Of IPv4 alone ip6tables is not called.
    expect(iptables("ip6")).toEqual([]);
    inHost({}, (masquerade) => masquerade.tearDown());
    expect(iptables()).toEqual([]);
    const check = () => inHost({ backend: "iptables" }, (masquerade) => masquerade.check([four]));
    expect(check).toThrow("10.11.0.2/24 is not masqueraded");
  });

  test("two interfaces of a container share the chain", () => {
    const eth1 = { ifName: "eth1", backend: "iptables" };
    inHost({ backend: "iptables" }, (masquerade) => masquerade.setUp([four]));
    inHost(eth1, (masquerade) => masquerade.setUp([address("10.12.0.2/24")]));
    expect(iptables().slice(1)).toEqual([
      `-A POSTROUTING -s 10.11.0.2/32 ${comment} -j ${chain}`,
      `-A POSTROUTING -s 10.12.0.2/32 ${comment} -j ${chain}`,
      `-A ${chain} -d 10.11.0.0/24 ${comment} -j ACCEPT`,
      `-A ${chain} -d 10.12.0.0/24 ${comment} -j ACCEPT`,
      `-A ${chain} ! -d 224.0.0.0/4 ${comment} -j MASQUERADE`,
    ]);
  });

  test("GC knows a network's chains by their comments", () => {
    for (const containerId of ["a", "b"]) {
      inHost({ containerId, backend: "iptables" }, (masquerade) => masquerade.setUp([four, six]));
    }
    lab.run(lab.host, ["iptables", "-t", "nat", "-N", "CNI-foreign"]);
    inHost({ valid: [{ containerId: "b", ifName: "eth0" }] }, (masquerade) => masquerade.collect());
    const text = [...iptables(), ...iptables("ip6")].join("\n");
    expect([...new Set(text.match(/id: ..../g))]).toEqual(['id: \\"b\\']);
    expect(text).toContain("CNI-foreign");
  });

  test("the legacy tables are torn down and collected too", () => {
    const legacy = (...args: string[]): string =>
      lab.run(lab.host, ["iptables-legacy", "-t", "nat", ...args]);
    const words = ["-m", "comment", "--comment", 'name: "mynet" id: "abc123"'];
    const make = (): void => {
      legacy("-N", chain);
      legacy("-A", chain, "-d", "10.11.0.0/24", ...words, "-j", "ACCEPT");
      legacy("-A", "POSTROUTING", "-s", "10.11.0.2", ...words, "-j", chain);
    };
    make();
    inHost({}, (masquerade) => masquerade.tearDown());
    expect(legacy("-S")).not.toContain("CNI-");
    make();
    const valid = [{ containerId: "abc123", ifName: "eth0" }];
    inHost({ valid }, (masquerade) => masquerade.collect());
    expect(legacy("-S")).toContain(chain);
    inHost({ valid: [] }, (masquerade) => masquerade.collect());
    expect(legacy("-S")).not.toContain("CNI-");
  });
});

describe("backends", () => {
  test("one that is asked for and missing is an error; STATUS knows it before", () => {
    // iptables is searched in the usual places as well, so it can only be missing by its name.
    const call = { backend: "ipchains" };
    expect(() => inHost(call, (masquerade) => masquerade.setUp([four]))).toThrow(
      '"ipchains" is not one of nftables, iptables',
    );
    inHost({ backend: "nftables" }, (masquerade) => masquerade.status());
    inHost({ backend: "iptables" }, (masquerade) => masquerade.status());
  });
});
