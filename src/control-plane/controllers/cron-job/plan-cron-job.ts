import type { CronJobStatus } from "kubernetes-types/batch/v1";
import { apiTime, type EventReport, timeMs } from "../../../kube/client/mod.ts";
import { API, type CronJob, type Job } from "../../../kube/types/mod.ts";
import { type CronSchedule, findZone, parseCron, type Zone } from "../../cron/mod.ts";
import { apiVersionOf } from "../../model/mod.ts";
import { type Plan, statusWrite, type Write } from "../lib/mod.ts";
import { finishOf, isUnfinished, surplusJobs } from "./child-jobs.ts";
import { jobFor, jobName } from "./cron-job-job.ts";
import { missedTimes, untilNextMs } from "./missed-times.ts";

export interface CronJobInput {
  readonly cronJob: CronJob;
  /** The Jobs that it controls, as they are when this is called. */
  readonly jobs: () => readonly Job[];
  readonly now: number;
  /** Where the schedule is meant to be of unless it says so. */
  readonly systemZone: Zone;
}

/** The schedule of a CronJob as it is used. */
interface Timetable {
  readonly schedule: CronSchedule;
  readonly zone: Zone;
}

/** More missed starts than this are worth a warning. */
const MANY_MISSED = 100;
/** Timers of a process do not reach further; looking once a day costs nothing. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** Starts the Job that is due, removes old ones, and says in the status which of them run. */
export function planCronJob(input: CronJobInput): Plan {
  const { cronJob, now } = input;
  const jobs = input.jobs();
  const finish = (startedMs?: number): readonly Write[] =>
    statusWrite(API.cronJobs, cronJob, nextStatus(cronJob, input.jobs(), startedMs));
  const news = [
    ...surplusJobs(cronJob, jobs).map((job) => remove(cronJob, job)),
    ...observations(cronJob, jobs).map(record),
  ];
  const rest: Plan = { writes: news, finish: () => finish() };
  if (cronJob.metadata.deletionTimestamp !== undefined) return rest;
  const timetable = readTimetable(input);
  if ("reason" in timetable) return { ...rest, writes: [...news, record(timetable)] };
  if (cronJob.spec.suspend === true) return rest;
  const due = dueStart(input, timetable);
  if ("reason" in due) return { ...rest, writes: [...news, record(due)] };
  const { startMs } = due;
  const lastMs = startMs ?? lastStart(cronJob);
  const waitMs = untilNextMs({ ...timetable, sinceMs: lastMs, now });
  const wakeMs = waitMs === undefined ? undefined : Math.min(waitMs, LONGEST_WAIT_MS);
  if (startMs === undefined) return { ...rest, writes: [...news, ...due.writes], wakeMs };
  return {
    writes: [...news, ...due.writes, ...start(input, startMs, timetable.zone)],
    finish: (failures) => finish(failures.length === 0 ? startMs : undefined),
    wakeMs,
  };
}

function record(event: EventReport): Write {
  return { verb: "event", event };
}

function readTimetable({ cronJob, systemZone }: CronJobInput): Timetable | EventReport {
  const { schedule: text, timeZone } = cronJob.spec;
  const zone = timeZone === undefined ? systemZone : findZone(timeZone);
  if (zone === undefined) {
    const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
    return warning(cronJob, "UnknownTimeZone", message);
  }
  const schedule = parseCron(text);
  if (schedule.ok) return { schedule: schedule.value, zone };
  const message = `unparseable schedule: ${JSON.stringify(text)} : ${schedule.error}`;
  return warning(cronJob, "UnparseableSchedule", message);
}

/** The start to make now, if any, with what is to be done and said before it. */
interface Due {
  readonly startMs?: number;
  readonly writes: readonly Write[];
}

function dueStart(input: CronJobInput, timetable: Timetable): Due | EventReport {
  const { cronJob, now } = input;
  const { schedule: text, startingDeadlineSeconds: deadline, concurrencyPolicy } = cronJob.spec;
  const earliestMs = deadline === undefined ? 0 : now - deadline * 1000;
  const sinceMs = Math.max(lastStart(cronJob), earliestMs);
  const missed = missedTimes({ ...timetable, sinceMs, now });
  if (missed === undefined) {
    const why = "time difference between two schedules is less than 1 second";
    return warning(cronJob, "InvalidSchedule", `invalid schedule: ${text} : ${why}`);
  }
  const { latestMs, count } = missed;
  if (latestMs === undefined) return { writes: [] };
  const writes =
    count > MANY_MISSED ? [record(warning(cronJob, "TooManyMissedTimes", TOO_MANY))] : [];
  if (deadline !== undefined && latestMs + deadline * 1000 < now) {
    const at = new Date(latestMs).toUTCString().replace("GMT", "+0000");
    const message = `Missed scheduled time to start a job: ${at}`;
    return { writes: [...writes, record(warning(cronJob, "MissSchedule", message))] };
  }
  const active = activeJobs(cronJob, input.jobs());
  if (concurrencyPolicy === "Forbid" && active.length > 0) {
    return { writes: [...writes, record(normal(cronJob, "JobAlreadyActive", ALREADY_ACTIVE))] };
  }
  const replaced = concurrencyPolicy === "Replace" ? active.map((job) => remove(cronJob, job)) : [];
  return { startMs: latestMs, writes: [...writes, ...replaced] };
}

const TOO_MANY =
  "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";

const ALREADY_ACTIVE =
  "Not starting job because prior execution is running and concurrency policy is Forbid";

function lastStart({ status, metadata }: CronJob): number {
  return timeMs(status?.lastScheduleTime ?? metadata.creationTimestamp);
}

function start({ cronJob, jobs }: CronJobInput, startMs: number, zone: Zone): readonly Write[] {
  const job = jobFor(cronJob, startMs, zone);
  // Made before, and its maker was killed before it could say so.
  if (jobs().some(({ metadata }) => metadata.name === job.metadata.name)) return [];
  return [
    {
      ...{ verb: "create", type: API.jobs, object: job },
      report: {
        done: normal(cronJob, "SuccessfulCreate", `Created job ${job.metadata.name}`),
        failed: (why) => warning(cronJob, "FailedCreate", `Error creating job: ${why}`),
      },
    },
  ];
}

function remove(cronJob: CronJob, job: Job): Write {
  return {
    ...{ verb: "delete", type: API.jobs, object: job },
    options: { propagationPolicy: "Background" },
    report: {
      done: normal(cronJob, "SuccessfulDelete", `Deleted job ${job.metadata.name}`),
      failed: (why) => warning(cronJob, "FailedDelete", `Deleted job: ${why}`),
    },
  };
}

/** What has become of the Jobs that the status has as active, and which others there are. */
function observations(cronJob: CronJob, jobs: readonly Job[]): readonly EventReport[] {
  const active = cronJob.status?.active ?? [];
  const known = active.flatMap(({ uid, name = "" }) => {
    const job = jobs.find(({ metadata }) => metadata.uid === uid);
    if (job === undefined) {
      return [normal(cronJob, "MissingJob", `Active job went missing: ${name}`)];
    }
    const condition = finishOf(job);
    if (condition === undefined) return [];
    const message = `Saw completed job: ${name}, condition: ${condition}`;
    return [normal(cronJob, "SawCompletedJob", message)];
  });
  const strangers = jobs
    .filter((job) => isUnfinished(job) && active.every(({ uid }) => uid !== job.metadata.uid))
    .map(({ metadata }) => {
      const message = `Saw a job that the controller did not create or forgot: ${metadata.name}`;
      return warning(cronJob, "UnexpectedJob", message);
    });
  return [...known, ...strangers];
}

function normal(about: CronJob, reason: string, message: string): EventReport {
  return { kind: API.cronJobs, about, type: "Normal", reason, message };
}

function warning(about: CronJob, reason: string, message: string): EventReport {
  return { kind: API.cronJobs, about, type: "Warning", reason, message };
}

/** Those that the status has and that still run. A Job that was made by hand does not count. */
function activeJobs({ status }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const uids = new Set((status?.active ?? []).map(({ uid }) => uid));
  return jobs.filter((job) => isUnfinished(job) && uids.has(job.metadata.uid));
}

function nextStatus(
  cronJob: CronJob,
  jobs: readonly Job[],
  startedMs: number | undefined,
): CronJobStatus {
  const { status = {} } = cronJob;
  const running = new Set(activeJobs(cronJob, jobs).map(({ metadata }) => metadata.uid));
  const started = startedMs === undefined ? undefined : jobName(cronJob, startedMs);
  const active = [
    ...(status.active ?? []).filter(({ uid }) => running.has(uid)),
    ...jobs
      .filter((job) => job.metadata.name === started && !running.has(job.metadata.uid))
      .filter(isUnfinished)
      .map(referTo),
  ];
  const ends = jobs
    .filter((job) => finishOf(job) === "Complete")
    .map((job) => timeMs(job.status?.completionTime));
  const lastMs = Math.max(timeMs(status.lastSuccessfulTime), ...ends);
  const lastScheduleTime = startedMs === undefined ? status.lastScheduleTime : apiTime(startedMs);
  return {
    ...(active.length === 0 ? {} : { active }),
    ...(lastScheduleTime === undefined ? {} : { lastScheduleTime }),
    ...(lastMs > 0 ? { lastSuccessfulTime: apiTime(lastMs) } : {}),
  };
}

function referTo({ metadata }: Job) {
  const { name, namespace = "", uid = "", resourceVersion = "" } = metadata;
  return {
    ...{ apiVersion: apiVersionOf(API.jobs), kind: API.jobs.kind },
    ...{ name, namespace, uid, resourceVersion },
  };
}
