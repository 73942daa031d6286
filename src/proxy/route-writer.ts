import type { Route } from "./model/mod.ts";
import type { RoutingSettings } from "./settings.ts";

/** A Service and where each of its ports leads; no routes where it is gone. */
export type ServiceRoutes = readonly [service: string, routes: readonly Route[]];

/**
 * Writes the routes of one address family into the kernel: one for each proxy mode. It remembers what
 * it has written. Both ways to write read all that they are given before they first wait, and reject
 * where the kernel, or the program that talks to it, refuses; then only `rebuild` is of use.
 */
export interface RouteWriter {
  /** Makes the kernel's rules what these routes say, whatever they were. */
  rebuild(services: Iterable<ServiceRoutes>, options: WriteOptions): Promise<void>;
  /** Writes what has changed of these Services. */
  update(services: readonly ServiceRoutes[], options: WriteOptions): Promise<void>;
  /** False where somebody else has taken away what was written. */
  isIntact(): Promise<boolean>;
  /** True while something waits to be deleted. */
  readonly hasStale: boolean;
  deleteStale(nowMs: number): void;
  /** Names of the nftables tables that are its own, or that it shares with others. */
  readonly tables: readonly string[];
}

export interface WriteOptions {
  readonly settings: RoutingSettings;
  readonly nowMs: number;
}
