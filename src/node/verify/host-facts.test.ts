import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BaseChain, Family, ListedChain } from "../../nft/mod.ts";
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

const NOTHING = { run: host({}), nftChains: () => [] };

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
    expect((await readHostFacts(NOTHING, 4, folders())).cni).toEqual({
      file: join(dir, "conf/10-b.conflist"),
      plugins: ["bridge", "host-local", "portmap"],
      missingPlugins: ["host-local", "portmap"],
      subnets: ["10.1.0.0/24", "fd00::/64"],
      bridge: "br7",
      ipMasq: true,
    });
  });

  test("a folder without configurations, or with a broken one, is no error", async () => {
    expect((await readHostFacts(NOTHING, 4, folders())).cni).toBeUndefined();
    writeFileSync(join(dir, "conf/10-b.conf"), "{");
    expect((await readHostFacts(NOTHING, 4, folders())).cni).toMatchObject({
      plugins: [],
      subnets: [],
    });
  });

  const chain = (
    [family, table, name]: readonly [Family, string, string],
    hook: BaseChain["hook"],
    policy: "accept" | "drop",
  ): ListedChain => ({
    ...{ family, table, chain: name, handle: 1n },
    base: { type: "filter", hook, priority: 0, policy },
  });
  const CHAINS: readonly ListedChain[] = [
    chain(["inet", "fw", "forward-all"], "forward", "drop"),
    chain(["inet", "fw", "in"], "input", "accept"),
    chain(["ip6", "six", "f"], "forward", "drop"),
    chain(["ip", "filter", "FORWARD"], "forward", "drop"),
    chain(["bridge", "b", "f"], "forward", "drop"),
    { family: "inet", table: "fw", chain: "plain", handle: 2n },
  ];
  test.each([
    {
      name: "iptables and nftables, for IPv4",
      family: 4 as const,
      outputs: {
        "iptables -w 5 -S FORWARD": "-P FORWARD DROP\n-A FORWARD -j ACCEPT\n",
        "iptables-legacy -w 5 -S FORWARD": "-P FORWARD ACCEPT\n",
        "iptables-legacy -w 5 -S INPUT": "-P INPUT DROP\n",
      },
      chains: CHAINS,
      forward: ["iptables -P FORWARD DROP", "nft chain inet fw forward-all policy drop"],
      input: ["iptables -P INPUT DROP"],
    },
    {
      name: "nftables, for IPv6",
      family: 6 as const,
      outputs: {},
      chains: CHAINS,
      forward: ["nft chain inet fw forward-all policy drop", "nft chain ip6 six f policy drop"],
      input: [],
    },
    { name: "neither", family: 4 as const, outputs: {}, chains: [], forward: [], input: [] },
    {
      name: "a tool that prints nonsense",
      family: 4 as const,
      outputs: { "iptables -w 5 -S FORWARD": "?" },
      chains: [],
      forward: [],
      input: [],
    },
  ])("finds the dropping chains of $name", async ({ family, outputs, chains, ...want }) => {
    const nftChains = (families: readonly Family[]) =>
      families.flatMap((one) => chains.filter((listed) => listed.family === one));
    const sources = { run: host(outputs), nftChains };
    const { forwardDrops, inputDrops } = await readHostFacts(sources, family, folders());
    expect({ forward: forwardDrops, input: inputDrops }).toEqual({
      forward: want.forward,
      input: want.input,
    });
  });
});
