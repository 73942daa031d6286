import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Logger, systemClock } from "../base/mod.ts";
import { formatAddress } from "../ip/mod.ts";
import { ApiServer, ensureDefaultObjects, ServiceAllocator } from "./api/mod.ts";
import { runControllers } from "./controllers/mod.ts";
import { runDns } from "./dns/mod.ts";
import { createLoopback } from "./loopback.ts";
import { runScheduler } from "./scheduler/mod.ts";
import { createSecurity } from "./security.ts";
import type { ControlPlaneSettings } from "./settings.ts";
import { ObjectStore } from "./storage/mod.ts";
import { upkeepStore } from "./store-upkeep.ts";

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

/** Starts the API server, and what else runs in this process; resolves once the server answers. */
export async function startControlPlane(
  settings: ControlPlaneSettings,
  { log, signal, clock = systemClock }: ControlPlaneDeps,
): Promise<ControlPlane> {
  const { dataDir, serviceCidrs, nodePorts, cert, key, clientCa, bind } = settings;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const store = new ObjectStore(join(dataDir, "state.sqlite"));
  const now = (): number => clock.now();
  const serverAddress = `${formatAddress(settings.advertise)}:${bind.port}`;
  const loopback = createLoopback({ host: bind.address, ca: clientCa });
  const security = createSecurity(settings, { store, log, now, serverAddress });
  const server = new ApiServer({
    tls: { cert, key, clientCa },
    rest: { store, services: new ServiceAllocator(store, { cidrs: serviceCidrs, nodePorts }), now },
    extensions: { ...security, authenticate: loopback.authenticate(security.authenticate) },
    log,
    advertise: serverAddress,
  });
  const ending = new AbortController();
  const components: Promise<void>[] = [];
  const stop = async (): Promise<void> => {
    ending.abort();
    await Promise.all(components);
    await server[Symbol.asyncDispose]();
    store[Symbol.dispose]();
  };
  try {
    const advertise = { address: settings.advertise, port: bind.port };
    const dns = settings.dns === undefined ? {} : { dns: settings.dns };
    ensureDefaultObjects(store, { serviceCidrs, advertise, clientCa, now: now(), ...dns });
    await server.listen(bind.port, bind.address);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  const until = AbortSignal.any([signal, ending.signal]);
  void upkeepStore(store, { clock, signal: until, log });
  if (settings.components !== undefined) {
    const connection = loopback.connect(server.port);
    const { clusterCidrs } = settings.components;
    const own = { connection, signal: until, clock };
    components.push(
      runControllers({ ...own, log: log.with({ component: "controllers" }), clusterCidrs }),
      runScheduler({ ...own, log: log.with({ component: "scheduler" }) }),
    );
  }
  if (settings.dns !== undefined) {
    const { domain, port } = settings.dns;
    components.push(
      runDns({
        ...{ connection: loopback.connect(server.port), signal: until, clock, domain },
        ...{ bind: { address: bind.address, port }, log: log.with({ component: "dns" }) },
      }),
    );
  }
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
