import { describe, expect, test } from "bun:test";
import { formatInterfaceAddress } from "../../../../ip/mod.ts";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { decodeResult } from "../../../result/decode-result.ts";
import { mappingsOf, mappingText, parsePortmapConf, podAddresses } from "./portmap-conf.ts";

function parse(keys: object, portMappings: unknown = []) {
  const conf = { cniVersion: "1.1.0", name: "n", type: "portmap", ...keys };
  return parsePortmapConf(
    parsePluginConf(JSON.stringify({ ...conf, runtimeConfig: { portMappings } })),
  );
}

describe("parsePortmapConf()", () => {
  test("has the reference's defaults", () => {
    expect(parse({})).toEqual({
      mappings: [],
      snat: true,
      masqAll: false,
      markMasqBit: 13,
      conditions: { 4: [], 6: [] },
      refuseConflicts: false,
    });
  });

  test("reads mappings: a protocol in any case or none, a host address or all of a family", () => {
    const { mappings } = parse({}, [
      { hostPort: 80, containerPort: 8080 },
      { hostPort: 53, containerPort: 5353, protocol: "UDP", hostIP: "" },
      { hostPort: 1, containerPort: 1, protocol: "sctp", hostIP: "fd00::1" },
      { hostPort: 2, containerPort: 2, protocol: "tcp", hostIP: "0.0.0.0" },
    ]);
    expect(mappings).toEqual([
      { hostPort: 80, containerPort: 8080, protocol: "tcp" },
      { hostPort: 53, containerPort: 5353, protocol: "udp" },
      {
        hostPort: 1,
        containerPort: 1,
        protocol: "sctp",
        hostIp: { family: 6, value: 0xfd00n * 2n ** 112n + 1n },
      },
      { hostPort: 2, containerPort: 2, protocol: "tcp", onlyFamily: 4 },
    ]);
    const portsOf = (family: 4 | 6): number[] =>
      mappingsOf(mappings, family).map((m) => m.hostPort);
    expect(portsOf(4)).toEqual([80, 53, 2]);
    expect(portsOf(6)).toEqual([80, 53, 1]);
    expect(mappings.map(mappingText)).toEqual([
      "tcp port 80",
      "udp port 53",
      "sctp fd00::1 port 1",
      "tcp port 2",
    ]);
  });

  test.each([
    ["nothing", {}, undefined],
    ["an iptables condition", { conditionsV4: ["!", "-s", "10.0.0.0/8"] }, "iptables"],
    ["another iptables condition", { conditionsV6: ["-i", "eth0"] }, "iptables"],
    ["an nft condition", { conditionsV4: ["ip", "saddr", "10.0.0.0/8"] }, "nftables"],
    ["a foreign mark chain", { externalSetMarkChain: "KUBE-MARK-MASQ" }, "iptables"],
    ["a mark", { markMasqBit: 5 }, "iptables"],
    ["a backend", { backend: "iptables" }, "iptables"],
    ["an empty backend", { backend: "" }, undefined],
  ] as const)("%s chooses the backend", (_name, keys, backend) => {
    expect(parse(keys).backend).toBe(backend as never);
  });

  test.each([
    [
      { markMasqBit: 5, externalSetMarkChain: "X" },
      "externalSetMarkChain and markMasqBit exclude each other",
    ],
    [{ markMasqBit: 32 }, '"markMasqBit"'],
    [{ backend: "firewalld" }, '"backend"'],
    [
      { backend: "iptables", conditionsV4: ["ip"] },
      "conditionsV4 is for nftables, backend for iptables",
    ],
    [
      { conditionsV4: ["-s"], conditionsV6: ["ip6"] },
      "conditionsV6 is for nftables, conditionsV4 for iptables",
    ],
    [{ snat: "yes" }, '"snat"'],
  ])("refuses %j", (keys, words) => expect(() => parse(keys)).toThrow(words));

  test.each([
    [{ containerPort: 80 }, "hostPort"],
    [{ hostPort: 0, containerPort: 80 }, "hostPort"],
    [{ hostPort: 80, containerPort: 65536 }, "containerPort"],
    [{ hostPort: 80, containerPort: 80, protocol: "icmp" }, "protocol"],
    [{ hostPort: 80, containerPort: 80, hostIP: "host" }, "hostIP"],
  ])("refuses the mapping %j", (mapping, key) => {
    expect(() => parse({}, [mapping])).toThrow(`"runtimeConfig.portMappings[0].${key}"`);
  });
});

test("podAddresses() takes the first of each family at the attachment's interface", () => {
  const result = decodeResult(
    {
      cniVersion: "1.1.0",
      interfaces: [
        { name: "cni0" },
        { name: "eth0", sandbox: "/x" },
        { name: "eth1", sandbox: "/x" },
      ],
      ips: [
        { address: "10.0.0.1/24", interface: 0 },
        { address: "10.0.1.2/24", interface: 2 },
        { address: "10.0.0.2/24", interface: 1 },
        { address: "10.0.0.3/24", interface: 1 },
        { address: "fd00::2/64" },
      ],
    },
    "1.1.0",
  );
  expect(podAddresses(result, "eth0").map(formatInterfaceAddress)).toEqual([
    "10.0.0.2/24",
    "fd00::2/64",
  ]);
  expect(podAddresses(result, "eth9").map(formatInterfaceAddress)).toEqual(["fd00::2/64"]);
});
