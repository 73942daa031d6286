import { parseAddress } from "../ip/mod.ts";
import type { Service } from "../kube/types/mod.ts";
import type { MapService, MapServicePort, Stray } from "./cluster-map.ts";
import { fullName, hostEnd, strayLinks } from "./map-node.ts";
import { PROTOCOL_NUMBERS } from "./map-services.ts";
import type { MapSources, NodeSource } from "./map-sources.ts";

/** A Service with this label is not kube-proxy's. */
const PROXY_LABEL = "service.kubernetes.io/service-proxy-name";

/** Pure: what should not be so on the nodes that were asked. */
export function findStrays(sources: MapSources, services: readonly MapService[]): Stray[] {
  const own = sources.services.ok ? sources.services.services : [];
  const proxied = namesOf(own.filter(isProxied));
  const selecting = namesOf(own.filter(hasSelector));
  const local = namesOf(own.filter(({ spec }) => spec?.internalTrafficPolicy === "Local"));
  return [
    ...sources.nodes.flatMap((node) => [
      ...unknownParts(node),
      ...linksWithoutPod(node),
      ...podsWithoutLink(node),
      ...addressesWithoutPod(node),
      ...missingRoutes(node),
      ...notRouted(
        node,
        services.filter((service) => proxied.has(fullName(service))),
        local,
      ),
    ]),
    ...services.flatMap((service) => [
      ...(selecting.has(fullName(service)) ? withoutEndpoints(service) : []),
      ...endpointsWithoutPod(service, sources),
    ]),
  ];
}

function namesOf(services: readonly Service[]): ReadonlySet<string> {
  return new Set(services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
}

/** Without a selector, endpoints are the business of whoever makes them. */
function hasSelector({ spec }: Service): boolean {
  return Object.keys(spec?.selector ?? {}).length > 0;
}

function isProxied({ metadata }: Service): boolean {
  return metadata.labels?.[PROXY_LABEL] === undefined;
}

function unknownParts({ name: node, podSubnets, network }: NodeSource): Stray[] {
  const { pods, podsProblem } = network;
  if (pods === null) {
    // The control plane's machine needs no runtime.
    if (podSubnets.length === 0) return [];
    const message = `the pods are not known: ${podsProblem ?? "the runtime does not answer"}`;
    return [{ kind: "unknown", node, subject: "pods", message }];
  }
  return pods.flatMap(({ namespace, name, problem }): Stray[] => {
    if (problem === null) return [];
    const message = `the pod's network cannot be read: ${problem}`;
    return [{ kind: "unknown", node, subject: `${namespace}/${name}`, message }];
  });
}

function linksWithoutPod(node: NodeSource): Stray[] {
  return strayLinks(node).map(({ name }) => ({
    kind: "link-without-pod",
    node: node.name,
    subject: name,
    message: "a veth whose other end is in no pod of the runtime",
  }));
}

/** A veth of a pod whose host end is missing: nothing that the pod sends arrives. */
function podsWithoutLink({ name: node, network: { host, pods } }: NodeSource): Stray[] {
  return (pods ?? []).flatMap((pod): Stray[] => {
    if (pod.network === null) return [];
    const ways = pod.network.links.filter(({ name }) => name !== "lo");
    const subject = `${pod.namespace}/${pod.name}`;
    const found = (message: string): Stray[] => [
      { kind: "pod-without-link", node, subject, message },
    ];
    if (ways.length === 0) return found("the pod has no interface but lo");
    const cut = ways.find((link) => link.kind === "veth" && hostEnd(link, host) === undefined);
    return cut === undefined ? [] : found(`${cut.name} of the pod has no other end on the host`);
  });
}

function addressesWithoutPod({ name: node, network }: NodeSource): Stray[] {
  const { pods, reservations } = network;
  if (pods === null) return [];
  const known = new Set(pods.map(({ sandboxId }) => sandboxId));
  return reservations
    .filter(({ containerId }) => !known.has(containerId))
    .map(({ network: name, address, containerId }) => ({
      kind: "address-without-pod",
      node,
      subject: address,
      message:
        containerId === ""
          ? `reserved in the network "${name}", and the reservation does not say for whom`
          : `reserved in the network "${name}" for ${containerId.slice(0, 13)}, which is no pod of the runtime`,
    }));
}

/** Routes that the machine was given and has not, or has by another way. */
function missingRoutes({ name: node, routes, network: { host } }: NodeSource): Stray[] {
  return routes.flatMap(({ destination, via }): Stray[] => {
    const found = host.routes.filter((route) => route.destination === destination);
    if (found.some(({ gateway }) => gateway === via)) return [];
    const [other] = found;
    const instead = other === undefined ? "" : `, but by ${other.gateway ?? "a link of its own"}`;
    const message = `the node has no route to it via ${via}${instead}`;
    return [{ kind: "missing-route", node, subject: destination, message }];
  });
}

/** Services with ready endpoints that the node's proxy table does not have. */
function notRouted(
  { name: node, network: { frontends } }: NodeSource,
  services: readonly MapService[],
  local: ReadonlySet<string>,
): Stray[] {
  if (frontends === null) return [];
  const routed = new Set(
    frontends
      .filter(({ hasEndpoints }) => hasEndpoints)
      .map(({ address, protocol, port }) => `${address} ${protocol} ${port}`),
  );
  return services.flatMap((service) =>
    service.ports.flatMap((port): Stray[] => {
      const isLocal = local.has(fullName(service));
      const reached = port.endpoints.filter(
        (one) => one.isReady && (!isLocal || one.node === node),
      );
      // Each address leads to endpoints of its own family.
      const families = new Set(reached.map(({ address }) => familyOf(address)));
      const missing = service.addresses
        .filter((address) => families.has(familyOf(address)))
        .filter(
          (address) => !routed.has(`${address} ${PROTOCOL_NUMBERS[port.protocol]} ${port.port}`),
        );
      return missing.map((address) => ({
        kind: "not-routed",
        node,
        subject: portName(service, port),
        message: `the service proxy of the node does not route ${address} port ${port.port}/${port.protocol}`,
      }));
    }),
  );
}

/** Undefined for a host name, which no proxy routes to. */
function familyOf(address: string): 4 | 6 | undefined {
  const parsed = parseAddress(address);
  return parsed.ok ? parsed.value.family : undefined;
}

function withoutEndpoints(service: MapService): Stray[] {
  return service.ports
    .filter(({ endpoints }) => !endpoints.some(({ isReady }) => isReady))
    .map((port) => ({
      kind: "no-ready-endpoint",
      node: undefined,
      subject: portName(service, port),
      message:
        port.endpoints.length === 0
          ? "no pod is behind it"
          : `none of its ${port.endpoints.length} endpoints is ready`,
    }));
}

/** Ready endpoints on a node that was asked, whose address no pod there has. */
function endpointsWithoutPod(service: MapService, { nodes }: MapSources): Stray[] {
  const strays = service.ports.flatMap((port) =>
    port.endpoints.flatMap((endpoint): Stray[] => {
      const node = nodes.find(({ name }) => name === endpoint.node);
      if (node === undefined || endpoint.pod === "" || !endpoint.isReady) return [];
      if (hasAddress(node, endpoint.address)) return [];
      const message = `its endpoint ${endpoint.address} (${endpoint.pod}) is no address of a pod on the node`;
      return [
        { kind: "endpoint-without-pod", node: node.name, subject: fullName(service), message },
      ];
    }),
  );
  // A pod behind several ports is one thing that is wrong.
  return [...new Map(strays.map((stray) => [stray.message, stray])).values()];
}

/** Pods in the host's network have the node's addresses; where one pod is unknown, all may be its. */
function hasAddress({ network: { pods, host } }: NodeSource, address: string): boolean {
  if (pods === null || pods.some(({ problem }) => problem !== null)) return true;
  const namespaces = [host, ...pods.flatMap((pod) => pod.network ?? [])];
  return namespaces.some(({ links }) =>
    links.some(({ addresses }) => addresses.some((one) => one.startsWith(`${address}/`))),
  );
}

function portName(service: MapService, { port, protocol }: MapServicePort): string {
  return `${fullName(service)} port ${port}/${protocol}`;
}
