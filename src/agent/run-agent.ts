import { mkdir, readFile } from "node:fs/promises";
import {
  type Clock,
  createLogger,
  formatProblem,
  type Logger,
  messageOf,
  systemClock,
} from "../base/mod.ts";
import { type CriClient, createCriClient } from "../cri/mod.ts";
import { KubeClient } from "../kube/client/mod.ts";
import { NodeAdmission } from "./admission/mod.ts";
import type { PodEvents } from "./api/events.ts";
import type { Pod } from "./api/mod.ts";
import { ApiSide } from "./api-side.ts";
import { type AgentSettings, type LoadedConfig, loadConfig } from "./config/mod.ts";
import { NodeCredentials } from "./credentials/mod.ts";
import { ImagePuller } from "./images/image-puller.ts";
import { keepNode } from "./keep-node.ts";
import { parseResolvConf } from "./network/mod.ts";
import {
  allocatable,
  checkMachine,
  findNodeIPs,
  keepLease,
  type MachineInfo,
  NodeReporter,
  nodeView,
  RuntimeHealth,
  readMachine,
} from "./node/mod.ts";
import { openPlaces, type Places } from "./placement/mod.ts";
import type { PodDeps } from "./pods/pod-context.ts";
import { PodManager } from "./pods/pod-manager.ts";
import { PressureBoard } from "./pressure/mod.ts";
import { ProbeMetrics } from "./probes/probe-metrics.ts";
import { openCgroupTree } from "./resources/cgroup-tree.ts";
import { PodCgroups } from "./resources/pod-cgroups.ts";
import { allPodsLimits } from "./resources/pod-limits.ts";
import { rotateLogs } from "./runtime/rotate-logs.ts";
import { RuntimeReader } from "./runtime/runtime-reader.ts";
import { readTerminationMessage } from "./runtime/termination-message.ts";
import { watchRuntime } from "./runtime/watch-runtime.ts";
import { AgentServer, PodDirectory } from "./server/mod.ts";
import { openServiceManager, reportToManager, type ServiceManager } from "./service-manager.ts";
import { PodSet } from "./sources/pod-set.ts";
import { watchStaticPods } from "./sources/static-directory.ts";
import type { Failure } from "./status/mod.ts";
import { emptyDirPlugin } from "./volumes/empty-dir.ts";
import { hostPathPlugin } from "./volumes/host-path.ts";
import { Volumes } from "./volumes/volumes.ts";

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

const USER_AGENT = "kube-probe/1.36";

/** How long the agent waits for its workers as it ends. */
const SETTLE_MS = 500;

/** What everything below is made from. */
interface Foundation {
  readonly config: LoadedConfig;
  readonly settings: AgentSettings;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly cri: CriClient;
  readonly machine: MachineInfo;
  readonly addresses: readonly string[];
  readonly runtimeVersion: string;
  readonly board: PressureBoard;
  readonly manager: ServiceManager | undefined;
}

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
  const foundation: Foundation = {
    ...{ config, settings, log, cri, signal: process.signal, clock: systemClock },
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
  });
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
  const { settings, log, clock, signal, cri } = foundation;
  const places = await openPlaces(foundation);
  const deps = podDeps(foundation, places, api);
  await limitAllPods(foundation, deps.cgroups);
  const manager = new PodManager(
    deps,
    {
      status: (pod, status, report) => api?.statuses.set(pod, status, report),
      ended: (uid) => api?.release(uid),
    },
    signal,
  );
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
  const statics = new PodSet(manager);
  const { staticPods } = settings.paths;
  let filesAreRead = staticPods === undefined;
  const work: Promise<void>[] = [];
  if (staticPods !== undefined) {
    const source = {
      ...{ path: staticPods, nodeName: settings.nodeName, clock, log, signal },
      checkMs: settings.pods.staticCheckMs,
    };
    work.push(
      watchStaticPods(source, (pods) => {
        statics.replace(pods);
        filesAreRead = true;
      }),
    );
  }
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
        if (!filesAreRead || api?.isSynced === false) return;
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

function podDeps(foundation: Foundation, places: Places, api: ApiSide | undefined): PodDeps {
  const { settings, cri, log, clock, machine, addresses } = foundation;
  const events = api?.events ?? logEvents(log);
  const { nodeName } = settings;
  return {
    ...{ cri, log, clock, settings, events, places },
    reader: new RuntimeReader(cri, readTerminationMessage),
    images: new ImagePuller({
      ...{ cri, clock, events },
      credentials: async (pod, image) => (await api?.credentials(pod, image)) ?? [],
    }),
    volumes: new Volumes(settings.paths, [
      emptyDirPlugin,
      hostPathPlugin,
      ...(api?.volumePlugins() ?? []),
    ]),
    admission: new NodeAdmission({
      unsafeSysctls: settings.pods.unsafeSysctls,
      node: () => nodeView(api?.node, settings, machine),
      fetchNode: async () => nodeView(await api?.fetchNode(), settings, machine),
      pressures: () => foundation.board.conditions,
      shares: places,
    }),
    cgroups: new PodCgroups(openCgroupTree(), settings.cgroups, (uid) =>
      places.hasExclusiveCpus(uid),
    ),
    hostDns: async () => {
      const { resolvConf } = settings.pods;
      return resolvConf === "" ? undefined : parseResolvConf(await readFile(resolvConf, "utf8"));
    },
    hostIPs: () => addresses,
    environmentSources: async (pod, podIPs) =>
      (await api?.environmentSources(pod, podIPs)) ?? {
        services: [],
        data: () => undefined,
        fields: { nodeName, hostIPs: addresses, podIPs },
        allocatable: allocatable(settings, machine),
      },
    runtimeHandler: async (pod) => {
      if (api !== undefined) return await api.runtimeHandler(pod);
      const { runtimeClassName: name = "" } = pod.spec;
      if (name !== "") throw new Error(`RuntimeClass "${name}" needs the API server`);
      return "";
    },
    memoryCapacity: machine.memoryBytes,
    userAgent: USER_AGENT,
    probeMetrics: new ProbeMetrics(),
  };
}

/** Without an API server events are lines of the log. */
function logEvents(log: Logger): PodEvents {
  return {
    record: (pod, { type, reason, message, container }) => {
      const { name, namespace } = pod.metadata;
      log.info(message, { type, reason, container, pod: `${namespace}/${name}` }, 1);
    },
  };
}
