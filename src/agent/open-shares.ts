import type { Clock, Logger } from "../base/mod.ts";
import type { CriClient } from "../cri/mod.ts";
import { readTopology } from "../machine/mod.ts";
import type { AgentSettings } from "./config/mod.ts";
import { DeviceManager, servePluginRegistration } from "./devices/mod.ts";
import { openPlaces, type Places } from "./placement/mod.ts";

/** Where plugins look for the kubelet, whatever its root directory is (device plugin API). */
const DEVICE_PLUGINS = "/var/lib/kubelet/device-plugins";

export interface SharesDeps {
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: AgentSettings;
  readonly signal: AbortSignal;
}

/** What containers have for themselves alone: CPUs, memory, devices. */
export interface Shares extends AsyncDisposable {
  readonly devices: DeviceManager;
  readonly places: Places;
}

/** With what was given away before; plugins may register from now on. */
export async function openShares(deps: SharesDeps): Promise<Shares> {
  const { clock, log, signal } = deps;
  const topology = readTopology();
  const devices = await DeviceManager.open({
    ...{ clock, log, signal, nodes: topology.nodes.map(({ id }) => id) },
    path: `${DEVICE_PLUGINS}/kubelet_internal_checkpoint`,
  });
  const places = await openPlaces(deps, { topology, devices });
  const registration = await servePluginRegistration(DEVICE_PLUGINS, { manager: devices, log });
  return {
    ...{ devices, places },
    [Symbol.asyncDispose]: async () => {
      await registration[Symbol.asyncDispose]();
      devices.close();
    },
  };
}
