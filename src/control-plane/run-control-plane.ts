import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Logger, systemClock } from "../base/mod.ts";
import { formatAddress } from "../ip/mod.ts";
import { ApiServer, ensureDefaultObjects, ServiceAllocator } from "./api/mod.ts";
import { compactRegularly } from "./compact-regularly.ts";
import { createSecurity } from "./security.ts";
import type { ControlPlaneSettings } from "./settings.ts";
import { ObjectStore } from "./storage/mod.ts";

/** What the control plane has of its process. */
export interface ControlPlaneDeps {
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** A control plane that runs. */
export interface ControlPlane extends AsyncDisposable {
  readonly port: number;
  readonly store: ObjectStore;
}

/** Starts the API server; resolves once it answers. */
export async function startControlPlane(
  settings: ControlPlaneSettings,
  { log, signal, clock = systemClock }: ControlPlaneDeps,
): Promise<ControlPlane> {
  const { dataDir, serviceCidrs, nodePorts, cert, key, clientCa, bind } = settings;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const store = new ObjectStore(join(dataDir, "state.sqlite"));
  const now = (): number => clock.now();
  const serverAddress = `${formatAddress(settings.advertise)}:${bind.port}`;
  const server = new ApiServer({
    tls: { cert, key, clientCa },
    rest: { store, services: new ServiceAllocator(store, { cidrs: serviceCidrs, nodePorts }), now },
    extensions: createSecurity(settings, { store, log, now, serverAddress }),
    log,
    advertise: serverAddress,
  });
  const stop = async (): Promise<void> => {
    await server[Symbol.asyncDispose]();
    store[Symbol.dispose]();
  };
  try {
    const advertise = { address: settings.advertise, port: bind.port };
    ensureDefaultObjects(store, { serviceCidrs, advertise, clientCa, now: now() });
    await server.listen(bind.port, bind.address);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  void compactRegularly(store, { clock, signal, log });
  log.info("The API server listens", { address: bind.address, port: server.port });
  return { store, port: server.port, [Symbol.asyncDispose]: stop };
}

/** Runs the control plane until the signal. */
export async function runControlPlane(
  settings: ControlPlaneSettings,
  deps: ControlPlaneDeps,
): Promise<void> {
  await using _running = await startControlPlane(settings, deps);
  const { signal } = deps;
  if (signal.aborted) return;
  await new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
}
