import manifest from "../../package.json" with { type: "json" };

/** The version of nodewright itself. */
export const VERSION: string = manifest.version;

/** The Kubernetes release that the kubelet and the kube-proxy of nodewright stand for. */
export const KUBERNETES_VERSION = "v1.36.2";
