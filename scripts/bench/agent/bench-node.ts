import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import type { CriClient } from "../../../src/cri/mod.ts";
import { NODES } from "../../../src/kube/client/mod.ts";
import { renderKubeconfig } from "../../../src/kube/pki/mod.ts";
import { FakeApiServer, TestAuthority } from "../../../src/kube/testing/mod.ts";
import { containerdClient, TestNode } from "../../../test/support/containerd.ts";

const CONTROLLERS = "/sys/fs/cgroup";
const LOG = "/run/kubelet.log";
const READY_MS = 60_000;
const SYSCTLS = [
  "/proc/sys/vm/overcommit_memory",
  "/proc/sys/vm/panic_on_oom",
  "/proc/sys/kernel/panic",
  "/proc/sys/kernel/panic_on_oops",
  "/proc/sys/kernel/keys/root_maxkeys",
  "/proc/sys/kernel/keys/root_maxbytes",
] as const;

/** A node with containerd and a kubelet, and an API server in memory that has nothing else to do. */
export class BenchNode implements AsyncDisposable {
  readonly name: string;
  readonly node: TestNode;
  readonly server: FakeApiServer;
  readonly cri: CriClient;
  readonly #child: Bun.Subprocess | undefined;
  /** The kernel's settings that a kubelet changes for the whole machine, as they were. */
  readonly #sysctls = SYSCTLS.map((path) => [path, readFileSync(path, "utf8")] as const);

  private constructor(
    name: string,
    parts: { node: TestNode; server: FakeApiServer; program: readonly string[] | undefined },
  ) {
    this.name = name;
    this.node = parts.node;
    this.server = parts.server;
    const { node, program } = parts;
    this.#child = program === undefined ? undefined : startKubelet(node, program);
    this.cri = containerdClient(parts.node);
  }

  /** Starts it; `program` is the kubelet's command line before its flags, or nothing at all. */
  static async start(name: string, program: readonly string[] | undefined): Promise<BenchNode> {
    const authority = await TestAuthority.create();
    const server = await FakeApiServer.start({
      ...(await authority.issueServer()),
      ...{ clientCa: authority.certificate, podTerminationMs: "kubelet" as const },
    });
    const node = await TestNode.start({ name, podSubnet: "10.240.55.0/24" });
    mkdirSync(node.path("/var/lib/kubelet"), { recursive: true });
    await node.must(["mount", "-t", "tmpfs", "tmpfs", "/var/lib/kubelet"]);
    const pair = await authority.issue({
      ...{ commonName: `system:node:${name}`, organization: "system:masters" },
    });
    const kubeconfig = renderKubeconfig({
      ...{ server: server.url, user: name, authority: authority.certificate },
      ...{ certificate: pair.cert, key: pair.key.reveal() },
    });
    writeFileSync(node.path("/etc/kubeconfig"), kubeconfig);
    writeFileSync(node.path("/etc/kubelet.yaml"), JSON.stringify(configuration(name)));
    makeCgroups(name);
    const bench = new BenchNode(name, { node, server, program });
    try {
      if (program !== undefined) await bench.#untilReady();
      return bench;
    } catch (thrown) {
      await bench[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  /** The kubelet's process, as this machine numbers it. */
  get pid(): number {
    const parent = this.#child?.pid ?? 0;
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim();
    return Number(children.split(" ")[0]);
  }

  log(): string {
    return readFileSync(this.node.path(LOG), "utf8");
  }

  async #untilReady(): Promise<void> {
    for (const end = Date.now() + READY_MS; Date.now() < end; await Bun.sleep(50)) {
      const [found] = this.server.store.list(NODES);
      const ready = found?.status?.conditions?.find(({ type }) => type === "Ready");
      if (ready?.status === "True") return;
    }
    throw new Error(`${this.name} does not become ready:\n${this.log().slice(-4000)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cri[Symbol.dispose]();
    this.#child?.kill("SIGKILL");
    await this.node[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    removeCgroups(this.name);
    for (const [path, before] of this.#sysctls) writeFileSync(path, before);
  }
}

/** Both sides get the same; nothing but pods is to happen on the node. */
function configuration(name: string) {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    cgroupRoot: `/${cgroupName(name)}`,
    ...{ failCgroupV1: false, failSwapOn: false, enforceNodeAllocatable: [] },
    ...{ contentType: "application/json", resolvConf: "", maxPods: 120 },
    ...{ healthzPort: 0, port: 20_250, makeIPTablesUtilChains: false },
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: "AlwaysAllow" },
    ...{ imageGCHighThresholdPercent: 100, evictionHard: { "memory.available": "1Mi" } },
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
  };
}

function startKubelet(node: TestNode, program: readonly string[]): Bun.Subprocess {
  const flags = [
    ...["--config=/etc/kubelet.yaml", "--kubeconfig=/etc/kubeconfig"],
    `--hostname-override=${node.name}`,
  ];
  const command = `exec "$0" "$@" >${LOG} 2>&1`;
  // In the network of this process, where the API server is; pods stay in the node's.
  const inside = node.argv(["sh", "-c", command, ...program, ...flags]);
  return Bun.spawn(
    inside.filter((word) => word !== "-n"),
    { stdio: ["ignore", "ignore", "ignore"] },
  );
}

/** What `dist/nodewright kubelet` and another kubelet are called. */
export function oursAndTheirs(): {
  readonly ours: readonly string[];
  readonly theirs: readonly string[] | undefined;
} {
  const other = process.env["NODEWRIGHT_BENCH_KUBELET"];
  if (other !== undefined && !existsSync(other)) {
    throw new Error(`Cannot find the kubelet of NODEWRIGHT_BENCH_KUBELET: "${other}"`);
  }
  return {
    ours: [resolve("dist/nodewright"), "kubelet"],
    theirs: other === undefined ? undefined : [resolve(other)],
  };
}

const cgroupName = (name: string): string => `nodewright-${name}`;

/** The official kubelet wants its root to be there, in every hierarchy of cgroup v1. */
function makeCgroups(name: string): void {
  for (const controller of readdirSync(CONTROLLERS)) {
    const path = join(CONTROLLERS, controller, cgroupName(name));
    if (!existsSync(join(CONTROLLERS, controller, "cgroup.procs"))) continue;
    mkdirSync(path, { recursive: true });
    if (controller !== "cpuset") continue;
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      writeFileSync(join(path, file), readFileSync(join(CONTROLLERS, controller, file)));
    }
  }
}

function removeCgroups(name: string): void {
  const remove = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) remove(join(path, entry.name));
    }
    try {
      rmdirSync(path);
    } catch {
      // A process that has just died still counts; the next run takes the group over.
    }
  };
  for (const controller of readdirSync(CONTROLLERS)) {
    const path = join(CONTROLLERS, controller, cgroupName(name));
    if (existsSync(path)) remove(path);
  }
}
