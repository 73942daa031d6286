import { describe, expect, test } from "bun:test";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { dataDirOf, readTuningConf } from "./tuning-conf.ts";

function read(conf: object, args = "") {
  const stdin = { cniVersion: "1.1.0", name: "net", type: "tuning", ...conf };
  const request = { conf: parsePluginConf(JSON.stringify(stdin)), args, ifName: "eth0" };
  const { settings, sysctls } = readTuningConf(request);
  return { settings, sysctls: sysctls.map(({ key, value }) => [key, value]) };
}
const A = "02:00:00:00:00:0a";
const B = "02:00:00:00:00:0b";
const C = "02:00:00:00:00:0c";
const D = "02:00:00:00:00:0d";

describe("readTuningConf()", () => {
  test.each([
    [{}, {}],
    [{ promisc: false, mtu: 0, mac: "" }, {}],
    [
      { promisc: true, mtu: 1400, mac: "02:00:00:00:00:0A", allmulti: false, txQLen: 0 },
      { promisc: true, mtu: 1400, mac: A, allmulti: false, txQLen: 0 },
    ],
    [
      { MTU: 1400, TxQLen: 5 },
      { mtu: 1400, txQLen: 5 },
    ],
    [
      {
        promisc: true,
        mtu: 1400,
        allmulti: true,
        txQLen: 5,
        args: { cni: { promisc: false, mtu: 0, allmulti: false, txQLen: 7 } },
      },
      { allmulti: false, txQLen: 7 },
    ],
  ])("%j asks for %j", (conf, settings) => {
    expect(read(conf).settings).toEqual(settings);
  });

  test.each([
    [{ mac: A }, "", A],
    [{ mac: A }, `IgnoreUnknown=1;K8S_POD_NAME=x;MAC=${B}`, B],
    [{ mac: A, runtimeConfig: { mac: C } }, `MAC=${B}`, C],
    [{ mac: A, runtimeConfig: { mac: "" } }, `MAC=${B}`, B],
    [{ mac: A, runtimeConfig: { mac: C }, args: { cni: { mac: D } } }, `MAC=${B}`, D],
    [{ mac: A, args: { cni: { mac: "" } } }, "", undefined],
  ])("the MAC of %j with CNI_ARGS %j is %j", (conf, args, mac) => {
    expect(read(conf, args).settings.mac).toBe(mac);
  });

  test("args.cni.sysctl goes before sysctl, and needs none", () => {
    const args = { cni: { sysctl: { "net.a": "2", "net.c": "3" } } };
    expect(read({ sysctl: { "net.a": "1", "net.b": "1" }, args }).sysctls).toEqual([
      ["net.a", "2"],
      ["net.b", "1"],
      ["net.c", "3"],
    ]);
    expect(read({ args }).sysctls).toHaveLength(2);
  });

  test.each([
    [{ mac: "02:00" }, "", 7, '"mac" of the configuration: "02:00" is not a MAC address'],
    [{ runtimeConfig: { mac: "x" } }, "", 7, '"runtimeConfig.mac"'],
    [{ args: { cni: { mac: "x" } } }, "", 7, '"args.cni.mac"'],
    [{}, "MAC=x", 7, '"CNI_ARGS MAC"'],
    [{}, "FOO=x", 4, '"FOO" is unknown'],
    [{ mtu: -1 }, "", 7, '"mtu"'],
    [{ mtu: "1400" }, "", 7, '"mtu"'],
    [{ txQLen: 2 ** 32 }, "", 7, '"txQLen"'],
    [{ promisc: 1 }, "", 7, '"promisc"'],
    [{ allmulti: "true" }, "", 7, '"allmulti"'],
    [{ sysctl: { "net.x": 1 } }, "", 7, '"sysctl.net.x" of the configuration: 1 is not a text'],
    [{ sysctl: ["net.x"] }, "", 7, '"sysctl"'],
  ])("refuses %j with CNI_ARGS %j: %i %s", (conf, args, code, message) => {
    const call = () => read(conf, args);
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code }));
  });

  test("two names of one sysctl are refused", () => {
    const sysctl = { "net.ipv4.ip_forward": "1", "net/ipv4/ip_forward": "0" };
    expect(() => read({ sysctl })).toThrow(
      '"sysctl" of the configuration: "net.ipv4.ip_forward" and "net/ipv4/ip_forward" are one',
    );
    const args = { cni: { sysctl: { "net/a": "2" } } };
    expect(read({ sysctl: { "net.a": "1" }, args }).sysctls).toEqual([["net/a", "2"]]);
  });
});

test("dataDirOf() is the reference's unless the configuration says otherwise", () => {
  const of = (conf: object): string =>
    dataDirOf(parsePluginConf(JSON.stringify({ cniVersion: "1.1.0", name: "net", ...conf })));
  expect(of({})).toBe("/run/cni/tuning");
  expect(of({ dataDir: "" })).toBe("/run/cni/tuning");
  expect(of({ dataDir: "/x" })).toBe("/x");
});
