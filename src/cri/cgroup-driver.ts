import type { CallOptions } from "../grpc/mod.ts";
import type { CriClient } from "./client.ts";
import { CriError } from "./cri-error.ts";
import { CgroupDriver } from "./gen/runtime_pb.ts";

/**
 * The cgroup parent for a pod sandbox that nobody has placed. With systemd as cgroup driver runc
 * takes only slices (`expected cgroupsPath to be of format "slice:prefix:name"`), and
 * system.slice is there on every machine; with cgroupfs the runtime chooses itself.
 */
export async function defaultCgroupParent(cri: CriClient, call: CallOptions = {}): Promise<string> {
  return (await usesSystemdCgroups(cri, call)) ? "system.slice" : "";
}

/** The driver that the runtime declares by RuntimeConfig (containerd 2.0 and newer). */
export async function declaredCgroupDriver(
  cri: CriClient,
  call: CallOptions = {},
): Promise<"systemd" | "cgroupfs" | undefined> {
  try {
    const { linux } = await cri.runtime.runtimeConfig({}, call);
    if (linux === undefined) return undefined;
    return linux.cgroupDriver === CgroupDriver.SYSTEMD ? "systemd" : "cgroupfs";
  } catch (thrown) {
    if (!(thrown instanceof CriError) || thrown.code !== "UNIMPLEMENTED") throw thrown;
    return undefined;
  }
}

/** What the runtime declares; before it could, the CRI plugin's own configuration in a verbose Status. */
export async function usesSystemdCgroups(cri: CriClient, call: CallOptions = {}): Promise<boolean> {
  const declared = await declaredCgroupDriver(cri, call);
  if (declared !== undefined) return declared === "systemd";
  const { info } = await cri.runtime.status({ verbose: true }, call);
  return configUsesSystemd(info["config"] ?? "{}");
}

/** Reads `containerd.runtimes.DEFAULT.options.SystemdCgroup` of the CRI plugin's configuration (JSON). */
export function configUsesSystemd(json: string): boolean {
  let node: unknown;
  try {
    node = JSON.parse(json);
  } catch {
    return false;
  }
  const containerd = member(node, "containerd");
  const name = member(containerd, "defaultRuntimeName");
  const runtime = member(member(containerd, "runtimes"), typeof name === "string" ? name : "runc");
  return member(member(runtime, "options"), "SystemdCgroup") === true;
}

function member(value: unknown, key: string): unknown {
  // cast: any object may be asked for any key; what comes is unknown
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
