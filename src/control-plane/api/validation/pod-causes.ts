import { parseQuantity } from "../../../base/mod.ts";
import {
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  type StatusCause,
  textAt,
} from "../../objects/mod.ts";
import { duplicate, invalid, notFound, required } from "./causes.ts";
import { breaches, LABEL } from "./names.ts";

/** Why a pod's spec cannot be stored; `path` is where it is: `spec`, `spec.template.spec`. */
export function podSpecCauses(spec: JsonObject, path: string): readonly StatusCause[] {
  const containers = objectsAt(spec, "containers");
  const volumes = objectsAt(spec, "volumes");
  const volumeNames = new Set(volumes.map((volume) => textAt(volume, "name")));
  const causes: StatusCause[] = [];
  if (containers.length === 0) causes.push(required(`${path}.containers`));
  causes.push(...nameCauses(volumes, `${path}.volumes`));
  const names = new Set<string>();
  for (const list of ["initContainers", "containers", "ephemeralContainers"]) {
    objectsAt(spec, list).forEach((container, index) => {
      const at = `${path}.${list}[${index}]`;
      const name = textAt(container, "name");
      causes.push(...containerCauses(container, at, volumeNames));
      if (name !== "" && names.has(name)) causes.push(duplicate(`${at}.name`, name));
      names.add(name);
    });
  }
  causes.push(...sysctlCauses(spec, `${path}.securityContext.sysctls`));
  const grace = numberAt(spec, "terminationGracePeriodSeconds") ?? 0;
  if (grace < 0) {
    const why = "must be greater than or equal to 0";
    causes.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, why));
  }
  const deadline = numberAt(spec, "activeDeadlineSeconds");
  if (deadline !== undefined && deadline < 1) {
    const why = "must be between 1 and 2147483647, inclusive";
    causes.push(invalid(`${path}.activeDeadlineSeconds`, deadline, why));
  }
  return causes;
}

const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const MAX_SYSCTL = 253;

function sysctlCauses(spec: JsonObject, path: string): readonly StatusCause[] {
  const seen = new Set<string>();
  return objectsAt(spec, "securityContext", "sysctls").flatMap((sysctl, index) => {
    const name = textAt(sysctl, "name");
    const field = `${path}[${index}].name`;
    const isTwice = seen.has(name);
    seen.add(name);
    if (name === "") return [required(field)];
    const isName = name.length <= MAX_SYSCTL && SYSCTL.test(name);
    if (isName) return isTwice ? [duplicate(field, name)] : [];
    const why = `must have at most ${MAX_SYSCTL} characters and match regex ${SYSCTL.source.replace("[./]", "[\\./]")}`;
    return [invalid(field, name, why)];
  });
}

/** Names of a list: labels, each once. */
function nameCauses(list: readonly JsonObject[], path: string): readonly StatusCause[] {
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const name = textAt(item, "name");
    const field = `${path}[${index}].name`;
    const isTwice = seen.has(name);
    seen.add(name);
    if (name === "") return [];
    if (isTwice) return [duplicate(field, name)];
    return breaches(name, LABEL).map((why) => invalid(field, name, why));
  });
}

function containerCauses(
  container: JsonObject,
  path: string,
  volumes: ReadonlySet<string>,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const name = textAt(container, "name");
  if (name !== "") {
    causes.push(...breaches(name, LABEL).map((why) => invalid(`${path}.name`, name, why)));
  }
  if (textAt(container, "image") === "") causes.push(required(`${path}.image`));
  objectsAt(container, "ports").forEach((port, index) => {
    for (const key of ["containerPort", "hostPort"]) {
      const value = numberAt(port, key);
      if (value === undefined || (key === "hostPort" && value === 0)) continue;
      if (value < 1 || value > 65_535) {
        const field = `${path}.ports[${index}].${key}`;
        causes.push(invalid(field, value, "must be between 1 and 65535, inclusive"));
      }
    }
  });
  const paths = new Set<string>();
  objectsAt(container, "volumeMounts").forEach((mount, index) => {
    const volume = textAt(mount, "name");
    const at = `${path}.volumeMounts[${index}]`;
    if (volume !== "" && !volumes.has(volume)) causes.push(notFound(`${at}.name`, volume));
    const mountPath = textAt(mount, "mountPath");
    if (mountPath !== "" && paths.has(mountPath)) {
      causes.push(invalid(`${at}.mountPath`, mountPath, "must be unique"));
    }
    paths.add(mountPath);
  });
  return [...causes, ...resourceCauses(container, path)];
}

function resourceCauses(container: JsonObject, path: string): readonly StatusCause[] {
  const limits = objectAt(container, "resources", "limits");
  const requests = objectAt(container, "resources", "requests");
  const causes: StatusCause[] = [];
  for (const [list, amounts] of [
    ["limits", limits],
    ["requests", requests],
  ] as const) {
    for (const [name, value] of Object.entries(amounts)) {
      const field = `${path}.resources.${list}[${name}]`;
      const amount = parseQuantity(String(value));
      if (amount !== undefined && amount < 0) {
        causes.push(invalid(field, String(value), "must be greater than or equal to 0"));
      }
    }
  }
  for (const [name, value] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined) continue;
    if ((parseQuantity(String(value)) ?? 0) <= (parseQuantity(String(limit)) ?? 0)) continue;
    const why = `must be less than or equal to ${name} limit of ${String(limit)}`;
    causes.push(invalid(`${path}.resources.requests`, String(value), why));
  }
  return causes;
}
