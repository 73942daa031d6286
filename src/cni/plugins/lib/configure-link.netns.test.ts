import { afterEach, beforeEach, expect, test } from "bun:test";
import { type LabNetns, PluginLab } from "../../testing/mod.ts";

let lab: PluginLab;
let pod: LabNetns;
beforeEach(() => {
  lab = new PluginLab();
  pod = lab.netns("pod");
});
afterEach(() => lab[Symbol.dispose]());

/** A bridge whose pod gets these routes. */
function conf(...routes: readonly object[]): object {
  const addresses = [
    { address: "10.9.0.5/24", gateway: "10.9.0.1" },
    { address: "fd00:9::5/64", gateway: "fd00:9::1" },
  ];
  return {
    cniVersion: "1.1.0",
    name: "net",
    type: "bridge",
    bridge: "cni0",
    ipam: { type: "static", addresses, routes },
  };
}

/** `ip route` of a table without spaces at the end, and without what the kernel made. */
function routes(family: "-4" | "-6", ...more: string[]): string[] {
  const text = lab.run(pod, ["ip", family, "route", "show", ...more]);
  return text
    .split("\n")
    .map((line) => line.trim().replace(/ pref medium$/, ""))
    .filter((line) => line !== "" && !line.includes("proto kernel"));
}

test("routes have all that a result of 1.1.0 can say of them; CHECK finds them", () => {
  const asked = conf(
    { dst: "0.0.0.0/0" },
    { dst: "10.1.0.0/16", gw: "10.9.0.2", mtu: 1400, advmss: 1360 },
    { dst: "10.2.0.0/16", gw: "10.9.0.2", priority: 50 },
    { dst: "10.3.0.0/16", gw: "10.9.0.2", table: 100 },
    { dst: "10.4.0.0/16", scope: 253 },
    { dst: "fd00:1::/48", mtu: 1300, priority: 7 },
  );
  const { stdout } = lab.mustCall("bridge", { command: "ADD", conf: asked, pod });
  expect(routes("-4")).toEqual([
    "default via 10.9.0.1 dev eth0",
    "10.1.0.0/16 via 10.9.0.2 dev eth0 mtu 1400 advmss 1360",
    "10.2.0.0/16 via 10.9.0.2 dev eth0 metric 50",
    "10.4.0.0/16 dev eth0 scope link",
  ]);
  expect(routes("-4", "table", "100")).toEqual(["10.3.0.0/16 via 10.9.0.2 dev eth0"]);
  expect(routes("-6")).toContain("fd00:1::/48 via fd00:9::1 dev eth0 metric 7 mtu 1300");
  const checked = { ...asked, prevResult: JSON.parse(stdout) };
  lab.mustCall("bridge", { command: "CHECK", conf: checked, pod });
  lab.run(pod, ["ip", "route", "del", "10.3.0.0/16", "table", "100"]);
  const { error } = lab.call("bridge", { command: "CHECK", conf: checked, pod });
  expect(error?.msg).toContain("the route to 10.3.0.0/16 is missing");
});

test("routes to one destination stand beside each other", () => {
  const asked = conf(
    { dst: "10.1.0.0/16", gw: "10.9.0.2", priority: 10 },
    { dst: "10.1.0.0/16", gw: "10.9.0.3", priority: 20 },
    { dst: "fd00:1::/48", gw: "fd00:9::2" },
    { dst: "fd00:1::/48", gw: "fd00:9::3" },
  );
  const { stdout } = lab.mustCall("bridge", { command: "ADD", conf: asked, pod });
  expect(routes("-4")).toEqual([
    "10.1.0.0/16 via 10.9.0.2 dev eth0 metric 10",
    "10.1.0.0/16 via 10.9.0.3 dev eth0 metric 20",
  ]);
  const ways = routes("-6").join("\n");
  expect(ways).toContain("via fd00:9::2 dev eth0");
  expect(ways).toContain("via fd00:9::3 dev eth0");
  const checked = { ...asked, prevResult: JSON.parse(stdout) };
  lab.mustCall("bridge", { command: "CHECK", conf: checked, pod });
});

test("a result of before 1.1.0 keeps those fields as the reference's does", () => {
  const asked = { ...conf({ dst: "10.1.0.0/16", mtu: 1400 }), cniVersion: "0.4.0" };
  lab.mustCall("bridge", { command: "ADD", conf: asked, pod });
  expect(routes("-4")).toEqual(["10.1.0.0/16 via 10.9.0.1 dev eth0 mtu 1400"]);
});

test("cni 9: a pod that gets IPv6 has ::1, though its namespace came without IPv6", () => {
  for (const link of ["all", "default", "lo"]) {
    lab.run(pod, ["sysctl", "-qw", `net.ipv6.conf.${link}.disable_ipv6=1`]);
  }
  lab.mustCall("bridge", { command: "ADD", conf: conf({ dst: "fd00:1::/48" }), pod });
  lab.run(pod, ["ip", "link", "set", "lo", "up"]);
  expect(lab.run(pod, ["ip", "-6", "addr", "show", "lo"])).toContain("::1/128");
});
