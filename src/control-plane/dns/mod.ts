/**
 * A small DNS server for the lab's cluster: names of Services, their endpoints and pods, and what
 * the machine's own DNS servers know. For trying, as the whole control plane.
 *
 * @module
 */
export { type DnsOptions, runDns } from "./run-dns.ts";
