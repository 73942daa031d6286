import type { Service as V1Service } from "kubernetes-types/core/v1";
import type { ApiObject } from "../api/mod.ts";

type Service = ApiObject<V1Service>;

/** The variables that tell a container of a Service, in the way of Docker's links. */
export function serviceVariables(services: readonly Service[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const service of services) addService(variables, service);
  return variables;
}

/** Services that a pod is told of: those of its namespace where it wants them, and the API's own. */
export function servicesFor(
  namespace: string,
  services: readonly Service[],
  options: { readonly enableServiceLinks: boolean },
): readonly Service[] {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name = "", namespace: own = "" } = service.metadata ?? {};
    if (!hasClusterIp(service)) continue;
    // One of the pod's namespace comes before the API's.
    if (own === "default" && name === "kubernetes" && !chosen.has(name)) chosen.set(name, service);
    if (own === namespace && options.enableServiceLinks) chosen.set(name, service);
  }
  return [...chosen.values()];
}

function hasClusterIp(service: Service): boolean {
  const ip = service.spec?.clusterIP;
  return ip !== undefined && ip !== "" && ip !== "None";
}

function addService(variables: Map<string, string>, service: Service): void {
  const prefix = variableName(service.metadata?.name ?? "");
  const ip = service.spec?.clusterIP ?? "";
  const ports = service.spec?.ports ?? [];
  const [first] = ports;
  if (first === undefined) return;
  variables.set(`${prefix}_SERVICE_HOST`, ip);
  variables.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const { name, port } of ports) {
    if (name !== undefined && name !== "") {
      variables.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port));
    }
  }
  ports.forEach(({ port, protocol = "TCP" }, at) => {
    const scheme = protocol.toLowerCase();
    const host = ip.includes(":") ? `[${ip}]` : ip;
    const url = `${scheme}://${host}:${port}`;
    if (at === 0) variables.set(`${prefix}_PORT`, url);
    const long = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    variables.set(long, url);
    variables.set(`${long}_PROTO`, scheme);
    variables.set(`${long}_PORT`, String(port));
    variables.set(`${long}_ADDR`, ip);
  });
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}
