import { type Clock, NodewrightError, pollUntil } from "../../base/mod.ts";
import {
  ENDPOINT_SLICES,
  hasStatus,
  type KubeClient,
  SERVICES,
  type Service,
} from "../../kube/client/mod.ts";
import { VERIFY_POD_PORT, type VerifyServices } from "../../node/verify/mod.ts";
import { VERIFY_NAMESPACE, VERIFY_POD_LABEL } from "./api-verify-pods.ts";

const NAME = "nodewright-verify";
const PORT = 80;
/** What makes each Service different from the plain one. */
const SPECS: Readonly<Record<string, object>> = {
  [NAME]: { type: "NodePort" },
  [`${NAME}-sticky`]: { sessionAffinity: "ClientIP" },
  [`${NAME}-local`]: { internalTrafficPolicy: "Local" },
};
/** A controller that runs takes a second. */
const ENDPOINTS_TIMEOUT_MS = 8_000;
const INTERVAL_MS = 200;
/** Who has pressed Ctrl-C waits no longer. */
const ABANDON_TIMEOUT_MS = 5_000;

/** The Services in front of the verification pods of all nodes. */
export class ApiVerifyServices {
  readonly #client: KubeClient;
  readonly #deps: { readonly clock: Clock; readonly signal: AbortSignal };

  constructor(client: KubeClient, deps: { readonly clock: Clock; readonly signal: AbortSignal }) {
    this.#client = client;
    this.#deps = deps;
  }

  /** Makes them anew; resolves once the control plane has found an endpoint for each of so many pods. */
  async start(podCount: number): Promise<Omit<VerifyServices, "scope">> {
    await this.remove();
    const made = new Map<string, Service>();
    for (const [name, spec] of Object.entries(SPECS))
      made.set(name, await this.#create(name, spec));
    await this.#untilEndpoints(podCount);
    const address = (suffix: string): string => made.get(`${NAME}${suffix}`)?.spec?.clusterIP ?? "";
    return {
      name: `${NAME}.${VERIFY_NAMESPACE}`,
      address: address(""),
      port: PORT,
      nodePort: made.get(NAME)?.spec?.ports?.[0]?.nodePort ?? 0,
      stickyAddress: address("-sticky"),
      localAddress: address("-local"),
      hasDns: await this.#hasDns(),
    };
  }

  /** Takes them away, those of an interrupted run as well. */
  async remove(): Promise<void> {
    const { signal: wish } = this.#deps;
    const signal = wish.aborted ? AbortSignal.timeout(ABANDON_TIMEOUT_MS) : wish;
    for (const name of Object.keys(SPECS)) {
      await this.#client
        .delete(SERVICES, { name, namespace: VERIFY_NAMESPACE }, {}, { signal })
        .catch((thrown: unknown) => {
          if (!hasStatus(thrown, 404)) throw thrown;
        });
    }
  }

  async #create(name: string, spec: object): Promise<Service> {
    const manifest = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: VERIFY_NAMESPACE, labels: VERIFY_POD_LABEL },
      spec: {
        selector: VERIFY_POD_LABEL,
        ports: [{ port: PORT, targetPort: VERIFY_POD_PORT }],
        ...spec,
      },
    };
    const { signal } = this.#deps;
    return await this.#client.create(SERVICES, manifest, { namespace: VERIFY_NAMESPACE, signal });
  }

  async #untilEndpoints(podCount: number): Promise<void> {
    const { clock, signal } = this.#deps;
    let ready = 0;
    const wait = { timeoutMs: ENDPOINTS_TIMEOUT_MS, intervalMs: INTERVAL_MS, signal };
    const found = await pollUntil(clock, wait, async () => {
      const labelSelector = `kubernetes.io/service-name=${NAME}`;
      const slices = { namespace: VERIFY_NAMESPACE, labelSelector };
      const { items } = await this.#client.list(ENDPOINT_SLICES, slices, { signal });
      const all = items.flatMap(({ endpoints }) => endpoints ?? []);
      ready = all.filter(({ conditions }) => conditions?.ready !== false).length;
      return ready >= podCount ? true : undefined;
    });
    if (found !== undefined) return;
    throw new NodewrightError(
      "verify",
      `Cannot verify Services: of ${podCount} verification pods ${ready} are endpoints of the Service ${VERIFY_NAMESPACE}/${NAME}`,
      {
        fix: "see whether kube-controller-manager runs on the control plane: it makes EndpointSlices",
      },
    );
  }

  async #hasDns(): Promise<boolean> {
    const at = { name: "kube-dns", namespace: "kube-system" };
    return (await this.#client.find(SERVICES, at, { signal: this.#deps.signal })) !== undefined;
  }
}
