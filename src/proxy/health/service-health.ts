import type { Endpoint, ServicePort } from "../model/mod.ts";

/** A Service whose load balancer asks this node, on a port of its own. */
export interface HealthCheck {
  /** `NAMESPACE/NAME` */
  readonly service: string;
  readonly port: number;
  readonly localEndpoints: number;
}

/** The check of a Service with `externalTrafficPolicy: Local`; undefined where it has none. */
export function healthCheckOf(
  ports: readonly ServicePort[],
  endpoints: ReadonlyMap<string, readonly Endpoint[]>,
): HealthCheck | undefined {
  const port = ports.find(({ healthCheckNodePort }) => healthCheckNodePort !== 0);
  if (port === undefined) return undefined;
  const local = new Set<string>();
  for (const one of endpoints.values()) {
    for (const { isLocal, isReady, address } of one) {
      if (isLocal && isReady) local.add(`${address.family} ${address.value}`);
    }
  }
  return {
    service: port.service,
    port: port.healthCheckNodePort,
    localEndpoints: local.size,
  };
}

/** What the check answers, with kube-proxy's names. */
export function healthCheckAnswer(check: HealthCheck, isProxyHealthy: boolean) {
  const [namespace, name] = check.service.split("/");
  return {
    status: check.localEndpoints > 0 && isProxyHealthy ? 200 : 503,
    headers: {
      "content-type": "application/json",
      "x-content-type-options": "nosniff",
      "x-load-balancing-endpoint-weight": String(check.localEndpoints),
    },
    body: {
      service: { namespace, name },
      localEndpoints: check.localEndpoints,
      serviceProxyHealthy: isProxyHealthy,
    },
  };
}
