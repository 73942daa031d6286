import { describe, expect, test } from "bun:test";
import { sysctlPath } from "./sysctl-key.ts";

describe("sysctlPath()", () => {
  test.each([
    ["net.ipv4.ip_forward", "net/ipv4/ip_forward"],
    ["net/ipv4/ip_forward", "net/ipv4/ip_forward"],
    ["net.ipv4.conf.IFNAME.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"],
    ["net/ipv4/conf/IFNAME/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"],
    ["net/ipv4/conf/eth1.7/rp_filter", "net/ipv4/conf/eth1.7/rp_filter"],
    ["net.ipv4.conf.eth1/7.rp_filter", "net/ipv4/conf/eth1.7/rp_filter"],
    ["net.x.IFNAME.IFNAME", "net/x/eth0.100/IFNAME"],
  ])("%s is %s", (key, path) => {
    expect(sysctlPath(key, "eth0.100")).toBe(path);
  });

  test.each([
    "",
    "net",
    "net.",
    "kernel.hostname",
    "netx.y",
    "/proc/sys/net/ipv4/ip_forward",
    "net/../kernel/hostname",
    "net/ipv4/../../kernel/hostname",
    "net/./x",
    "net..x",
    "net//x",
    "net.ipv4././/.x",
    "IFNAME.x",
  ])("refuses %j", (key) => {
    expect(() => sysctlPath(key, "eth0")).toThrow(`"${key}" is no key below net`);
  });
});
