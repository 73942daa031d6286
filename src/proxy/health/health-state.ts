import type { Clock } from "../../base/mod.ts";

/** One address family as /healthz shows it. */
interface FamilyHealth {
  readonly lastUpdated: string;
  readonly healthy: boolean;
}

/** What /healthz and /livez answer, with kube-proxy's names. */
export interface HealthReport {
  readonly lastUpdated: string;
  readonly currentTime: string;
  readonly nodeEligible?: boolean;
  readonly healthy: boolean;
  readonly status: Readonly<Record<string, FamilyHealth>>;
}

export type IpFamilyName = "IPv4" | "IPv6";

/**
 * Whether what the API says reaches the kernel in time: a family is unhealthy while a change has
 * been waiting longer than `timeoutMs`. The node is not eligible for load balancers while it is
 * being deleted.
 */
export class HealthState {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #updatedMs = new Map<IpFamilyName, number>();
  /** The oldest change that is not written. */
  readonly #queuedMs = new Map<IpFamilyName, number>();
  isNodeEligible = true;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  queued(family: IpFamilyName): void {
    if (!this.#queuedMs.has(family)) this.#queuedMs.set(family, this.#clock.now());
  }

  updated(family: IpFamilyName): void {
    this.#queuedMs.delete(family);
    this.#updatedMs.set(family, this.#clock.now());
  }

  get isHealthy(): boolean {
    return [...this.#updatedMs.keys()].every((family) => this.#isHealthy(family));
  }

  /** `/healthz` with the node, `/livez` without. */
  report(endpoint: "healthz" | "livez"): {
    readonly status: 200 | 503;
    readonly body: HealthReport;
  } {
    const now = this.#clock.now();
    const isGood = this.isHealthy && (endpoint === "livez" || this.isNodeEligible);
    const last = Math.max(0, ...this.#updatedMs.values());
    return {
      status: isGood ? 200 : 503,
      body: {
        // While all is well the time is now: readers take an old one for a proxy that hangs.
        lastUpdated: isoTime(isGood ? now : last),
        currentTime: isoTime(now),
        ...(endpoint === "healthz" ? { nodeEligible: this.isNodeEligible } : {}),
        healthy: this.isHealthy,
        status: Object.fromEntries(
          [...this.#updatedMs].map(([family, ms]) => [
            family,
            { lastUpdated: isoTime(ms), healthy: this.#isHealthy(family) },
          ]),
        ),
      },
    };
  }

  #isHealthy(family: IpFamilyName): boolean {
    const queued = this.#queuedMs.get(family);
    return queued === undefined || this.#clock.now() - queued < this.#timeoutMs;
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
