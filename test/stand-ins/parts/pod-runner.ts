import { hostname } from "node:os";
import { systemClock } from "../../../src/base/mod.ts";
import { type CriClient, defaultCgroupParent, isNotFound } from "../../../src/cri/mod.ts";
import { hasStatus, type KubeClient, PODS, type Pod } from "../../../src/kube/client/mod.ts";
import { log } from "./program.ts";

/** The label by which it knows the sandboxes that it made; those of others it leaves alone. */
const LABEL = "nodewright-stand-in";
const TICK_MS = 500;

interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
}

/**
 * Runs the pods that are bound to the Node, far enough for a pod that needs neither volumes nor
 * environment: sandbox, containers, status, graceful end. Until the signal.
 */
export async function runPods(
  client: KubeClient,
  options: { readonly node: string; readonly endpoint: string },
  signal: AbortSignal,
): Promise<never> {
  const { createCriClient } = await import("../../../src/cri/mod.ts");
  using cri = createCriClient({ endpoint: options.endpoint });
  const runner = new PodRunner(client, cri);
  let said = "";
  for (;;) {
    signal.throwIfAborted();
    try {
      await runner.sync(options.node);
      said = "";
    } catch (thrown) {
      const text = String(thrown);
      if (text !== said)
        log("E", "pod_workers.go:1324", `"Error syncing pods" err=${JSON.stringify(text)}`);
      said = text;
    }
    await systemClock.sleep(TICK_MS, signal);
  }
}

class PodRunner {
  readonly #client: KubeClient;
  readonly #cri: CriClient;

  constructor(client: KubeClient, cri: CriClient) {
    this.#client = client;
    this.#cri = cri;
  }

  /** Brings sandboxes and pods together, once. */
  async sync(node: string): Promise<void> {
    const { items } = await this.#client.list(PODS, { fieldSelector: `spec.nodeName=${node}` });
    const own = await this.#cri.runtime.listPodSandbox({
      filter: { labelSelector: { [LABEL]: "pod" } },
    });
    const sandboxOf = new Map(own.items.map((item) => [item.metadata?.uid ?? "", item.id]));
    for (const pod of items) {
      const uid = pod.metadata.uid ?? "";
      const sandbox = sandboxOf.get(uid);
      sandboxOf.delete(uid);
      if (pod.metadata.deletionTimestamp !== undefined) await this.#end(pod, sandbox);
      else if (sandbox === undefined && pod.status?.phase === undefined) await this.#start(pod);
    }
    for (const orphan of sandboxOf.values()) await this.#remove(orphan, 0);
  }

  async #start(pod: Pod): Promise<void> {
    const { name, namespace = "default", uid = "" } = pod.metadata;
    const config = {
      metadata: { name, namespace, uid, attempt: 0 },
      hostname: name || hostname(),
      logDirectory: `/var/log/pods/${namespace}_${name}_${uid}`,
      labels: { ...pod.metadata.labels, [LABEL]: "pod" },
      linux: { cgroupParent: await defaultCgroupParent(this.#cri) },
    };
    const { podSandboxId } = await this.#cri.runtime.runPodSandbox({ config });
    for (const container of containersOf(pod)) {
      const { containerId } = await this.#cri.runtime.createContainer({
        podSandboxId,
        sandboxConfig: config,
        config: {
          metadata: { name: container.name, attempt: 0 },
          image: { image: container.image },
          command: [...(container.command ?? [])],
          args: [...(container.args ?? [])],
          logPath: `${container.name}/0.log`,
          linux: {},
        },
      });
      await this.#cri.runtime.startContainer({ containerId });
    }
    const { status } = await this.#cri.runtime.podSandboxStatus({ podSandboxId });
    const podIP = status?.network?.ip ?? "";
    await this.#client.patch(
      PODS,
      { name, namespace, subresource: "status" },
      {
        type: "strategic",
        value: {
          status: { phase: "Running", podIP, conditions: [{ type: "Ready", status: "True" }] },
        },
      },
    );
    log("I", "kubelet.go:2500", `"Pod is running" pod="${namespace}/${name}" podIP="${podIP}"`);
  }

  async #end(pod: Pod, sandbox: string | undefined): Promise<void> {
    const { name, namespace = "default", uid } = pod.metadata;
    if (sandbox !== undefined) {
      await this.#remove(sandbox, pod.metadata.deletionGracePeriodSeconds ?? 30);
    }
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    try {
      await this.#client.delete(
        PODS,
        { name, namespace },
        { gracePeriodSeconds: 0, ...preconditions },
      );
    } catch (thrown) {
      if (!hasStatus(thrown, 404) && !hasStatus(thrown, 409)) throw thrown;
    }
  }

  async #remove(podSandboxId: string, graceSeconds: number): Promise<void> {
    const { containers } = await this.#cri.runtime.listContainers({ filter: { podSandboxId } });
    for (const { id } of containers) {
      await gone(
        this.#cri.runtime.stopContainer({ containerId: id, timeout: BigInt(graceSeconds) }),
      );
      await gone(this.#cri.runtime.removeContainer({ containerId: id }));
    }
    await gone(this.#cri.runtime.stopPodSandbox({ podSandboxId }));
    await gone(this.#cri.runtime.removePodSandbox({ podSandboxId }));
  }
}

function containersOf(pod: Pod): readonly ContainerSpec[] {
  const containers: unknown = pod.spec === undefined ? [] : Reflect.get(pod.spec, "containers");
  // cast: a pod that a test made, as the stand-in reads it
  return Array.isArray(containers) ? (containers as ContainerSpec[]) : [];
}

async function gone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
  }
}
