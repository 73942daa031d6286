import { describe, expect, test } from "bun:test";
import { type PluginConf, parsePluginConf } from "../../../conf/plugin-conf.ts";
import { ignoredKeys, readBandwidthConf } from "./bandwidth-conf.ts";

function parse(conf: object): PluginConf {
  const network = { cniVersion: "1.1.0", name: "net", type: "bandwidth" };
  return parsePluginConf(JSON.stringify({ ...network, ...conf }));
}
const both = { ingressRate: 8000, ingressBurst: 16_000, egressRate: 80, egressBurst: 160 };
const limits = { ingress: { rate: 8000, burst: 16_000 }, egress: { rate: 80, burst: 160 } };
const none = { latencyMs: 25 };

describe("readBandwidthConf()", () => {
  test.each([
    [{}, none],
    [{ ingressRate: 0, ingressBurst: 0 }, none],
    [both, { ...limits, ...none }],
    [
      { ...both, latency: 400 },
      { ...limits, latencyMs: 400 },
    ],
    [
      { egressRate: 80, egressBurst: 160 },
      { egress: limits.egress, ...none },
    ],
    [
      { EgressRate: 80, egressburst: 160 },
      { egress: limits.egress, ...none },
    ],
    [{ runtimeConfig: { bandwidth: both } }, { ...limits, ...none }],
    [{ runtimeConfig: { bandwidth: null } }, none],
    // One key of its own, and the runtime's word does not count any more.
    [{ ingressRate: 0, runtimeConfig: { bandwidth: both } }, none],
    [
      { egressRate: 8, egressBurst: 8, runtimeConfig: { bandwidth: both } },
      { egress: { rate: 8, burst: 8 }, ...none },
    ],
    [
      { ingressRate: 1e12, ingressBurst: 34_359_738_359 },
      { ingress: { rate: 1e12, burst: 34_359_738_359 }, ...none },
    ],
  ])("%j is %j", (conf, want) => {
    expect(readBandwidthConf(parse(conf))).toEqual(want);
  });

  test.each([
    [
      { ingressRate: 8000 },
      'the configuration: "ingressBurst" is missing, expected at least 8 bits',
    ],
    [{ egressBurst: 8000 }, 'the configuration: "egressRate" is missing, expected at least 8 bits'],
    [{ ingressRate: 7, ingressBurst: 8 }, '"ingressRate" of the configuration: 7 is not at least'],
    [{ ingressRate: 8, ingressBurst: 7 }, '"ingressBurst" of the configuration: 7 is not at least'],
    [{ ingressRate: -8, ingressBurst: 8 }, '"ingressRate" of the configuration: -8 is not'],
    [{ ingressRate: 8.5, ingressBurst: 8 }, '"ingressRate" of the configuration: 8.5 is not'],
    [{ ingressRate: "8M", ingressBurst: 8 }, '"ingressRate" of the configuration: "8M" is not'],
    [{ egressRate: 8, egressBurst: 34_359_738_360 }, '"egressBurst" of the configuration: 34359'],
    [{ ...both, latency: 0 }, '"latency" of the configuration: 0 is not'],
    [{ ...both, latency: 60_001 }, '"latency" of the configuration: 60001 is not'],
    [{ runtimeConfig: { bandwidth: 7 } }, '"runtimeConfig.bandwidth"'],
    [
      { runtimeConfig: { bandwidth: { egressRate: 8 } } },
      'the configuration: "runtimeConfig.bandwidth.egressBurst" is missing',
    ],
  ])("refuses %j: %s", (conf, message) => {
    const read = () => readBandwidthConf(parse(conf));
    expect(read).toThrow(`Cannot use ${message}`);
    expect(read).toThrow(expect.objectContaining({ code: 7 }));
  });
});

test("ignoredKeys() names those that leave networks out", () => {
  const subnets = ["10.0.0.0/8"];
  expect(ignoredKeys(parse({ ...both, unshapedSubnets: [] }))).toEqual([]);
  expect(ignoredKeys(parse({ ...both, shapedSubnets: subnets }))).toEqual(["shapedSubnets"]);
  const runtimeConfig = { bandwidth: { ...both, unshapedSubnets: subnets } };
  expect(ignoredKeys(parse({ runtimeConfig }))).toEqual([
    "runtimeConfig.bandwidth.unshapedSubnets",
  ]);
});
