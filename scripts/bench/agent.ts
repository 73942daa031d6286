/**
 * The node agent: against what the runtime alone takes, and against another kubelet where
 * NODEWRIGHT_BENCH_KUBELET names one (an official one of the same version, say).
 */
import { oursAndTheirs } from "./agent/bench-node.ts";
import { type KubeletMeasure, measureKubelet } from "./agent/measure-kubelet.ts";
import { measureRuntime, type RuntimeMeasure } from "./agent/measure-runtime.ts";
import type { BenchLine } from "./measure.ts";

const BOUND = {
  /** Of the runtime's own time. */
  toReady: 1.25,
  deleteOverRuntimeMs: 150,
  idleCpu: 0.015,
  idleBytes: 110e6,
  /** Of the other kubelet's time. */
  other: 0.8,
} as const;

/** All rows; lines of progress go to standard error. */
export async function benchAgent(): Promise<BenchLine[]> {
  const { ours: program, theirs: other } = oursAndTheirs();
  console.error("  the runtime alone");
  const runtime = await measureRuntime();
  console.error("  nodewright kubelet");
  const ours = await measureKubelet("bench-ours", program);
  const lines = againstBounds(ours, runtime);
  if (other === undefined) {
    console.error("  no other kubelet: NODEWRIGHT_BENCH_KUBELET is not set");
    return lines;
  }
  console.error("  the other kubelet");
  return [...lines, ...againstOther(ours, await measureKubelet("bench-other", other))];
}

function againstBounds(ours: KubeletMeasure, runtime: RuntimeMeasure): BenchLine[] {
  const gone = runtime.stop + BOUND.deleteOverRuntimeMs;
  return [
    {
      ...{ what: "pod created to Ready, over the runtime's calls", ours: ms(ours.toReady) },
      ...{ reference: ms(runtime.start), ratio: ours.toReady / runtime.start },
      bound: BOUND.toReady,
    },
    {
      ...{ what: "pod deleted to gone, over the runtime's and 150 ms", ours: ms(ours.toGone) },
      ...{ reference: ms(gone), ratio: ours.toGone / gone, bound: 1 },
    },
    {
      ...{ what: "idle with 30 pods, of a core", ours: percent(ours.idleCpu) },
      ...{ reference: `${percent(BOUND.idleCpu)} (bound)`, ratio: ours.idleCpu / BOUND.idleCpu },
      bound: 1,
    },
    {
      ...{ what: "  its memory", ours: mb(ours.idleBytes) },
      ...{ reference: `${mb(BOUND.idleBytes)} (bound)`, ratio: ours.idleBytes / BOUND.idleBytes },
      bound: 1,
    },
  ];
}

function againstOther(ours: KubeletMeasure, theirs: KubeletMeasure): BenchLine[] {
  const time = (what: string, of: (one: KubeletMeasure) => number): BenchLine => ({
    ...{ what: `${what}, against the other kubelet`, ours: ms(of(ours)) },
    ...{ reference: ms(of(theirs)), ratio: of(ours) / of(theirs), bound: BOUND.other },
  });
  return [
    time("pod created to Ready", (one) => one.toReady),
    time("30 pods at once Ready", (one) => one.thirtyReady),
    time("110 pods at once Ready", (one) => one.manyReady),
    time("pod deleted to gone", (one) => one.toGone),
    {
      ...{ what: "idle with 30 pods, of a core", ours: percent(ours.idleCpu) },
      ...{ reference: percent(theirs.idleCpu), ratio: ours.idleCpu / theirs.idleCpu },
    },
    {
      ...{ what: "  its memory", ours: mb(ours.idleBytes), reference: mb(theirs.idleBytes) },
      ratio: ours.idleBytes / theirs.idleBytes,
    },
  ];
}

const ms = (value: number): string => `${value.toFixed(0)} ms`;
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
