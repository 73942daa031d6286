import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostCommand } from "./host-command.ts";
import { readHostFacts } from "./host-facts.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-facts-"));
  mkdirSync(join(dir, "conf"));
  mkdirSync(join(dir, "bin"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const folders = () => ({ confDir: join(dir, "conf"), binDirs: [join(dir, "bin")] });

/** A host whose commands print these texts; the others do not exist. */
const host =
  (outputs: Readonly<Record<string, string>>): HostCommand =>
  async (argv) => {
    const stdout = outputs[argv.join(" ")];
    return stdout === undefined ? { exitCode: 127, stdout: "" } : { exitCode: 0, stdout };
  };

describe("readHostFacts()", () => {
  test("reads the first CNI configuration, and which plugins are missing", async () => {
    const conf = {
      name: "b",
      plugins: [
        {
          type: "bridge",
          bridge: "br7",
          ipMasq: true,
          ipam: {
            type: "host-local",
            ranges: [[{ subnet: "10.1.0.0/24" }], [{ subnet: "fd00::/64" }]],
          },
        },
        { type: "portmap" },
      ],
    };
    writeFileSync(join(dir, "conf/10-b.conflist"), JSON.stringify(conf));
    writeFileSync(join(dir, "conf/99-loopback.conf"), '{"type":"loopback"}');
    writeFileSync(join(dir, "conf/05-readme.txt"), "not this");
    for (const name of ["bridge", "loopback"]) writeFileSync(join(dir, "bin", name), "");
    expect((await readHostFacts(host({}), 4, folders())).cni).toEqual({
      file: join(dir, "conf/10-b.conflist"),
      plugins: ["bridge", "host-local", "portmap"],
      missingPlugins: ["host-local", "portmap"],
      subnets: ["10.1.0.0/24", "fd00::/64"],
      bridge: "br7",
      ipMasq: true,
    });
  });

  test("a folder without configurations, or with a broken one, is no error", async () => {
    expect((await readHostFacts(host({}), 4, folders())).cni).toBeUndefined();
    writeFileSync(join(dir, "conf/10-b.conf"), "{");
    expect((await readHostFacts(host({}), 4, folders())).cni).toMatchObject({
      plugins: [],
      subnets: [],
    });
  });

  const chain = (family: string, table: string, name: string, hook: string, policy: string) => ({
    chain: { family, table, name, handle: 1, type: "filter", hook, prio: 0, policy },
  });
  const nft = JSON.stringify({
    nftables: [
      { metainfo: { version: "1.0.6" } },
      chain("inet", "fw", "forward-all", "forward", "drop"),
      chain("inet", "fw", "in", "input", "accept"),
      chain("ip6", "six", "f", "forward", "drop"),
      chain("ip", "filter", "FORWARD", "forward", "drop"),
      chain("bridge", "b", "f", "forward", "drop"),
      { chain: { family: "inet", table: "fw", name: "plain", handle: 2 } },
    ],
  });
  test.each([
    {
      name: "iptables and nftables, for IPv4",
      family: 4 as const,
      outputs: {
        "iptables -w 5 -S FORWARD": "-P FORWARD DROP\n-A FORWARD -j ACCEPT\n",
        "iptables-legacy -w 5 -S FORWARD": "-P FORWARD ACCEPT\n",
        "iptables-legacy -w 5 -S INPUT": "-P INPUT DROP\n",
        "nft -j list chains": nft,
      },
      forward: ["iptables -P FORWARD DROP", "nft chain inet fw forward-all policy drop"],
      input: ["iptables -P INPUT DROP"],
    },
    {
      name: "nftables, for IPv6",
      family: 6 as const,
      outputs: { "nft -j list chains": nft },
      forward: ["nft chain inet fw forward-all policy drop", "nft chain ip6 six f policy drop"],
      input: [],
    },
    { name: "no tool at all", family: 4 as const, outputs: {}, forward: [], input: [] },
    {
      name: "a tool that prints nonsense",
      family: 4 as const,
      outputs: { "nft -j list chains": "?" },
      forward: [],
      input: [],
    },
  ])("finds the dropping chains of $name", async ({ family, outputs, forward, input }) => {
    const facts = await readHostFacts(host(outputs), family, folders());
    expect(facts.forwardDrops).toEqual(forward);
    expect(facts.inputDrops).toEqual(input);
  });
});
