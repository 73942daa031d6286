/** A distribution whose one service runs containerd, the kubelet and kube-proxy itself. */
export type Distribution = "k3s" | "rke2";

/** The services that make a machine such a node, the agent's before the server's. */
export const EMBEDDING_UNITS: Readonly<Record<string, Distribution>> = {
  "k3s-agent.service": "k3s",
  "k3s.service": "k3s",
  "rke2-agent.service": "rke2",
  "rke2-server.service": "rke2",
};

/** The configuration of a distribution's agent; drop-ins are in the folder of that name with `.d`. */
export const EMBEDDING_CONFIGS = [
  "/etc/rancher/k3s/config.yaml",
  "/etc/rancher/rke2/config.yaml",
] as const;
