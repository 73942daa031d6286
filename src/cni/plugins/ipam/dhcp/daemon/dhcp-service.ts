import { formatAddress } from "../../../../../ip/mod.ts";
import { parsePluginConf } from "../../../../conf/plugin-conf.ts";
import { CNI_ERROR, CniError } from "../../../../errors.ts";
import type { CniResult } from "../../../../result/types.ts";
import type { CniCommand } from "../../../../skel/plugin.ts";
import { attemptAll } from "../../../lib/attempt-all.ts";
import type { ClientIdentity } from "../client/dhcp-client.ts";
import { clientIdOf, type LeaseOwner, ownerKey } from "../client-id.ts";
import { type DhcpIpamConf, providedValues, readDhcpConf } from "../ipam-conf.ts";
import { DHCP_OPTION } from "../wire/constants.ts";
import { formatIpv4 } from "../wire/option-values.ts";
import { giveBack, type LeaseHost, withClient } from "./lease-host.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import type { LeaseRecord } from "./lease-record.ts";

/** What a plugin was called with: skel.CmdArgs of the reference. */
export interface ServiceCall {
  readonly containerId: string;
  readonly netns: string;
  readonly ifName: string;
  /** CNI_ARGS. */
  readonly args: string;
  readonly stdin: string;
}

/** The daemon's work: one lease for each attachment, got, kept and given back. */
export class DhcpService {
  readonly #host: LeaseHost;
  readonly #keepers = new Map<string, LeaseKeeper>();
  /** ADDs that wait for a server. */
  readonly #pending = new Map<string, AbortController>();
  /** The last operation of each attachment: they go one after the other. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(host: LeaseHost) {
    this.#host = host;
  }

  /** Goes on with the leases of a daemon before this one. */
  resume(records: readonly LeaseRecord[]): void {
    for (const record of records) {
      this.#keep(record);
      this.#host.log(
        `${ownerKey(record.owner)}: continues with ${formatIpv4(record.lease.address)}`,
      );
    }
  }

  /** Stops keeping leases; the pods have them still, and the journal too. */
  async stop(): Promise<void> {
    for (const pending of this.#pending.values()) pending.abort(new Error("The daemon ends"));
    await Promise.allSettled(this.#last.values());
    await Promise.all([...this.#keepers.values()].map((keeper) => keeper.stop()));
  }

  /** One operation; ADD gives its result. Rejects with CniError. `signal`: nobody waits any more. */
  async call(
    command: CniCommand,
    call: ServiceCall,
    signal: AbortSignal,
  ): Promise<CniResult | undefined> {
    const conf = parsePluginConf(call.stdin);
    const owner = { containerId: call.containerId, network: conf.name, ifName: call.ifName };
    switch (command) {
      case "ADD": {
        const ipamConf = readDhcpConf(conf);
        return resultFor(
          await this.#inTurn(owner, () => this.#add(owner, { call, ipamConf, signal })),
          ipamConf,
        );
      }
      case "DEL":
        this.#pending.get(ownerKey(owner))?.abort(new Error("DEL came before a lease"));
        await this.#inTurn(owner, () => this.#release(ownerKey(owner)));
        return undefined;
      case "CHECK":
        this.#check(owner, conf.prevResult);
        return undefined;
      case "GC": {
        const valid = new Set(
          (conf.validAttachments ?? []).map((one) => ownerKey({ ...one, network: conf.name })),
        );
        await this.#collect(conf.name, valid);
        return undefined;
      }
      case "STATUS":
      case "VERSION":
        return undefined;
    }
  }

  async #add(
    owner: LeaseOwner,
    asked: {
      readonly call: ServiceCall;
      readonly ipamConf: DhcpIpamConf;
      readonly signal: AbortSignal;
    },
  ): Promise<LeaseRecord> {
    const key = ownerKey(owner);
    const { netns, args } = asked.call;
    const netnsId = this.#host.links.identify(netns);
    if (netnsId === undefined) {
      throw new CniError(
        CNI_ERROR.invalidNetns,
        `Cannot open CNI_NETNS "${netns}": there is no such file`,
      );
    }
    const known = this.#keepers.get(key);
    if (known?.isHeld === true && known.record.netnsId === netnsId) return known.record;
    // What a pod had that is not this one.
    await this.#release(key);
    const identity = identityOf(owner, asked.ipamConf, args);
    const pending = new AbortController();
    this.#pending.set(key, pending);
    try {
      const signal = AbortSignal.any([pending.signal, asked.signal]);
      const target = { netns, ifName: owner.ifName };
      const lease = await withClient(
        this.#host,
        { target, identity, takeUp: true, signal },
        (client) => client.acquire(),
      );
      const record: LeaseRecord = { owner, netns, netnsId, identity, lease };
      await this.#writeDown(record);
      this.#keep(record);
      this.#host.log(
        `${key}: has ${formatIpv4(lease.address)} from ${formatIpv4(lease.server.id)}`,
      );
      return record;
    } finally {
      this.#pending.delete(key);
    }
  }

  /** A lease that cannot be written down would be lost with this daemon: better none. */
  async #writeDown(record: LeaseRecord): Promise<void> {
    try {
      this.#host.journal.put(record);
    } catch (thrown) {
      await giveBack(this.#host, record);
      throw thrown;
    }
  }

  #keep(record: LeaseRecord): void {
    const key = ownerKey(record.owner);
    const keeper = new LeaseKeeper(this.#host, record, () => {
      if (this.#keepers.get(key) === keeper) this.#keepers.delete(key);
    });
    this.#keepers.set(key, keeper);
    keeper.start();
  }

  async #release(key: string): Promise<void> {
    const keeper = this.#keepers.get(key);
    if (keeper === undefined) return;
    await keeper.release();
    this.#keepers.delete(key);
  }

  #check(owner: LeaseOwner, prevResult: CniResult | undefined): void {
    const keeper = this.#keepers.get(ownerKey(owner));
    const failed = (what: string): CniError =>
      new CniError(
        CNI_ERROR.internal,
        `CHECK of container "${owner.containerId}", interface "${owner.ifName}": ${what}`,
      );
    if (keeper === undefined) throw failed("the DHCP daemon has no lease for it");
    const { result } = keeper.record.lease;
    if (!keeper.isHeld) throw failed("its lease has ended, and no server has granted it again");
    const address = result.ips[0]?.address.address;
    const isThere = prevResult?.ips.some((ip) => ip.address.address.value === address?.value);
    if (isThere === false && address !== undefined) {
      throw failed(`its lease is for ${formatAddress(address)}, which is not in prevResult`);
    }
  }

  #collect(network: string, valid: ReadonlySet<string>): Promise<void> {
    const stale = [...this.#keepers.values()]
      .map((keeper) => keeper.record.owner)
      .filter((owner) => owner.network === network && !valid.has(ownerKey(owner)));
    return attemptAll(
      stale.map((owner) => () => this.#inTurn(owner, () => this.#release(ownerKey(owner)))),
    );
  }

  /** Runs an operation after those before it of the same attachment, however they ended. */
  #inTurn<T>(owner: LeaseOwner, body: () => Promise<T>): Promise<T> {
    const key = ownerKey(owner);
    const before = this.#last.get(key) ?? Promise.resolve();
    const running = before.then(body, body);
    this.#last.set(key, running);
    const forget = (): void => {
      if (this.#last.get(key) === running) this.#last.delete(key);
    };
    running.then(forget, forget);
    return running;
  }
}

/** A provided client identifier goes before the one that is made of the attachment. */
function identityOf(owner: LeaseOwner, conf: DhcpIpamConf, args: string): ClientIdentity {
  const provide = new Map(providedValues(conf.provide, args));
  const given = provide.get(DHCP_OPTION.CLIENT_ID);
  provide.delete(DHCP_OPTION.CLIENT_ID);
  return {
    clientId: given ?? clientIdOf(owner, conf.shortClientId),
    provide,
    request: conf.request,
  };
}

/** What a configuration makes of a lease. */
function resultFor({ lease }: LeaseRecord, conf: DhcpIpamConf): CniResult {
  const { result } = lease;
  const { priority, suppressGateway } = conf;
  const routes = suppressGateway
    ? result.routes.filter(({ dst }) => dst.prefixLength > 0)
    : result.routes;
  return {
    ...result,
    ips: suppressGateway ? result.ips.map(({ address }) => ({ address })) : result.ips,
    routes: priority === undefined ? routes : routes.map((route) => ({ ...route, priority })),
  };
}
