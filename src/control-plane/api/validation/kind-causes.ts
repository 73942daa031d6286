import {
  type ApiObject,
  isObject,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  type StatusCause,
  textAt,
  valueAt,
} from "../../objects/mod.ts";
import { labelSelectorMatcher } from "../selectors/mod.ts";
import { invalid, required } from "./causes.ts";
import { cronJobCauses } from "./cron-job-causes.ts";
import { breaches, DATA_KEY, LABEL_VALUE, QUALIFIED_NAME } from "./names.ts";
import { podSpecCauses } from "./pod-causes.ts";

type Check = (object: ApiObject) => readonly StatusCause[];

const CHECKS: Readonly<Record<string, Check>> = {
  pods: (pod) => podSpecCauses(objectAt(pod, "spec"), "spec"),
  services: serviceCauses,
  configmaps: (object) => [...keyCauses(object, "data"), ...keyCauses(object, "binaryData")],
  secrets: (object) => keyCauses(object, "data"),
  "apps/deployments": workloadCauses,
  "apps/replicasets": workloadCauses,
  "apps/statefulsets": workloadCauses,
  "apps/daemonsets": workloadCauses,
  "batch/jobs": (job) => jobCauses(objectAt(job, "spec"), "spec"),
  "batch/cronjobs": (cronJob) =>
    cronJobCauses(cronJob, (spec) => jobCauses(spec, "spec.jobTemplate.spec")),
};

/** Why an object cannot be stored, by the rules of its kind. */
export function kindCauses(storedAs: string, object: ApiObject): readonly StatusCause[] {
  return [...labelCauses(object), ...(CHECKS[storedAs]?.(object) ?? [])];
}

function labelCauses({ metadata }: ApiObject): readonly StatusCause[] {
  const keys = (map: object | undefined, field: string): StatusCause[] =>
    Object.keys(map ?? {}).flatMap((key) =>
      breaches(field === "metadata.annotations" ? key.toLowerCase() : key, QUALIFIED_NAME).map(
        (why) => invalid(field, key, why),
      ),
    );
  const values = Object.values(metadata.labels ?? {}).flatMap((value) =>
    breaches(String(value), LABEL_VALUE).map((why) => invalid("metadata.labels", value, why)),
  );
  return [
    ...keys(metadata.labels, "metadata.labels"),
    ...values,
    ...keys(metadata.annotations, "metadata.annotations"),
  ];
}

function keyCauses(object: ApiObject, field: string): readonly StatusCause[] {
  return Object.keys(objectAt(object, field)).flatMap((key) =>
    breaches(key, DATA_KEY).map((why) => invalid(`${field}[${key}]`, key, why)),
  );
}

function workloadCauses(object: ApiObject): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const replicas = numberAt(object, "spec", "replicas") ?? 0;
  if (replicas < 0) {
    causes.push(invalid("spec.replicas", replicas, "must be greater than or equal to 0"));
  }
  const selector = valueAt(object, "spec", "selector");
  const labels = objectAt(object, "spec", "template", "metadata", "labels");
  if (isObject(selector)) causes.push(...selectorCauses(selector, labels));
  const policy = textAt(object, "spec", "template", "spec", "restartPolicy");
  if (policy !== "Always") {
    causes.push({
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Always"`,
      field: "spec.template.spec.restartPolicy",
    });
  }
  const template = objectAt(object, "spec", "template", "spec");
  return [...causes, ...podSpecCauses(template, "spec.template.spec")];
}

function jobCauses(job: JsonObject, at: string): readonly StatusCause[] {
  const path = `${at}.template.spec`;
  const spec = objectAt(job, "template", "spec");
  const isEndless = textAt(spec, "restartPolicy") === "Always";
  return [
    ...(isEndless ? [required(`${path}.restartPolicy`, 'valid values: "OnFailure", "Never"')] : []),
    ...podSpecCauses(spec, path),
  ];
}

function selectorCauses(selector: JsonObject, labels: JsonObject): readonly StatusCause[] {
  const isEmpty =
    Object.keys(objectAt(selector, "matchLabels")).length === 0 &&
    listAt(selector, "matchExpressions").length === 0;
  if (isEmpty)
    return [invalid("spec.selector", selector, "empty selector is invalid for deployment")];
  // cast: the schema has these fields in this form
  const matches = labelSelectorMatcher(selector as Parameters<typeof labelSelectorMatcher>[0]);
  // cast: labels are text
  if (matches(labels as Readonly<Record<string, string>>)) return [];
  const why = "`selector` does not match template `labels`";
  return [invalid("spec.template.metadata.labels", labels, why)];
}

function serviceCauses(service: ApiObject): readonly StatusCause[] {
  const ports = objectsAt(service, "spec", "ports");
  const type = textAt(service, "spec", "type");
  const isHeadless = textAt(service, "spec", "clusterIP") === "None";
  if (type === "ExternalName") {
    return textAt(service, "spec", "externalName") === "" ? [required("spec.externalName")] : [];
  }
  if (ports.length === 0 && !isHeadless) return [required("spec.ports")];
  return ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const number = numberAt(port, "port") ?? 0;
    const needsName = ports.length > 1 && textAt(port, "name") === "";
    return [
      ...(needsName ? [required(`${at}.name`)] : []),
      ...(number < 1 || number > 65_535
        ? [invalid(`${at}.port`, number, "must be between 1 and 65535, inclusive")]
        : []),
    ];
  });
}
