import { Counter, Histogram, Registry } from "prom-client";
import type { Pod } from "../api/mod.ts";
import type { ProbeOutcome } from "./outcome.ts";
import type { ProbeKind } from "./probe-loop.ts";

/** Which probe: of which container of which pod. */
export interface ProbeSubject {
  readonly pod: Pod;
  readonly container: string;
  readonly kind: ProbeKind;
}

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const RESULTS = { success: "successful", warning: "successful", failure: "failed" } as const;

/** /metrics/probes: what probes have found, under the kubelet's names, as long as they run. */
export class ProbeMetrics {
  readonly #registry = new Registry();
  readonly #total = new Counter({
    name: "prober_probe_total",
    help: "Cumulative number of a liveness, readiness or startup probe for a container by result.",
    labelNames: ["probe_type", "result", "container", "pod", "namespace", "pod_uid"],
    registers: [this.#registry],
  });
  readonly #duration = new Histogram({
    name: "prober_probe_duration_seconds",
    help: "Duration in seconds for a probe response.",
    labelNames: ["probe_type", "container", "pod", "namespace"],
    buckets: BUCKETS,
    registers: [this.#registry],
  });

  observe(subject: ProbeSubject, outcome: ProbeOutcome, tookMs: number): void {
    const labels = labelsOf(subject);
    const result = outcome.kind === "error" ? "unknown" : RESULTS[outcome.kind];
    this.#total.inc({ ...labels, pod_uid: subject.pod.metadata.uid, result });
    // As upstream: a failure's time says nothing, it is most often the timeout.
    if (result !== "failed") this.#duration.observe(labels, tookMs / 1000);
  }

  /** The probe has ended for good. */
  forget(subject: ProbeSubject): void {
    const labels = labelsOf(subject);
    for (const result of ["successful", "failed", "unknown"]) {
      this.#total.remove({ ...labels, pod_uid: subject.pod.metadata.uid, result });
    }
    this.#duration.remove(labels);
  }

  async text(): Promise<string> {
    return await this.#registry.metrics();
  }
}

function labelsOf({ pod, container, kind }: ProbeSubject) {
  const { name, namespace } = pod.metadata;
  const probe_type = `${kind[0]?.toUpperCase() ?? ""}${kind.slice(1)}`;
  return { probe_type, container, pod: name, namespace };
}
