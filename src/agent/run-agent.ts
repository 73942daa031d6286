import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { type Clock, createLogger, formatProblem, type Logger, systemClock } from "../base/mod.ts";
import { createCriClient } from "../cri/mod.ts";
import { type AgentSettings, type LoadedConfig, loadConfig } from "./config/mod.ts";
import { ImagePuller } from "./images/image-puller.ts";
import { parseResolvConf } from "./network/mod.ts";
import type { PodEvents } from "./pods/events.ts";
import type { PodDeps } from "./pods/pod-context.ts";
import { PodManager } from "./pods/pod-manager.ts";
import { openCgroupTree } from "./resources/cgroup-tree.ts";
import { PodCgroups } from "./resources/pod-cgroups.ts";
import { RuntimeReader } from "./runtime/runtime-reader.ts";
import { readTerminationMessage } from "./runtime/termination-message.ts";
import { watchRuntime } from "./runtime/watch-runtime.ts";
import { PodSet } from "./sources/pod-set.ts";
import { watchStaticPods } from "./sources/static-directory.ts";
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
}

const USER_AGENT = "kube-probe/1.36";

/** Runs the agent until the signal; rejects where it cannot start. */
export async function runAgent(process: AgentProcess): Promise<void> {
  const config = await loadConfig(process.argv);
  const log = createLogger({
    program: "agent",
    write: process.write,
    verbosity: config.settings.verbosity,
    processId: process.pid,
    now: () => Date.now(),
  });
  for (const problem of config.warnings) log.warn(formatProblem(problem));
  await runStandalone(config, { log, clock: systemClock, signal: process.signal });
}

async function runStandalone(
  { settings }: LoadedConfig,
  { log, clock, signal }: { log: Logger; clock: Clock; signal: AbortSignal },
): Promise<void> {
  using cri = createCriClient({
    endpoint: settings.runtime.endpoint,
    deadlineMs: settings.runtime.requestTimeoutMs,
  });
  const { runtimeName, runtimeVersion } = await cri.runtime.version({});
  log.info("Started", { node: settings.nodeName, runtime: `${runtimeName}://${runtimeVersion}` });
  const deps = podDeps(settings, { cri, log, clock });
  const manager = new PodManager(deps, { status: () => {}, ended: () => {} }, signal);
  const sources = new PodSet(manager);
  let isSynced = false;
  const { staticPods } = settings.paths;
  const fromFiles =
    staticPods === undefined
      ? Promise.resolve().then(() => {
          isSynced = true;
        })
      : watchStaticPods(
          {
            path: staticPods,
            nodeName: settings.nodeName,
            checkMs: settings.pods.staticCheckMs,
            ...{ clock, log, signal },
          },
          (pods) => {
            sources.replace(pods);
            isSynced = true;
          },
        );
  const fromRuntime = watchRuntime({
    ...{ cri, clock, log, signal, reader: deps.reader },
    onHealth: (error) => {
      if (error !== undefined) log.error("The runtime does not answer", { error });
    },
    onChange: (changed, all) => {
      for (const { uid } of changed) manager.wake(uid);
      if (!isSynced) return;
      for (const pod of all.values()) if (!sources.pods.has(pod.uid)) manager.endOrphan(pod);
    },
  });
  await Promise.all([fromFiles, fromRuntime]);
  await manager.settled();
}

function podDeps(
  settings: AgentSettings,
  { cri, log, clock }: Pick<PodDeps, "cri" | "log" | "clock">,
): PodDeps {
  const events: PodEvents = {
    record: (pod, { type, reason, message, container }) =>
      log.info(
        message,
        { type, reason, container, pod: `${pod.metadata.namespace}/${pod.metadata.name}` },
        1,
      ),
  };
  return {
    ...{ cri, log, clock, settings, events },
    reader: new RuntimeReader(cri, readTerminationMessage),
    images: new ImagePuller({ cri, clock, events, credentials: async () => [] }),
    volumes: new Volumes(settings.paths, [emptyDirPlugin, hostPathPlugin]),
    cgroups: new PodCgroups(openCgroupTree(), settings.cgroups),
    hostDns: async () => {
      const { resolvConf } = settings.pods;
      return resolvConf === "" ? undefined : parseResolvConf(await readFile(resolvConf, "utf8"));
    },
    hostIPs: () => settings.nodeIPs,
    environmentSources: async (_pod, podIPs) => ({
      services: [],
      data: () => undefined,
      fields: { nodeName: settings.nodeName, hostIPs: settings.nodeIPs, podIPs },
      allocatable: {},
    }),
    memoryCapacity: totalmem(),
    userAgent: USER_AGENT,
  };
}
