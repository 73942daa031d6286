import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, NodewrightError, pollUntil } from "../../base/mod.ts";
import { hasStatus, KubeClient, loadConnection, PODS } from "../../kube/client/mod.ts";
import {
  type DrainEvent,
  drainNode,
  readHeartbeat,
  uncordonNode,
  waitNodeReady,
} from "../../kube/nodes/mod.ts";
import { VERIFY_POD_COMMAND } from "../node/verify/mod.ts";
import type { NodeApi } from "./ports.ts";

/** Where verification pods are made. */
const NAMESPACE = "default";
const DRAIN_TIMEOUT_MS = 300_000;
const POD_TIMEOUT_MS = 60_000;

/** Time and the wish to stop. */
export interface KubeNodeApiDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * The API server as an apply uses it, through the cluster directory's admin.kubeconfig, else
 * through the node's own kubeconfig (which may wait for its Node, not drain it); undefined where
 * there is neither.
 */
export async function openNodeApi(
  clusterDir: string,
  node: string,
  deps: KubeNodeApiDeps,
): Promise<NodeApi | undefined> {
  for (const name of ["admin.kubeconfig", `${node}.kubeconfig`]) {
    const path = join(clusterDir, name);
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) return new KubeNodeApi(new KubeClient(await loadConnection(path)), deps);
  }
  return undefined;
}

class KubeNodeApi implements NodeApi {
  readonly #client: KubeClient;
  readonly #deps: KubeNodeApiDeps;

  constructor(client: KubeClient, deps: KubeNodeApiDeps) {
    this.#client = client;
    this.#deps = deps;
  }

  heartbeat(node: string): Promise<string | undefined> {
    return readHeartbeat(this.#client, node, this.#deps.signal);
  }

  async waitReady(node: string, options: Parameters<NodeApi["waitReady"]>[1]): Promise<void> {
    const { version, ...wait } = options;
    await waitNodeReady(this.#client, node, {
      ...wait,
      ...this.#deps,
      ...(version === undefined || version === "unknown" ? {} : { version: `v${version}` }),
    });
  }

  async drain(node: string, onNote: (text: string) => void): Promise<void> {
    await drainNode(this.#client, node, {
      ...this.#deps,
      timeoutMs: DRAIN_TIMEOUT_MS,
      onEvent: (event) => onNote(describeDrain(event)),
    });
  }

  async uncordon(node: string): Promise<void> {
    await uncordonNode(this.#client, node, { signal: this.#deps.signal });
  }

  async startVerifyPods(node: string, image: string) {
    const names = ["a", "b"].map((suffix) => `nodewright-verify-${node}-${suffix}`);
    const remove = async (): Promise<void> => {
      await Promise.all(
        names.map((name) =>
          this.#client
            .delete(PODS, { name, namespace: NAMESPACE }, { gracePeriodSeconds: 1 })
            .catch(ignoreNotFound),
        ),
      );
      await this.#until(names, "be gone", (pods) => pods.every((pod) => pod === undefined));
    };
    await remove();
    for (const name of names) {
      await this.#client.create(PODS, verifyPod(name, node, image), { namespace: NAMESPACE });
    }
    const pods = await this.#until(names, "run", (found) =>
      found.every((pod) => pod?.status?.phase === "Running" && pod.status.podIP !== undefined),
    );
    return { uids: pods.flatMap((pod) => pod?.metadata.uid ?? []), remove };
  }

  async #until(
    names: readonly string[],
    what: string,
    test: (pods: readonly Awaited<ReturnType<KubeNodeApi["find"]>>[]) => boolean,
  ) {
    const { clock, signal } = this.#deps;
    const found = await pollUntil(
      clock,
      { timeoutMs: POD_TIMEOUT_MS, intervalMs: 200, signal },
      async () => {
        const pods = await Promise.all(names.map((name) => this.find(name)));
        return test(pods) ? pods : undefined;
      },
    );
    if (found !== undefined) return found;
    throw new NodewrightError(
      "verify",
      `Verification pods do not come to ${what}: ${names.join(", ")}`,
      {
        fix: `kubectl describe pod -n ${NAMESPACE} ${names.join(" ")}`,
      },
    );
  }

  find(name: string) {
    return this.#client.find(PODS, { name, namespace: NAMESPACE }, { signal: this.#deps.signal });
  }
}

/** A pod on that very node, past the scheduler and every taint, with no right to anything. */
function verifyPod(name: string, node: string, image: string) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE, labels: { app: "nodewright-verify" } },
    spec: {
      nodeName: node,
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      tolerations: [{ operator: "Exists" }],
      containers: [
        {
          name: "server",
          image,
          imagePullPolicy: "IfNotPresent",
          command: [...VERIFY_POD_COMMAND],
        },
      ],
    },
  };
}

function ignoreNotFound(thrown: unknown): void {
  if (!hasStatus(thrown, 404)) throw thrown;
}

function describeDrain(event: DrainEvent): string {
  switch (event.type) {
    case "cordoned":
      return "cordoned";
    case "skipped":
      return `leaves ${event.pod} (${event.why})`;
    case "evicting":
      return `evicts ${event.pod}`;
    case "blocked":
      return `${event.pod} may not go yet: ${event.message}`;
    case "gone":
      return `${event.pod} is gone`;
  }
}
