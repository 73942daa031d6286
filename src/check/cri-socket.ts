import type { ContainerdConfig, KubeletConfig, Located } from "../config/mod.ts";
import type { UnitFact } from "./facts/node-facts.ts";
import { flagValue } from "./facts/unit-flags.ts";

/** The path of the socket that containerd serves CRI on: its flag comes before its file. */
export function containerdSocket(
  config: ContainerdConfig,
  unit: UnitFact | undefined,
): Located<string> {
  const flag = unit === undefined ? undefined : flagValue(unit.unit, ["--address", "-a"]);
  return flag ?? config.grpcAddress;
}

/** Where the kubelet looks for the runtime: its flag comes before its file. */
export function kubeletEndpoint(
  config: KubeletConfig,
  unit: UnitFact | undefined,
): Located<string> {
  const flag =
    unit === undefined ? undefined : flagValue(unit.unit, ["--container-runtime-endpoint"]);
  return flag ?? config.containerRuntimeEndpoint;
}

/** The path of an endpoint's socket, /var/run as what it leads to; undefined for other schemes. */
export function socketPath(endpoint: string): string | undefined {
  const match = /^(?:unix:(?:\/\/)?)?(\/.*)$/.exec(endpoint);
  return match?.[1]?.replace(/\/+/g, "/").replace(/^\/var\/run\//, "/run/");
}
