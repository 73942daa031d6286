import { readFile, statfs } from "node:fs/promises";
import type { ContainerStats, CriClient } from "../../cri/mod.ts";
import { parseMeminfo } from "../../machine/mod.ts";
import type { Pod } from "../api/mod.ts";
import { LABEL } from "../runtime/labels.ts";

/** CPU and memory at a moment; amounts in the units of the API. */
export interface Usage {
  /** Nanoseconds of CPU since the start. */
  readonly cpuNanoSeconds: number;
  readonly workingSetBytes: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface ContainerUsage extends Usage {
  readonly name: string;
  readonly startedAt: number;
  readonly diskBytes: number;
  readonly inodes: number;
}

export interface PodUsage {
  readonly pod: Pod;
  readonly containers: readonly ContainerUsage[];
}

/** What each pod's containers use, as the runtime counts it. */
export async function podUsages(cri: CriClient, pods: readonly Pod[]): Promise<PodUsage[]> {
  const { stats } = await cri.runtime.listContainerStats({});
  const byPod = new Map<string, ContainerStats[]>();
  for (const one of stats) {
    const uid = one.attributes?.labels[LABEL.podUid] ?? "";
    byPod.set(uid, [...(byPod.get(uid) ?? []), one]);
  }
  return pods.map((pod) => ({
    pod,
    containers: (byPod.get(pod.metadata.uid) ?? []).map((one) => toUsage(pod, one)),
  }));
}

function toUsage(pod: Pod, stats: ContainerStats): ContainerUsage {
  const name = stats.attributes?.labels[LABEL.containerName] ?? "";
  const { cpu, memory, writableLayer } = stats;
  const status = pod.status?.containerStatuses?.find((one) => one.name === name);
  return {
    name,
    startedAt: Date.parse(status?.state?.running?.startedAt ?? "") || 0,
    cpuNanoSeconds: Number(cpu?.usageCoreNanoSeconds?.value ?? 0n),
    workingSetBytes: Number(memory?.workingSetBytes?.value ?? 0n),
    at: Number((cpu?.timestamp ?? 0n) / 1_000_000n),
    diskBytes: Number(writableLayer?.usedBytes?.value ?? 0n),
    inodes: Number(writableLayer?.inodesUsed?.value ?? 0n),
  };
}

/** What the whole machine uses. */
export async function nodeUsage(now: number): Promise<Usage> {
  const stat = await readFile("/proc/stat", "utf8");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu +(.*)$/m.exec(stat)?.[1] ?? ""
  )
    .split(" ")
    .map(Number);
  const memory = parseMeminfo(await readFile("/proc/meminfo", "utf8"));
  const ticks = user + nice + system + irq + softirq + steal;
  return {
    // A tick is 10 ms on every Linux that Kubernetes runs on.
    cpuNanoSeconds: ticks * 10_000_000,
    workingSetBytes: (memory?.totalBytes ?? 0) - (memory?.availableBytes ?? 0),
    at: now,
  };
}

/** /stats/summary (stats.k8s.io/v1alpha1). */
export async function statsSummary(input: {
  readonly nodeName: string;
  readonly root: string;
  readonly node: Usage;
  readonly pods: readonly PodUsage[];
}): Promise<unknown> {
  const { node, pods } = input;
  const { bsize, blocks, bavail, bfree, files, ffree } = await statfs(input.root);
  const fs = {
    time: new Date(node.at).toISOString(),
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodesFree: ffree,
    inodes: files,
    inodesUsed: files - ffree,
  };
  return {
    node: { nodeName: input.nodeName, ...cpuAndMemory(node), fs, runtime: { imageFs: fs } },
    pods: pods.map((one) => podSummary(one)),
  };
}

function podSummary({ pod, containers }: PodUsage): unknown {
  const { name, namespace, uid } = pod.metadata;
  const sum = (of: (one: ContainerUsage) => number): number =>
    containers.reduce((total, one) => total + of(one), 0);
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime,
    containers: containers.map((one) => ({
      name: one.name,
      startTime: new Date(one.startedAt).toISOString(),
      ...cpuAndMemory(one),
      rootfs: { usedBytes: one.diskBytes, inodesUsed: one.inodes },
    })),
    ...cpuAndMemory({
      cpuNanoSeconds: sum((one) => one.cpuNanoSeconds),
      workingSetBytes: sum((one) => one.workingSetBytes),
      at: Math.max(0, ...containers.map(({ at }) => at)),
    }),
  };
}

function cpuAndMemory({ cpuNanoSeconds, workingSetBytes, at }: Usage) {
  const time = new Date(at).toISOString();
  return {
    cpu: { time, usageCoreNanoSeconds: cpuNanoSeconds },
    memory: { time, workingSetBytes },
  };
}
