import { tolerates } from "../../kube/scheduling/mod.ts";
import { isCritical, type Pod } from "../api/mod.ts";
import { qosClass } from "../status/mod.ts";
import type { Rejection } from "./rejection.ts";

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

const OS_LABEL = "kubernetes.io/os";

/** What the node refuses of a pod whatever room it has; undefined where there is nothing. */
export function admitPod(
  pod: Pod,
  options: { readonly unsafeSysctls: readonly string[]; readonly pressures: readonly string[] },
): Rejection | undefined {
  const pressure = refusePressure(pod, options.pressures);
  if (pressure !== undefined) return pressure;
  const label = pod.metadata.labels?.[OS_LABEL];
  if (label !== undefined && label !== "linux") {
    return reject(
      "PodOSSelectorNodeLabelDoesNotMatch",
      "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    );
  }
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

const MEMORY_TAINT = { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" };

/** Critical pods are let in always; where only memory is short, those that have asked for some are, too. */
function refusePressure(pod: Pod, pressures: readonly string[]): Rejection | undefined {
  if (pressures.length === 0 || isCritical(pod)) return undefined;
  if (pressures.every((one) => one === "MemoryPressure")) {
    if (qosClass(pod.spec) !== "BestEffort") return undefined;
    if ((pod.spec.tolerations ?? []).some((one) => tolerates(one, MEMORY_TAINT))) return undefined;
  }
  return reject("Evicted", `The node had condition: [${pressures.join(" ")}]. `);
}

function reject(reason: string, message: string): Rejection {
  return { reason, message };
}
