import type { Admission } from "../../api/mod.ts";
import { isObject, type JsonObject, objectAt, refusals } from "../../objects/mod.ts";
import type { ObjectSource } from "../request/mod.ts";
import { BASELINE } from "./baseline.ts";
import type { Check } from "./check.ts";
import { RESTRICTED } from "./restricted.ts";

const LABEL = "pod-security.kubernetes.io";
/** Kinds that make pods: their templates are warned about, for nobody reads a pod's refusal. */
const WITH_TEMPLATE: ReadonlyMap<string, readonly string[]> = new Map([
  ...["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController"].map(
    (kind): [string, string[]] => [kind, ["spec", "template", "spec"]],
  ),
  ["CronJob", ["spec", "jobTemplate", "spec", "template", "spec"]],
]);

/** What a namespace's label demands of pods: the latest version of its level. */
function checksOf(labels: Readonly<Record<string, string>>, mode: string): readonly Check[] {
  switch (labels[`${LABEL}/${mode}`]) {
    case undefined:
    case "privileged":
      return [];
    case "baseline":
      return BASELINE;
    default:
      // A level that nobody knows is meant to restrict: the strictest holds.
      return RESTRICTED;
  }
}

/** What is wrong with a pod's specification; undefined where a level lets it pass. */
export function violations(spec: JsonObject, checks: readonly Check[]): string | undefined {
  const found = checks.flatMap((check) => check(spec) ?? []);
  if (found.length === 0) return undefined;
  return found.map(({ reason, detail }) => `${reason} (${detail})`).join(", ");
}

/** Enforces what a namespace's labels say about the security of pods, and warns where they say so. */
export function podSecurityAdmission(objects: ObjectSource): Admission {
  return async (request) => {
    const { object, operation, kind, subresource, namespace, name, old } = request;
    const path = kind.kind === "Pod" ? ["spec"] : WITH_TEMPLATE.get(kind.kind);
    const isMade = subresource === "" || subresource === "ephemeralcontainers";
    if (path === undefined || !isMade || object === undefined || operation === "DELETE")
      return object;
    const labels = objects.get("namespaces", namespace)?.metadata.labels ?? {};
    const spec = objectAt(object, ...path);
    if (isObject(old) && Bun.deepEquals(spec, objectAt(old, ...path))) return object;
    const level = (mode: string): string => {
      const version = labels[`${LABEL}/${mode}-version`] ?? "latest";
      return `"${labels[`${LABEL}/${mode}`] ?? ""}:${version}"`;
    };
    if (kind.kind === "Pod") {
      const broken = violations(spec, checksOf(labels, "enforce"));
      if (broken !== undefined) {
        throw refusals.forbidden(
          { group: kind.group, resource: kind.plural, name },
          `violates PodSecurity ${level("enforce")}: ${broken}`,
        );
      }
    }
    const doubtful = violations(spec, checksOf(labels, "warn"));
    if (doubtful !== undefined) {
      request.warn(`would violate PodSecurity ${level("warn")}: ${doubtful}`);
    }
    return object;
  };
}
