import { API, type CronJob, type Job } from "../../../kube/types/mod.ts";
import type { Zone } from "../../cron/mod.ts";
import { controllerReference } from "../../model/mod.ts";

const SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp";
const MINUTE_MS = 60_000;

/** The name of a scheduled time's Job: the same whoever makes it, so that it is made once. */
export function jobName({ metadata }: CronJob, scheduledMs: number): string {
  return `${metadata.name}-${Math.floor(scheduledMs / MINUTE_MS)}`;
}

/** The Job of a scheduled time. */
export function jobFor(cronJob: CronJob, scheduledMs: number, zone: Zone): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const { namespace } = cronJob.metadata;
  return {
    metadata: {
      name: jobName(cronJob, scheduledMs),
      ...(namespace === undefined ? {} : { namespace }),
      ...(metadata?.labels === undefined ? {} : { labels: { ...metadata.labels } }),
      annotations: { ...metadata?.annotations, [SCHEDULED_AT]: formatTime(scheduledMs, zone) },
      ownerReferences: [controllerReference(API.cronJobs, cronJob)],
    },
    spec: spec ?? { template: {} },
  };
}

/** RFC 3339 with the zone's offset: `2026-01-01T09:00:00+09:00`. */
function formatTime(ms: number, zone: Zone): string {
  const { offsetMinutes } = zone.wall(ms);
  const shown = new Date(ms + offsetMinutes * MINUTE_MS).toISOString().slice(0, 19);
  if (offsetMinutes === 0) return `${shown}Z`;
  const two = (value: number): string => String(value).padStart(2, "0");
  const away = Math.abs(offsetMinutes);
  const sign = offsetMinutes < 0 ? "-" : "+";
  return `${shown}${sign}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}
