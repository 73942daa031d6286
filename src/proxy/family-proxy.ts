import type { Conn } from "../netlink/mod.ts";
import type { TableRef } from "../nft/mod.ts";
import { forgetStaleUdp, type UdpService } from "./conntrack/mod.ts";
import { type HealthCheck, healthCheckOf } from "./health/mod.ts";
import { type ProxyNode, portKey, routeServicePort, ServiceStore } from "./model/mod.ts";
import { KubeProxyTable, type ServiceChange, serviceRules } from "./nftables/mod.ts";
import type { RoutingSettings } from "./settings.ts";

/** What one sync did. */
export interface SyncReport {
  /** The Services that had changed. */
  readonly services: readonly string[];
  readonly isFull: boolean;
  /** UDP connections to endpoints that are gone. */
  readonly forgotten: number;
}

/**
 * The proxy of one address family: what the API says in its store, what the kernel has in its
 * table, and how one becomes the other. After a failed sync the next one writes everything.
 */
export class FamilyProxy {
  readonly store: ServiceStore;
  readonly #conn: Conn;
  readonly #table: KubeProxyTable;
  #node: ProxyNode;
  #settings: RoutingSettings;
  #needsRebuild = true;
  /** Services whose change was written, but perhaps not followed up. */
  #unfinished = new Set<string>();

  constructor(conn: Conn, settings: RoutingSettings, node: ProxyNode) {
    this.#conn = conn;
    this.#settings = settings;
    this.#node = node;
    this.store = new ServiceStore(settings.family, node.name);
    this.#table = new KubeProxyTable(conn, settings.family);
  }

  get family(): 4 | 6 {
    return this.#settings.family;
  }

  get table(): TableRef {
    return this.#table.ref;
  }

  /** False where the table lacks a chain that was written. */
  isIntact(): boolean {
    return this.#needsRebuild || this.#table.isIntact();
  }

  /** True where a sync would have something to do. */
  get isDue(): boolean {
    return this.#needsRebuild || this.store.hasChanges;
  }

  /** Takes up what rules depend on besides Services; gives whether that changed anything. */
  configure(settings: RoutingSettings, node: ProxyNode): boolean {
    if (Bun.deepEquals([settings, node], [this.#settings, this.#node])) return false;
    this.#settings = settings;
    this.#node = node;
    this.requireRebuild();
    return true;
  }

  /** The next sync writes the whole table: somebody else has changed it. */
  requireRebuild(): void {
    this.#needsRebuild = true;
  }

  /** Writes what has changed. Throws NetlinkError where the kernel refuses it. */
  sync(nowMs: number): SyncReport {
    for (const service of this.store.takeChanges()) this.#unfinished.add(service);
    const isFull = this.#needsRebuild;
    const changed = [...this.#unfinished];
    this.#needsRebuild = true;
    if (isFull) {
      const all = Iterator.from(this.store.services).map((service) => this.#change(service));
      this.#table.rebuild(all, this.#settings, nowMs);
    } else {
      this.#table.update(
        changed.map((service) => this.#change(service)),
        nowMs,
      );
    }
    this.#needsRebuild = false;
    const forgotten = this.#forgetStale(isFull ? [...this.store.services] : changed);
    this.#unfinished.clear();
    return { services: changed, isFull, forgotten };
  }

  /** The health check of a Service in this family; undefined where it has none. */
  healthCheck(service: string): HealthCheck | undefined {
    const { ports, endpoints } = this.store.state(service);
    return healthCheckOf(ports, endpoints);
  }

  /** True while chains wait to be deleted. */
  get hasStale(): boolean {
    return this.#table.hasStale;
  }

  deleteStale(nowMs: number): void {
    this.#table.deleteStale(nowMs);
  }

  #change(service: string): ServiceChange {
    const { ports, endpoints } = this.store.state(service);
    const rules = ports.map((port) => {
      const route = routeServicePort(port, endpoints.get(portKey(port)) ?? [], this.#node);
      return serviceRules(route, this.#settings);
    });
    return [service, rules];
  }

  #forgetStale(services: readonly string[]): number {
    const udp: UdpService[] = services.flatMap((service) => {
      const { ports, endpoints } = this.store.state(service);
      return ports
        .filter(({ protocol }) => protocol === "udp")
        .map((port) => ({ port, endpoints: endpoints.get(portKey(port)) ?? [] }));
    });
    return udp.length === 0 ? 0 : forgetStaleUdp(this.#conn, this.family, udp);
  }
}
