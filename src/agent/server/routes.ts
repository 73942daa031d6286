import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../base/mod.ts";
import { KUBERNETES_VERSION } from "../../base/mod.ts";
import { type CriClient, execSync } from "../../cri/mod.ts";
import type { AgentSettings } from "../config/mod.ts";
import type { MachineInfo } from "../node/mod.ts";
import type { ProbeMetrics } from "../probes/probe-metrics.ts";
import { cadvisorText } from "./cadvisor.ts";
import { checkpointContainer, checkpointPath } from "./checkpoint.ts";
import { type ComponentPage, flagz, negotiate, statusz } from "./component-pages.ts";
import { parseLogOptions, writeLogs } from "./container-logs.ts";
import { HttpError } from "./http-error.ts";
import { agentMetrics, resourceMetrics } from "./metrics.ts";
import { sendNodeLog } from "./node-logs.ts";
import type { PodDirectory } from "./pod-directory.ts";
import { runningPods } from "./running-pods.ts";
import { nodeUsage, podUsages, statsSummary } from "./stats.ts";
import { containerPath } from "./streams.ts";

export interface RouteDeps {
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly settings: AgentSettings;
  readonly configz: Readonly<Record<string, unknown>>;
  /** Every flag with the value that counts. */
  readonly flags: Readonly<Record<string, string>>;
  readonly machine: MachineInfo;
  readonly probeMetrics: ProbeMetrics;
  /** When the agent started, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly pods: PodDirectory;
  /** What keeps the agent from being healthy; undefined where nothing does. */
  readonly health: () => Promise<string | undefined>;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/** Answers a request that is no stream; throws HttpError. */
export async function answer(deps: RouteDeps, exchange: Exchange): Promise<void> {
  const { url, response } = exchange;
  const [first = "", ...parts] = pathParts(url.pathname);
  switch (first) {
    case "healthz":
      return await sendHealth(deps, response);
    case "runningpods":
      return sendJson(
        response,
        runningPods((await deps.cri.runtime.listContainers({})).containers),
      );
    case "checkpoint":
      return await sendCheckpoint(deps, exchange, parts);
    case "pods":
      return sendJson(response, {
        ...{ kind: "PodList", apiVersion: "v1", metadata: {} },
        items: deps.pods.all(),
      });
    case "configz":
      return sendJson(response, { kubeletconfig: deps.configz });
    case "flagz":
      return sendPage(exchange, flagz(deps.flags));
    case "statusz":
      return sendPage(exchange, statuszOf(deps));
    case "logs":
      return await sendNodeLog(exchange);
    case "containerLogs":
      return await sendLogs(deps, exchange, parts);
    case "stats":
      return await sendStats(deps, response);
    case "metrics":
      return await sendMetrics(deps, response, parts[0] ?? "");
    case "run":
      return await sendRun(deps, exchange, parts);
    default:
      throw new HttpError(404, "404 page not found");
  }
}

export async function sendHealth(
  { health }: Pick<RouteDeps, "health">,
  response: ServerResponse,
): Promise<void> {
  const trouble = await health();
  if (trouble === undefined) sendText(response, 200, "ok");
  else sendText(response, 500, trouble);
}

async function sendLogs(
  deps: RouteDeps,
  { url, response, signal }: Exchange,
  parts: readonly string[],
): Promise<void> {
  const options = parseLogOptions(url.searchParams, deps.clock.now());
  const containerId = deps.pods.loggedContainer(containerPath(parts), options.previous);
  await writeLogs(deps, { containerId, options, response, signal });
}

async function sendStats(deps: RouteDeps, response: ServerResponse): Promise<void> {
  const summary = await statsSummary({
    nodeName: deps.settings.nodeName,
    root: deps.settings.paths.root,
    node: await nodeUsage(deps.clock.now()),
    pods: await podUsages(deps.cri, deps.pods.all()),
  });
  sendJson(response, summary);
}

async function sendMetrics(deps: RouteDeps, response: ServerResponse, kind: string): Promise<void> {
  const pods = deps.pods.all();
  if (kind === "") {
    const { nodeName } = deps.settings;
    return sendText(response, 200, await agentMetrics({ nodeName, pods }));
  }
  if (kind === "cadvisor") {
    const { cri, machine, settings } = deps;
    const text = await cadvisorText({ cri, machine, pods, cgroups: settings.cgroups });
    return sendText(response, 200, text);
  }
  if (kind === "probes") return sendText(response, 200, await deps.probeMetrics.text());
  if (kind !== "resource") throw new HttpError(404, "404 page not found");
  const node = await nodeUsage(deps.clock.now());
  sendText(response, 200, await resourceMetrics(node, await podUsages(deps.cri, pods)));
}

/** POST /run/NAMESPACE/POD/CONTAINER?cmd=...: what a command prints. */
async function sendRun(
  deps: RouteDeps,
  { request, url, response, signal }: Exchange,
  parts: readonly string[],
): Promise<void> {
  if (request.method !== "POST") throw new HttpError(405, "405: Method Not Allowed");
  const containerId = deps.pods.runningContainer(containerPath(parts));
  const argv = (url.searchParams.get("cmd") ?? "").split(" ");
  const result = await execSync(deps.cri, { containerId, argv }, { signal });
  sendText(response, 200, result.stdout + result.stderr);
}

/** POST /checkpoint/NAMESPACE/POD/CONTAINER: writes what a container is now to a file of the node. */
async function sendCheckpoint(
  { cri, pods, settings, clock }: RouteDeps,
  { request, url, response }: Exchange,
  parts: readonly string[],
): Promise<void> {
  if (request.method !== "POST") throw new HttpError(405, "405: Method Not Allowed");
  const of = containerPath(parts);
  const containerId = pods.runningContainer(of);
  const location = checkpointPath(settings.paths.root, of, clock.now());
  await checkpointContainer(cri, { containerId, location, of }, url.searchParams);
  sendJson(response, { items: [location] });
}

function statuszOf({ startedAt, clock }: RouteDeps): ComponentPage {
  const version = KUBERNETES_VERSION.replace(/^v/, "");
  const emulated = version.split(".").slice(0, 2).join(".");
  return statusz({ startedAt, now: clock.now(), version, emulated });
}

function sendPage({ request, response }: Exchange, page: ComponentPage): void {
  const { contentType, body } = negotiate(page, request.headers.accept);
  response.writeHead(200, { "content-type": contentType });
  response.end(body);
}

/** The path's parts, decoded; throws HttpError 400 where they cannot be. */
export function pathParts(pathname: string): string[] {
  try {
    return pathname.split("/").slice(1).map(decodeURIComponent);
  } catch {
    throw new HttpError(400, "400 Bad Request");
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(text);
}
