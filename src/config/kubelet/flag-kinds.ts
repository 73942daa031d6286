import { schemaAt } from "../schema/schema.ts";
import type { FlagKinds } from "../unit/parse-flags.ts";
import { KUBELET_FLAGS, REMOVED_KUBELET_FLAGS } from "./flag-table.ts";
import { kubeletConfiguration } from "./kubelet-configuration.ts";

/** Booleans without a field of their own, and those that are gone. */
const BOOLEANS: ReadonlySet<string> = new Set([
  "--exit-on-lock-contention",
  "--experimental-allocatable-ignore-eviction",
  "--help",
  "-h",
  "--version",
  "--enable-load-reader",
  "--log-cadvisor-usage",
  "--storage-driver-secure",
  "--keep-terminated-pod-volumes",
  "--register-schedulable",
  "--allow-privileged",
  "--require-kubeconfig",
  "--add-dir-header",
  "--alsologtostderr",
  "--logtostderr",
  "--one-output",
  "--skip-headers",
  "--skip-log-headers",
]);

/** How the kubelet reads its command line. */
export const KUBELET_FLAG_KINDS: FlagKinds = {
  isKnown: (name) =>
    KUBELET_FLAGS[name] !== undefined || REMOVED_KUBELET_FLAGS[name] !== undefined || name === "-h",
  isBoolean: (name) => {
    if (BOOLEANS.has(name)) return true;
    const key = KUBELET_FLAGS[name] ?? "";
    return key !== "" && schemaAt(kubeletConfiguration, key.split("."))?.type === "boolean";
  },
};
