import { expect, test } from "bun:test";
import { formatInterfaceAddress } from "../../../../ip/mod.ts";
import type { JsonObject } from "../../../json.ts";
import { decodeResult } from "../../../result/decode-result.ts";
import { encodeResult } from "../../../result/encode-result.ts";
import { planGateways } from "./gateways.ts";

const GATEWAY = { isGateway: true, isDefaultGateway: false };
const DEFAULT = { isGateway: true, isDefaultGateway: true };
const NONE = { isGateway: false, isDefaultGateway: false };

function plan(conf: typeof NONE, result: JsonObject) {
  const planned = planGateways(conf, decodeResult({ cniVersion: "1.0.0", ...result }));
  const { ips = [], routes = [] } = encodeResult({ ...planned, interfaces: [], dns: {} }, "1.0.0");
  return { ips, routes, bridge: planned.addresses.map(formatInterfaceAddress) };
}

const v4 = { address: "10.1.2.7/24" };
const v6 = { address: "fd00::7/64", gateway: "fd00::ff" };

test("without a gateway only the interface is added", () => {
  expect(plan(NONE, { ips: [v4, v6] })).toEqual({
    ips: [
      { interface: 2, ...v4 },
      { interface: 2, ...v6 },
    ],
    routes: [],
    bridge: [],
  });
});

test("a missing gateway is the first address of the network", () => {
  expect(plan(GATEWAY, { ips: [v4, v6] })).toEqual({
    ips: [
      { interface: 2, ...v4, gateway: "10.1.2.1" },
      { interface: 2, ...v6 },
    ],
    routes: [],
    bridge: ["10.1.2.1/24", "fd00::ff/64"],
  });
});

test("a default gateway gives each family a default route that it has not got", () => {
  const routes = [{ dst: "0.0.0.0/0" }, { dst: "fd01::/64" }];
  expect(plan(DEFAULT, { ips: [v4, v6], routes }).routes).toEqual([
    { dst: "0.0.0.0/0" },
    { dst: "fd01::/64" },
    { dst: "::/0", gw: "fd00::ff" },
  ]);
  const second = { address: "10.9.0.7/24" };
  expect(plan(DEFAULT, { ips: [v4, second] }).routes).toEqual([
    { dst: "0.0.0.0/0", gw: "10.1.2.1" },
  ]);
});
