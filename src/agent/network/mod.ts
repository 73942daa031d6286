/**
 * Names in a pod: its resolver, its hosts file, its host name. Pure.
 *
 * @module
 */
export { type DnsConfig, type DnsSettings, parseResolvConf, podDns } from "./dns.ts";
export { hostsFile, podHostname, sandboxHostname } from "./hosts-file.ts";
