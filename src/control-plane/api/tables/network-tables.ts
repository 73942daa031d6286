import {
  type ApiObject,
  type JsonObject,
  listAt,
  objectAt,
  objectsAt,
  textAt,
  valueAt,
} from "../../objects/mod.ts";
import { labelsText, NONE, orNone, selectorText, UNSET } from "./cell-texts.ts";
import { columns } from "./columns.ts";
import { age } from "./duration.ts";
import type { TableKind } from "./table.ts";

const name = ({ metadata }: ApiObject): string => metadata.name ?? "";
const created = ({ metadata }: ApiObject, now: number): string =>
  age(metadata.creationTimestamp, now);
/** How many endpoints and ports are shown before the rest is only counted. */
const MOST = 3;

export const SERVICE_TABLE: TableKind = {
  columns: columns("Name | Type | Cluster-IP | External-IP | Port(s) | Age | Selector*"),
  cells: (service, now) => [
    name(service),
    textAt(service, "spec", "type"),
    orNone(textAt(service, "spec", "clusterIP")),
    externalAddress(service),
    orNone(objectsAt(service, "spec", "ports").map(portText).join(",")),
    created(service, now),
    labelsText(objectAt(service, "spec", "selector")),
  ],
};

function portText(port: JsonObject): string {
  const { port: number, nodePort } = port;
  const own = typeof nodePort === "number" && nodePort > 0 ? `:${nodePort}` : "";
  return `${String(number)}${own}/${textAt(port, "protocol") || "TCP"}`;
}

function externalAddress(service: ApiObject): string {
  const own = listAt(service, "spec", "externalIPs").map(String);
  switch (textAt(service, "spec", "type")) {
    case "ExternalName":
      return textAt(service, "spec", "externalName");
    case "LoadBalancer": {
      const ingress = objectsAt(service, "status", "loadBalancer", "ingress").map(
        (one) => textAt(one, "ip") || textAt(one, "hostname"),
      );
      const all = [...ingress, ...own];
      return all.length === 0 ? "<pending>" : all.join(",");
    }
    default:
      return orNone(own.join(","));
  }
}

export const ENDPOINTS_TABLE: TableKind = {
  columns: columns("Name | Endpoints | Age"),
  cells: (object, now) => {
    const all = objectsAt(object, "subsets").flatMap((subset) => {
      const ports = objectsAt(subset, "ports");
      const addresses = objectsAt(subset, "addresses").map((address) => textAt(address, "ip"));
      if (ports.length === 0) return addresses;
      return ports.flatMap(({ port }) => addresses.map((ip) => joinPort(ip, String(port))));
    });
    return [name(object), shortened(all), created(object, now)];
  },
};

function joinPort(ip: string, port: string): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function shortened(all: readonly string[]): string {
  const shown = all.slice(0, MOST).join(",");
  return all.length > MOST ? `${shown} + ${all.length - MOST} more...` : orNone(shown);
}

export const ENDPOINT_SLICE_TABLE: TableKind = {
  columns: columns("Name | AddressType | Ports | Endpoints | Age"),
  cells: (object, now) => [
    name(object),
    textAt(object, "addressType"),
    slicePorts(object),
    sliceEndpoints(object),
    created(object, now),
  ],
};

function slicePorts(object: ApiObject): string {
  const ports = objectsAt(object, "ports").map(({ port }) => String(port ?? "*"));
  if (ports.length === 0) return UNSET;
  const shown = ports.slice(0, MOST).join(",");
  return ports.length > MOST ? `${shown} + ${ports.length - MOST} more...` : shown;
}

function sliceEndpoints(object: ApiObject): string {
  const addresses = objectsAt(object, "endpoints").flatMap((one) =>
    listAt(one, "addresses").map(String),
  );
  if (addresses.length === 0) return UNSET;
  const shown = addresses.slice(0, MOST).join(",");
  return addresses.length > MOST ? `${shown} + ${addresses.length - MOST} more...` : shown;
}

export const INGRESS_TABLE: TableKind = {
  columns: columns("Name | Class | Hosts | Address | Ports | Age"),
  cells: (object, now) => {
    const hosts = objectsAt(object, "spec", "rules").map((rule) => textAt(rule, "host"));
    const named = hosts.filter((host) => host !== "");
    const addresses = objectsAt(object, "status", "loadBalancer", "ingress");
    return [
      name(object),
      orNone(textAt(object, "spec", "ingressClassName")),
      named.length === 0 ? "*" : named.slice(0, MOST).join(","),
      addresses.map((one) => textAt(one, "ip") || textAt(one, "hostname")).join(","),
      objectsAt(object, "spec", "tls").length > 0 ? "80, 443" : "80",
      created(object, now),
    ];
  },
};

export const INGRESS_CLASS_TABLE: TableKind = {
  columns: columns("Name | Controller | Parameters | Age"),
  cells: (object, now) => {
    const parameters = objectAt(object, "spec", "parameters");
    const group = textAt(parameters, "apiGroup");
    const kind = `${textAt(parameters, "kind")}${group === "" ? "" : `.${group}`}`;
    return [
      name(object),
      textAt(object, "spec", "controller"),
      kind === "" ? NONE : `${kind}/${textAt(parameters, "name")}`,
      created(object, now),
    ];
  },
};

export const NETWORK_POLICY_TABLE: TableKind = {
  columns: columns("Name | Pod-Selector | Age"),
  cells: (object, now) => [
    name(object),
    selectorText(valueAt(object, "spec", "podSelector")),
    created(object, now),
  ],
};

export const SERVICE_CIDR_TABLE: TableKind = {
  columns: columns("Name | CIDRs | Age"),
  cells: (object, now) => [
    name(object),
    listAt(object, "spec", "cidrs").map(String).join(","),
    created(object, now),
  ],
};
