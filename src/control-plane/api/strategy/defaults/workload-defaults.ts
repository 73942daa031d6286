import type { ApiObject, JsonObject } from "../../../objects/mod.ts";
import { each, fill, inside, made } from "./fill.ts";
import { defaultPodSpec } from "./pod-defaults.ts";

const PERCENT = "25%";

function defaultTemplate(spec: JsonObject): void {
  const template = inside(spec, "template");
  if (template !== undefined) defaultPodSpec(made(template, "spec"));
}

export function defaultDeployment(object: ApiObject): void {
  const spec = made(object, "spec");
  defaultTemplate(spec);
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = made(spec, "strategy");
  fill(strategy, { type: "RollingUpdate" });
  if (strategy["type"] === "RollingUpdate") {
    fill(made(strategy, "rollingUpdate"), { maxUnavailable: PERCENT, maxSurge: PERCENT });
  }
}

export function defaultReplicaSet(object: ApiObject): void {
  const spec = made(object, "spec");
  defaultTemplate(spec);
  fill(spec, { replicas: 1 });
}

export function defaultReplicationController(object: ApiObject): void {
  const spec = made(object, "spec");
  defaultTemplate(spec);
  const labels = inside(inside(inside(spec, "template"), "metadata"), "labels");
  fill(spec, { replicas: 1, ...(labels === undefined ? {} : { selector: { ...labels } }) });
  if (labels !== undefined && object.metadata.labels === undefined) {
    Object.assign(object.metadata, { labels: { ...labels } });
  }
}

export function defaultDaemonSet(object: ApiObject): void {
  const spec = made(object, "spec");
  defaultTemplate(spec);
  fill(spec, { revisionHistoryLimit: 10 });
  const strategy = made(spec, "updateStrategy");
  fill(strategy, { type: "RollingUpdate" });
  if (strategy["type"] === "RollingUpdate") {
    fill(made(strategy, "rollingUpdate"), { maxUnavailable: 1, maxSurge: 0 });
  }
}

export function defaultStatefulSet(object: ApiObject): void {
  const spec = made(object, "spec");
  defaultTemplate(spec);
  fill(spec, { podManagementPolicy: "OrderedReady", replicas: 1, revisionHistoryLimit: 10 });
  const strategy = made(spec, "updateStrategy");
  fill(strategy, { type: "RollingUpdate" });
  if (strategy["type"] === "RollingUpdate") fill(made(strategy, "rollingUpdate"), { partition: 0 });
  fill(made(spec, "persistentVolumeClaimRetentionPolicy"), {
    whenDeleted: "Retain",
    whenScaled: "Retain",
  });
  for (const claim of each(spec, "volumeClaimTemplates")) {
    fill(claim, { apiVersion: "v1", kind: "PersistentVolumeClaim", status: { phase: "Pending" } });
    fill(made(claim, "spec"), { volumeMode: "Filesystem" });
  }
}

export function defaultJob(object: ApiObject): void {
  const spec = made(object, "spec");
  defaultTemplate(spec);
  const { completions, parallelism } = spec;
  if (completions === undefined && parallelism === undefined) fill(spec, { completions: 1 });
  fill(spec, {
    parallelism: 1,
    backoffLimit: spec["backoffLimitPerIndex"] === undefined ? 6 : 2_147_483_647,
    completionMode: "NonIndexed",
    suspend: false,
    manualSelector: spec["manualSelector"] ?? false,
    podReplacementPolicy: spec["podFailurePolicy"] === undefined ? "TerminatingOrFailed" : "Failed",
  });
  if (spec["manualSelector"] === false) delete spec["manualSelector"];
  defaultFailurePolicy(spec);
}

/** A rule about a condition means the condition that is true. */
function defaultFailurePolicy(job: JsonObject): void {
  for (const rule of each(inside(job, "podFailurePolicy"), "rules")) {
    for (const pattern of each(rule, "onPodConditions")) fill(pattern, { status: "True" });
  }
}

export function defaultCronJob(object: ApiObject): void {
  const spec = made(object, "spec");
  fill(spec, {
    concurrencyPolicy: "Allow",
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  const job = inside(inside(spec, "jobTemplate"), "spec");
  if (job === undefined) return;
  defaultTemplate(job);
  defaultFailurePolicy(job);
}
