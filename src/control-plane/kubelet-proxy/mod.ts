/**
 * Requests that a kubelet or a pod answers: logs, streams and proxies. Bytes pass unseen; what is
 * decided here is where a request goes and that its credentials stay.
 *
 * @module
 */
export { type KubeletProxyDeps, kubeletHandlers } from "./handlers.ts";
export { KubeletClient, type KubeletClientOptions } from "./kubelet-client.ts";
