import type { CriClient } from "./client.ts";
import { openPortForward, type PortForwardSession } from "./streaming/mod.ts";

/**
 * Opens a session that carries connections to ports of a pod's network namespace; works only on the
 * node itself, where the runtime streams from its loopback address.
 */
export async function portForward(
  cri: CriClient,
  pod: { readonly podSandboxId: string; readonly ports: readonly number[] },
  signal?: AbortSignal,
): Promise<PortForwardSession> {
  const { url } = await cri.runtime.portForward(
    { podSandboxId: pod.podSandboxId, port: [...pod.ports] },
    signal === undefined ? {} : { signal },
  );
  return openPortForward({ url }, signal);
}
