import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { listConntrack } from "../../../../conntrack/mod.ts";
import { withNetns } from "../../../../netns/mod.ts";
import { openNft } from "../../../../nft/mod.ts";
import { type LabNetns, PluginLab, PodNetwork } from "../../../testing/mod.ts";

let lab: PluginLab;
let network: PodNetwork;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  network = new PodNetwork(lab);
  pod = network.pod(2);
});
afterEach(() => lab[Symbol.dispose]());

const web = { hostPort: 8080, containerPort: 80, protocol: "tcp" };
const dns = { hostPort: 5353, containerPort: 53, protocol: "udp" };

interface Call {
  readonly mappings?: readonly object[];
  readonly keys?: object;
  readonly pod?: LabNetns;
  readonly number?: number;
  readonly containerId?: string;
  readonly name?: string;
  readonly valid?: readonly { containerID: string; ifname: string }[];
  readonly withoutPrevResult?: boolean;
}

function portmap(command: "ADD" | "DEL" | "CHECK" | "GC" | "STATUS", call: Call = {}) {
  const { name = "mynet", mappings = [web, dns], keys = {}, number = 2 } = call;
  const prevResult = { ...network.result(call.pod ?? pod, number), cniVersion: "1.1.0" };
  const conf = {
    cniVersion: "1.1.0",
    name,
    type: "portmap",
    ...keys,
    runtimeConfig: { portMappings: mappings },
    ...(call.withoutPrevResult === true ? {} : { prevResult }),
    ...(call.valid === undefined ? {} : { "cni.dev/valid-attachments": call.valid }),
  };
  const { containerId = "abc123" } = call;
  return lab.call("portmap", { command, conf, pod: call.pod ?? pod, containerId });
}
function must(...args: Parameters<typeof portmap>) {
  const outcome = portmap(...args);
  if (outcome.exitCode !== 0) throw new Error(outcome.stdout + outcome.stderr);
  return outcome;
}
const nft = (...args: string[]): string => lab.run(lab.host, ["nft", ...args]);
const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "}");
const rules = (): string[] =>
  lines(nft("list", "ruleset")).filter((line) => line.includes("comment"));

describe("nftables", () => {
  test("ADD makes the reference's tables and gives prevResult back", () => {
    const { result } = must("ADD", { mappings: [web, { ...dns, hostIP: "192.0.2.1" }] });
    expect(result?.ips).toHaveLength(2);
    expect(lines(nft("list", "table", "ip", "cni_hostport"))).toEqual([
      "table ip cni_hostport {",
      'comment "CNI portmap plugin"',
      "chain hostports {",
      'tcp dport 8080 dnat to 10.11.0.2:80 comment "abc123"',
      "chain hostip_hostports {",
      'ip daddr 192.0.2.1 udp dport 5353 dnat to 10.11.0.2:53 comment "abc123"',
      "chain hostports_all {",
      "jump hostip_hostports",
      "jump hostports",
      "chain prerouting {",
      "type nat hook prerouting priority dstnat; policy accept;",
      "fib daddr type local jump hostports_all",
      "chain output {",
      "type nat hook output priority -100; policy accept;",
      "fib daddr type local jump hostports_all",
      "chain masquerading {",
      "type nat hook postrouting priority srcnat; policy accept;",
      'ip saddr 10.11.0.2 ip daddr 10.11.0.2 masquerade comment "abc123"',
      'ip saddr 127.0.0.1 ip daddr 10.11.0.2 masquerade comment "abc123"',
      'ip saddr 10.11.0.0/24 ip daddr 10.11.0.2 ct status dnat meta l4proto tcp ct original proto-dst 8080 masquerade comment "abc123"',
      'ip saddr 10.11.0.0/24 ip daddr 10.11.0.2 ct status dnat meta l4proto udp ct original proto-dst 5353 masquerade comment "abc123"',
    ]);
    expect(lines(nft("list", "chain", "ip6", "cni_hostport", "hostports"))).toContain(
      'tcp dport 8080 dnat to [fd00:11::2]:80 comment "abc123"',
    );
    expect(lab.run(lab.host, ["sysctl", "-n", "net.ipv4.conf.cni0.route_localnet"]).trim()).toBe(
      "1",
    );
  });

  test("a repeated ADD replaces its own rules; without mappings nothing is made", () => {
    must("ADD", { mappings: [] });
    expect(nft("list", "ruleset")).toBe("");
    must("ADD");
    const before = nft("list", "ruleset");
    must("ADD");
    expect(nft("list", "ruleset")).toBe(before);
    must("ADD", { mappings: [{ ...web, hostPort: 8081 }] });
    expect(rules().join()).not.toContain("8080");
    expect(rules().join()).not.toContain("5353");
  });

  test("ports are reached from everywhere, until DEL", () => {
    must("ADD");
    must("CHECK");
    using _web = network.serve(pod, "tcp", 80, "pod");
    using _dns = network.serve(pod, "udp", 53, "pod");
    const neighbour = network.pod(3);
    const seen = {
      outside: network.ask(network.outside, "tcp", "192.0.2.1", 8080),
      outsideUdp: network.ask(network.outside, "udp", "192.0.2.1", 5353),
      outside6: network.ask(network.outside, "tcp", "fd00:99::1", 8080),
      host: network.ask(lab.host, "tcp", "192.0.2.1", 8080),
      localhost: network.ask(lab.host, "tcp", "127.0.0.1", 8080),
      // Answers go through the host, which knows what was translated.
      neighbour: network.ask(neighbour, "tcp", "192.0.2.1", 8080),
      neighbourUdp: network.ask(neighbour, "udp", "10.11.0.1", 5353),
      itself: network.ask(pod, "tcp", "192.0.2.1", 8080),
      directly: network.ask(neighbour, "tcp", "10.11.0.2", 80),
    };
    expect(seen).toEqual({
      outside: "pod 192.0.2.2",
      outsideUdp: "pod 192.0.2.2",
      outside6: "pod fd00:99::2",
      host: "pod 192.0.2.1",
      localhost: "pod 10.11.0.1",
      neighbour: "pod 10.11.0.1",
      neighbourUdp: "pod 10.11.0.1",
      itself: "pod 10.11.0.1",
      directly: "pod 10.11.0.3",
    });
    must("DEL");
    must("DEL");
    expect(rules().filter((line) => line.includes("abc123"))).toEqual([]);
    expect(network.ask(network.outside, "tcp", "192.0.2.1", 8080)).toBe("ECONNREFUSED");
  });

  test("what only passes through the host is left alone", () => {
    must("ADD");
    using _elsewhere = network.serve(network.outside, "tcp", 8080, "elsewhere");
    lab.run(network.outside, ["ip", "route", "add", "10.11.0.0/24", "via", "192.0.2.1"]);
    expect(network.ask(pod, "tcp", "192.0.2.2", 8080)).toBe("elsewhere 10.11.0.2");
  });

  test("hostIP is one address, and goes before all addresses; masqAll hides who asks", () => {
    const other = network.pod(3);
    must("ADD", { mappings: [{ ...web, hostIP: "192.0.2.1" }] });
    const all = { mappings: [web], pod: other, number: 3, containerId: "def456" };
    must("ADD", { ...all, keys: { masqAll: true } });
    using _one = network.serve(pod, "tcp", 80, "one");
    using _all = network.serve(other, "tcp", 80, "all");
    expect(network.ask(network.outside, "tcp", "192.0.2.1", 8080)).toBe("one 192.0.2.2");
    expect(network.ask(network.outside, "tcp", "fd00:99::1", 8080)).toBe("all fd00:11::1");
    expect(network.ask(lab.host, "tcp", "10.11.0.1", 8080)).toBe("all 10.11.0.1");
    const { stdout } = portmap("CHECK", { ...all, mappings: [web, dns] });
    expect(stdout).toContain("the rule for udp port 5353");
  });

  test("the newest container gets a port, and with refuseConflicts none gets it twice", () => {
    const other = network.pod(3);
    const second = { mappings: [web], pod: other, number: 3, containerId: "def456" };
    must("ADD", { mappings: [web] });
    const refused = portmap("ADD", { ...second, keys: { refuseConflicts: true } });
    expect(refused.error).toMatchObject({
      code: 100,
      msg: 'Cannot map tcp port 8080: container "abc123" has it',
    });
    expect(rules().join()).not.toContain("def456");
    must("ADD", { keys: { refuseConflicts: true }, mappings: [web] });
    must("ADD", second);
    using _first = network.serve(pod, "tcp", 80, "first");
    using _second = network.serve(other, "tcp", 80, "second");
    expect(network.ask(network.outside, "tcp", "192.0.2.1", 8080)).toBe("second 192.0.2.2");
    must("DEL", second);
    expect(network.ask(network.outside, "tcp", "192.0.2.1", 8080)).toBe("first 192.0.2.2");
  });

  test("connections of UDP follow: at ADD to the pod, at DEL away from it", () => {
    const tracked = (): number =>
      withNetns(lab.host.netns, () => {
        using conn = openNft();
        return listConntrack(conn, { family: 4, original: { destinationPort: 5353 } }).length;
      });
    const send = (): void => {
      lab.run(network.outside, ["bash", "-c", "echo x > /dev/udp/192.0.2.1/5353"]);
    };
    // Something that makes the kernel track before the port is mapped.
    nft(
      "add table ip t; add chain ip t c { type nat hook prerouting priority -100; }; add rule ip t c ct state new",
    );
    // Without the neighbours' addresses known, packets would still wait for them.
    expect(lab.canPing(network.outside, "192.0.2.1") && lab.canPing(pod, "10.11.0.1")).toBe(true);
    send();
    expect(tracked()).toBe(1);
    must("ADD", { mappings: [dns] });
    expect(tracked()).toBe(0);
    send();
    expect(tracked()).toBe(1);
    must("DEL", { mappings: [], withoutPrevResult: true });
    expect(tracked()).toBe(0);
  });

  test("conditions of the configuration hold for the container alone", () => {
    const keys = { conditionsV4: ["ip", "saddr", "!=", "192.0.2.2"] };
    must("ADD", { mappings: [web], keys });
    must("CHECK", { mappings: [web], keys });
    expect(rules()).toContain(
      'ip saddr != 192.0.2.2 tcp dport 8080 dnat to 10.11.0.2:80 comment "abc123"',
    );
    using _web = network.serve(pod, "tcp", 80, "pod");
    expect(network.ask(network.outside, "tcp", "192.0.2.1", 8080)).toBe("ECONNREFUSED");
    expect(network.ask(lab.host, "tcp", "192.0.2.1", 8080)).toBe("pod 192.0.2.1");
    expect(portmap("ADD", { keys: { conditionsV4: ["ip", "nonsense"] } }).error?.msg).toContain(
      "Cannot add rules with nft",
    );
    // What was made before the failure is gone.
    expect(rules().join()).not.toContain("abc123");
  });

  test("DEL needs neither mappings nor prevResult, and leaves others alone", () => {
    must("ADD", { keys: { conditionsV4: ["ip", "saddr", "!=", "192.0.2.2"] } });
    must("ADD", { containerId: "def456" });
    must("ADD", { name: "othernet" });
    must("DEL", { mappings: [], withoutPrevResult: true });
    expect(rules().filter((line) => line.includes("abc123"))).not.toEqual([]);
    must("DEL", { name: "othernet", mappings: [], withoutPrevResult: true });
    expect(rules().filter((line) => line.includes("abc123"))).toEqual([]);
    expect(rules().filter((line) => line.includes("def456"))).not.toEqual([]);
  });

  test("GC removes what is not valid, of its own network", () => {
    for (const containerId of ["a", "b"]) must("ADD", { containerId });
    must("ADD", { containerId: "c", keys: { conditionsV4: ["ip", "saddr", "!=", "192.0.2.2"] } });
    must("ADD", { containerId: "d", name: "othernet" });
    must("GC", { valid: [{ containerID: "b", ifname: "eth0" }] });
    const comments = new Set(rules().flatMap((line) => /comment "(.)"/.exec(line)?.[1] ?? []));
    expect(comments).toEqual(new Set(["b", "d"]));
    must("GC", { valid: [] });
    expect(rules().join()).not.toContain('"b"');
  });

  test("CHECK misses a way that somebody took away", () => {
    must("ADD");
    nft("flush", "chain", "ip", "cni_hostport", "prerouting");
    expect(portmap("CHECK").error?.msg).toContain("the way from prerouting is missing");
    must("ADD");
    must("CHECK");
    nft("flush", "chain", "ip", "cni_hostport", "masquerading");
    expect(portmap("CHECK").error?.msg).toContain("the masquerading of 10.11.0.2 is missing");
  });

  test("STATUS knows the backends; ADD must be chained", () => {
    must("STATUS");
    must("STATUS", { keys: { backend: "iptables" } });
    expect(portmap("ADD", { withoutPrevResult: true }).error?.code).toBe(7);
  });
});

describe("at the same time", () => {
  test.each(["nftables", "iptables"])(
    "many ADDs and DELs with %s lose and double nothing",
    async (backend) => {
      const script = resolve(import.meta.dir, "../../../../../cmd/nodewright.ts");
      const ids = Array.from({ length: 8 }, (_, i) => `c${i}`);
      /** Every container at once. */
      const all = async (command: "ADD" | "DEL"): Promise<void> => {
        const children = ids.map((id, i) => {
          const conf = {
            cniVersion: "1.1.0",
            name: "mynet",
            type: "portmap",
            backend,
            runtimeConfig: { portMappings: [{ ...web, hostPort: 9000 + i }] },
            prevResult: { ...network.result(pod, 2), cniVersion: "1.1.0" },
          };
          return withNetns(lab.host.netns, () =>
            Bun.spawn([process.execPath, script], {
              argv0: "portmap",
              env: {
                PATH: process.env["PATH"] ?? "",
                CNI_COMMAND: command,
                CNI_CONTAINERID: id,
                CNI_IFNAME: "eth0",
                CNI_NETNS: pod.path,
                CNI_PATH: lab.path,
              },
              stdin: Buffer.from(JSON.stringify(conf)),
              stdout: "pipe",
            }),
          );
        });
        for (const child of children) {
          expect([await child.exited, await new Response(child.stdout).text()][0]).toBe(0);
        }
      };
      const dump = (): string =>
        nft("list", "ruleset") + lab.run(lab.host, ["iptables-save", "-t", "nat"]);
      await all("ADD");
      const text = backend === "nftables" ? nft("list", "ruleset") : dump();
      for (const i of ids.keys())
        expect(text).toMatch(new RegExp(`dports? 900${i} .*10.11.0.2:80`));
      const shared = /(-A (PREROUTING|OUTPUT) .*-j CNI-HOSTPORT-DNAT)|(fib daddr type local jump)/g;
      // In both directions, and with nftables for both families.
      expect(text.match(shared)).toHaveLength(backend === "nftables" ? 4 : 2);
      await all("DEL");
      expect(dump()).not.toMatch(/900\d/);
    },
  );
});

describe("iptables", () => {
  const keys = { backend: "iptables" };
  const save = (family: "ip" | "ip6" = "ip"): string[] =>
    lines(lab.run(lab.host, [`${family}tables-save`, "-t", "nat"])).filter((line) =>
      /^(-A|:CNI)/.test(line),
    );
  const chain = "CNI-DN-70a29d9dc18bc4d652ea5";
  const comment = '-m comment --comment "dnat name: \\"mynet\\" id: \\"abc123\\""';

  test("ADD makes the reference's rules", () => {
    must("ADD", { keys, mappings: [web, { ...web, hostPort: 8081, hostIP: "127.0.0.2" }, dns] });
    expect(save()).toEqual([
      `:${chain} - [0:0]`,
      ":CNI-HOSTPORT-DNAT - [0:0]",
      ":CNI-HOSTPORT-MASQ - [0:0]",
      ":CNI-HOSTPORT-SETMARK - [0:0]",
      "-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
      "-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
      '-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
      `-A ${chain} -s 10.11.0.0/24 -d 127.0.0.2/32 -p tcp -m tcp --dport 8081 -j CNI-HOSTPORT-SETMARK`,
      `-A ${chain} -s 127.0.0.1/32 -d 127.0.0.2/32 -p tcp -m tcp --dport 8081 -j CNI-HOSTPORT-SETMARK`,
      `-A ${chain} -d 127.0.0.2/32 -p tcp -m tcp --dport 8081 -j DNAT --to-destination 10.11.0.2:80`,
      `-A ${chain} -s 10.11.0.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK`,
      `-A ${chain} -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK`,
      `-A ${chain} -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.11.0.2:80`,
      `-A ${chain} -s 10.11.0.0/24 -p udp -m udp --dport 5353 -j CNI-HOSTPORT-SETMARK`,
      `-A ${chain} -s 127.0.0.1/32 -p udp -m udp --dport 5353 -j CNI-HOSTPORT-SETMARK`,
      `-A ${chain} -p udp -m udp --dport 5353 -j DNAT --to-destination 10.11.0.2:53`,
      `-A CNI-HOSTPORT-DNAT -d 127.0.0.2/32 -p tcp ${comment} -m multiport --dports 8081 -j ${chain}`,
      `-A CNI-HOSTPORT-DNAT -p tcp ${comment} -m multiport --dports 8080 -j ${chain}`,
      `-A CNI-HOSTPORT-DNAT -p udp ${comment} -m multiport --dports 5353 -j ${chain}`,
      "-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE",
      '-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000',
    ]);
    const before = [save(), save("ip6")];
    must("ADD", { keys, mappings: [web, { ...web, hostPort: 8081, hostIP: "127.0.0.2" }, dns] });
    expect([save(), save("ip6")]).toEqual(before);
    expect(nft("list", "tables")).not.toContain("cni_hostport");
  });

  test("ports are reached, until DEL, which needs no iptables and no mappings", () => {
    must("ADD", { keys });
    must("CHECK", { keys });
    must("CHECK");
    using _web = network.serve(pod, "tcp", 80, "pod");
    const neighbour = network.pod(3);
    expect(network.ask(network.outside, "tcp", "192.0.2.1", 8080)).toBe("pod 192.0.2.2");
    expect(network.ask(network.outside, "tcp", "fd00:99::1", 8080)).toBe("pod fd00:99::2");
    expect(network.ask(lab.host, "tcp", "127.0.0.1", 8080)).toBe("pod 10.11.0.1");
    expect(network.ask(neighbour, "tcp", "192.0.2.1", 8080)).toBe("pod 10.11.0.1");
    must("DEL", { mappings: [], withoutPrevResult: true });
    expect([...save(), ...save("ip6")].join()).not.toContain("CNI-DN");
    expect(network.ask(network.outside, "tcp", "192.0.2.1", 8080)).toBe("ECONNREFUSED");
    const missing = portmap("CHECK", { keys }).error?.msg;
    expect(missing).toContain("the rule for tcp port 8080, the rule for udp port 5353");
  });

  test("more than fifteen ports, conditions, and marks of others", () => {
    const many = Array.from({ length: 17 }, (_, i) => ({ ...web, hostPort: 9000 + i }));
    const more = {
      externalSetMarkChain: "KUBE-MARK-MASQ",
      conditionsV4: ["!", "-s", "192.0.2.2/32"],
    };
    lab.run(lab.host, ["iptables", "-t", "nat", "-N", "KUBE-MARK-MASQ"]);
    const { pod: _, ...call } = {
      pod,
      mappings: many.map((one) => ({ ...one, hostIP: "0.0.0.0" })),
    };
    must("ADD", { ...call, keys: { ...keys, ...more } });
    const entries = save().filter((line) => line.startsWith("-A CNI-HOSTPORT-DNAT"));
    expect(entries).toHaveLength(2);
    expect(entries[0]).toContain(
      `--dports ${many
        .slice(0, 15)
        .map((one) => one.hostPort)
        .join(",")} `,
    );
    expect(entries[1]).toContain("-A CNI-HOSTPORT-DNAT ! -s 192.0.2.2/32 -p tcp");
    expect(save().join()).toContain("-j KUBE-MARK-MASQ");
    expect(save().join()).not.toContain("CNI-HOSTPORT-SETMARK");
  });

  test("conflicts are seen between the backends; GC knows the network", () => {
    must("ADD", { mappings: [web] });
    const other = {
      mappings: [web],
      containerId: "def456",
      keys: { ...keys, refuseConflicts: true },
    };
    expect(portmap("ADD", other).error?.msg).toContain('container "abc123" has it');
    must("DEL");
    must("ADD", other);
    expect(portmap("ADD", { ...other, containerId: "ghi789" }).error?.msg).toContain(
      'container "def456" has it',
    );
    must("ADD", { keys, containerId: "x", name: "othernet" });
    must("GC", { valid: [] });
    const left = save()
      .filter((line) => line.startsWith("-A CNI-HOSTPORT-DNAT"))
      .join();
    expect(left).not.toContain("mynet");
    expect(left).toContain("othernet");
  });
});
