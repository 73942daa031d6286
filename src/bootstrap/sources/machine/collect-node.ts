import type { CollectedNode } from "../../../check/mod.ts";
import { FactDeriver, type NodeFacts } from "../../../check/mod.ts";
import { createFacts, type Machine } from "../../../node/serve/mod.ts";
import { collectFiles } from "./collect-files.ts";
import { CHECKED_COMMANDS, CHECKED_SYSCTLS, collectHost, DISK_PATHS } from "./collect-host.ts";
import { readBinaries } from "./read-binaries.ts";
import { readLeases } from "./read-leases.ts";
import { RootTree } from "./root-tree.ts";

const DEFAULT_SOCKET = "/run/containerd/containerd.sock";

/**
 * Looks at the machine that this process runs on. Changes nothing. `command` starts this very
 * program, for the probe of the kernel in a process of its own.
 */
export async function collectNode(
  machine: Machine,
  command: readonly string[],
  options: { readonly probe: boolean; readonly dial: readonly string[] },
): Promise<CollectedNode> {
  const tree = new RootTree("/");
  const now = new Date(machine.clock.now());
  const facts = new FactDeriver().derive({ name: "", now, files: tree });
  const inspect = createFacts(machine, command);
  const [{ binaries, versions }, inspected] = await Promise.all([
    readBinaries(tree, facts),
    inspect({
      paths: DISK_PATHS,
      sysctls: CHECKED_SYSCTLS,
      commands: CHECKED_COMMANDS,
      probe: options.probe,
    }),
  ]);
  const host = await collectHost({
    machine,
    ...inspected,
    criEndpoint: `unix://${facts.containerdConfig?.grpcAddress.value ?? DEFAULT_SOCKET}`,
    servers: [...serversOf(facts), ...options.dial],
    executables: [...binaries.keys()],
    leases: readLeases(tree, facts),
  });
  return { ...collectFiles(tree, facts), binaries: [...binaries.values()], versions, host };
}

function serversOf({ kubeletKubeconfig, kubeProxyKubeconfig }: NodeFacts): readonly string[] {
  return [kubeletKubeconfig, kubeProxyKubeconfig].flatMap((fact) =>
    fact?.context.ok === true ? [fact.context.value.server.value] : [],
  );
}
