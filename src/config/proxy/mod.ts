/**
 * The configuration that a kube-proxy has in effect.
 *
 * @module
 */
export { effectiveKubeProxy, type KubeProxySources } from "./effective-proxy.ts";
export { countsBesideConfig, PROXY_FLAG_KINDS, PROXY_FLAGS } from "./flag-table.ts";
