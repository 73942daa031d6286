import { getServers } from "node:dns";
import { type Clock, type Logger, messageOf } from "../../base/mod.ts";
import { type ApiConnection, Informers, KubeClient } from "../../kube/client/mod.ts";
import { API } from "../../kube/types/mod.ts";
import { isClusterAddress } from "./cluster-addresses.ts";
import { type ClusterNames, clusterNames } from "./cluster-names.ts";
import { DnsServer } from "./dns-server.ts";

export interface DnsOptions {
  readonly connection: ApiConnection;
  readonly bind: { readonly address: string; readonly port: number };
  /** `cluster.local` */
  readonly domain: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Answers DNS questions about the cluster until the signal; this machine's own servers know the rest. */
export async function runDns(options: DnsOptions): Promise<void> {
  const { connection, bind, domain, clock, log, signal } = options;
  using client = new KubeClient(connection);
  const informers = new Informers(client, { signal, clock }, (type, thrown) => {
    log.warn("Cannot watch", { kind: type.kind, error: messageOf(thrown) });
  });
  const services = informers.of(API.services);
  const slices = informers.of(API.endpointSlices);
  const nodes = informers.of(API.nodes);
  let known: ClusterNames | undefined;
  for (const informer of [services, slices]) {
    informer.subscribe(() => {
      known = undefined;
    });
  }
  // Made when they are asked for: many changes may come between two questions.
  const names = (): ClusterNames => {
    known ??= clusterNames({
      ...{ domain, services: services.items.values(), slices: slices.items.values() },
    });
    return known;
  };
  await informers.synced();
  const isOwn = (address: string): boolean => isClusterAddress(address, nodes.items.values());
  using server = new DnsServer({ domain, names, forwarders: getServers, isOwn, log });
  try {
    const port = await server.listen(bind.port, bind.address);
    log.info("DNS listens", { address: bind.address, port, domain });
  } catch (thrown) {
    // The API server is worth more than the names: it goes on without them.
    log.error("Cannot serve DNS", { ...bind, error: messageOf(thrown) });
  }
  await informers.settled();
}
