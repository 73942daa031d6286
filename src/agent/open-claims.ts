import { messageOf } from "../base/mod.ts";
import { hasStatus, type KubeClient } from "../kube/client/mod.ts";
import { API } from "./api/mod.ts";
import { ClaimDrivers, ClaimState, Claims, SliceCleaner } from "./claims/mod.ts";
import type { Foundation } from "./foundation.ts";
import { PluginWatcher } from "./plugin-watcher/mod.ts";

/** How often claims of pods that are gone are looked for. */
const RECONCILE_MS = 60_000;

/** Claims with their drivers, and the watch for plugins of every kind. */
export interface OpenClaims extends Disposable {
  readonly claims: Claims;
  /** Until the signal; `podUids` are the pods that the node has, undefined while nobody knows. */
  run(podUids: () => ReadonlySet<string> | undefined): Promise<void>;
}

export async function openClaims(
  { settings, clock, log, signal, devices }: Foundation,
  client: KubeClient | undefined,
): Promise<OpenClaims> {
  const { root } = settings.paths;
  const drivers = new ClaimDrivers();
  const claims = await Claims.open({
    ...{ drivers, state: new ClaimState(`${root}/dra_manager_state`) },
    fetch: async (namespace, name) => {
      if (client === undefined) throw new Error("claims need the API server");
      return await client.get(API.resourceClaims, { namespace, name }, { signal });
    },
  });
  const cleaner = new SliceCleaner(drivers, {
    ...{ clock, log, signal },
    wipe: async (driver) => {
      if (client !== undefined) await wipeSlices(client, settings.nodeName, driver);
    },
  });
  const watcher = new PluginWatcher({
    ...{ directory: `${root}/plugins_registry`, clock, log },
    handlers: { DRAPlugin: cleaner, DevicePlugin: devices.pluginHandler },
  });
  return {
    claims,
    run: async (podUids) => {
      cleaner.wipeAll();
      const reconcile = async (): Promise<void> => {
        while (!signal.aborted) {
          await clock.sleep(RECONCILE_MS, signal).catch(() => {});
          const known = podUids();
          if (known === undefined || signal.aborted) continue;
          await claims.retain(known).catch((thrown: unknown) => {
            log.warn("Cannot put away claims of pods that are gone", { error: messageOf(thrown) });
          });
        }
      };
      await Promise.all([watcher.run(signal), reconcile()]);
    },
    [Symbol.dispose]: () => drivers[Symbol.dispose](),
  };
}

/** Deletes the node's slices; an API server that has no such kind has none. */
async function wipeSlices(
  client: KubeClient,
  nodeName: string,
  driver: string | undefined,
): Promise<void> {
  const ofDriver = driver === undefined ? "" : `,spec.driver=${driver}`;
  const fieldSelector = `spec.nodeName=${nodeName}${ofDriver}`;
  const ignore = (thrown: unknown): undefined => {
    if (!hasStatus(thrown, 404)) throw thrown;
  };
  const found = await client.list(API.resourceSlices, { fieldSelector }).catch(ignore);
  for (const { metadata } of found?.items ?? []) {
    await client.delete(API.resourceSlices, { name: metadata.name }).catch(ignore);
  }
}
