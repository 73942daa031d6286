import type { Conn } from "../netlink/mod.ts";
import { forgetStaleUdp, type UdpService } from "./conntrack/mod.ts";
import { type HealthCheck, healthCheckOf } from "./health/mod.ts";
import { type ProxyNode, portKey, routeServicePort, ServiceStore } from "./model/mod.ts";
import type { RouteWriter, ServiceRoutes } from "./route-writer.ts";
import type { RoutingSettings } from "./settings.ts";

/** What one sync did. */
export interface SyncReport {
  /** The Services that had changed. */
  readonly services: readonly string[];
  readonly isFull: boolean;
  /** UDP connections to endpoints that are gone. */
  readonly forgotten: number;
}

/** What the proxy of one address family works with. */
export interface FamilyProxyParts {
  /** For the kernel's connection tracking. */
  readonly conn: Conn;
  readonly writer: RouteWriter;
  readonly settings: RoutingSettings;
  readonly node: ProxyNode;
}

/**
 * The proxy of one address family: what the API says in its store, and the writer that brings it into
 * the kernel. After a failed sync the next one writes everything.
 */
export class FamilyProxy {
  readonly store: ServiceStore;
  readonly #conn: Conn;
  readonly #writer: RouteWriter;
  #node: ProxyNode;
  #settings: RoutingSettings;
  #needsRebuild = true;
  #isSyncing = false;
  /** Services whose change was written, but perhaps not followed up. */
  #unfinished = new Set<string>();

  constructor({ conn, writer, settings, node }: FamilyProxyParts) {
    this.#conn = conn;
    this.#writer = writer;
    this.#settings = settings;
    this.#node = node;
    this.store = new ServiceStore(settings.family, node.name);
  }

  get family(): 4 | 6 {
    return this.#settings.family;
  }

  /** False where somebody else has taken away what was written; true while that cannot be told. */
  async isIntact(): Promise<boolean> {
    if (this.#needsRebuild || this.#isSyncing) return true;
    const isIntact = await this.#writer.isIntact();
    return isIntact || this.#needsRebuild || this.#isSyncing;
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

  /** The next sync writes everything: somebody else has changed the rules. */
  requireRebuild(): void {
    this.#needsRebuild = true;
  }

  /** Writes what has changed. Rejects where the kernel, or iptables, refuses it. */
  async sync(nowMs: number): Promise<SyncReport> {
    for (const service of this.store.takeChanges()) this.#unfinished.add(service);
    const isFull = this.#needsRebuild;
    const changed = [...this.#unfinished];
    const options = { settings: this.#settings, nowMs };
    this.#isSyncing = true;
    this.#needsRebuild = false;
    try {
      if (isFull) {
        const all = Iterator.from(this.store.services).map((service) => this.#routes(service));
        await this.#writer.rebuild(all, options);
      } else {
        await this.#writer.update(
          changed.map((service) => this.#routes(service)),
          options,
        );
      }
    } catch (thrown) {
      this.#needsRebuild = true;
      throw thrown;
    } finally {
      this.#isSyncing = false;
    }
    const forgotten = this.#forgetStale(isFull ? [...this.store.services] : changed);
    for (const service of changed) this.#unfinished.delete(service);
    return { services: changed, isFull, forgotten };
  }

  /** The health check of a Service in this family; undefined where it has none. */
  healthCheck(service: string): HealthCheck | undefined {
    const { ports, endpoints } = this.store.state(service);
    return healthCheckOf(ports, endpoints);
  }

  /** True while chains wait to be deleted. */
  get hasStale(): boolean {
    return this.#writer.hasStale;
  }

  deleteStale(nowMs: number): void {
    this.#writer.deleteStale(nowMs);
  }

  #routes(service: string): ServiceRoutes {
    const { ports, endpoints } = this.store.state(service);
    const routes = ports.map((port) =>
      routeServicePort(port, endpoints.get(portKey(port)) ?? [], this.#node),
    );
    return [service, routes];
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
