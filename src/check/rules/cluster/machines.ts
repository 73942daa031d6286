import { apiServerOf } from "../../api-server-findings.ts";
import { claimedOfInventory, foundOf } from "../../claims.ts";
import type { HostLink } from "../../facts/host-facts.ts";
import type { NodeFacts } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeNameOf, parseHostname } from "../../node-name.ts";
import { clusterRule, unknown } from "../../rule.ts";

/** NW-F02 */
export const nodeNames = clusterRule({
  id: "NW-F02",
  severity: "error",
  title: "A node's name is one that Kubernetes takes, the machine's own, and stays",
  stages: ["files", "machine"],
  places: ["machines.txt: HOSTNAME, FQDN", "the machine: hostname, /etc/hostname"],
  symptom:
    'The kubelet registers another Node than the one expected, or none: `nodes "node-0" is forbidden: ' +
    'node "node-0.example.com" cannot modify node "node-0"`. After a reboot: a second Node.',
  why:
    "The kubelet takes the host name, in lower case, unless it is told another. Certificates, " +
    "kube-proxy and machines.txt go by the name that was planned. DHCP and cloud-init may set another " +
    "one at boot; cloud-init leaves it alone with preserve_hostname: true.",
  fix: "hostnamectl set-hostname NAME, with NAME as in machines.txt.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["nodes"],
  uses: ["inventory"],
  check({ nodes, inventory }) {
    const listed =
      inventory === undefined ? [] : claimedOfInventory("NW-F02", inventory).map(foundOf);
    return [...listed, ...nodes.flatMap(hostNames)];
  },
});

function hostNames({ name, host, kubeletUnit, machine, files }: NodeFacts): Found[] {
  if (host === undefined) return [];
  const found: Found[] = [];
  const actual = nodeNameOf({ name, unit: kubeletUnit, host });
  if (machine !== undefined && actual.value !== name) {
    found.push({
      message: `The kubelet would register as "${actual.value}", and machines.txt calls the machine ${name}`,
      locations: [machine.nameLocation, actual.location].flatMap((at) => at ?? []),
      fix: `hostnamectl set-hostname ${name}, or write the other name in machines.txt`,
      node: name,
    });
  }
  const file = files?.get("/etc/hostname");
  const written = parseHostname(file?.text ?? "");
  const isSame = written?.toLowerCase() === host.hostname.toLowerCase();
  if (file !== undefined && written !== undefined && !isSame) {
    found.push({
      message: `The machine is called "${host.hostname}" now, and "${written}" after a reboot`,
      locations: [{ file: file.shown, line: 1, column: 1 }],
      fix: `hostnamectl set-hostname ${host.hostname}`,
      node: name,
    });
  }
  return found;
}

/** NW-F03 */
export const distinctMachines = clusterRule({
  id: "NW-F03",
  severity: "error",
  title: "Every line of machines.txt is a machine of its own, with addresses that are some",
  stages: ["files"],
  places: ["machines.txt"],
  symptom: "Two lines write over each other on one machine, and one node never appears.",
  why:
    "Names, FQDNs and addresses are copied from line to line. A worker's line for the machine of the " +
    "API server makes it a node as well, which is seldom meant.",
  fix: "Give each line its own name, FQDN and address.",
  provoked: { not: "nodewright itself refuses it before a machine is reached" },
  needs: ["inventory"],
  uses: ["nodes"],
  check({ inventory, nodes = [] }) {
    const servers = nodes.flatMap(({ kubeletKubeconfig }) => {
      const context = kubeletKubeconfig?.context;
      return context?.ok === true ? [context.value.server] : [];
    });
    const found = new Map<string, Found>();
    for (const server of servers) {
      const host = URL.parse(server.value)?.hostname;
      const machine = inventory.machines.find(
        ({ name, fqdn, addresses, podSubnets }) =>
          podSubnets.length > 0 &&
          [name, fqdn, ...addresses.map(({ text }) => text)].some((text) => text === host),
      );
      if (machine === undefined || found.has(machine.name)) continue;
      found.set(machine.name, {
        message: `${machine.name} has a pod subnet, which makes it a worker, and is the API server's machine: ${host}`,
        locations: [machine.location, server.location],
        severity: "warning",
        fix: "Take the pod subnet off the line, unless the control plane is to run pods",
      });
    }
    return [
      ...claimedOfInventory("NW-F03", inventory).map(foundOf),
      ...found.values(),
      ...differentServers(nodes),
    ];
  },
});

/** Nodes of one cluster that lead to different API servers; several control planes may be meant. */
function differentServers(nodes: readonly NodeFacts[]): Found[] {
  const servers = nodes.flatMap(({ name, kubeletKubeconfig }) => {
    const server = kubeletKubeconfig === undefined ? undefined : apiServerOf(kubeletKubeconfig);
    return server === undefined ? [] : [{ name, server }];
  });
  const counts = Map.groupBy(servers, ({ server }) => server.endpoint.toLowerCase());
  const [usual, ...others] = [...counts.values()].toSorted((a, b) => b.length - a.length);
  const [first] = usual ?? [];
  if (first === undefined) return [];
  return others.flat().map(({ name, server }) => ({
    message: `Nodes lead to different API servers: ${name} to ${server.endpoint}, ${first.name} to ${first.server.endpoint}`,
    locations: [server.location, first.server.location],
    severity: "warning",
    node: name,
    fix: `Write ${first.server.text}, unless both are API servers of this cluster`,
  }));
}

/** NW-F04 */
export const distinctIds = clusterRule({
  id: "NW-F04",
  severity: "warning",
  title:
    "No two machines are copies of one: machine-id, product UUID and hardware addresses differ",
  stages: ["machine", "api"],
  places: ["/etc/machine-id", "/sys/class/dmi/id/product_uuid", "hardware addresses of the links"],
  symptom:
    "One DHCP lease for two machines, two nodes with the same pods' link addresses, monitoring that " +
    "takes two nodes for one.",
  why:
    "A cloned image carries them along. DHCP clients identify themselves by the machine-id, CNIs and " +
    "systemd derive link addresses from it.",
  fix: "On the copies: rm /etc/machine-id; systemd-machine-id-setup; reboot. Hardware addresses are the hypervisor's.",
  provoked: { not: "it shows between machines and what looks at them: a DHCP server, monitoring" },
  needs: ["nodes"],
  uses: ["api"],
  check({ nodes, api }) {
    const hosts = nodes.flatMap(({ name, host }) => (host === undefined ? [] : [{ name, host }]));
    const others = (api?.nodes ?? []).filter(
      ({ name, machineId }) => machineId !== "" && !hosts.some((one) => one.name === name),
    );
    if (hosts.length + others.length < 2) return unknown("needs two machines to compare");
    const ids = [
      ...hosts.flatMap(({ name, host }) => [
        { what: "machine-id", id: machineIdOf(host.machineId), name },
        { what: "product UUID", id: productUuidOf(host.productUuid), name },
        ...macsOf(host.network.links).map((id) => ({ what: "hardware address", id, name })),
      ]),
      ...others.map(({ name, machineId }) => ({ what: "machine-id", id: machineId, name })),
    ];
    const first = new Map<string, string>();
    return ids.flatMap(({ what, id, name }): Found[] => {
      if (id === null || id === "") return [];
      const other = first.get(`${what} ${id}`);
      if (other === undefined) first.set(`${what} ${id}`, name);
      if (other === undefined || other === name) return [];
      return [
        {
          message: `Two machines have the same ${what}: ${other} and ${name}: ${id}`,
          locations: [],
        },
      ];
    });
  },
});

/**
 * Addresses of hardware: bridges, tunnels and pods' links make theirs up, `lo` and links without a
 * link layer have none, which the kernel prints as zeros.
 */
function macsOf(links: readonly HostLink[]): readonly string[] {
  const own = links.filter(
    ({ name, kind, mac }) => kind === "" && name !== "lo" && /[1-9a-f]/.test(mac) && !isGroup(mac),
  );
  return [...new Set(own.map(({ mac }) => mac))];
}

/** The lowest bit of the first byte: an address of several, so of nobody's hardware. */
function isGroup(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

/** What systemd writes into an image for the first boot to replace is no identity. */
function machineIdOf(id: string | null): string | null {
  return id === "uninitialized" ? null : id;
}

/** What firmware has where its vendor has written none. */
const NO_UUID = [/^[0-]+$/, /^[f-]+$/, /^03000200-0400-0500-0006-000700080009$/, /[^0-9a-f-]/];

function productUuidOf(uuid: string | null): string | null {
  const id = uuid?.toLowerCase() ?? "";
  return id === "" || NO_UUID.some((one) => one.test(id)) ? null : id;
}
