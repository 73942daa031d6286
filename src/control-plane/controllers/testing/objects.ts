import { apiTime } from "../../../kube/client/mod.ts";
import type { Deployment, Node, Pod, ReplicaSet, Service } from "../../../kube/types/mod.ts";

/** The time of all tests. */
export const NOW = Date.parse("2026-01-01T00:00:00Z");

/** What a pod of a test has, besides its name. */
export interface PodSketch {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly owner?: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly phase?: string;
  readonly ready?: boolean;
  readonly node?: string;
  readonly ips?: readonly string[];
  readonly deleted?: boolean;
  readonly annotations?: Record<string, string>;
  readonly spec?: Partial<Pod["spec"]>;
  readonly createdMs?: number;
  readonly restarts?: number;
}

export function pod(sketch: PodSketch): Pod {
  const { name, namespace = "ns", owner, ready, node, ips, deleted, createdMs = NOW } = sketch;
  const reference = { apiVersion: "apps/v1", controller: true };
  return {
    metadata: {
      ...{ name, namespace, uid: `uid-${name}`, resourceVersion: "1" },
      creationTimestamp: apiTime(createdMs),
      labels: sketch.labels ?? {},
      ...(sketch.annotations === undefined ? {} : { annotations: sketch.annotations }),
      ...(owner === undefined ? {} : { ownerReferences: [{ ...reference, ...owner }] }),
      ...(deleted ? { deletionTimestamp: apiTime(NOW) } : {}),
    },
    spec: {
      containers: [{ name: "c", image: "i" }],
      ...(node === undefined ? {} : { nodeName: node }),
      ...sketch.spec,
    },
    status: {
      phase: sketch.phase ?? "Running",
      ...(ready === undefined
        ? {}
        : {
            conditions: [
              {
                ...{ type: "Ready", status: ready ? "True" : "False" },
                lastTransitionTime: apiTime(createdMs),
              },
            ],
          }),
      ...(ips === undefined ? {} : { podIPs: ips.map((ip) => ({ ip })) }),
      ...(sketch.restarts === undefined
        ? {}
        : {
            containerStatuses: [
              {
                ...{ name: "c", image: "i", imageID: "", ready: ready ?? false },
                restartCount: sketch.restarts,
              },
            ],
          }),
    },
  };
}

export function node(
  name: string,
  more: { readonly labels?: Record<string, string>; readonly spec?: Node["spec"] } = {},
  allocatable: Record<string, string> = { cpu: "2", memory: "4Gi", pods: "110" },
): Node {
  return {
    metadata: {
      ...{ name, uid: `uid-${name}` },
      labels: { "kubernetes.io/hostname": name, ...more.labels },
    },
    spec: more.spec ?? {},
    status: { allocatable, capacity: allocatable },
  };
}

export function replicaSet(
  name: string,
  spec: Partial<ReplicaSet["spec"]> = {},
  more: { readonly metadata?: object; readonly status?: ReplicaSet["status"] } = {},
): ReplicaSet {
  const labels = { app: "web" };
  return {
    metadata: {
      ...{ name, namespace: "ns", uid: `uid-${name}`, resourceVersion: "1", generation: 1 },
      creationTimestamp: apiTime(NOW),
      ...more.metadata,
    },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
      ...spec,
    },
    ...(more.status === undefined ? {} : { status: more.status }),
  };
}

export function deployment(
  spec: Partial<Deployment["spec"]> = {},
  status?: Deployment["status"],
): Deployment {
  const labels = { app: "web" };
  return {
    metadata: { name: "web", namespace: "ns", uid: "uid-web", generation: 1 },
    spec: {
      replicas: 4,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "v1" }] } },
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
      },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

export function service(spec: Partial<Service["spec"]> = {}): Service {
  return {
    metadata: { name: "web", namespace: "ns", uid: "uid-svc", labels: { team: "a" } },
    spec: {
      selector: { app: "web" },
      clusterIP: "10.32.0.5",
      ipFamilies: ["IPv4"],
      ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }],
      ...spec,
    },
  };
}
