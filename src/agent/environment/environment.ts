import type { Service } from "kubernetes-types/core/v1";
import type { ApiObject, Container, EnvFromSource, EnvVar, Pod } from "../api/mod.ts";
import type { Amounts } from "../config/mod.ts";
import { ConfigError } from "./config-error.ts";
import { expand } from "./expand.ts";
import { type FieldValues, podField } from "./pod-fields.ts";
import { resourceField } from "./resource-field.ts";
import { servicesFor, serviceVariables } from "./service-variables.ts";

/** The data of a ConfigMap or Secret, as text; undefined where there is no such object. */
export type DataLookup = (
  kind: "configmap" | "secret",
  name: string,
) => ReadonlyMap<string, string> | undefined;

/** What an environment is made from besides the spec. */
export interface EnvironmentSources {
  readonly services: readonly ApiObject<Service>[];
  readonly data: DataLookup;
  readonly fields: FieldValues;
  readonly allocatable: Amounts;
}

/**
 * A container's environment: services, then envFrom, then env, each over those before it.
 * @throws ConfigError where a reference that is not optional leads nowhere
 */
export function environment(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Map<string, string> {
  const services = serviceVariables(
    servicesFor(pod.metadata.namespace, sources.services, {
      enableServiceLinks: pod.spec.enableServiceLinks ?? true,
    }),
  );
  const result = new Map<string, string>();
  for (const from of container.envFrom ?? []) addAll(result, from, sources);
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, { pod, container, sources, result, services });
    if (value !== undefined) result.set(variable.name, value);
  }
  // What the spec says comes before what the services say.
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return result;
}

interface Context {
  readonly pod: Pod;
  readonly container: Container;
  readonly sources: EnvironmentSources;
  readonly result: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, string>;
}

function addAll(
  result: Map<string, string>,
  from: EnvFromSource,
  sources: EnvironmentSources,
): void {
  const prefix = from.prefix ?? "";
  const kind = from.configMapRef === undefined ? "secret" : "configmap";
  const ref = from.configMapRef ?? from.secretRef;
  if (ref === undefined) return;
  const name = ref.name ?? "";
  const data = sources.data(kind, name);
  if (data === undefined) {
    if (ref.optional === true) return;
    throw notFound(kind, name);
  }
  for (const [key, value] of data) result.set(prefix + key, value);
}

function variableValue(variable: EnvVar, context: Context): string | undefined {
  if (variable.valueFrom === undefined) {
    const lookup = (name: string) => context.result.get(name) ?? context.services.get(name);
    return expand(variable.value ?? "", lookup);
  }
  const { pod, container, sources } = context;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom;
  if (fieldRef !== undefined) {
    const value = podField(pod, fieldRef.fieldPath, sources.fields);
    if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef !== undefined) {
    const { allocatable } = sources;
    return resourceField(pod, resourceFieldRef, { containerName: container.name, allocatable });
  }
  if (configMapKeyRef !== undefined) return keyOf("configmap", configMapKeyRef, context);
  if (secretKeyRef !== undefined) return keyOf("secret", secretKeyRef, context);
  throw new ConfigError(`environment variable ${variable.name} has no source`);
}

function keyOf(
  kind: "configmap" | "secret",
  ref: { readonly name?: string; readonly key: string; readonly optional?: boolean },
  { pod, sources }: Context,
): string | undefined {
  const { namespace } = pod.metadata;
  const data = sources.data(kind, ref.name ?? "");
  const value = data?.get(ref.key);
  if (value !== undefined || ref.optional === true) return value;
  if (data === undefined) throw notFound(kind, ref.name ?? "");
  const shown = kind === "configmap" ? "ConfigMap" : "Secret";
  throw new ConfigError(`couldn't find key ${ref.key} in ${shown} ${namespace}/${ref.name ?? ""}`);
}

function notFound(kind: "configmap" | "secret", name: string): ConfigError {
  return new ConfigError(`${kind} "${name}" not found`);
}
