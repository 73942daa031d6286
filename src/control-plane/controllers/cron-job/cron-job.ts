import { keyOf } from "../../../kube/client/mod.ts";
import { API } from "../../../kube/types/mod.ts";
import { systemZone } from "../../cron/mod.ts";
import { controllerOf } from "../../model/mod.ts";
import { type Controller, NOTHING, watch } from "../lib/mod.ts";
import { planCronJob } from "./plan-cron-job.ts";

/** Makes Jobs by the schedules of CronJobs, and removes those that have been over for long. */
export const cronJobController: Controller = {
  name: "cronjob",
  watches: [
    watch(API.cronJobs, (cronJob) => [keyOf(cronJob)]),
    watch(API.jobs, (job) => {
      const controller = controllerOf(job);
      const isOurs = controller?.kind === API.cronJobs.kind;
      return isOurs ? [`${job.metadata.namespace ?? ""}/${controller.name}`] : [];
    }),
  ],
  plan: (key, cluster) => {
    const cronJob = cluster.get(API.cronJobs, key);
    if (cronJob === undefined) return NOTHING;
    const jobs = () => cluster.controlledBy(API.jobs, cronJob);
    return planCronJob({ cronJob, jobs, now: cluster.now, systemZone: systemZone() });
  },
};
