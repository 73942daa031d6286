/**
 * The service proxy, compatible with kube-proxy: what goes to a Service's address reaches one of its
 * endpoints. API objects become routes (model/, pure), routes become rules (nftables/), and only
 * differences are written.
 *
 * Limits: the mode nftables alone; a kubeconfig is needed.
 *
 * @module
 */
export { loadProxyCommand, type ProxyCommand, type ProxyConfig } from "./config/mod.ts";
export { removeKubeProxyTables } from "./nftables/mod.ts";
export { type ProxyDeps, runProxy } from "./run-proxy.ts";
