import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UsageError } from "../../base/mod.ts";
import { loadCluster } from "./load-cluster.ts";
import { selectManaged, selectNodes } from "./select-nodes.ts";

const MACHINES = `10.0.0.10 server.k.local server
10.0.0.11 node-0.k.local node-0 10.200.0.0/24
10.0.0.12 node-1.k.local node-1 10.200.1.0/24
`;
let dir = "";
const put = (path: string, text: string | Uint8Array): void => {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
};
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-cluster-"));
  put("machines.txt", MACHINES);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const PROXY = 'kind: KubeProxyConfiguration\nclusterCIDR: "10.200.0.0/16"\n';

describe("loadCluster()", () => {
  test("reads what nodes get, keys and kubeconfigs apart", async () => {
    put("configs/10-bridge.conf", "{}");
    put("configs/kube-scheduler.yaml", "not ours");
    put("units/kubelet.service.d/10-args.conf", "[Service]\n");
    put("ca.crt", "CA");
    put("node-0.crt", "C");
    put("node-0.key", "K");
    put("server.key", "not a worker's");
    put("kube-proxy.kubeconfig", "P");
    const cluster = await loadCluster(dir);
    expect(cluster.problems).toEqual([]);
    expect(cluster.workers.map(({ name }) => name)).toEqual(["node-0", "node-1"]);
    expect([...cluster.templates.keys()].sort()).toEqual([
      "ca.crt",
      "configs/10-bridge.conf",
      "node-0.crt",
      "units/kubelet.service.d/10-args.conf",
    ]);
    expect([...cluster.secrets.keys()].sort()).toEqual(["kube-proxy.kubeconfig", "node-0.key"]);
    expect(JSON.stringify([...cluster.secrets])).not.toContain('"K"');
  });

  const problemOf = async () => {
    const { problems } = await loadCluster(dir);
    return problems.map(({ code, locations }) => [code, locations[0]?.file]);
  };

  test("names a missing machines.txt", async () => {
    rmSync(join(dir, "machines.txt"));
    expect(await problemOf()).toEqual([["missing-file", "machines.txt"]]);
  });

  test.each<[name: string, make: (path: string) => void, code: string]>([
    ["a directory", (path) => mkdirSync(path), "unreadable"],
    ["a link to itself", (path) => symlinkSync(path, path), "unreadable"],
    [
      "bytes that are not UTF-8",
      (path) => writeFileSync(path, Buffer.from([0xc3, 0x28])),
      "wrong-encoding",
    ],
    ["a file of 11 MiB", (path) => writeFileSync(path, Buffer.alloc(11 << 20, 32)), "too-large"],
    ["a FIFO", (path) => void Bun.spawnSync(["mkfifo", path]), "unreadable"],
    ["a device", (path) => symlinkSync("/dev/zero", path), "unreadable"],
  ])("reports %s in a file's place", async (_name, make, code) => {
    mkdirSync(join(dir, "configs"));
    make(join(dir, "configs/kubelet-config.yaml"));
    expect(await problemOf()).toEqual([[code, "configs/kubelet-config.yaml"]]);
  });

  test.skipIf(process.getuid?.() === 0)("reports a file that it may not read", async () => {
    put("ca.crt", "x");
    chmodSync(join(dir, "ca.crt"), 0);
    expect(await problemOf()).toEqual([["unreadable", "ca.crt"]]);
  });

  test("rejects where the directory is none", async () => {
    await expect(loadCluster(join(dir, "nothing"))).rejects.toMatchObject({
      kind: "cluster-directory",
    });
    await expect(loadCluster(join(dir, "machines.txt"))).rejects.toMatchObject({
      kind: "cluster-directory",
      message: expect.stringMatching(/ENOTDIR$/),
    });
  });

  test("holds the inventory against kube-proxy's clusterCIDR, with both places", async () => {
    put("configs/kube-proxy-config.yaml", PROXY.replace("10.200", "10.201"));
    const { problems } = await loadCluster(dir);
    expect(problems.map(({ code }) => code)).toEqual([
      "subnet-outside-cluster",
      "subnet-outside-cluster",
    ]);
    expect(problems[0]?.locations).toEqual([
      { file: "machines.txt", line: 2, column: 33 },
      { file: "configs/kube-proxy-config.yaml", line: 2, column: 14 },
    ]);
  });

  test("finds a machine inside the cluster CIDR, also one that is no worker", async () => {
    put("configs/kube-proxy-config.yaml", PROXY);
    put("machines.txt", MACHINES.replace("10.0.0.10", "10.200.9.10"));
    expect(await problemOf()).toEqual([["address-in-cluster", "machines.txt"]]);
  });

  test("wants the two places of the cluster CIDR to agree", async () => {
    put("configs/kube-proxy-config.yaml", PROXY);
    put("nodewright.yaml", "clusterCIDR: 10.200.0.0/15\n");
    expect(await problemOf()).toEqual([["cluster-cidr-differs", "nodewright.yaml"]]);
    put("nodewright.yaml", "clusterCIDR: 10.200.0.0/16\n");
    expect(await problemOf()).toEqual([]);
  });

  test("reads the files that the settings name, and says where one is named that is not there", async () => {
    put("extra/hosts.toml", "x");
    put("extra/token", "t");
    put(
      "nodewright.yaml",
      'files:\n  /etc/a: extra/hosts.toml\n  /etc/b: { from: extra/token, mode: "0600" }\nnodes:\n  node-1:\n    files:\n      /etc/c: extra/gone\n',
    );
    const cluster = await loadCluster(dir);
    expect(cluster.templates.get("extra/hosts.toml")).toBe("x");
    expect(cluster.secrets.get("extra/token")?.reveal()).toBe("t");
    expect(cluster.problems.map(({ code, locations }) => [code, locations])).toEqual([
      ["missing-file", [{ file: "nodewright.yaml", line: 7, column: 7 }]],
    ]);
  });
});

describe("selectManaged()", () => {
  const names = async (wanted: string[]) =>
    selectManaged(await loadCluster(dir), wanted).map(({ name }) => name);

  test.each([
    { routes: "true", want: ["node-0", "node-1"] },
    { routes: "{ servers: false }", want: ["node-0", "node-1"] },
    { routes: "{ servers: true }", want: ["node-0", "node-1", "server"] },
    { routes: "{ nodes: false, servers: true }", want: ["node-0", "node-1", "server"] },
  ])("routes: $routes: all machines that an apply changes", async ({ routes, want }) => {
    put("nodewright.yaml", `routes: ${routes}\n`);
    expect(await names([])).toEqual([...want]);
  });

  test("takes a machine without pods by its name only where it gets routes", async () => {
    await expect(names(["server"])).rejects.toThrow('Not a worker node: "server"');
    put(
      "nodewright.yaml",
      "routes: { servers: true }\nnodes: { server: { ssh: { port: 2222 } } }\n",
    );
    expect(await names(["server"])).toEqual(["server"]);
    expect((await loadCluster(dir)).problems).toEqual([]);
  });
});

describe("selectNodes()", () => {
  test("gives the named workers once, in the inventory's order, or all", async () => {
    const cluster = await loadCluster(dir);
    const names = (wanted: string[]) => selectNodes(cluster, wanted).map(({ name }) => name);
    expect(names([])).toEqual(["node-0", "node-1"]);
    expect(names(["node-1", "node-0", "node-1"])).toEqual(["node-0", "node-1"]);
  });

  test.each([
    ["node-11", 'Did you mean "node-1"?'],
    ["zzzzzzzz", "Give names of machines.txt (its third column)"],
    ["server", "A worker has a pod subnet in the fourth column of machines.txt"],
  ])("refuses %s", async (name, fix) => {
    const cluster = await loadCluster(dir);
    try {
      selectNodes(cluster, [name]);
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(UsageError);
      expect(thrown).toMatchObject({ fix });
    }
  });
});
