/**
 * The service proxy, compatible with kube-proxy: what goes to a Service's address reaches one of its
 * endpoints. API objects become routes (model/, pure), routes become rules (nftables/ or iptables/), and
 * only differences are written.
 *
 * Limits: the modes nftables and iptables; a kubeconfig is needed.
 *
 * @module
 */
export { loadProxyCommand, type ProxyCommand, type ProxyConfig } from "./config/mod.ts";
export { type Frontend, listFrontends } from "./nftables/mod.ts";
export { type ProxyDeps, removeAllRules, runProxy } from "./run-proxy.ts";
