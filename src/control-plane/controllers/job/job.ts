import { keyOf } from "../../../kube/client/mod.ts";
import { matchesSelector } from "../../../kube/scheduling/mod.ts";
import { API } from "../../../kube/types/mod.ts";
import { type Controller, NOTHING, podWatch, watch } from "../lib/mod.ts";
import { planJob } from "./plan-job.ts";

/**
 * Runs pods of Jobs to their end. Pods are counted while they are there: they carry no finalizer, so
 * one without an index that somebody deletes after its end is run again.
 */
export const jobController: Controller = {
  name: "job",
  watches: [
    watch(API.jobs, (job) => [keyOf(job)]),
    podWatch(API.jobs, (job, pod) => matchesSelector(job.spec.selector, pod.metadata.labels)),
  ],
  plan: (key, cluster) => {
    const job = cluster.get(API.jobs, key);
    if (job === undefined) return NOTHING;
    const pods = cluster.inNamespace(API.pods, job.metadata.namespace ?? "");
    return planJob({ job, pods, now: cluster.now });
  },
};
