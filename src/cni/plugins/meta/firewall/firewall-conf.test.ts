import { expect, test } from "bun:test";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { parseFirewallConf } from "./firewall-conf.ts";

const parse = (keys: object) =>
  parseFirewallConf(
    parsePluginConf(JSON.stringify({ cniVersion: "1.1.0", name: "n", type: "firewall", ...keys })),
  );
const defaults = {
  adminChain: "CNI-ADMIN",
  zone: "trusted",
  ingressPolicy: "open",
  dataDir: "/run/cni/firewall",
};

test("parseFirewallConf() has the reference's defaults, for empty texts too", () => {
  expect(parse({})).toEqual(defaults as never);
  const empty = { backend: "", iptablesAdminChainName: "", firewalldZone: "", ingressPolicy: "" };
  expect(parse(empty)).toEqual(defaults as never);
});

test.each(["nftables", "iptables", "firewalld"] as const)("takes the backend %s", (backend) => {
  expect(parse({ backend }).backend).toBe(backend);
});

test.each([{ backend: "ipfw" }, { ingressPolicy: "closed" }, { firewalldZone: 5 }])(
  "refuses %j",
  (keys) => expect(() => parse(keys)).toThrow(`"${Object.keys(keys)[0]}"`),
);
