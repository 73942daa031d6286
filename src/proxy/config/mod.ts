/**
 * The proxy's configuration: KubeProxyConfiguration v1alpha1 and kube-proxy's flags. A field that
 * cannot work here is an error with its name.
 *
 * @module
 */
export { loadProxyCommand, type ProxyCommand } from "./load-proxy-config.ts";
export {
  type ConntrackSettings,
  type ListenAddress,
  type LocalDetection,
  type ProxyConfig,
  type ProxyMode,
  readProxyConfig,
} from "./proxy-config.ts";
