import { Counter, Gauge, Registry } from "prom-client";
import type { Pod } from "../api/mod.ts";
import type { PodUsage, Usage } from "./stats.ts";

/** The agent's own metrics, under the kubelet's names. */
export async function agentMetrics(input: {
  readonly nodeName: string;
  readonly pods: readonly Pod[];
}): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  const name = (metric: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: metric, help, labelNames, registers });
  name("kubelet_node_name", "The node's name. The count is always 1.", ["node"])
    .labels(input.nodeName)
    .set(1);
  const running = input.pods.filter(({ status }) => status?.phase === "Running");
  name("kubelet_running_pods", "Number of pods that have a running pod sandbox").set(
    running.length,
  );
  const containers = name("kubelet_running_containers", "Number of containers currently running", [
    "container_state",
  ]);
  const statuses = input.pods.flatMap(({ status }) => status?.containerStatuses ?? []);
  for (const state of ["running", "terminated", "waiting"] as const) {
    const count = statuses.filter((one) => one.state?.[state] !== undefined).length;
    containers.labels(state === "terminated" ? "exited" : state).set(count);
  }
  name("process_resident_memory_bytes", "Resident memory size in bytes.").set(
    process.memoryUsage().rss,
  );
  return await registry.metrics();
}

/** /metrics/resource: what metrics-server reads. */
export async function resourceMetrics(node: Usage, pods: readonly PodUsage[]): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  const POD = ["namespace", "pod"];
  const CONTAINER = ["container", ...POD];
  const cpu = (of: string, labelNames: string[]) =>
    new Counter({
      name: `${of}_cpu_usage_seconds_total`,
      help: `Cumulative cpu time consumed by the ${of} in core-seconds`,
      ...{ labelNames, registers },
    });
  const memory = (of: string, labelNames: string[]) =>
    new Gauge({
      name: `${of}_memory_working_set_bytes`,
      help: `Current working set of the ${of} in bytes`,
      ...{ labelNames, registers },
    });
  const [nodeCpu, podCpu, containerCpu] = [
    cpu("node", []),
    cpu("pod", POD),
    cpu("container", CONTAINER),
  ];
  const [nodeMemory, podMemory, containerMemory] = [
    memory("node", []),
    memory("pod", POD),
    memory("container", CONTAINER),
  ];
  const started = new Gauge({
    name: "container_start_time_seconds",
    help: "Start time of the container since unix epoch in seconds",
    ...{ labelNames: CONTAINER, registers },
  });
  new Gauge({
    name: "resource_scrape_error",
    help: "1 if there was an error while getting container metrics, 0 otherwise",
    registers,
  }).set(0);
  nodeCpu.inc(node.cpuNanoSeconds / 1e9);
  nodeMemory.set(node.workingSetBytes);
  for (const { pod, containers } of pods) {
    const { namespace, name } = pod.metadata;
    for (const one of containers) {
      const labels = { container: one.name, namespace, pod: name };
      containerCpu.inc(labels, one.cpuNanoSeconds / 1e9);
      containerMemory.set(labels, one.workingSetBytes);
      started.set(labels, one.startedAt / 1000);
      podCpu.inc({ namespace, pod: name }, one.cpuNanoSeconds / 1e9);
      podMemory.inc({ namespace, pod: name }, one.workingSetBytes);
    }
  }
  return await registry.metrics();
}
