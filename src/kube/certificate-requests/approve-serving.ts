import type { Clock } from "../../base/mod.ts";
import {
  CERTIFICATE_SIGNING_REQUESTS,
  type CertificateSigningRequest,
  type KubeClient,
  KubeError,
} from "../client/mod.ts";
import { judgeServingRequest, type ServingNode } from "./judge-serving.ts";
import { SIGNER } from "./signers.ts";

/** How long is waited, and whom what happens is told to. */
export interface ApproveOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** After this the kubelet may still be without a certificate. */
  readonly timeoutMs: number;
  readonly onNote: (text: string) => void;
}

const INTERVAL_MS = 1_000;

/**
 * Approves the requests of one node's kubelet for its serving certificate, until the API server
 * reaches that kubelet. A request that names anything else than this machine stays as it is, with
 * a note; so does what is left at the timeout. Trouble with the API server is waited out as well.
 */
export async function approveServing(
  client: KubeClient,
  node: ServingNode,
  options: ApproveOptions,
): Promise<void> {
  const { clock, signal, timeoutMs, onNote } = options;
  const until = clock.now() + timeoutMs;
  const noted = new Set<string>();
  for (;;) {
    const trouble = await approvePending(client, node, { signal, onNote, noted }).then(
      () => "",
      (thrown: unknown) => troubleOf(thrown, signal),
    );
    if (await isReached(client, node.name, signal)) return;
    if (clock.now() >= until) {
      onNote(`the API server does not reach the kubelet yet: kubectl logs may fail${trouble}`);
      return;
    }
    await clock.sleep(INTERVAL_MS, signal);
  }
}

/** A server that fails for a moment is asked again; only what is not its failure rejects. */
function troubleOf(thrown: unknown, signal: AbortSignal): string {
  signal.throwIfAborted();
  if (thrown instanceof KubeError) return ` (${thrown.message})`;
  throw thrown;
}

interface Pass {
  readonly signal: AbortSignal;
  readonly onNote: (text: string) => void;
  /** Requests that something was said of. */
  readonly noted: Set<string>;
}

async function approvePending(client: KubeClient, node: ServingNode, pass: Pass): Promise<void> {
  const { signal, onNote, noted } = pass;
  const fieldSelector = `spec.signerName=${SIGNER.kubeletServing}`;
  const { items } = await client.list(CERTIFICATE_SIGNING_REQUESTS, { fieldSelector }, { signal });
  for (const csr of items) {
    const verdict = await judgeServingRequest(csr, node);
    const { name } = csr.metadata;
    if (verdict.kind === "refuse" && !noted.has(name)) {
      noted.add(name);
      onNote(`not approved, ${name} of the kubelet for its serving certificate: ${verdict.why}`);
    }
    if (verdict.kind !== "approve") continue;
    if (await approve(client, csr, signal)) {
      onNote(`approved ${name} of the kubelet for its serving certificate`);
    }
  }
}

/** False where somebody was faster: the next pass sees what they have decided. */
async function approve(
  client: KubeClient,
  csr: CertificateSigningRequest,
  signal: AbortSignal,
): Promise<boolean> {
  const condition = {
    type: "Approved",
    status: "True" as const,
    reason: "NodewrightApply",
    message: "Its names and addresses are those of the machine in machines.txt.",
  };
  const { name } = csr.metadata;
  const status = { ...csr.status, conditions: [...(csr.status?.conditions ?? []), condition] };
  try {
    const ref = { name, subresource: "approval" };
    const { apiVersion, kind } = {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
    };
    const approved = { ...csr, apiVersion, kind, status };
    await client.update(CERTIFICATE_SIGNING_REQUESTS, ref, approved, { signal });
    return true;
  } catch (thrown) {
    if (thrown instanceof KubeError && (thrown.status === 409 || thrown.status === 404)) {
      return false;
    }
    throw thrown;
  }
}

/** Whether the API server has an answer of the kubelet: with no certificate to serve it ends the handshake. */
async function isReached(client: KubeClient, node: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.read(`/api/v1/nodes/${node}/proxy/healthz`, { signal });
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    // "ok" is no JSON, and a refusal is an answer too.
    if (!(thrown instanceof KubeError)) throw thrown;
    const { reason, status = 0 } = thrown;
    return reason === "BadAnswer" || (status >= 400 && status < 500);
  }
}
