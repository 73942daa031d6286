import { expect, test } from "bun:test";
import { treeOf } from "./facts/node-tree.ts";
import { moduleAtBoot, sysctlAtBoot } from "./sysctl-files.ts";

const tree = (files: Record<string, string>) =>
  treeOf(
    Object.entries(files).map(([path, text]) => ({ path, shown: path, text })),
    { isComplete: true },
  );

test("sysctlAtBoot() takes the last file by name, whatever its directory", () => {
  const files = tree({
    "/etc/sysctl.d/10-a.conf": "net.ipv4.ip_forward = 1\n",
    "/usr/lib/sysctl.d/50-b.conf": "# comment\nnet/ipv4/ip_forward=0\n",
  });
  expect(sysctlAtBoot(files, "net.ipv4.ip_forward")).toEqual({
    value: "0",
    location: { file: "/usr/lib/sysctl.d/50-b.conf", line: 2, column: 1 },
  });
});

test("sysctlAtBoot() lets /etc hide a file of the same name", () => {
  const files = tree({
    "/etc/sysctl.d/50-b.conf": "",
    "/usr/lib/sysctl.d/50-b.conf": "net.ipv4.ip_forward=0\n",
  });
  expect(sysctlAtBoot(files, "net.ipv4.ip_forward")).toBeUndefined();
});

test("sysctlAtBoot() knows wildcards, leading dashes and comments", () => {
  const files = tree({
    "/etc/sysctl.d/1.conf": "-net.ipv4.conf.*.rp_filter = 2\n;net.ipv4.conf.eth0.rp_filter = 1\n",
  });
  expect(sysctlAtBoot(files, "net.ipv4.conf.eth0.rp_filter")?.value).toBe("2");
  expect(sysctlAtBoot(files, "net.ipv4.conf.eth0.forwarding")).toBeUndefined();
});

test("moduleAtBoot() takes both spellings", () => {
  const files = tree({ "/etc/modules-load.d/k.conf": "# k\nbr-netfilter\n" });
  expect(moduleAtBoot(files, "br_netfilter")?.location.line).toBe(2);
  expect(moduleAtBoot(files, "overlay")).toBeUndefined();
});
