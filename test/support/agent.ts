/** The node agent inside a test node: its files are on the node, its containers in the node's containerd. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { openCgroupTree } from "../../src/agent/resources/cgroup-tree.ts";
import { pollUntil, systemClock } from "../../src/base/mod.ts";
import type { TestNode } from "./containerd.ts";

const MAIN = resolve(import.meta.dir, "../../cmd/nodewright.ts");
const LOG = "/run/kubelet.log";

export interface AgentOptions {
  /** Further fields of the KubeletConfiguration. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly flags?: readonly string[];
  /** In the test's own network, where an API server of the test is; pods stay in the node's. */
  readonly hostNetwork?: true;
}

/** A running agent. */
export class TestAgent implements AsyncDisposable {
  readonly #node: TestNode;
  readonly #child: Bun.Subprocess;

  private constructor(node: TestNode, child: Bun.Subprocess) {
    this.#node = node;
    this.#child = child;
  }

  /** Starts it; its cgroups are below one of the node's own name. */
  static async start(node: TestNode, options: AgentOptions = {}): Promise<TestAgent> {
    const config = {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      cgroupRoot: `/nodewright-${node.name}`,
      failCgroupV1: false,
      staticPodPath: "/etc/kubernetes/manifests",
      // What the machine's file says is no resolver's business in a test.
      resolvConf: "",
      ...options.config,
    };
    mkdirSync(node.path("/etc/kubernetes/manifests"), { recursive: true });
    writeFileSync(node.path("/etc/kubernetes/kubelet.yaml"), JSON.stringify(config));
    const flags = ["--config=/etc/kubernetes/kubelet.yaml", "--v=2", ...(options.flags ?? [])];
    // There at once, for whoever looks for a line before the agent has written any.
    writeFileSync(node.path(LOG), "", { flag: "a" });
    const command = `exec "$0" "$@" >>${LOG} 2>&1`;
    const argv = ["sh", "-c", command, process.execPath, MAIN, "kubelet", ...flags];
    const inside = node.argv(argv).filter((word) => word !== "-n" || options.hostNetwork !== true);
    const child = Bun.spawn(inside, { stdio: ["ignore", "ignore", "ignore"] });
    return new TestAgent(node, child);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All that it has logged. */
  log(): string {
    return readFileSync(this.#node.path(LOG), "utf8");
  }

  /** Writes a static pod. */
  writePod(name: string, pod: unknown): void {
    writeFileSync(this.#node.path(`/etc/kubernetes/manifests/${name}.yaml`), JSON.stringify(pod));
  }

  /** Ends the process with a signal and waits for it. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    // nsenter runs in place of the agent's own parent: its child is the agent.
    const children = readFileSync(
      `/proc/${this.#child.pid}/task/${this.#child.pid}/children`,
      "utf8",
    ).trim();
    if (children !== "") process.kill(Number(children.split(" ")[0]), signal);
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) await this.stop("SIGKILL");
  }
}

/** Removes the cgroups of a node's agent, once nothing runs in them. */
export async function removeAgentCgroups(node: string): Promise<void> {
  await openCgroupTree().remove(`/nodewright-${node}`);
}

/** Waits for something to be so; the agent's log is part of the error. */
export async function eventually<T>(
  agent: TestAgent,
  what: string,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const found = await pollUntil(systemClock, { timeoutMs: 30_000, intervalMs: 50 }, probe);
  if (found === undefined) throw new Error(`${what} does not happen:\n${agent.log()}`);
  return found;
}
