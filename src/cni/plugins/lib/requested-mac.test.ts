import { describe, expect, test } from "bun:test";
import { parsePluginConf } from "../../conf/plugin-conf.ts";
import type { PluginRequest } from "../../skel/plugin.ts";
import { requestedMac } from "./requested-mac.ts";

function request(conf: object, args = ""): PluginRequest {
  const stdin = JSON.stringify({ cniVersion: "1.1.0", name: "n", type: "macvlan", ...conf });
  return {
    command: "ADD",
    containerId: "c1",
    ifName: "eth0",
    netns: "",
    path: [],
    args,
    stdin,
    conf: parsePluginConf(stdin),
  };
}
const [A, B, C, D] = [1, 2, 3, 4].map((n) => `02:00:00:00:00:0${n}`);

describe("requestedMac()", () => {
  test.each([
    ["nobody asks", {}, "", undefined],
    ["the configuration", { mac: A }, "", A],
    ["CNI_ARGS go before it", { mac: A }, `IgnoreUnknown=1;MAC=${B};K8S_POD_NAME=x`, B],
    ["args.cni goes before those", { mac: A, args: { cni: { mac: C } } }, `MAC=${B}`, C],
    [
      "runtimeConfig goes before all",
      { mac: A, args: { cni: { mac: C } }, runtimeConfig: { mac: D } },
      `MAC=${B}`,
      D,
    ],
    ["an empty text is none", { mac: A, runtimeConfig: { mac: "" } }, "MAC=", A],
    ["keys for the IPAM plugin are no mistake", {}, "IP=10.0.0.2;GATEWAY=10.0.0.1", undefined],
    ["other notations", { mac: "0A-58-0A-C8-00-05" }, "", "0a:58:0a:c8:00:05"],
  ])("%s", (_name, conf, args, want) => {
    expect(requestedMac(request(conf, args), { hasKey: true })).toBe(want);
  });

  test("a plugin without the key does not read it", () => {
    expect(requestedMac(request({ mac: "none" }), { hasKey: false })).toBeUndefined();
  });

  test.each([
    ["the key", { mac: "02:00" }, "", 7, '"mac" of the configuration: "02:00"'],
    ["a number", { mac: 5 }, "", 7, '"mac"'],
    ["runtimeConfig", { runtimeConfig: { mac: "x" } }, "", 7, '"runtimeConfig.mac"'],
    ["args.cni", { args: { cni: { mac: "x" } } }, "", 7, '"args.cni.mac"'],
    ["CNI_ARGS", {}, "MAC=x", 4, 'MAC of CNI_ARGS: "x"'],
    ["eight bytes", { mac: "02:00:5e:10:00:00:00:01" }, "", 7, "is not a MAC address"],
    ["an unknown key of CNI_ARGS", {}, "FOO=1", 4, '"FOO"'],
  ])("refuses what is wrong in %s", (_name, conf, args, code, text) => {
    let thrown: unknown;
    try {
      requestedMac(request(conf, args), { hasKey: true });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code });
    expect(String(thrown)).toContain(text);
  });
});
