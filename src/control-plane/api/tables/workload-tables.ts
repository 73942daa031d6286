import {
  type ApiObject,
  type Json,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  valueAt,
} from "../../objects/mod.ts";
import { containerTexts, labelsText, NONE, selectorText } from "./cell-texts.ts";
import { columns } from "./columns.ts";
import { age, humanDuration } from "./duration.ts";
import type { TableKind } from "./table.ts";

const name = ({ metadata }: ApiObject): string => metadata.name ?? "";
const created = ({ metadata }: ApiObject, now: number): string =>
  age(metadata.creationTimestamp, now);
const spec = (object: ApiObject, field: string): number => numberAt(object, "spec", field) ?? 0;
const status = (object: ApiObject, field: string): number => numberAt(object, "status", field) ?? 0;
/** Containers, images and the selector: the last columns of every workload. */
const wide = (object: ApiObject): readonly Json[] => [
  ...containerTexts(objectAt(object, "spec")),
  selectorText(valueAt(object, "spec", "selector")),
];

export const DEPLOYMENT_TABLE: TableKind = {
  columns: columns(
    "Name | Ready | Up-to-date | Available | Age | Containers* | Images* | Selector*",
  ),
  cells: (object, now) => [
    name(object),
    `${status(object, "readyReplicas")}/${spec(object, "replicas")}`,
    String(status(object, "updatedReplicas")),
    String(status(object, "availableReplicas")),
    created(object, now),
    ...wide(object),
  ],
};

export const REPLICA_SET_TABLE: TableKind = {
  columns: columns(
    "Name | Desired:integer | Current:integer | Ready:integer | Age | Containers* | Images* | Selector*",
  ),
  cells: (object, now) => [
    name(object),
    ...[spec(object, "replicas"), status(object, "replicas"), status(object, "readyReplicas")],
    created(object, now),
    ...wide(object),
  ],
};

export const REPLICATION_CONTROLLER_TABLE: TableKind = {
  columns: REPLICA_SET_TABLE.columns,
  cells: (object, now) => [
    ...REPLICA_SET_TABLE.cells(object, now).slice(0, -1),
    labelsText(objectAt(object, "spec", "selector")),
  ],
};

export const DAEMON_SET_TABLE: TableKind = {
  columns: columns(
    "Name | Desired:integer | Current:integer | Ready:integer | Up-to-date:integer | Available:integer | Node Selector | Age | Containers* | Images* | Selector*",
  ),
  cells: (object, now) => [
    name(object),
    ...["desiredNumberScheduled", "currentNumberScheduled", "numberReady"].map((field) =>
      status(object, field),
    ),
    ...["updatedNumberScheduled", "numberAvailable"].map((field) => status(object, field)),
    labelsText(objectAt(object, "spec", "template", "spec", "nodeSelector")),
    created(object, now),
    ...wide(object),
  ],
};

export const STATEFUL_SET_TABLE: TableKind = {
  columns: columns("Name | Ready | Age | Containers* | Images*"),
  cells: (object, now) => [
    name(object),
    `${status(object, "readyReplicas")}/${spec(object, "replicas")}`,
    created(object, now),
    ...containerTexts(objectAt(object, "spec")),
  ],
};

export const JOB_TABLE: TableKind = {
  columns: columns(
    "Name | Status | Completions | Duration | Age | Containers* | Images* | Selector*",
  ),
  cells: (job, now) => [
    ...[name(job), jobStatus(job), completions(job), jobDuration(job, now), created(job, now)],
    ...wide(job),
  ],
};

function jobStatus(job: ApiObject): string {
  const holds = (wanted: string): boolean =>
    objectsAt(job, "status", "conditions").some(
      ({ type, status: value }) => type === wanted && value === "True",
    );
  if (holds("Complete")) return "Complete";
  if (holds("Failed")) return "Failed";
  if (job.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (holds("Suspended")) return "Suspended";
  if (holds("FailureTarget")) return "FailureTarget";
  return holds("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

function completions(job: ApiObject): string {
  const wanted = numberAt(job, "spec", "completions");
  const done = status(job, "succeeded");
  if (wanted !== undefined) return `${done}/${wanted}`;
  const parallelism = spec(job, "parallelism");
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration(job: ApiObject, now: number): string {
  const start = textAt(job, "status", "startTime");
  const end = textAt(job, "status", "completionTime");
  if (start === "") return "";
  return humanDuration((end === "" ? now : Date.parse(end)) - Date.parse(start));
}

export const CRON_JOB_TABLE: TableKind = {
  columns: columns(
    "Name | Schedule | Timezone | Suspend:boolean | Active:integer | Last Schedule | Age | Containers* | Images* | Selector*",
  ),
  cells: (object, now) => {
    const last = textAt(object, "status", "lastScheduleTime");
    return [
      name(object),
      textAt(object, "spec", "schedule"),
      textAt(object, "spec", "timeZone") || NONE,
      valueAt(object, "spec", "suspend") === true ? "True" : "False",
      listAt(object, "status", "active").length,
      last === "" ? NONE : age(last, now),
      created(object, now),
      ...containerTexts(objectAt(object, "spec", "jobTemplate", "spec")),
      selectorText(valueAt(object, "spec", "jobTemplate", "spec", "selector")),
    ];
  },
};

export const POD_TEMPLATE_TABLE: TableKind = {
  columns: columns("Name | Containers | Images | Pod Labels"),
  cells: (object) => [
    name(object),
    ...containerTexts(object),
    labelsText(objectAt(object, "template", "metadata", "labels")),
  ],
};

export const CONTROLLER_REVISION_TABLE: TableKind = {
  columns: columns("Name | Controller | Revision | Age"),
  cells: (object, now) => {
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
    const [group = ""] = owner?.apiVersion.includes("/") ? owner.apiVersion.split("/") : [""];
    const kind = `${owner?.kind.toLowerCase() ?? ""}${group === "" ? "" : `.${group}`}`;
    return [
      name(object),
      owner === undefined ? NONE : `${kind}/${owner.name}`,
      numberAt(object, "revision") ?? 0,
      created(object, now),
    ];
  },
};
