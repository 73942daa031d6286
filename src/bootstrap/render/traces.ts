import type { NodeTraces } from "../../plan/mod.ts";
import type { NodeModels } from "./models.ts";

/** Folders that components and pods fill wherever they are run with these files. */
const STATE_DIRS = [
  "/var/lib/kubelet",
  "/var/lib/kube-proxy",
  "/var/lib/cni",
  "/var/log/pods",
  "/var/log/containers",
  "/opt/containerd",
];

/** What running pods leave on a node, as its files say. */
export function tracesOf(models: NodeModels): NodeTraces {
  const plugins = models.cni.flatMap((network) => network.plugins);
  const bridges = plugins
    .filter((plugin) => plugin.type?.value === "bridge")
    .map((plugin) => plugin.bridge?.value ?? "cni0");
  return {
    bridges: [...new Set(bridges)],
    networks: [...new Set(models.cni.flatMap(({ config }) => config.name?.value ?? []))],
    stateDirs: [
      models.containerd?.root.value ?? "/var/lib/containerd",
      models.containerd?.state.value ?? "/run/containerd",
      ...STATE_DIRS,
    ],
  };
}
