import { NodewrightError, systemClock } from "../base/mod.ts";
import { findApiAccess } from "../bootstrap/apply/mod.ts";
import { type Cluster, type Machine, selectManaged } from "../bootstrap/inventory/mod.ts";
import { RouteTable } from "../bootstrap/render/mod.ts";
import {
  joinMap,
  type MachineSource,
  type MapSources,
  mapHtml,
  mapText,
  type NodeSource,
} from "../cluster-map/mod.ts";
import { formatAddress, formatCidr, parseAddress } from "../ip/mod.ts";
import { KubeClient } from "../kube/client/mod.ts";
import { API } from "../kube/types/mod.ts";
import { type NodeNetwork, nodeNetworkSchema } from "../node/mod.ts";
import { askNodes } from "./ask-nodes.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { addressBook, openCluster } from "./open-cluster.ts";
import { outputFile } from "./output/output-file.ts";

/** A server that says nothing for so long is dead. */
const API_TIMEOUT_MS = 5_000;

export const define: DefineCommand = (root, context) => {
  root
    .argument("[node]", "only this node")
    .option("-o, --output <file>", "write the map as a page with a picture, too")
    .action(async (name, { output }) => {
      const purpose = { what: "the map", example: "map.html" };
      const file = output === undefined ? undefined : outputFile(output, purpose, context);
      const opened = await openCluster(context, { update: false });
      const { cluster } = opened;
      const names = name === undefined ? [] : [name];
      const asked = selectManaged(cluster, names);
      const services = readServices(cluster, asked, context);
      const machines = machineSources(cluster);
      const nodes: NodeSource[] = [];
      for await (const { node, answer } of askNodes(context, names, "network", opened)) {
        const source = machines.find((machine) => machine.name === node);
        if (source !== undefined) nodes.push({ ...source, network: parseNetwork(node, answer) });
      }
      const takenAt = new Date(systemClock.now()).toISOString();
      const map = joinMap({ takenAt, machines, nodes, services: await services });
      await file?.write(mapHtml(map));
      if (context.json) context.out.json({ kind: "map", ...map });
      else for (const line of mapText(map)) context.out.line(line);
    });
};

/** The answer is another machine's: what is not as it should be is refused. */
function parseNetwork(node: string, answer: unknown): NodeNetwork {
  const parsed = nodeNetworkSchema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join(".") ?? "";
  throw new NodewrightError(
    "protocol",
    `Cannot read the node's answer: ${place}: ${issue?.message}`,
    { node },
  );
}

function machineSources(cluster: Cluster): readonly MachineSource[] {
  const table = new RouteTable(cluster);
  return cluster.machines.map((machine) => ({
    name: machine.name,
    addresses: machine.addresses.map(({ address }) => formatAddress(address)),
    podSubnets: machine.podSubnets.map(({ cidr }) => formatCidr(cidr)),
    routes: table
      .of(machine)
      .routes.map(({ destination, via }) => ({ destination, via: canonical(via) })),
  }));
}

/** As the kernel's own routes are formatted. */
function canonical(address: string): string {
  const parsed = parseAddress(address);
  return parsed.ok ? formatAddress(parsed.value) : address;
}

/** Services and their EndpointSlices, or why they are not known. Never rejects. */
async function readServices(
  cluster: Cluster,
  machines: readonly Machine[],
  context: CliContext,
): Promise<MapSources["services"]> {
  try {
    const access = await findApiAccess(cluster.dir, machines[0]?.name ?? "", addressBook(cluster));
    if (access === undefined) return { ok: false, why: "no admin.kubeconfig in the directory" };
    using client = new KubeClient(access.connection, { timeoutMs: API_TIMEOUT_MS });
    const { signal } = context;
    const [services, slices] = await Promise.all([
      client.list(API.services, {}, { signal }),
      client.list(API.endpointSlices, {}, { signal }),
    ]);
    return { ok: true, services: services.items, slices: slices.items };
  } catch (thrown) {
    if (context.signal.aborted) return { ok: false, why: "interrupted" };
    return { ok: false, why: NodewrightError.from(thrown, "Cannot ask the API server").message };
  }
}
