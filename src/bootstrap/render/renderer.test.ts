import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ArtifactSet, Component } from "../../artifacts/mod.ts";
import { ensurePki } from "../../kube/pki/mod.ts";
import { loadCluster, type Machine } from "../inventory/mod.ts";
import { stockFiles } from "../stock/mod.ts";
import { type Artifacts, type RenderedNode, Renderer } from "./mod.ts";

const ORIGIN = join(import.meta.dirname, "fixtures/origin");
const MACHINES = `10.0.0.10 server.kubernetes.local server
10.0.0.11 node-0.kubernetes.local node-0 10.200.0.0/24
10.0.0.12 node-1.kubernetes.local node-1 10.200.1.0/24
`;
const NOW = new Date("2026-11-23T12:00:00Z");

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-render-"));
  put("machines.txt", MACHINES);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
};
const edit = (path: string, change: (text: string) => string): void =>
  put(path, change(readFileSync(join(dir, path), "utf8")));
const putOrigin = (): void => cpSync(ORIGIN, dir, { recursive: true });
const putStock = (): void => {
  for (const { path, text } of stockFiles()) if (path !== "machines.txt") put(path, text);
};

async function renderAll(artifacts: Artifacts = [], now = NOW) {
  const cluster = await loadCluster(dir);
  const renderer = new Renderer(cluster, { now });
  const nodes = cluster.workers.map((machine: Machine) => renderer.render(machine, artifacts));
  return { cluster, nodes, problems: [...cluster.problems, ...nodes.flatMap((n) => n.problems)] };
}
const first = async (artifacts?: Artifacts, now?: Date): Promise<RenderedNode> => {
  const node = (await renderAll(artifacts, now)).nodes[0];
  if (node === undefined) throw new Error("no node was rendered");
  return node;
};
const textOf = (node: RenderedNode, path: string): string | undefined => {
  const file = node.desired.files.find((candidate) => candidate.path === path);
  const content = file === undefined ? undefined : node.contents.get(file.digest);
  return content?.kind === "bytes" ? new TextDecoder().decode(content.bytes) : undefined;
};

function artifact(component: Component, paths: readonly string[]): ArtifactSet {
  const files = paths.map((installPath) => ({
    name: installPath.split("/").at(-1) ?? "",
    installPath,
    mode: 0o755,
    sha256: installPath.length.toString(16).padStart(64, "0"),
    sizeBytes: 1,
    localPath: `/cache${installPath}`,
    origin: "test",
  }));
  return { kind: "set", component, source: "downloads", version: "1.2.3", arch: "amd64", files };
}
const ALL: Artifacts = [
  artifact("containerd", ["/bin/containerd", "/bin/containerd-shim-runc-v2"]),
  artifact("runc", ["/usr/local/bin/runc"]),
  artifact("cni-plugins", ["/opt/cni/bin/bridge"]),
  artifact("kubelet", ["/usr/local/bin/kubelet"]),
  artifact("kube-proxy", ["/usr/local/bin/kube-proxy"]),
];

async function makePki(options: { now?: Date; days?: number } = {}): Promise<void> {
  const machine = (name: string, address: string) => ({
    name,
    fqdn: `${name}.kubernetes.local`,
    addresses: [address],
  });
  await ensurePki(dir, {
    inventory: {
      workers: [machine("node-0", "10.0.0.11"), machine("node-1", "10.0.0.12")],
      controlPlane: [],
      serverHost: "server.kubernetes.local",
      serviceAddress: "10.32.0.1",
      clusterDomain: "cluster.local",
    },
    server: { url: "https://server.kubernetes.local:6443", isExplicit: false },
    renew: new Set(),
    days: options.days ?? 365,
    now: options.now ?? NOW,
  });
}

describe("Renderer.render() of the tutorial's directory", () => {
  test("gives the very bytes that its sed and scp send", async () => {
    putOrigin();
    const { nodes, problems } = await renderAll();
    expect(problems).toEqual([]);
    for (const node of nodes) {
      const subnet = node.desired.podSubnets[0] ?? "";
      const sed = (path: string): string => {
        const run = Bun.spawnSync(["sed", `s|SUBNET|${subnet}|g`, join(ORIGIN, path)]);
        return run.stdout.toString();
      };
      const plain = (path: string): string => readFileSync(join(ORIGIN, path), "utf8");
      const expected: Record<string, string> = {
        "/etc/cni/net.d/10-bridge.conf": sed("configs/10-bridge.conf"),
        "/etc/cni/net.d/99-loopback.conf": plain("configs/99-loopback.conf"),
        "/etc/containerd/config.toml": plain("configs/containerd-config.toml"),
        "/var/lib/kubelet/kubelet-config.yaml": sed("configs/kubelet-config.yaml"),
        "/var/lib/kube-proxy/kube-proxy-config.yaml": plain("configs/kube-proxy-config.yaml"),
        "/etc/systemd/system/containerd.service": plain("units/containerd.service"),
        "/etc/systemd/system/kubelet.service": plain("units/kubelet.service"),
        "/etc/systemd/system/kube-proxy.service": plain("units/kube-proxy.service"),
      };
      for (const [path, text] of Object.entries(expected)) expect(textOf(node, path)).toBe(text);
      const fromOrigin = node.desired.files.filter(({ origin }) => origin !== "nodewright");
      expect(fromOrigin.map(({ path }) => path)).toEqual(Object.keys(expected));
    }
    expect(
      readdirSync(ORIGIN, { recursive: true }).filter((n) => String(n).includes(".")),
    ).toHaveLength(8);
  });

  test("describes the node around the files", async () => {
    putOrigin();
    const { desired, versions } = await first(ALL);
    expect(desired).toMatchObject({
      node: "node-0",
      fqdn: "node-0.kubernetes.local",
      address: "10.0.0.11",
      podSubnets: ["10.200.0.0/24"],
      routes: [{ destination: "10.200.1.0/24", via: "10.0.0.12" }],
      criEndpoint: "unix:///run/containerd/containerd.sock",
      swap: "keep",
      traces: { bridges: ["cni0"], networks: ["bridge", "lo"] },
    });
    expect(versions["runc"]).toBe("1.2.3");
    expect(desired.units.map(({ name, run, ready }) => [name, run, ready.kind])).toEqual([
      ["nodewright-routes.service", true, "exited"],
      ["containerd.service", true, "cri"],
      ["kubelet.service", false, "http"],
      ["kube-proxy.service", false, "http"],
    ]);
    expect(desired.units[1]?.reads).toEqual([
      "/etc/systemd/system/containerd.service",
      "/bin/containerd",
      "/etc/containerd/config.toml",
    ]);
    expect(desired.units[2]?.reason).toBe(
      "the cluster directory has no ca.crt, node-0.crt, node-0.key, node-0.kubeconfig (nodewright pki makes them)",
    );
  });
});

describe("Renderer.render() of the stock directory", () => {
  test("finds nothing to say, and runs every unit once there are certificates and binaries", async () => {
    putStock();
    await makePki();
    const { nodes, problems } = await renderAll(ALL);
    expect(problems).toEqual([]);
    const node = nodes[0];
    expect(node?.desired.units.map(({ name, run }) => [name, run])).toEqual([
      ["nodewright-routes.service", true],
      ["nodewright-masquerade.service", true],
      ["containerd.service", true],
      ["kubelet.service", true],
      ["kube-proxy.service", true],
    ]);
    expect(node?.desired.units[3]?.reads).toEqual([
      "/etc/systemd/system/kubelet.service",
      "/usr/local/bin/kubelet",
      "/var/lib/kubelet/kubelet-config.yaml",
      "/var/lib/kubelet/kubeconfig",
      "/var/lib/kubelet/ca.crt",
      "/var/lib/kubelet/kubelet.crt",
      "/var/lib/kubelet/kubelet.key",
    ]);
    const modes = node?.desired.files.filter(({ mode }) => mode === 0o600);
    expect(modes?.map(({ path, sensitive }) => [path, sensitive])).toEqual([
      ["/var/lib/kubelet/kubelet.key", true],
      ["/var/lib/kubelet/kubeconfig", true],
      ["/var/lib/kube-proxy/kubeconfig", true],
    ]);
    const key = readFileSync(join(dir, "node-0.key"), "utf8");
    const shown = Bun.inspect(nodes, { depth: 9 }) + JSON.stringify([...(node?.contents ?? [])]);
    expect(shown).not.toContain(key.split("\n")[1] ?? "no key");
  });

  test("gives a node the CNI server's units where its plugins' names lead to the client", async () => {
    putStock();
    await makePki();
    const withClient = ALL.map((set) =>
      set.component === "cni-plugins" && set.kind === "set"
        ? { ...set, files: set.files.map((file) => ({ ...file, name: ".nodewright-client" })) }
        : set,
    );
    const { desired } = (await renderAll(withClient)).nodes[0] ?? {};
    expect(desired?.units.find(({ name }) => name === "nodewright-cni.socket")).toMatchObject({
      run: true,
      reads: [
        "/etc/systemd/system/nodewright-cni.socket",
        "/etc/systemd/system/nodewright-cni.service",
      ],
      ready: { kind: "active" },
    });
    const paths = desired?.files.map(({ path }) => path);
    expect(paths).toContain("/etc/systemd/system/nodewright-cni.service");
    expect((await first(ALL)).desired.units.map(({ name }) => name)).not.toContain(
      "nodewright-cni.socket",
    );
  });

  test("masquerades what leaves the cluster, and only that", async () => {
    putStock();
    const rules = textOf(await first(), "/etc/nodewright/masquerade.nft") ?? "";
    expect(rules).toContain(
      "    ip saddr 10.200.0.0/24 ip daddr != { 10.200.0.0/16, 224.0.0.0/4 } masquerade\n",
    );
    expect(rules).not.toContain("ip6");
  });

  test("renders both families", async () => {
    putStock();
    put(
      "machines.txt",
      "10.0.0.11,fd00::11 a.k.local a 10.200.0.0/24,fd00:200:0:0::/64\n10.0.0.12,fd00::12 b.k.local b 10.200.1.0/24,fd00:200:0:1::/64\n10.0.0.13 c.k.local c 10.200.2.0/24\n",
    );
    edit("configs/kube-proxy-config.yaml", (text) => text.replace("/16", "/16,fd00:200::/48"));
    edit("configs/10-bridge.conflist", (text) =>
      text.replace(
        '[{ "subnet": "SUBNET" }]',
        '[{ "subnet": "SUBNET" }],\n[{ "subnet": "SUBNET6" }]',
      ),
    );
    put(
      "configs/c.conflist.single",
      stockFiles().find(({ path }) => path.endsWith(".conflist"))?.text ?? "",
    );
    edit(
      "nodewright.yaml",
      (text) =>
        `${text}nodes:\n  c:\n    files: { /etc/cni/net.d/10-bridge.conflist: configs/c.conflist.single }\n`,
    );
    const { nodes, problems } = await renderAll();
    expect(problems).toEqual([]);
    const [a, , c] = nodes;
    if (a === undefined || c === undefined) throw new Error("no node was rendered");
    const conf = JSON.parse(textOf(a, "/etc/cni/net.d/10-bridge.conflist") ?? "");
    expect(conf.plugins[0].ipam.ranges).toEqual([
      [{ subnet: "10.200.0.0/24" }],
      [{ subnet: "fd00:200:0:0::/64" }],
    ]);
    expect(a.desired.podSubnets).toEqual(["10.200.0.0/24", "fd00:200::/64"]);
    expect(a.desired.routes).toEqual([
      { destination: "10.200.1.0/24", via: "10.0.0.12" },
      { destination: "fd00:200:0:1::/64", via: "fd00::12" },
      { destination: "10.200.2.0/24", via: "10.0.0.13" },
    ]);
    expect(a.desired.sysctls["net.ipv6.conf.all.forwarding"]).toBe("1");
    expect(c.desired.routes.map(({ destination }) => destination)).toEqual([
      "10.200.0.0/24",
      "10.200.1.0/24",
    ]);
    expect(textOf(c, "/etc/cni/net.d/10-bridge.conflist")).toContain('"10.200.2.0/24"');
  });
});

describe("Renderer.render() of a directory with mistakes", () => {
  const CONF = "configs/10-bridge.conf";
  type Row = [name: string, spoil: () => void, code: string, file: string, words: string];
  test.each<Row>([
    [
      "a misspelt placeholder",
      () => edit(CONF, (t) => t.replace("SUBNET", "SUBNT")),
      "misspelt-placeholder",
      `${CONF}:11`,
      '"SUBNT"',
    ],
    [
      "a placeholder in brackets",
      () => edit(CONF, (t) => t.replace("SUBNET", "<SUBNET>")),
      "misspelt-placeholder",
      `${CONF}:11`,
      '"<SUBNET>"',
    ],
    [
      "a placeholder in lower case",
      () => edit(CONF, (t) => t.replace("SUBNET", "subnet")),
      "misspelt-placeholder",
      `${CONF}:11`,
      '"subnet"',
    ],
    [
      "the subnet of one node",
      () => edit(CONF, (t) => t.replace("SUBNET", "10.200.7.0/24")),
      "no-placeholder",
      `${CONF}:11`,
      "10.200.7.0/24",
    ],
    [
      "no subnet at all",
      () => edit(CONF, (t) => t.replace(/"ranges"[^\]]*\]\s*\],/, "")),
      "no-placeholder",
      `${CONF}:1`,
      "SUBNET",
    ],
    [
      "another node's subnet as well",
      () =>
        edit(CONF, (t) =>
          t.replace(
            '[{"subnet": "SUBNET"}]',
            '[{"subnet": "SUBNET"}], [{"subnet": "10.9.0.0/24"}]',
          ),
        ),
      "other-subnet",
      `${CONF}:11`,
      "10.9.0.0/24",
    ],
    [
      "a placeholder without its subnet",
      () => edit(CONF, (t) => t.replace("SUBNET", "SUBNET6")),
      "no-ipv6-subnet",
      `${CONF}:11`,
      "SUBNET6",
    ],
    [
      "JSON with a comma too many",
      () => edit(CONF, (t) => t.replace('"cni0",', '"cni0",,')),
      "syntax",
      `${CONF}:5`,
      "JSON",
    ],
    [
      "no network",
      () =>
        rmSync(join(dir, "configs/10-bridge.conf")) ??
        rmSync(join(dir, "configs/99-loopback.conf")),
      "missing-file",
      `${CONF}:1`,
      "configs/*.conf",
    ],
    [
      "no unit",
      () => rmSync(join(dir, "units/kubelet.service")),
      "missing-file",
      "units/kubelet.service:1",
      "source: none",
    ],
    [
      "a unit without ExecStart",
      () => put("units/containerd.service", "[Service]\nType=notify\n"),
      "missing-key",
      "units/containerd.service:2",
      "ExecStart",
    ],
    [
      "a unit that starts another path",
      () =>
        edit("units/containerd.service", (t) =>
          t.replace("=/bin/containerd", "=/usr/bin/containerd"),
        ),
      "executable-not-installed",
      "units/containerd.service:8",
      "/bin/containerd",
    ],
    [
      "TOML that is none",
      () => put("configs/containerd-config.toml", "version = \n"),
      "syntax",
      "configs/containerd-config.toml:1",
      "TOML",
    ],
    [
      "TOML of version 9",
      () => edit("configs/containerd-config.toml", (t) => t.replace("version = 2", "version = 9")),
      "wrong-version",
      "configs/containerd-config.toml:1",
      "from 1 to 4",
    ],
    [
      "YAML with tabs",
      () =>
        edit("configs/kubelet-config.yaml", (t) => t.replace("  mode: Webhook", "\tmode: Webhook")),
      "syntax",
      "configs/kubelet-config.yaml:12",
      "tab",
    ],
    [
      "an unknown key",
      () => edit("configs/kubelet-config.yaml", (t) => t.replace("maxPods", "maxPod")),
      "unknown-key",
      "configs/kubelet-config.yaml:17",
      "maxPods",
    ],
    [
      "a node's address of one family only",
      () => put("machines.txt", `${MACHINES}10.0.0.13 c.k.local c fd00::/64\n`),
      "no-next-hop",
      "machines.txt:4",
      "IPv6",
    ],
    [
      "masquerade without a cluster CIDR",
      () =>
        put("nodewright.yaml", "masquerade: true\n") ??
        edit("configs/kube-proxy-config.yaml", (t) => t.replace(/clusterCIDR.*/, "")),
      "no-cluster-cidr",
      "nodewright.yaml:1",
      "clusterCIDR",
    ],
  ])("refuses %s", async (_name, spoil, code, place, words) => {
    putOrigin();
    spoil();
    const { problems } = await renderAll(ALL);
    const errors = problems.filter((problem) => problem.severity === "error");
    expect(errors.map((problem) => problem.code)).toContain(code);
    const found = errors.find((problem) => problem.code === code);
    const at = found?.locations[0];
    expect(`${at?.file}:${at?.line}`).toBe(place);
    expect(JSON.stringify(found)).toContain(JSON.stringify(words).slice(1, -1));
  });

  test("warns where both the plugin and nodewright masquerade", async () => {
    putOrigin();
    put("nodewright.yaml", "masquerade: true\n");
    const { problems } = await first();
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([
      ["masquerade-twice", "warning"],
    ]);
  });

  test("warns where nobody masquerades and nobody has said that it is meant", async () => {
    putOrigin();
    edit(CONF, (text) => text.replace('"ipMasq": true', '"ipMasq": false'));
    expect(
      (await first()).problems.map(({ code, locations }) => [code, locations[0]?.line]),
    ).toEqual([["no-masquerade", 7]]);
    put("nodewright.yaml", "masquerade: false\n");
    expect((await first()).problems).toEqual([]);
  });

  test("takes a literal subnet in a file of one node's own", async () => {
    putOrigin();
    edit("machines.txt", () => "10.0.0.11 node-0.k.local node-0 10.200.0.0/24\n");
    edit(CONF, (text) => text.replace("SUBNET", "10.200.0.0/24"));
    expect((await first()).problems).toEqual([]);
  });
});

describe("Renderer.render() and identities", () => {
  const swap = (a: string, b: string): void => put(a, readFileSync(join(dir, b), "utf8"));
  test.each<[name: string, spoil: () => void, code: string, file: string]>([
    [
      "a kubeconfig of another node",
      () => swap("node-0.kubeconfig", "node-1.kubeconfig"),
      "other-user",
      "node-0.kubeconfig",
    ],
    [
      "a certificate of another node",
      () => swap("node-0.crt", "node-1.crt"),
      "wrong-common-name",
      "node-0.crt",
    ],
    ["a key of another node", () => swap("node-0.key", "node-1.key"), "key-mismatch", "node-0.crt"],
    ["a certificate that is none", () => put("node-0.crt", "x"), "bad-certificate", "node-0.crt"],
    [
      "an administrator's kubeconfig for kube-proxy",
      () => swap("kube-proxy.kubeconfig", "admin.kubeconfig"),
      "other-user",
      "kube-proxy.kubeconfig",
    ],
    [
      "a kubeconfig that is none",
      () => put("node-0.kubeconfig", "\u0001"),
      "bad-kubeconfig",
      "node-0.kubeconfig",
    ],
  ])("refuses %s", async (_name, spoil, code, file) => {
    putOrigin();
    await makePki();
    spoil();
    const { problems } = await first();
    const errors = problems.filter(({ severity }) => severity === "error");
    const found = errors.find((problem) => problem.code === code);
    expect(errors.map((problem) => problem.code)).toContain(code);
    expect(found?.locations[0]?.file).toBe(file);
  });

  test("refuses another authority", async () => {
    putOrigin();
    await makePki();
    const old = readFileSync(join(dir, "node-0.crt"), "utf8");
    for (const name of readdirSync(dir))
      if (/\.(crt|key|kubeconfig)$/.test(name)) rmSync(join(dir, name));
    await makePki();
    put("node-0.crt", old);
    const codes = (await first()).problems.map(({ code }) => code);
    expect(codes).toContain("unknown-authority");
  });

  test.each([
    ["2027-12-31", "expired", "error"],
    ["2027-11-10", "expires-soon", "warning"],
    ["2020-01-01", "not-yet-valid", "error"],
  ])("tells on %s that a certificate is %s", async (date, code, severity) => {
    putOrigin();
    await makePki();
    const { problems } = await first([], new Date(date));
    const found = problems.filter((problem) => problem.locations[0]?.file === "node-0.crt");
    expect(found.map((problem) => [problem.code, problem.severity])).toEqual([
      [code, severity as "error"],
    ]);
  });
});

describe("Renderer.render() and nodewright.yaml", () => {
  test("puts a node's own file in place of the usual one, and further files", async () => {
    putOrigin();
    put(
      "configs/n1.toml",
      'version = 2\nroot = "/data/containerd"\nimports = ["/etc/containerd/conf.d/*.toml"]\n',
    );
    put("configs/debug.toml", "[debug]\n");
    put("configs/hosts.toml", 'server = "https://a"\n');
    put("configs/args.conf", "[Service]\nEnvironment=A=1\n");
    put(
      "nodewright.yaml",
      `files: { /etc/containerd/certs.d/a/hosts.toml: configs/hosts.toml }
nodes:
  node-1:
    files:
      /etc/containerd/config.toml: configs/n1.toml
      /etc/containerd/conf.d/debug.toml: configs/debug.toml
      /etc/systemd/system/containerd.service.d/10-args.conf: configs/args.conf
      /etc/crictl.yaml: { from: configs/hosts.toml, mode: "0640" }
`,
    );
    const { nodes, problems } = await renderAll(ALL);
    expect(problems).toEqual([]);
    const [zero, one] = nodes;
    if (zero === undefined || one === undefined) throw new Error("no node was rendered");
    expect(textOf(zero, "/etc/containerd/config.toml")).not.toContain("/data");
    expect(textOf(one, "/etc/containerd/config.toml")).toContain("/data/containerd");
    expect(one.desired.traces.stateDirs).toContain("/data/containerd");
    expect(textOf(zero, "/etc/containerd/certs.d/a/hosts.toml")).toContain("https://a");
    expect(textOf(one, "/etc/crictl.yaml")).toContain("https://a");
    const crictl = one.desired.files.filter(({ path }) => path === "/etc/crictl.yaml");
    expect(crictl.map(({ mode }) => mode)).toEqual([0o640]);
    const containerd = one.desired.units.find(({ name }) => name === "containerd.service");
    expect(containerd?.reads).toContain("/etc/containerd/conf.d/debug.toml");
    expect(containerd?.reads).toContain("/etc/systemd/system/containerd.service.d/10-args.conf");
  });

  test.each([
    ["root", "/usr/containerd"],
    ["state", "/proc/containerd"],
    ["root", "/data"],
  ])("names the line of a %s directory that a node would refuse: %s", async (key, path) => {
    putOrigin();
    put("configs/containerd-config.toml", `version = 2\n${key} = "${path}"\n`);
    const { problems } = await first(ALL);
    const found = problems.find(({ message }) => message.includes(path));
    expect(found).toMatchObject({
      severity: "error",
      message: `Cannot have containerd's ${key} directory there: "${path}"`,
      locations: [{ file: "configs/containerd-config.toml", line: 2 }],
    });
  });

  test("leaves out what a component that is not wanted would need, and routes that others make", async () => {
    putOrigin();
    rmSync(join(dir, "units/kube-proxy.service"));
    put("nodewright.yaml", "routes: false\ncomponents: { kube-proxy: { source: none } }\n");
    const { desired, problems } = await first(ALL);
    expect(problems).toEqual([]);
    expect(desired.routes).toEqual([]);
    expect(desired.files.filter(({ path }) => /kube-proxy\/|routes/.test(path))).toEqual([]);
    expect(desired.units.map(({ name }) => name)).toEqual([
      "containerd.service",
      "kubelet.service",
    ]);
  });

  describe("with nodewright's own kubelet and kube-proxy", () => {
    const BUILTIN =
      "components:\n  kubelet: { source: builtin }\n  kube-proxy: { source: builtin }\n";
    const builtinProblems = async () => {
      put("nodewright.yaml", `${BUILTIN}masquerade: true\n`);
      const { problems } = await first(ALL);
      return problems.map(({ severity, message, locations: [at] }) => [
        severity,
        message,
        `${at?.file}:${at?.line}`,
      ]);
    };
    beforeEach(() => {
      for (const { path, text } of stockFiles({ proxyMode: "nftables" }))
        if (path !== "machines.txt") put(path, text);
    });

    test("finds nothing to say of the stock files", async () => {
      expect(await builtinProblems()).toEqual([]);
    });

    test.each([
      {
        name: "a field that the kubelet does not obey",
        path: "configs/kubelet-config.yaml",
        from: "maxPods: 110",
        to: "maxPods: 110\nvolumePluginDir: /opt/volumes",
        want: ["error", /Cannot obey "volumePluginDir"/, /kubelet-config.yaml:\d+$/],
      },
      {
        name: "a flag that the kubelet does not obey",
        path: "units/kubelet.service",
        from: "--v=2",
        to: "--v=2 --volume-plugin-dir=/opt/volumes",
        want: ["error", /Cannot obey "volumePluginDir"/, /kubelet.service:\d+$/],
      },
      {
        name: "a flag that no kubelet knows",
        path: "units/kubelet.service",
        from: "--v=2",
        to: "--v=2 --topology-scope=pod",
        want: ["error", /Cannot use the flag "--topology-scope"/, /kubelet.service:\d+$/],
      },
      {
        name: "a mode that the proxy does not have",
        path: "configs/kube-proxy-config.yaml",
        from: 'mode: "nftables"',
        to: 'mode: "ipvs"',
        want: ["error", /The proxy has no mode "ipvs"/, /kube-proxy-config.yaml:\d+$/],
      },
    ])("names $name", async ({ path, from, to, want }) => {
      edit(path, (text) => text.replace(from, to));
      const [[severity, message, place] = [], ...others] = await builtinProblems();
      expect(others).toEqual([]);
      expect(severity).toBe(want[0] as string);
      expect(message).toMatch(want[1] ?? "");
      expect(place).toMatch(want[2] ?? "");
      // The official programs judge their own files.
      put("nodewright.yaml", "masquerade: true\n");
      expect((await first(ALL)).problems).toEqual([]);
    });
  });

  test("brings a machine without pods its routes alone, where the user says so", async () => {
    putOrigin();
    const server = async () => {
      const cluster = await loadCluster(dir);
      const machine = cluster.machines.find(({ name }) => name === "server");
      if (machine === undefined) throw new Error("no server");
      return new Renderer(cluster, { now: NOW }).render(machine, ALL);
    };
    const none = await server();
    expect([none.desired.files, none.desired.units, none.desired.routes]).toEqual([[], [], []]);

    put("nodewright.yaml", "routes: { nodes: false, servers: true }\n");
    const node = await server();
    const routes = [
      { destination: "10.200.0.0/24", via: "10.0.0.11" },
      { destination: "10.200.1.0/24", via: "10.0.0.12" },
    ];
    expect(node.desired).toMatchObject({ routes, modules: [], sysctls: {}, swap: "keep" });
    expect(node.desired.files.map(({ path }) => path)).toEqual([
      "/etc/nodewright/routes",
      "/etc/systemd/system/nodewright-routes.service",
    ]);
    expect(node.desired.units.map(({ name }) => name)).toEqual(["nodewright-routes.service"]);
    expect(textOf(node, "/etc/nodewright/routes")).toContain(
      "route replace 10.200.1.0/24 via 10.0.0.12\n",
    );
    expect((await first(ALL)).desired.routes).toEqual([]);
  });

  test("takes swap away only for a kubelet that would not start beside it", async () => {
    putOrigin();
    expect((await first()).desired.swap).toBe("keep");
    edit("configs/kubelet-config.yaml", (text) => text.replace(/failSwapOn.*\n/, ""));
    expect((await first()).desired.swap).toBe("off");
    put("nodewright.yaml", "components: { kubelet: { source: none } }\n");
    expect((await first()).desired.swap).toBe("keep");
  });

  test("brings image archives to every node", async () => {
    putOrigin();
    const cluster = await loadCluster(dir);
    const sha256 = "ab".repeat(32);
    const image = {
      reference: "a.test/pause:3.10",
      localPath: "/x/pause.tar",
      sha256,
      sizeBytes: 9,
    };
    const renderer = new Renderer(cluster, { now: NOW, images: [image] });
    for (const machine of cluster.workers) {
      const { desired, contents } = renderer.render(machine, []);
      const path = "/usr/local/lib/nodewright/images/a.test_pause_3.10.tar";
      expect(desired.images).toMatchObject([{ reference: "a.test/pause:3.10", path }]);
      expect(desired.files.find((file) => file.path === path)?.digest).toBe(sha256);
      expect(contents.get(sha256)).toEqual({ kind: "file", path: "/x/pause.tar" });
    }
  });

  test.each([
    ["healthzPort: 0", { kind: "active" }],
    ["healthzPort: 1234", { kind: "http", url: "http://127.0.0.1:1234/healthz" }],
    ['healthzBindAddress: "::"', { kind: "http", url: "http://[::1]:10248/healthz" }],
  ])("asks the kubelet where its configuration says %s", async (line, ready) => {
    putOrigin();
    edit("configs/kubelet-config.yaml", (text) => `${text}${line}\n`);
    const { desired } = await first();
    expect(desired.units.find(({ name }) => name === "kubelet.service")?.ready).toEqual(
      ready as { kind: "active" },
    );
  });
});
