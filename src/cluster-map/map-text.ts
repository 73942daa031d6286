import { formatBytes, oneLine } from "../base/mod.ts";
import type {
  ClusterMap,
  MapEndpoint,
  MapLink,
  MapNode,
  MapPod,
  MapRoute,
  MapService,
  MapServicePort,
} from "./cluster-map.ts";

/** A line with those below it. */
interface Branch {
  readonly text: string;
  readonly below?: readonly Branch[];
}

/** The map as lines for a terminal: a tree for each node, one of the Services, and what should not be so. */
export function mapText(map: ClusterMap): string[] {
  return [
    ...map.nodes.flatMap((node) => [...drawTree(nodeBranch(node)), ""]),
    ...drawTree(servicesBranch(map)),
    "",
    ...strayLines(map),
  ].map(oneLine);
}

/** A line for each thing that should not be so, and their number. */
export function strayLines({ strays }: ClusterMap): string[] {
  if (strays.length === 0) return ["nothing stray"];
  const lines = strays.map(
    ({ node, subject, message }) =>
      `  ! ${node === undefined ? "" : `${node}: `}${subject}: ${message}`,
  );
  return [strays.length === 1 ? "1 stray thing:" : `${strays.length} stray things:`, ...lines];
}

function drawTree({ text, below = [] }: Branch): string[] {
  return [text, ...below.flatMap((branch, i) => drawBranch(branch, i === below.length - 1))];
}

function drawBranch(branch: Branch, isLast: boolean): string[] {
  const [first = "", ...rest] = drawTree(branch);
  const [corner, side] = isLast ? ["└─ ", "   "] : ["├─ ", "│  "];
  return [`${corner}${first}`, ...rest.map((line) => `${side}${line}`)];
}

function nodeBranch(node: MapNode): Branch {
  const { name, address, podSubnets, links, routes, pods } = node;
  const subnets = podSubnets.length === 0 ? "" : `, pods ${podSubnets.join(", ")}`;
  // The others are behind a link.
  const onHost = pods.filter((pod) => pod.isHostNetwork);
  const ended = pods.filter((pod) => !pod.isReady && !pod.isHostNetwork);
  return {
    text: `${name}  ${address}${subnets}`,
    below: [
      ...links.map(linkBranch),
      ...listBranch("pods in the node's own network", onHost.map(podLine)),
      ...listBranch("pods that have ended", ended.map(podLine)),
      ...listBranch("routes", routes.map(routeText)),
    ],
  };
}

function listBranch(text: string, lines: readonly string[]): Branch[] {
  return lines.length === 0 ? [] : [{ text, below: lines.map((line) => ({ text: line })) }];
}

function podLine({ namespace, name }: MapPod): string {
  return `${namespace}/${name}`;
}

function linkBranch(link: MapLink): Branch {
  return { text: linkText(link), below: link.ports.map(linkBranch) };
}

/** `veth12ab34  eth0 of default/web-1, 10.200.0.5/24, in 1.2 MiB, out 3 KiB` */
export function linkText(link: MapLink): string {
  const { name, kind, isUp, addresses, pod, received, sent, isStray } = link;
  const what =
    pod === undefined
      ? [kind, ...addresses]
      : [`${pod.ifName} of ${pod.namespace}/${pod.pod}`, ...pod.addresses, ...addresses];
  const counters =
    received === undefined || sent === undefined
      ? []
      : [`in ${formatBytes(received.bytes)}`, `out ${formatBytes(sent.bytes)}`, ...losses(link)];
  const words = [
    ...(isStray ? ["STRAY: in no pod"] : []),
    ...what.filter((word) => word !== ""),
    ...(isUp ? [] : ["down"]),
    ...counters,
  ];
  return `${name}  ${words.join(", ")}`;
}

/** Packets that were lost, where there are any. */
function losses({ received, sent }: MapLink): string[] {
  const errors = (received?.errors ?? 0) + (sent?.errors ?? 0);
  const dropped = (received?.dropped ?? 0) + (sent?.dropped ?? 0);
  return [
    ...(errors === 0 ? [] : [`${errors} errors`]),
    ...(dropped === 0 ? [] : [`${dropped} dropped`]),
  ];
}

/** `10.200.1.0/24 via 172.30.0.4 dev eth0 -> pods of node-1` */
export function routeText({ destination, gateway, link, type, leadsTo }: MapRoute): string {
  return [
    ...(type === "unicast" ? [] : [type]),
    /^(0\.0\.0\.0|::)\/0$/.test(destination) ? "default" : destination,
    ...(gateway === undefined ? [] : [`via ${gateway}`]),
    ...(link === undefined ? [] : [`dev ${link}`]),
    ...(leadsTo === undefined ? [] : [`-> ${leadsTo}`]),
  ].join(" ");
}

function servicesBranch({ services, servicesProblem }: ClusterMap): Branch {
  if (services === undefined) return { text: `Services: not known: ${servicesProblem ?? ""}` };
  return {
    text: services.length === 0 ? "Services: none" : "Services",
    below: services.map((service) => ({
      text: serviceText(service),
      below: service.ports.map((port) => ({
        text: portText(port),
        below: port.endpoints.map((endpoint) => ({ text: endpointText(endpoint) })),
      })),
    })),
  };
}

/** `default/web  NodePort 10.32.0.44` */
export function serviceText({
  namespace,
  name,
  type,
  addresses,
  externalName,
}: MapService): string {
  const where =
    externalName !== undefined
      ? `-> ${externalName}`
      : addresses.length === 0
        ? "headless"
        : addresses.join(", ");
  return `${namespace}/${name}  ${type} ${where}`;
}

/** `http 80/TCP, node port 30080` */
export function portText({ name, port, protocol, nodePort, endpoints }: MapServicePort): string {
  const words = [
    `${name === "" ? "" : `${name} `}${port}/${protocol}`,
    ...(nodePort === undefined ? [] : [`node port ${nodePort}`]),
    ...(endpoints.length === 0 ? ["leads nowhere"] : []),
  ];
  return words.join(", ");
}

/** `10.200.0.5:8080  default/web-1 on node-0, ready, 3 connections` */
export function endpointText(endpoint: MapEndpoint): string {
  const { address, port, isReady, pod, node, connections } = endpoint;
  const who = [pod, node === "" ? "" : `on ${node}`].filter((word) => word !== "").join(" ");
  const words = [
    ...(who === "" ? [] : [who]),
    isReady ? "ready" : "not ready",
    ...(connections === undefined || connections === 0
      ? []
      : [connections === 1 ? "1 connection" : `${connections} connections`]),
  ];
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port}  ${words.join(", ")}`;
}
