import type { MapLink, MapNode, MapPod, MapService } from "./cluster-map.ts";
import type { Box, Diagram, Line } from "./layout.ts";
import { endpointText, portText, serviceText } from "./map-text.ts";

/** Pure: a node's links, what hangs on them, and the pods behind. */
export function nodeDiagram({ links, pods }: MapNode): Diagram {
  const columns: Box[][] = [[], [], []];
  const lines: Line[] = [];
  const add = (column: number, box: Box): void => void columns[column]?.push(box);
  const addPod = (link: MapLink, id: string, column: number): void => {
    if (link.pod === undefined) return;
    const { namespace, pod, ifName, addresses } = link.pod;
    // A pod with several interfaces stands there for each of them: the line says which it is.
    const to = `pod ${namespace}/${pod} ${ifName}`;
    const texts = [`${namespace}/${pod}`, ifName, ...addresses];
    add(column, { id: to, texts, kind: "pod", isMarked: false });
    lines.push({ from: id, to });
  };
  // What has ports or a pod comes last, so that its lines do not pass the others.
  const ordered = links.toSorted((a, b) => Number(leads(a)) - Number(leads(b)));
  for (const link of ordered.filter(({ name }) => name !== "lo")) {
    const id = `link ${link.name}`;
    add(0, linkBox(id, link));
    addPod(link, id, 1);
    for (const port of link.ports) {
      const portId = `link ${port.name}`;
      add(1, linkBox(portId, port));
      lines.push({ from: id, to: portId });
      addPod(port, portId, 2);
    }
  }
  for (const pod of pods.filter(({ isHostNetwork }) => isHostNetwork)) add(0, hostPodBox(pod));
  return { columns, lines };
}

function leads({ ports, pod }: MapLink): boolean {
  return ports.length > 0 || pod !== undefined;
}

function linkBox(id: string, link: MapLink): Box {
  const { name, kind, isUp, mtu, addresses, isStray } = link;
  const what = [kind, isUp ? "up" : "down", `mtu ${mtu}`].filter((word) => word !== "").join(", ");
  return {
    id,
    texts: [name, what, ...addresses, ...(isStray ? ["stray: in no pod"] : [])],
    kind: kind === "bridge" ? "bridge" : "link",
    isMarked: isStray,
  };
}

function hostPodBox({ namespace, name }: MapPod): Box {
  const texts = [`${namespace}/${name}`, "in the node's own network"];
  return { id: `pod ${namespace}/${name}`, texts, kind: "pod", isMarked: false };
}

/** Pure: Services, each port, and the endpoints that it leads to. */
export function servicesDiagram(services: readonly MapService[]): Diagram {
  const columns: Box[][] = [[], [], []];
  const lines: Line[] = [];
  const add = (column: number, box: Box): void => void columns[column]?.push(box);
  for (const service of services) {
    const id = `${service.namespace}/${service.name}`;
    const [name = "", where = ""] = serviceText(service).split("  ");
    add(0, { id, texts: [name, where], kind: "service", isMarked: false });
    for (const [i, port] of service.ports.entries()) {
      const portId = `${id} ${i}`;
      const isMarked = !port.endpoints.some(({ isReady }) => isReady);
      add(1, { id: portId, texts: portText(port).split(", "), kind: "service", isMarked });
      lines.push({ from: id, to: portId });
      for (const [k, endpoint] of port.endpoints.entries()) {
        const endpointId = `${portId} ${k}`;
        const [at = "", who = ""] = endpointText(endpoint).split("  ");
        const isDown = !endpoint.isReady;
        add(2, { id: endpointId, texts: [at, who], kind: "endpoint", isMarked: isDown });
        lines.push({ from: portId, to: endpointId });
      }
    }
  }
  return { columns, lines };
}
