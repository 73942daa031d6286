import { messageOf } from "../../../../../base/mod.ts";
import { CNI_ERROR } from "../../../../errors.ts";
import { type DhcpClient, LeaseRefusedError } from "../client/dhcp-client.ts";
import { PodGoneError } from "../client/kernel-transport.ts";
import type { Lease } from "../client/lease.ts";
import { ownerKey } from "../client-id.ts";
import { formatIpv4 } from "../wire/option-values.ts";
import { giveBack, type LeaseHost, withClient } from "./lease-host.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { targetOf } from "./links.ts";

/** T1 is spread by as much of the time until then: pods that started together renew one by one. */
const RENEWAL_SPREAD = 0.05;
/**
 * Between two attempts to renew half of the time that is left passes (RFC 2131, 4.4.5), but not
 * less than this share of the lease, and not less than the RFC's minute in a long one.
 */
const LEAST_PAUSE_SHARE = 0.05;
const LEAST_PAUSE_MS = 1000;
const RFC_LEAST_PAUSE_MS = 60_000;

/**
 * Keeps one lease for its pod until it is told to stop: renews it from T1 on, rebinds it from T2
 * on. A lease that ends all the same is taken off the link, and put back once a server grants the
 * same address again. Between two of these only a timer runs.
 */
export class LeaseKeeper {
  readonly #host: LeaseHost;
  readonly #onGone: () => void;
  readonly #stop = new AbortController();
  #record: LeaseRecord;
  #renewAtMs: number;
  #running: Promise<void> = Promise.resolve();

  /** `onGone` is called when the pod has gone: the lease is forgotten then. */
  constructor(host: LeaseHost, record: LeaseRecord, onGone: () => void) {
    this.#host = host;
    this.#record = record;
    this.#renewAtMs = this.#spreadRenewal(record.lease);
    this.#onGone = onGone;
  }

  get record(): LeaseRecord {
    return this.#record;
  }

  /** The pod may use the address. */
  get isHeld(): boolean {
    return (
      this.#record.takenOff === undefined && this.#host.clock.now() < this.#record.lease.expireAtMs
    );
  }

  /** Begins to keep the lease. */
  start(): void {
    this.#running = this.#run();
  }

  /** Ends keeping it; it stays the pod's, and in the journal. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("Stopped"));
    await this.#running;
  }

  /** Ends keeping it, gives it back and forgets it. */
  async release(): Promise<void> {
    await this.stop();
    await giveBack(this.#host, this.#record);
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#step();
      } catch (thrown) {
        if (this.#stop.signal.aborted) return;
        this.#log(messageOf(thrown));
        if (thrown instanceof PodGoneError) {
          this.#host.journal.remove(this.#record.owner);
          this.#onGone();
          return;
        }
        await this.#sleep(this.#host.settings.resendMaxMs).catch(() => {});
      }
    }
  }

  #step(): Promise<void> {
    const { lease, takenOff } = this.#record;
    const now = this.#host.clock.now();
    if (takenOff !== undefined) return this.#regain();
    if (now >= lease.expireAtMs) return this.#lose("its lease has ended without an answer");
    if (now >= this.#renewAtMs) return this.#extend(now >= lease.rebindAtMs);
    return this.#sleep(this.#renewAtMs - now);
  }

  #spreadRenewal({ renewAtMs }: Lease): number {
    if (!Number.isFinite(renewAtMs)) return renewAtMs;
    const leftMs = Math.max(0, renewAtMs - this.#host.clock.now());
    return renewAtMs - leftMs * RENEWAL_SPREAD * this.#host.random();
  }

  async #extend(rebinding: boolean): Promise<void> {
    const { lease } = this.#record;
    let extended: Lease | undefined;
    try {
      extended = await this.#use((client) =>
        rebinding ? client.rebind(lease) : client.renew(lease),
      );
    } catch (thrown) {
      if (thrown instanceof LeaseRefusedError) return await this.#lose(thrown.message);
      // A link that is down now may be up before the lease ends.
      if (thrown instanceof PodGoneError || this.#stop.signal.aborted) throw thrown;
      this.#log(messageOf(thrown));
    }
    if (extended !== undefined) {
      this.#keep({ ...this.#record, lease: extended });
      this.#log(`${formatIpv4(lease.address)} ${rebinding ? "rebound" : "renewed"}`);
      return;
    }
    const nextMs = rebinding ? lease.expireAtMs : lease.rebindAtMs;
    await this.#sleep(this.#pauseBefore(nextMs));
  }

  #pauseBefore(nextMs: number): number {
    const { lease } = this.#record;
    const leftMs = Math.max(0, nextMs - this.#host.clock.now());
    const shareMs = (lease.expireAtMs - lease.renewAtMs) * LEAST_PAUSE_SHARE;
    const leastMs = Math.min(RFC_LEAST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, shareMs));
    return Math.min(leftMs, Math.max(leftMs / 2, leastMs));
  }

  /** RFC 2131, 4.4.5: an address without a lease is another's; the pod must not use it. */
  async #lose(why: string): Promise<void> {
    const { lease } = this.#record;
    const { links } = this.#host;
    const target = targetOf(links, this.#record);
    const takenOff = links.readAddressing(target, lease.address);
    if (takenOff === undefined) {
      throw new PodGoneError(CNI_ERROR.internal, `The link "${target.ifName}" is gone`);
    }
    this.#log(`${formatIpv4(lease.address)} is taken off the pod: ${why}`);
    // Written down first: what is taken off can be put back by the daemon that comes after this one.
    this.#keep({ ...this.#record, takenOff });
    links.takeOff(target, lease.address, takenOff);
  }

  async #regain(): Promise<void> {
    const { lease, takenOff } = this.#record;
    if (takenOff === undefined) return;
    const target = targetOf(this.#host.links, this.#record);
    // Also where the daemon was ended between writing it down and doing it.
    this.#host.links.takeOff(target, lease.address, takenOff);
    const got = await this.#use(async (client) => {
      const acquired = await client.acquire(lease.address);
      if (acquired.address !== lease.address) client.release(acquired);
      return acquired;
    });
    if (got.address === lease.address) {
      this.#host.links.putBack(target, lease.address, takenOff);
      const { takenOff: _, ...record } = this.#record;
      this.#keep({ ...record, lease: got });
      this.#log(`${formatIpv4(lease.address)} is the pod's again`);
      return;
    }
    // What the pod and the rest of the cluster know it by cannot be changed any more.
    this.#log(`a server offers ${formatIpv4(got.address)} instead of ${formatIpv4(lease.address)}`);
    await this.#sleep(this.#host.settings.resendMaxMs);
  }

  #use<T>(body: (client: DhcpClient) => Promise<T>): Promise<T> {
    const target = targetOf(this.#host.links, this.#record);
    const { identity } = this.#record;
    const { signal } = this.#stop;
    return withClient(this.#host, { target, identity, takeUp: false, signal }, body);
  }

  #keep(record: LeaseRecord): void {
    this.#record = record;
    this.#renewAtMs = this.#spreadRenewal(record.lease);
    this.#host.journal.put(record);
  }

  #sleep(ms: number): Promise<void> {
    return this.#host.clock.sleep(Math.max(0, ms), this.#stop.signal);
  }

  #log(text: string): void {
    this.#host.log(`${ownerKey(this.#record.owner)}: ${text}`);
  }
}
