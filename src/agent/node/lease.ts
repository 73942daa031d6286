import type { Clock, Logger } from "../../base/mod.ts";
import { hasStatus, type KubeClient, type KubeObject, type Lease } from "../../kube/client/mod.ts";
import { API } from "../api/mod.ts";

export interface LeaseOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly nodeName: string;
  /** The Node's uid; empty until it is registered. */
  readonly nodeUid: () => string;
  readonly seconds: number;
  /** A renewal went unanswered: what else goes to the server may be in vain, too. */
  readonly onSilence: () => void;
  readonly signal: AbortSignal;
}

const NAMESPACE = "kube-node-lease";
const RETRY_MS = 1000;

/** Renews the node's Lease, which says that it is alive, four times in its duration. */
export async function keepLease(options: LeaseOptions): Promise<void> {
  const { clock, log, seconds, signal, onSilence } = options;
  let known: Lease | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      known = await renew(options, known);
      if (failures > 0) log.info("The API server answers again");
      failures = 0;
      await clock.sleep((seconds / 4) * 1000, signal).catch(() => {});
    } catch (thrown) {
      if (signal.aborted) return;
      // Somebody else has written it, or it is not there: read it again.
      known = undefined;
      if (failures++ === 0) log.warn("Cannot renew the node's lease", { error: String(thrown) });
      else onSilence();
      await clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }
}

async function renew(options: LeaseOptions, known: Lease | undefined): Promise<Lease> {
  const { client, nodeName: name, signal } = options;
  const at = { name, namespace: NAMESPACE };
  const call = { signal, timeoutMs: (options.seconds / 4) * 1000 };
  const current = known ?? (await client.find(API.leases, at, call));
  if (current !== undefined) {
    const renewed: Lease = { ...current, spec: { ...current.spec, ...spec(options) } };
    return await client.update(API.leases, at, renewed, call);
  }
  try {
    const object: KubeObject & Record<string, unknown> = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace: NAMESPACE, ...owner(options) },
      spec: spec(options),
    };
    return await client.create(API.leases, object, { namespace: NAMESPACE, ...call });
  } catch (thrown) {
    if (!hasStatus(thrown, 409)) throw thrown;
    return await renew(options, await client.get(API.leases, at, call));
  }
}

function spec({ clock, nodeName, seconds }: LeaseOptions) {
  return {
    holderIdentity: nodeName,
    leaseDurationSeconds: seconds,
    // MicroTime: six digits after the point.
    renewTime: new Date(clock.now()).toISOString().replace("Z", "000Z"),
  };
}

function owner({ nodeName, nodeUid }: LeaseOptions) {
  const uid = nodeUid();
  if (uid === "") return {};
  return { ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid }] };
}
