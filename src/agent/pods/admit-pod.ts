import type { Pod } from "../api/mod.ts";

/** Why the node does not take a pod: it fails with this, and nothing of it ever starts. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** Sysctls that belong to a pod alone and harm nobody else. */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);

/** undefined where the node takes the pod. */
export function admitPod(
  pod: Pod,
  options: { readonly unsafeSysctls: readonly string[] },
): Rejection | undefined {
  const os = pod.spec.os?.name;
  if (os !== undefined && os !== "linux") {
    return reject("PodOSNotSupported", `Failed to admit pod as the OS field doesn't match node OS`);
  }
  for (const { name } of pod.spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll("/", ".");
    if (SAFE_SYSCTLS.has(dotted) || options.unsafeSysctls.some((one) => matches(one, dotted))) {
      continue;
    }
    return reject("SysctlForbidden", `forbidden sysctl: "${name}" not allowlisted`);
  }
  // Run in the host's user namespace instead, the pod would have more rights than it asked for.
  if (pod.spec.hostUsers === false) {
    return reject("UnexpectedAdmissionError", "user namespaces are not supported by this node");
  }
  return undefined;
}

/** `net.core.*` stands for all that begins with it. */
function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function reject(reason: string, message: string): Rejection {
  return { reason, message: `Pod was rejected: ${message}` };
}
