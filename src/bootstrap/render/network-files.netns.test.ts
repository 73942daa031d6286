import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCluster } from "../inventory/mod.ts";
import { masqueradeRules, RouteTable } from "./network-files.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-rules-"));
  writeFileSync(
    join(dir, "machines.txt"),
    "10.0.0.11,fd00::11 a.k.local a 10.200.0.0/24,fd00:200::/64\n10.0.0.12,fd00::12 b.k.local b 10.200.1.0/24,fd00:200:0:1::/64\n10.0.0.13 c.k.local c 10.200.2.0/24\n",
  );
  writeFileSync(
    join(dir, "nodewright.yaml"),
    "masquerade: true\nclusterCIDR: 10.200.0.0/16,fd00:200::/48\n",
  );
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Runs shell lines of this test in a network namespace that ends with them. */
function inNamespace(script: string, ...args: string[]): string {
  const run = Bun.spawnSync(["unshare", "-n", "sh", "-ec", script, "sh", ...args]);
  expect(run.stderr.toString()).toBe("");
  return run.stdout.toString();
}

async function rendered() {
  const cluster = await loadCluster(dir);
  expect(cluster.problems).toEqual([]);
  const [a, , c] = cluster.workers;
  if (a === undefined || c === undefined) throw new Error("no workers");
  return { cluster, a, c };
}

describe("the files that nodewright adds", () => {
  test("masqueradeRules() loads, replaces itself, and leaves other tables alone", async () => {
    const { cluster, a } = await rendered();
    const file = join(dir, "masquerade.nft");
    writeFileSync(file, masqueradeRules(cluster, a));
    const rules = inNamespace(
      'nft add table ip other; nft -f "$1"; nft -f "$1"; nft list ruleset',
      file,
    );
    const lines = rules.split("\n").map((line) => line.trim());
    expect(lines.filter((line) => line.includes("masquerade"))).toEqual([
      "ip saddr 10.200.0.0/24 ip daddr != { 10.200.0.0/16, 224.0.0.0/4 } masquerade",
      "ip6 saddr fd00:200::/64 ip6 daddr != { fd00:200::/48, ff00::/8 } masquerade",
    ]);
    expect(lines).toContain("table ip other {");
  });

  test("RouteTable gives files that ip takes, and the routes that are then there", async () => {
    const { cluster, a, c } = await rendered();
    const table = new RouteTable(cluster);
    const file = join(dir, "routes");
    for (const { machine, families } of [
      { machine: a, families: 2 },
      { machine: c, families: 1 },
    ]) {
      const { routes, batch } = table.of(machine);
      writeFileSync(file, Buffer.concat(batch));
      const shown = inNamespace(
        `ip link add up0 type bridge; ip link set up0 up
         ip addr add 10.0.0.1/24 dev up0; ip addr add fd00::1/64 dev up0 nodad
         ip -force -batch "$1"; ip -force -batch "$1"
         ip route show; ip -6 route show`,
        file,
      );
      const there = [...shown.matchAll(/^(\S+) via (\S+) /gm)].map(([, destination, via]) => ({
        destination: destination ?? "",
        via: via ?? "",
      }));
      const text = (list: typeof there) => list.map((r) => `${r.destination} ${r.via}`).sort();
      expect(text(there)).toEqual(text([...routes]));
      expect(new Set(routes.map(({ via }) => via.includes(":"))).size).toBe(families);
    }
  });
});
