import { type CriClient, NamespaceMode } from "../../cri/mod.ts";

/** Where the network of a pod sandbox is. */
export interface SandboxNetwork {
  readonly isHostNetwork: boolean;
  /** Undefined where the runtime does not say: the form is containerd's own. */
  readonly netnsPath: string | undefined;
}

/** Asks the runtime for a sandbox's network namespace. */
export async function sandboxNetwork(
  cri: CriClient,
  podSandboxId: string,
): Promise<SandboxNetwork> {
  const { status, info } = await cri.runtime.podSandboxStatus({ podSandboxId, verbose: true });
  return {
    isHostNetwork: status?.linux?.namespaces?.options?.network === NamespaceMode.NODE,
    netnsPath: /"type":"network","path":"([^"]+)"/.exec(info["info"] ?? "")?.[1],
  };
}
