import { findZone, parseCron } from "../../cron/mod.ts";
import {
  type ApiObject,
  type JsonObject,
  numberAt,
  objectAt,
  type StatusCause,
  textAt,
  valueAt,
} from "../../objects/mod.ts";
import { invalid, notSupported } from "./causes.ts";

/** A Job's name is the CronJob's with eleven more letters, 63 at most. */
const MAX_NAME = 52;
const POLICIES = ["Allow", "Forbid", "Replace"];
const ZONE_PART = /^[A-Za-z0-9._+][A-Za-z0-9._+-]{0,13}$/;

/** Why a CronJob cannot be stored; `jobSpec` judges the specification of its Jobs. */
export function cronJobCauses(
  cronJob: ApiObject,
  jobSpec: (spec: JsonObject) => readonly StatusCause[],
): readonly StatusCause[] {
  const { name = "" } = cronJob.metadata;
  const spec = objectAt(cronJob, "spec");
  const policy = textAt(spec, "concurrencyPolicy");
  const template = objectAt(spec, "jobTemplate", "spec");
  const causes = [
    ...scheduleCauses(textAt(spec, "schedule")),
    ...zoneCauses(valueAt(spec, "timeZone")),
    ...(POLICIES.includes(policy)
      ? []
      : [notSupported("spec.concurrencyPolicy", policy, POLICIES)]),
    ...["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"].flatMap(
      (field) => {
        const value = numberAt(spec, field) ?? 0;
        const why = "must be greater than or equal to 0";
        return value < 0 ? [invalid(`spec.${field}`, value, why)] : [];
      },
    ),
    ...jobSpec(template),
  ];
  if (name.length > MAX_NAME) {
    causes.push(invalid("metadata.name", name, `must be no more than ${MAX_NAME} characters`));
  }
  return causes;
}

function scheduleCauses(schedule: string): readonly StatusCause[] {
  const field = "spec.schedule";
  if (schedule.includes("TZ")) {
    const why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
    return [invalid(field, schedule, why)];
  }
  const parsed = parseCron(schedule);
  return parsed.ok ? [] : [invalid(field, schedule, parsed.error)];
}

function zoneCauses(zone: unknown): readonly StatusCause[] {
  const field = "spec.timeZone";
  if (typeof zone !== "string") return [];
  if (zone === "") return [invalid(field, zone, "timeZone must be nil or non-empty string")];
  if (zone.toLowerCase() === "local") {
    const why =
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    return [invalid(field, zone, why)];
  }
  const isName = zone
    .split("/")
    .every((part) => ZONE_PART.test(part) && part !== "." && part !== "..");
  if (isName && findZone(zone) !== undefined) return [];
  return [invalid(field, zone, `unknown time zone ${zone}`)];
}
