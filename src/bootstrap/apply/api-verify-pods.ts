import { type Clock, NodewrightError, pollUntil } from "../../base/mod.ts";
import {
  hasStatus,
  type KubeClient,
  PODS,
  type Pod,
  SERVICE_ACCOUNTS,
} from "../../kube/client/mod.ts";
import { VERIFY_POD_COMMAND } from "../../node/verify/mod.ts";

/** Where verification pods are made. */
export const VERIFY_NAMESPACE = "default";
export const VERIFY_POD_LABEL = { app: "nodewright-verify" };
const POD_TIMEOUT_MS = 60_000;
/** The controller manager makes a namespace's service account a moment after the namespace. */
const ACCOUNT_TIMEOUT_MS = 30_000;
const INTERVAL_MS = 200;
/** Who has pressed Ctrl-C waits no longer. */
const ABANDON_TIMEOUT_MS = 5_000;

/** The names of a node's verification pods in the API. */
export function verifyPodNames(node: string): readonly string[] {
  return ["a", "b"].map((suffix) => `nodewright-verify-${node}-${suffix}`);
}

/** The two verification pods of a node, made through the API server: a kubelet removes all others. */
export class ApiVerifyPods {
  readonly #client: KubeClient;
  readonly #node: string;
  readonly #deps: { readonly clock: Clock; readonly signal: AbortSignal };

  constructor(
    client: KubeClient,
    node: string,
    deps: { readonly clock: Clock; readonly signal: AbortSignal },
  ) {
    this.#client = client;
    this.#node = node;
    this.#deps = deps;
  }

  /** Makes them anew; resolves with their uids once both run. */
  async start(image: string): Promise<readonly string[]> {
    await this.remove();
    for (const name of this.#names) await this.#create(name, image);
    const pods = await this.#until("run", (found) =>
      found.every((pod) => pod?.status?.phase === "Running" && pod.status.podIP !== undefined),
    );
    return pods.flatMap((pod) => pod?.metadata.uid ?? []);
  }

  /** Takes them away, those of an interrupted run as well, and waits until they are gone. */
  async remove(): Promise<void> {
    // An interrupted run asks for their removal and does not wait for it.
    if (this.#deps.signal.aborted) return this.#delete(1, AbortSignal.timeout(ABANDON_TIMEOUT_MS));
    await this.#delete(1);
    await this.#untilGone().catch(async () => {
      // Their kubelet does not answer: nothing of them shall be left in the cluster.
      await this.#delete(0);
      await this.#untilGone();
    });
  }

  async #untilGone(): Promise<void> {
    await this.#until("be gone", (pods) => pods.every((pod) => pod === undefined));
  }

  async #delete(gracePeriodSeconds: number, signal = this.#deps.signal): Promise<void> {
    await Promise.all(
      this.#names.map((name) =>
        this.#client
          .delete(PODS, { name, namespace: VERIFY_NAMESPACE }, { gracePeriodSeconds }, { signal })
          .catch(ignoreNotFound),
      ),
    );
  }

  get #names(): readonly string[] {
    return verifyPodNames(this.#node);
  }

  async #create(name: string, image: string): Promise<void> {
    const { clock, signal } = this.#deps;
    const pod = verifyPod(name, this.#node, image);
    const attempt = async (): Promise<true> => {
      await this.#client.create(PODS, pod, { namespace: VERIFY_NAMESPACE, signal });
      return true;
    };
    const wait = { timeoutMs: ACCOUNT_TIMEOUT_MS, intervalMs: INTERVAL_MS, signal };
    const created = await pollUntil(clock, wait, async () => {
      try {
        return await attempt();
      } catch (thrown) {
        if (!hasStatus(thrown, 403) || (await this.#hasAccount())) throw thrown;
        return undefined;
      }
    });
    // Once more for the API server's own words about it.
    if (created === undefined) await attempt();
  }

  async #hasAccount(): Promise<boolean> {
    const account = { name: "default", namespace: VERIFY_NAMESPACE };
    const { signal } = this.#deps;
    return (await this.#client.find(SERVICE_ACCOUNTS, account, { signal })) !== undefined;
  }

  async #until(what: string, test: (pods: readonly (Pod | undefined)[]) => boolean) {
    const { clock, signal } = this.#deps;
    let last: readonly (Pod | undefined)[] = [];
    const wait = { timeoutMs: POD_TIMEOUT_MS, intervalMs: INTERVAL_MS, signal };
    const found = await pollUntil(clock, wait, async () => {
      last = await Promise.all(
        this.#names.map((name) =>
          this.#client.find(PODS, { name, namespace: VERIFY_NAMESPACE }, { signal }),
        ),
      );
      return test(last) ? last : undefined;
    });
    if (found !== undefined) return found;
    const names = this.#names.join(" ");
    throw new NodewrightError("verify", `Verification pods do not come to ${what}: ${names}`, {
      node: this.#node,
      detail: last.map((pod, at) => `${this.#names[at]}: ${describePod(pod)}`).join("\n"),
      fix: `kubectl describe pod -n ${VERIFY_NAMESPACE} ${names}`,
    });
  }
}

/** A pod on that very node, past the scheduler and every taint, with no right to anything. */
function verifyPod(name: string, node: string, image: string) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: VERIFY_NAMESPACE, labels: VERIFY_POD_LABEL },
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

/** What the API server knows of a pod, with the kubelet's own reason where it gives one. */
function describePod(pod: Pod | undefined): string {
  if (pod === undefined) return "it is not there";
  const { phase = "no phase: its kubelet has not seen it", reason, message } = pod.status ?? {};
  const waiting = (pod.status?.containerStatuses ?? []).flatMap(({ name, state }) => {
    const why = state?.waiting ?? state?.terminated;
    return why === undefined ? [] : [[name, why.reason, why.message]];
  });
  return [[phase, reason, message], ...waiting]
    .map((words) => words.filter((word) => word !== undefined).join(" "))
    .join("; ");
}

function ignoreNotFound(thrown: unknown): void {
  if (!hasStatus(thrown, 404)) throw thrown;
}
