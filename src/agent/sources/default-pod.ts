import type { Container, Pod, PodSpec, Probe } from "../api/mod.ts";
import { pullPolicy } from "../images/image-name.ts";

/** Fills in what the API server would have filled in: a static pod never sees it. */
export function withDefaults(pod: Pod): Pod {
  const { spec } = pod;
  const complete: PodSpec = {
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    terminationGracePeriodSeconds: 30,
    securityContext: {},
    schedulerName: "default-scheduler",
    enableServiceLinks: true,
    ...spec,
    containers: spec.containers.map(completeContainer),
    ...(spec.initContainers === undefined
      ? {}
      : { initContainers: spec.initContainers.map(completeContainer) }),
  };
  return { ...pod, spec: complete };
}

function completeContainer(container: Container): Container {
  const { livenessProbe, readinessProbe, startupProbe, resources = {} } = container;
  return {
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    ...container,
    imagePullPolicy: pullPolicy(container.image ?? "", container.imagePullPolicy),
    // A limit without a request is a request, too.
    resources: { ...resources, ...requestsOf(resources) },
    ...(livenessProbe && { livenessProbe: completeProbe(livenessProbe) }),
    ...(readinessProbe && { readinessProbe: completeProbe(readinessProbe) }),
    ...(startupProbe && { startupProbe: completeProbe(startupProbe) }),
  };
}

function requestsOf(resources: NonNullable<Container["resources"]>): typeof resources {
  const { limits, requests } = resources;
  return limits === undefined ? {} : { requests: { ...limits, ...requests } };
}

function completeProbe(probe: Probe): Probe {
  return {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...probe,
  };
}
