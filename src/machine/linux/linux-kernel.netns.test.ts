import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Conn } from "../../netlink/mod.ts";
import { Netns, netnsPath, withNetns } from "../../netns/mod.ts";
import { openNftIfThere } from "../../nft/mod.ts";
import { mount } from "../../sys/mod.ts";
import { Disk } from "../disk.ts";
import { createExec, type Exec } from "../exec.ts";
import { createLinuxKernel } from "./linux-kernel.ts";

/** Everything happens in a network namespace of its own. */
const NAMESPACE = `nodewright-test-${process.pid}`;
const host = createExec({});
const inside: Exec = (argv, options) => host(["ip", "netns", "exec", NAMESPACE, ...argv], options);
const kernel = createLinuxKernel({
  disk: new Disk("/"),
  exec: inside,
  kill: () => {
    throw new Error("no process is to be ended");
  },
  openConn: () => {
    using netns = Netns.open(netnsPath(NAMESPACE));
    return withNetns(netns, () => Conn.open());
  },
  openNft: () => {
    using netns = Netns.open(netnsPath(NAMESPACE));
    return withNetns(netns, () => openNftIfThere());
  },
});

async function run(...argv: string[]): Promise<string> {
  const result = await inside(argv);
  if (result.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

beforeAll(async () => {
  await host(["ip", "netns", "add", NAMESPACE]);
  await run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1");
  await run("ip", "address", "add", "10.0.0.1/24", "dev", "eth0");
  await run("ip", "link", "set", "eth1", "up");
  await run("ip", "link", "set", "eth0", "up");
});
afterAll(async () => {
  await host(["ip", "netns", "delete", NAMESPACE]);
});

describe("the Linux kernel", () => {
  test("takes routes, replaces them, and forgets them", async () => {
    const destinations = ["10.200.1.0/24", "10.200.2.0/24", "fd00:1::/64"];
    await run("ip", "-6", "address", "add", "fd00::1/64", "dev", "eth0", "nodad");
    expect(await kernel.readRoutes(destinations)).toEqual({
      "10.200.1.0/24": null,
      "10.200.2.0/24": null,
      "fd00:1::/64": null,
    });
    await kernel.replaceRoute("10.200.1.0/24", "10.0.0.2");
    await kernel.replaceRoute("10.200.1.0/24", "10.0.0.3");
    await kernel.replaceRoute("10.200.2.0/24", "dev eth0");
    await kernel.replaceRoute("fd00:1::/64", "fd00::2");
    expect(await kernel.readRoutes(destinations)).toEqual({
      "10.200.1.0/24": "10.0.0.3",
      "10.200.2.0/24": "dev eth0",
      "fd00:1::/64": "fd00::2",
    });
    for (const [destination, via] of Object.entries(await kernel.readRoutes(destinations))) {
      await kernel.removeRoute(destination, via ?? "");
      await kernel.removeRoute(destination, via ?? "");
    }
    expect(Object.values(await kernel.readRoutes(destinations))).toEqual([null, null, null]);
  });

  test("says why a route cannot be", async () => {
    const thrown = await kernel.replaceRoute("10.200.3.0/24", "192.0.2.1").catch((e: unknown) => e);
    expect(thrown).toMatchObject({
      kind: "netlink",
      message: expect.stringContaining("Cannot route 10.200.3.0/24 via 192.0.2.1: ENETUNREACH"),
    });
  });

  test("says which link a route lacks, and needs none to remove it", async () => {
    const thrown = await kernel.replaceRoute("10.200.3.0/24", "dev no0").catch((e: unknown) => e);
    expect(thrown).toMatchObject({
      message: "Cannot route 10.200.3.0/24 via dev no0: no link is called no0",
    });
    await kernel.removeRoute("10.200.3.0/24", "dev no0");
  });

  test("knows bridges from other links, and removes them", async () => {
    await run("ip", "link", "add", "cni0", "type", "bridge");
    expect(await kernel.bridges()).toEqual(["cni0"]);
    await kernel.removeLink("cni0");
    expect(await kernel.bridges()).toEqual([]);
    expect(await kernel.removeLink("cni0").catch((e: unknown) => e)).toMatchObject({
      message: "Cannot remove link cni0: there is none",
    });
  });

  test("takes away the masquerade rules of one network and no other rule", async () => {
    const comment = (network: string) => [
      "-m",
      "comment",
      "--comment",
      `name: "${network}" id: "abc"`,
    ];
    const nat = (...argv: string[]) => run("iptables", "-t", "nat", ...argv);
    for (const [network, chain] of [
      ["bridge", "CNI-aaaa"],
      ["other", "CNI-bbbb"],
    ] as const) {
      await nat("-N", chain);
      await nat("-A", chain, "-d", "10.200.0.0/24", ...comment(network), "-j", "ACCEPT");
      await nat("-A", chain, "!", "-d", "224.0.0.0/4", ...comment(network), "-j", "MASQUERADE");
      await nat("-A", "POSTROUTING", "-s", "10.200.0.2/32", ...comment(network), "-j", chain);
    }
    const otherBefore = (await nat("-S")).split("\n").filter((line) => !line.includes("aaaa"));
    expect(await kernel.masqueradeRules(["bridge"])).toHaveLength(2);
    await kernel.removeMasqueradeRules(["bridge"]);
    await kernel.removeMasqueradeRules(["bridge"]);
    expect(await kernel.masqueradeRules(["bridge"])).toEqual([]);
    expect((await nat("-S")).split("\n")).toEqual(otherBefore);
  });

  test("takes away the plugins' nftables rules of one network and no other", async () => {
    const rule = (network: string) =>
      `add rule inet cni_plugins_masquerade masq_checks ip saddr 10.200.0.2 masquerade comment "00-11, net: ${network}, if: eth0, id: abc"`;
    const table = "add table inet cni_plugins_masquerade";
    const chain =
      "add chain inet cni_plugins_masquerade masq_checks { type nat hook postrouting priority 100; }";
    await run("nft", [table, chain, rule("bridge"), rule("other")].join("; "));
    const found = async () =>
      (await kernel.masqueradeRules(["bridge", "other"])).filter((line) => line.startsWith("nft "));
    expect(await found()).toHaveLength(2);
    await kernel.removeMasqueradeRules(["bridge"]);
    expect(await found()).toEqual([expect.stringContaining("net: other")]);
  });

  test("takes away the rules of Services, and no other rule", async () => {
    const nat = (...argv: string[]) => run("iptables", "-t", "nat", ...argv);
    const before = await nat("-S");
    await nat("-N", "KUBE-SERVICES");
    await nat("-N", "KUBE-SVC-X");
    await nat("-A", "KUBE-SERVICES", "-d", "10.32.0.1/32", "-j", "KUBE-SVC-X");
    await nat("-A", "PREROUTING", "-j", "KUBE-SERVICES");
    await run("nft", "add table ip kube-proxy; add table ip6 kube-proxy; add table ip other");
    expect(await kernel.serviceRules()).toEqual([
      "iptables table nat: 2 chains KUBE-*",
      "nft table ip kube-proxy",
      "nft table ip6 kube-proxy",
    ]);
    await kernel.removeServiceRules();
    await kernel.removeServiceRules();
    expect(await kernel.serviceRules()).toEqual([]);
    expect(await nat("-S")).toBe(before);
    expect(await run("nft", "list", "tables")).toContain("table ip other");
    await run("nft", "delete table ip other");
  });

  test("unmounts what is below a directory, the deepest first", async () => {
    const directory = mkdtempSync(join(tmpdir(), "nodewright-mounts-"));
    mount({ source: "tmpfs", target: directory, type: "tmpfs" });
    mkdirSync(join(directory, "a b"));
    mount({ source: "tmpfs", target: join(directory, "a b"), type: "tmpfs" });
    // Outside of the namespace, in whose own mount namespace nothing would be seen here.
    const own = createLinuxKernel({ disk: new Disk("/"), exec: host, kill: () => {} });
    const mounts = await own.mountsBelow(directory);
    expect(mounts).toEqual([join(directory, "a b"), directory]);
    for (const path of mounts) await own.unmount(path);
    expect(await own.mountsBelow(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
  });

  test("knows a feature that is built in from one that is not there", async () => {
    const missing = await kernel.missingModules(["overlay", "no_such_module"]);
    expect(missing).toEqual([{ module: "no_such_module", loadable: false }]);
  });
});
