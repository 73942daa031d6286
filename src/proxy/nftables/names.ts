import { createHash } from "node:crypto";
import type { Endpoint, ServicePort } from "../model/mod.ts";

/** The names of a port's chains and of its endpoints' chains and sets, as kube-proxy makes them. */
export interface ServiceNames {
  /** To the endpoints of the policy Cluster. */
  readonly cluster: string;
  /** To those of the policy Local. */
  readonly local: string;
  /** What comes from outside the cluster. */
  readonly external: string;
  /** The load balancer's source ranges. */
  readonly firewall: string;
  /** Of one endpoint, where clients keep theirs. */
  endpoint(endpoint: Endpoint): string;
  affinity(endpoint: Endpoint): string;
}

/** A name of nf_tables has at most 255 bytes, and the longest prefix 16. */
const BASE_LENGTH = 255 - 16;

export function serviceNames(port: ServicePort): ServiceNames {
  const base = `${port.service}/${port.protocol}/${port.portName}`;
  const hashed = withHash(base);
  const ofEndpoint = ({ name }: Endpoint): string => {
    const colon = name.lastIndexOf(":");
    const host = name
      .slice(0, colon)
      .replace(/^\[|\]$/g, "")
      .replaceAll(":", ".");
    return withHash(`${base}__${host}/${name.slice(colon + 1)}`);
  };
  return {
    cluster: `service-${hashed}`,
    local: `local-${hashed}`,
    external: `external-${hashed}`,
    firewall: `firewall-${hashed}`,
    endpoint: (endpoint) => `endpoint-${ofEndpoint(endpoint)}`,
    affinity: (endpoint) => `affinity-${ofEndpoint(endpoint)}`,
  };
}

/** `ULMVA6XW-ns1/svc1/tcp/p80`: the hash tells names apart that are cut, or that look alike. */
function withHash(name: string): string {
  const full = `${hashOf(name)}-${name}`;
  return full.length <= BASE_LENGTH ? full : `${full.slice(0, BASE_LENGTH - 3)}...`;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The first eight characters of the base32 form (RFC 4648) of the SHA-256. */
function hashOf(text: string): string {
  const digest = createHash("sha256").update(text).digest();
  let bits = 0n;
  for (let i = 0; i < 5; i++) bits = (bits << 8n) | BigInt(digest[i] ?? 0);
  let encoded = "";
  for (let shift = 35n; shift >= 0n; shift -= 5n) encoded += BASE32[Number((bits >> shift) & 31n)];
  return encoded;
}
