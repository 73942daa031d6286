import type { KubeObject, ResourceType, Service } from "../../kube/client/mod.ts";

/** Where the objects of the smoke test are, as the tutorial has them. */
export const NAMESPACE = "default";
export const APP = "hello";
export const SECRET = "nodewright";
/** The port of the web server in each pod. */
export const PORT = 8080;
const REPLICAS = 2;

/** A Deployment, as far as it is used here. */
export interface Deployment extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

export const DEPLOYMENTS: ResourceType<Deployment> = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
  namespaced: true,
};

/**
 * The page says which pod it comes from; `-vv` writes every request to the log. The shell ends at
 * SIGTERM: what ignores it holds up the end of the pod, and a reboot of its machine.
 */
const SERVER = [
  "mkdir -p /tmp/www",
  'echo "hello from $(hostname)" >/tmp/www/index.html',
  "trap 'exit 0' TERM",
  `httpd -f -vv -p ${PORT} -h /tmp/www & wait`,
].join("\n");

type Manifest = KubeObject & Readonly<Record<string, unknown>>;

/** Two web servers, on two nodes where there are two. */
export function deploymentManifest(image: string): Manifest {
  const labels = { app: APP };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: APP, namespace: NAMESPACE, labels },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 2,
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: { matchLabels: labels },
            },
          ],
          containers: [
            {
              name: "web",
              image,
              command: ["/bin/sh", "-c", SERVER],
              ports: [{ containerPort: PORT }],
              readinessProbe: { httpGet: { path: "/", port: PORT }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  };
}

/** Every node answers for the Deployment on a port of its own. */
export function serviceManifest(): Manifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: APP, namespace: NAMESPACE, labels: { app: APP } },
    spec: { type: "NodePort", selector: { app: APP }, ports: [{ port: 80, targetPort: PORT }] },
  };
}

export function secretManifest(): Manifest {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: SECRET, namespace: NAMESPACE },
    stringData: { mykey: "mydata" },
  };
}

/** The port that every node has for the Service; undefined where it has none yet. */
export function nodePortOf(service: Service): number | undefined {
  // cast: ports are not among the fields that the client's own type has
  const ports = (service.spec as { readonly ports?: readonly { readonly nodePort?: number }[] })
    ?.ports;
  return ports?.[0]?.nodePort;
}
