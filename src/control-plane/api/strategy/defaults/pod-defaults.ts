import type { ApiObject, JsonObject } from "../../../objects/mod.ts";
import { each, fill, inside, made } from "./fill.ts";

/** What the API server adds to a pod of its own, beyond what its spec has anywhere. */
export function defaultPod(pod: ApiObject): void {
  const spec = made(pod, "spec");
  defaultPodSpec(spec);
  fill(spec, { enableServiceLinks: true });
  for (const container of [...each(spec, "containers"), ...each(spec, "initContainers")]) {
    const resources = inside(container, "resources");
    const limits = inside(resources, "limits");
    // What is limited and asks for nothing asks for its limit.
    if (resources !== undefined && limits !== undefined)
      fill(made(resources, "requests"), all(limits));
  }
}

function all(limits: JsonObject): Readonly<Record<string, string | number>> {
  const known: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(limits)) {
    if (typeof value === "string" || typeof value === "number") known[key] = value;
  }
  return known;
}

/** What a pod's spec is given, in a pod and in a template. */
export function defaultPodSpec(spec: JsonObject): void {
  fill(spec, {
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    terminationGracePeriodSeconds: 30,
    schedulerName: "default-scheduler",
    securityContext: {},
  });
  const account = spec["serviceAccountName"] || spec["serviceAccount"];
  if (account) Object.assign(spec, { serviceAccountName: account, serviceAccount: account });
  for (const container of each(spec, "containers")) defaultContainer(container, spec);
  for (const container of each(spec, "initContainers")) defaultContainer(container, spec);
  for (const container of each(spec, "ephemeralContainers")) defaultContainer(container, spec);
  for (const volume of each(spec, "volumes")) defaultVolume(volume);
}

function defaultContainer(container: JsonObject, spec: JsonObject): void {
  fill(container, {
    imagePullPolicy: pullPolicy(container["image"]),
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    resources: {},
  });
  for (const port of each(container, "ports")) {
    fill(port, { protocol: "TCP" });
    const { containerPort } = port;
    if (spec["hostNetwork"] === true && containerPort !== undefined)
      fill(port, { hostPort: containerPort });
  }
  for (const variable of each(container, "env")) {
    const field = inside(inside(variable, "valueFrom"), "fieldRef");
    if (field !== undefined) fill(field, { apiVersion: "v1" });
    const resource = inside(inside(variable, "valueFrom"), "resourceFieldRef");
    if (resource !== undefined) fill(resource, { divisor: "0" });
  }
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    const probe = inside(container, name);
    if (probe !== undefined) defaultProbe(probe);
  }
  const lifecycle = inside(container, "lifecycle");
  for (const name of ["postStart", "preStop"])
    defaultHttpGet(inside(inside(lifecycle, name), "httpGet"));
}

function defaultProbe(probe: JsonObject): void {
  defaultHttpGet(inside(probe, "httpGet"));
  const grpc = inside(probe, "grpc");
  if (grpc !== undefined && grpc["service"] === undefined) grpc["service"] = "";
  for (const [key, value] of Object.entries(PROBE)) {
    // Zero is no value for any of these.
    if (!probe[key]) probe[key] = value;
  }
}

const PROBE = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

function defaultHttpGet(get: JsonObject | undefined): void {
  if (get !== undefined) fill(get, { path: "/", scheme: "HTTP" });
}

/** `latest` is pulled each time; every other tag stays what it is. */
function pullPolicy(image: unknown): string {
  if (typeof image !== "string" || image.includes("@")) return "IfNotPresent";
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

const MODE = 0o644;
const TOKEN_SECONDS = 3600;

function defaultVolume(volume: JsonObject): void {
  const { name: _, ...sources } = volume;
  if (Object.keys(sources).length === 0) volume["emptyDir"] = {};
  for (const key of ["configMap", "secret", "downwardAPI", "projected"]) {
    const source = inside(volume, key);
    if (source !== undefined) fill(source, { defaultMode: MODE });
  }
  const hostPath = inside(volume, "hostPath");
  if (hostPath !== undefined && hostPath["type"] === undefined) hostPath["type"] = "";
  defaultItems(inside(volume, "downwardAPI"));
  for (const source of each(inside(volume, "projected"), "sources")) {
    defaultItems(inside(source, "downwardAPI"));
    const token = inside(source, "serviceAccountToken");
    if (token !== undefined) fill(token, { expirationSeconds: TOKEN_SECONDS });
  }
  const claim = inside(inside(volume, "ephemeral"), "volumeClaimTemplate");
  if (claim !== undefined) fill(made(claim, "spec"), { volumeMode: "Filesystem" });
}

function defaultItems(source: JsonObject | undefined): void {
  for (const item of each(source, "items")) {
    const field = inside(item, "fieldRef");
    if (field !== undefined) fill(field, { apiVersion: "v1" });
    const resource = inside(item, "resourceFieldRef");
    if (resource !== undefined) fill(resource, { divisor: "0" });
  }
}
