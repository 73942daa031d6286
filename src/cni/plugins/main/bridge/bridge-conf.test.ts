import { describe, expect, test } from "bun:test";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { CniError } from "../../../errors.ts";
import type { PluginRequest } from "../../../skel/plugin.ts";
import { type BridgeConf, needsVlanFiltering, readBridgeConf } from "./bridge-conf.ts";

function read(keys: object): BridgeConf {
  const stdin = JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "bridge", ...keys });
  const request: PluginRequest = {
    command: "ADD",
    containerId: "c1",
    ifName: "eth0",
    netns: "",
    args: "",
    path: [],
    conf: parsePluginConf(stdin),
    stdin,
  };
  return readBridgeConf(request);
}

describe("readBridgeConf()", () => {
  test("defaults", () => {
    expect(read({})).toEqual({
      name: "cni0",
      isGateway: false,
      isDefaultGateway: false,
      forceAddress: false,
      mtu: undefined,
      hairpin: false,
      promiscuous: false,
      vlan: 0,
      trunk: [],
      preserveDefaultVlan: false,
      spoofCheck: false,
      dad: false,
      isInterfaceDisabled: false,
      isolated: false,
    });
  });

  test.each<[string, object, Partial<BridgeConf>]>([
    ["a default gateway is a gateway", { isDefaultGateway: true }, { isGateway: true }],
    ["an empty name is the default", { bridge: "" }, { name: "cni0" }],
    ["0 is the kernel's MTU", { mtu: 0 }, { mtu: undefined }],
    ["another MTU", { mtu: 1450 }, { mtu: 1450 }],
    ["keys in any case", { isgateway: true, MTU: 1400 }, { isGateway: true, mtu: 1400 }],
    [
      "VLANs",
      { vlan: 4094, vlanTrunk: [{ id: 5 }, { minID: 10, maxID: 12 }], preserveDefaultVlan: true },
      {
        vlan: 4094,
        trunk: [
          { first: 5, last: 5 },
          { first: 10, last: 12 },
        ],
        preserveDefaultVlan: true,
      },
    ],
    [
      "the rest",
      {
        hairpinMode: true,
        forceAddress: true,
        macspoofchk: true,
        enabledad: true,
        portIsolation: true,
        disableContainerInterface: true,
      },
      {
        hairpin: true,
        forceAddress: true,
        spoofCheck: true,
        dad: true,
        isolated: true,
        isInterfaceDisabled: true,
      },
    ],
  ])("%s", (_name, keys, want) => {
    expect(read(keys)).toMatchObject(want);
  });

  test.each<[string, object, string]>([
    ["hairpin and promiscuous", { hairpinMode: true, promiscMode: true }, "promiscMode"],
    [
      "addresses for a disabled link",
      { disableContainerInterface: true, ipam: { type: "static" } },
      "disableContainerInterface",
    ],
    ["a VLAN above 4094", { vlan: 4095 }, '"vlan"'],
    ["a VLAN below 0", { vlan: -1 }, '"vlan"'],
    ["a trunk of VLAN 0", { vlanTrunk: [{ id: 0 }] }, "vlanTrunk[0].id"],
    ["a trunk of VLAN 4095", { vlanTrunk: [{ minID: 1, maxID: 4095 }] }, "vlanTrunk[0].maxID"],
    ["half a range", { vlanTrunk: [{ minID: 1 }] }, "vlanTrunk"],
    ["a range backwards", { vlanTrunk: [{ minID: 9, maxID: 8 }] }, "vlanTrunk"],
    ["a range and an ID", { vlanTrunk: [{ id: 1, minID: 1, maxID: 2 }] }, "vlanTrunk"],
    ["nothing in a trunk", { vlanTrunk: [{}] }, "vlanTrunk"],
    ["a name too long", { bridge: "a-name-of-16-byt" }, '"bridge"'],
    ["cni 21: a name that the kernel numbers", { bridge: "br%d" }, '"bridge"'],
    ["a name with a slash", { bridge: "a/b" }, '"bridge"'],
    [
      "a name too long for its VLAN's gateway",
      { bridge: "fifteen-bytes-x", vlan: 100, isGateway: true },
      '"fifteen-bytes-x.100"',
    ],
    ["a text for a flag", { isGateway: "yes" }, '"isGateway"'],
    ["a negative MTU", { mtu: -1 }, '"mtu"'],
  ])("refuses %s", (_name, keys, words) => {
    const refuse = (): unknown => read(keys);
    expect(refuse).toThrow(CniError);
    expect(refuse).toThrow(words);
  });

  test("needsVlanFiltering()", () => {
    expect(needsVlanFiltering(read({}))).toBe(false);
    expect(needsVlanFiltering(read({ vlan: 1 }))).toBe(true);
    expect(needsVlanFiltering(read({ vlanTrunk: [{ id: 1 }] }))).toBe(true);
  });
});
