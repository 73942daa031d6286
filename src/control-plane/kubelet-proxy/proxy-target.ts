import { cidrContains, parseAddress, parseCidr } from "../../ip/mod.ts";
import {
  type ApiObject,
  type JsonObject,
  numberAt,
  objectsAt,
  refusals,
  textAt,
  valueAt,
} from "../objects/mod.ts";

/** What a name in a proxy's path means: `[SCHEME:]NAME[:PORT]`. */
export interface ProxyName {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** Empty where none is given; a port's name for Services. */
  readonly port: string;
}

/** Where a proxied request goes. */
export interface ProxyTarget {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}

/** Takes a proxy's name apart; throws BadRequest for what is none. */
export function parseProxyName(text: string): ProxyName {
  const parts = text.split(":");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length === 1 && first !== "") return { scheme: "http", name: first, port: "" };
  if (parts.length === 2 && first !== "") return { scheme: "http", name: first, port: second };
  if (parts.length === 3 && second !== "" && ["", "http", "https"].includes(first)) {
    return { scheme: first === "https" ? "https" : "http", name: second, port: third };
  }
  throw refusals.badRequest(`invalid proxy request: ${JSON.stringify(text)}`);
}

/** A pod's own address, at the asked port or the first that a container has. */
export function podTarget(pod: ApiObject, { scheme, port }: ProxyName): ProxyTarget {
  const first = objectsAt(pod, "spec", "containers")
    .flatMap((container) => objectsAt(container, "ports"))
    .map((one) => numberAt(one, "containerPort"))
    .find((one) => one !== undefined);
  const host = textAt(pod, "status", "podIP") || textAt(pod, "status", "podIPs", "0", "ip");
  if (host === "") throw refusals.badRequest("address not allowed: the pod has none yet");
  const wanted = port === "" ? (first ?? (scheme === "https" ? 443 : 80)) : readPort(port);
  return checked({ scheme, host, port: wanted });
}

/** A node at another port than its kubelet's. */
export function nodeTarget(host: string, { scheme, port }: ProxyName): ProxyTarget {
  return checked({ scheme, host, port: readPort(port) });
}

/** One of a Service's ready endpoints; `pick` chooses among them. */
export function serviceTarget(
  service: ApiObject,
  slices: readonly ApiObject[],
  asked: ProxyName & { readonly pick: (count: number) => number },
): ProxyTarget {
  const ports = objectsAt(service, "spec", "ports");
  const wanted = servicePort(ports, asked.port);
  const name = service.metadata.name ?? "";
  const noEndpoints = (): Error =>
    refusals.unavailable(`no endpoints available for service ${JSON.stringify(asked.name)}`);
  if (wanted === undefined) {
    throw refusals.unavailable(
      `no service port ${JSON.stringify(asked.port)} found for service "${name}"`,
    );
  }
  const portName = textAt(wanted, "name");
  const targets = slices.flatMap((slice) => {
    const port = objectsAt(slice, "ports").find((one) => textAt(one, "name") === portName);
    const number = numberAt(port, "port");
    if (number === undefined) return [];
    return objectsAt(slice, "endpoints")
      .filter((one) => valueAt(one, "conditions", "ready") !== false)
      .flatMap((one) => {
        const [address] = Array.isArray(one["addresses"]) ? one["addresses"] : [];
        return typeof address === "string" ? [{ host: address, port: number }] : [];
      });
  });
  const chosen = targets[asked.pick(targets.length)];
  if (chosen === undefined) throw noEndpoints();
  return checked({ scheme: asked.scheme, ...chosen });
}

function servicePort(ports: readonly JsonObject[], asked: string): JsonObject | undefined {
  if (asked === "") return ports[0];
  return ports.find(
    (one) => textAt(one, "name") === asked || numberAt(one, "port") === Number(asked),
  );
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw refusals.badRequest(`invalid port: ${JSON.stringify(text)}`);
}

/** Addresses of the server itself and of its link: nobody is led there by a pod's status. */
const FORBIDDEN = [
  ...["0.0.0.0/32", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"],
  ...["::/128", "::1/128", "fe80::/10", "ff00::/8", "::ffff:0:0/96"],
].map((text) => parseCidr(text));

function checked(target: ProxyTarget): ProxyTarget {
  const address = parseAddress(target.host);
  const isForbidden =
    address.ok && FORBIDDEN.some((cidr) => cidr.ok && cidrContains(cidr.value, address.value));
  if (address.ok && !isForbidden) return target;
  throw refusals.badRequest("address not allowed");
}
