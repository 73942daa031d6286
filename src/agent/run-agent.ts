import { mkdir } from "node:fs/promises";
import { createLogger, formatProblem, messageOf, systemClock } from "../base/mod.ts";
import { createCriClient } from "../cri/mod.ts";
import { KubeClient } from "../kube/client/mod.ts";
import type { Pod } from "./api/mod.ts";
import { ApiSide } from "./api-side.ts";
import { loadConfig } from "./config/mod.ts";
import { NodeCredentials } from "./credentials/mod.ts";
import type { Foundation } from "./foundation.ts";
import { keepNode } from "./keep-node.ts";
import {
  allocatable,
  checkMachine,
  findNodeIPs,
  keepLease,
  NodeReporter,
  RuntimeHealth,
  readMachine,
} from "./node/mod.ts";
import { openClaims } from "./open-claims.ts";
import { openPodResources } from "./open-pod-resources.ts";
import { openShares } from "./open-shares.ts";
import { podDeps } from "./pod-deps.ts";
import { PodManager } from "./pods/pod-manager.ts";
import { PressureBoard } from "./pressure/mod.ts";
import { openCgroupTree } from "./resources/cgroup-tree.ts";
import type { PodCgroups } from "./resources/pod-cgroups.ts";
import { allPodsLimits } from "./resources/pod-limits.ts";
import { rotateLogs } from "./runtime/rotate-logs.ts";
import { watchRuntime } from "./runtime/watch-runtime.ts";
import { AgentServer, PodDirectory } from "./server/mod.ts";
import { openServiceManager, reportToManager } from "./service-manager.ts";
import { PodSet } from "./sources/pod-set.ts";
import { StaticSources } from "./sources/static-sources.ts";
import type { Failure } from "./status/mod.ts";

/** The process that the agent is. */
export interface AgentProcess {
  readonly argv: readonly string[];
  /** Ends the agent; pods go on running. */
  readonly signal: AbortSignal;
  readonly write: (line: string) => void;
  readonly pid: number;
  /** The environment: systemd says there where it listens. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How long the agent waits for its workers as it ends. */
const SETTLE_MS = 500;

/** The API server, and what the node is to it. */
interface ApiAccess {
  readonly client: KubeClient;
  readonly credentials: NodeCredentials;
}

/** Runs the agent until the signal; rejects where it cannot start. */
export async function runAgent(process: AgentProcess): Promise<void> {
  const config = await loadConfig(process.argv);
  let { settings } = config;
  const log = createLogger({
    program: "agent",
    write: process.write,
    verbosity: settings.verbosity,
    processId: process.pid,
    now: () => Date.now(),
  });
  for (const problem of config.warnings) log.warn(formatProblem(problem));
  using cri = createCriClient({
    endpoint: settings.runtime.endpoint,
    deadlineMs: settings.runtime.requestTimeoutMs,
  });
  const { runtimeName, runtimeVersion } = await cri.runtime.version({});
  const driver = await checkMachine(settings, { cri, isCgroupV2: openCgroupTree().isV2 });
  settings = { ...settings, cgroups: { ...settings.cgroups, driver } };
  await mkdir(settings.paths.root, { recursive: true, mode: 0o750 });
  const basis = { config, settings, log, cri, signal: process.signal, clock: systemClock };
  await using shares = await openShares(basis);
  const foundation: Foundation = {
    ...{ ...basis, devices: shares.devices, places: shares.places },
    machine: await readMachine(settings.paths.root),
    addresses: await findNodeIPs(settings.nodeIPs, settings.nodeName),
    runtimeVersion: `${runtimeName}://${runtimeVersion}`,
    board: new PressureBoard(),
    manager: openServiceManager(process.env, process.pid),
  };
  log.info("Started", { node: settings.nodeName, runtime: foundation.runtimeVersion });
  if (settings.kubeconfig === undefined) return await runPods(foundation, {});
  const { kubeconfig, bootstrapKubeconfig, nodeName, rotatesCertificates: rotates } = settings;
  const credentials = await NodeCredentials.open(
    {
      ...{ nodeName, kubeconfig, rotates, directory: settings.paths.certificates },
      ...(bootstrapKubeconfig === undefined ? {} : { bootstrapKubeconfig }),
    },
    { clock: systemClock, log, random: Math.random },
  );
  using client = new KubeClient(credentials);
  await Promise.all([
    credentials.run(process.signal),
    runWithApi(foundation, { client, credentials }),
  ]);
}

/** With an API server: the node reports itself, and pods come from there, too. */
async function runWithApi(foundation: Foundation, access: ApiAccess): Promise<void> {
  const { client } = access;
  const { settings, log, clock, signal, cri, machine } = foundation;
  const health = new RuntimeHealth(cri, clock);
  const reporter = new NodeReporter({
    ...foundation,
    client,
    notReady: () => health.check(),
    pressures: () => foundation.board.conditions,
    onReboot: () =>
      api.events.recordNode({
        type: "Warning",
        reason: "Rebooted",
        message: `Node ${settings.nodeName} has been rebooted, boot id: ${machine.bootId}`,
      }),
  });
  foundation.devices.subscribe(() => reporter.hurry());
  const api = new ApiSide({
    ...{ client, clock, log, settings, signal, addresses: foundation.addresses },
    allocatable: allocatable(settings, machine),
    nodeUid: () => reporter.uid,
  });
  await Promise.all([
    reporter.run(signal),
    keepLease({
      ...{ client, clock, log, signal, nodeName: settings.nodeName },
      nodeUid: () => reporter.uid,
      seconds: settings.node.leaseSeconds,
      onSilence: () => client.closeStreams(),
    }),
    runPods(foundation, { api, ...access }),
  ]);
}

/** Pods of every source, for as long as the agent runs. */
async function runPods(
  foundation: Foundation,
  { api, client, credentials }: Partial<ApiAccess> & { readonly api?: ApiSide },
): Promise<void> {
  const { settings, log, clock, signal, cri, places } = foundation;
  using opened = await openClaims(foundation, client);
  const { claims } = opened;
  const deps = podDeps(foundation, { api, claims });
  await limitAllPods(foundation, deps.cgroups);
  const manager = new PodManager(
    deps,
    {
      status: (pod, status, report) => api?.statuses.set(pod, status, report),
      ended: (uid) => api?.release(uid),
    },
    signal,
  );
  foundation.devices.subscribe((uids) => {
    for (const uid of uids) manager.wake(uid);
  });
  let runtimeTrouble: string | undefined;
  using server = new AgentServer({
    ...{ cri, clock, log, settings, addresses: foundation.addresses },
    ...{ configz: foundation.config.configz, flags: foundation.config.flags },
    ...{ machine: foundation.machine, probeMetrics: deps.probeMetrics, startedAt: clock.now() },
    pods: new PodDirectory(manager),
    health: async () => runtimeTrouble,
    ...(client === undefined ? {} : { client }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  await server.start();
  await using _resources = await openPodResources(foundation, { manager, claims });
  const statics = new PodSet(manager);
  const given = new StaticSources(statics);
  const work = given.watch(settings, { clock, log, signal });
  if (api !== undefined) work.push(api.run(manager, statics));
  work.push(server.run(signal));
  if (foundation.manager !== undefined) {
    work.push(reportToManager(foundation.manager, { clock, log, signal }));
  }
  const keeping = {
    ...{ cri, clock, log, settings, manager, board: foundation.board },
    report: (event: { readonly reason: string; readonly message: string }) =>
      api?.events.recordNode({ type: "Warning", ...event }),
    recordEviction: (pod: Pod, { reason, message }: Failure) =>
      deps.events.record(pod, { type: "Warning", reason, message }),
  };
  work.push(keepNode(keeping, signal));
  work.push(places.run(signal));
  const knowsAll = (): boolean => given.areRead && api?.isSynced !== false;
  work.push(opened.run(() => (knowsAll() ? new Set(manager.workers.keys()) : undefined)));
  work.push(rotateLogs({ cri, clock, log, signal, ...settings.logs }));
  work.push(
    watchRuntime({
      ...{ cri, clock, log, signal, reader: deps.reader },
      onHealth: (error) => {
        if (error !== undefined) log.error("The runtime does not answer", { error });
        runtimeTrouble = error;
      },
      onChange: (changed, all) => {
        for (const { uid } of changed) manager.wake(uid);
        // Until every source has spoken, nobody knows what is an orphan.
        if (!knowsAll()) return;
        places.retain(new Set(manager.workers.keys()));
        for (const pod of all.values()) {
          if (!statics.pods.has(pod.uid) && api?.knows(pod.uid) !== true) manager.endOrphan(pod);
        }
      },
    }),
  );
  await Promise.all(work);
  // What is under way needs no end: the next agent finds it in the runtime.
  await Promise.race([manager.settled(), clock.sleep(SETTLE_MS)]);
}

/** What is reserved for others stays theirs, as far as the kernel takes it now. */
async function limitAllPods(foundation: Foundation, cgroups: PodCgroups): Promise<void> {
  const { settings, machine, log } = foundation;
  if (!settings.cgroups.limitsAllPods) return;
  const { systemReserved, kubeReserved } = settings.node;
  const limits = allPodsLimits(machine, [systemReserved, kubeReserved], settings.cgroups);
  await cgroups.enforce(limits).catch((thrown: unknown) => {
    log.warn("Cannot limit what all pods together may use", { error: messageOf(thrown) });
  });
}
