import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCluster } from "../bootstrap/inventory/mod.ts";
import { writeClusterDirectory } from "./cluster-directory.ts";
import type { Lab } from "./machines/mod.ts";

const dir = mkdtempSync(join(tmpdir(), "nodewright-cluster-"));
afterAll(() => rmSync(dir, { recursive: true }));

const lab: Lab = {
  name: "a",
  dir: "/labs/a",
  bridge: "nwlab-a",
  subnet: "10.240.0.0/24",
  jumpboxAddress: "10.240.0.1",
  nat: false,
  rootfs: "/cache/rootfs/0",
  keyFile: "/labs/a/id_ed25519",
  knownHosts: "/labs/a/known_hosts",
  machines: [0, 1].map((i) => ({
    name: `node-${i}`,
    fqdn: `node-${i}.kubernetes.local`,
    address: `10.240.0.${10 + i}`,
    podSubnet: `10.200.${i}.0/24`,
    dir: `/labs/a/machines/node-${i}`,
  })),
};
const image = (name: string) => {
  const reference = `nodewright.local/${name}:1`;
  return { reference, references: [reference], path: `/cache/${name}.tar` };
};

test("writeClusterDirectory() makes a directory that loads without a problem, twice", async () => {
  const images = { busybox: image("busybox"), pause: image("pause") };
  for (let i = 0; i < 2; i++) {
    await writeClusterDirectory(lab, { images, cni: "builtin" }, dir);
    const cluster = await loadCluster(dir);
    expect(cluster.problems).toEqual([]);
    expect(cluster.workers.map((one) => one.name)).toEqual(["node-0", "node-1"]);
    expect(cluster.machines.map((one) => one.name)).toContain("server");
    expect(cluster.settings.ssh).toMatchObject({
      user: "root",
      identityFile: lab.keyFile,
      knownHostsFile: lab.knownHosts,
    });
    expect(cluster.settings.components.containerd).toMatchObject({ source: "debian" });
    expect(cluster.settings.components["cni-plugins"]).toEqual({ source: "builtin" });
    expect(cluster.templates.get("configs/containerd-config.toml")).toContain(
      'sandbox_image = "nodewright.local/pause:1"',
    );
  }
});
