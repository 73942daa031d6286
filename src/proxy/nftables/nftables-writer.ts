import type { Conn } from "../../netlink/mod.ts";
import type { RouteWriter, ServiceRoutes, WriteOptions } from "../route-writer.ts";
import type { RoutingSettings } from "../settings.ts";
import { KubeProxyTable, type ServiceChange } from "./kube-proxy-table.ts";
import { TABLE_NAME } from "./layout.ts";
import { serviceRules } from "./service-rules.ts";

/** The mode nftables: a table of the proxy's own, over netlink. */
export class NftablesWriter implements RouteWriter {
  readonly #table: KubeProxyTable;
  readonly tables: readonly string[] = [TABLE_NAME];

  constructor(conn: Conn, family: 4 | 6) {
    this.#table = new KubeProxyTable(conn, family);
  }

  async rebuild(
    services: Iterable<ServiceRoutes>,
    { settings, nowMs }: WriteOptions,
  ): Promise<void> {
    const changes = Iterator.from(services).map((service) => changeOf(service, settings));
    this.#table.rebuild(changes, settings, nowMs);
  }

  async update(
    services: readonly ServiceRoutes[],
    { settings, nowMs }: WriteOptions,
  ): Promise<void> {
    this.#table.update(
      services.map((service) => changeOf(service, settings)),
      nowMs,
    );
  }

  async isIntact(): Promise<boolean> {
    return this.#table.isIntact();
  }

  get hasStale(): boolean {
    return this.#table.hasStale;
  }

  deleteStale(nowMs: number): void {
    this.#table.deleteStale(nowMs);
  }
}

function changeOf([service, routes]: ServiceRoutes, settings: RoutingSettings): ServiceChange {
  return [service, routes.map((route) => serviceRules(route, settings))];
}
