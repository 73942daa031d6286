import { NodewrightError } from "../../../../../base/mod.ts";
import { CNI_ERROR, CniError } from "../../../../errors.ts";
import { BOOTP_OP, DHCP_OPTION, DHCP_TYPE, type DhcpType } from "../wire/constants.ts";
import type { DhcpMessage } from "../wire/message.ts";
import { addressBytes, formatIpv4, readText, readU32 } from "../wire/option-values.ts";
import { ask, type ExchangeContext } from "./exchange.ts";
import { type Lease, leaseOf } from "./lease.ts";
import type { DhcpReply } from "./transport.ts";

/** How a client asks: the daemon's flags. */
export interface ClientSettings {
  /** How long one DISCOVER or REQUEST is waited for, repetitions included. */
  readonly timeoutMs: number;
  /** The longest pause between two attempts to get a lease. */
  readonly resendMaxMs: number;
  /** How long a lease is tried to get at all. */
  readonly resendTimeoutMs: number;
  /** Ask servers to answer to the broadcast address. */
  readonly broadcast: boolean;
}

/** As whom a client asks, and for what. */
export interface ClientIdentity {
  readonly clientId: Uint8Array;
  /** Options that go with each DISCOVER and REQUEST. */
  readonly provide: ReadonlyMap<number, Uint8Array>;
  /** The parameter request list. */
  readonly request: readonly number[];
}

/** A server says NAK: the address must not be used any more. */
export class LeaseRefusedError extends NodewrightError {
  constructor(address: number, reason: string | undefined) {
    const why = reason === undefined ? "without a reason" : `"${reason}"`;
    super("dhcp-refused", `The DHCP server refuses ${formatIpv4(address)}: ${why}`);
    this.name = "LeaseRefusedError";
  }
}

/** Pauses after failed attempts: at first short ones, then 4, 8, 16 ... seconds, each give or take one. */
const FAST_PAUSE_MS = 2000;
const FAST_PAUSES = 4;
const FIRST_PAUSE_MS = 4000;
const PAUSE_SPREAD_MS = 1000;

/** A DHCPv4 client (RFC 2131) on one link; it holds no lease itself. */
export class DhcpClient {
  readonly #context: ExchangeContext;
  readonly #settings: ClientSettings;
  readonly #identity: ClientIdentity;
  /** Why the last answer that was none could not be used. */
  #ignored: string | undefined;

  constructor(context: ExchangeContext, settings: ClientSettings, identity: ClientIdentity) {
    this.#context = context;
    this.#settings = settings;
    this.#identity = identity;
  }

  /**
   * Gets a lease: DISCOVER, OFFER, REQUEST, ACK, and again where a step is not answered, until
   * `resendTimeoutMs`; then CniError 11 that says what was missing. `wanted` is the address to ask
   * for; the server may give another one.
   */
  async acquire(wanted?: number): Promise<Lease> {
    const { clock, random, signal } = this.#context;
    const { resendTimeoutMs, resendMaxMs } = this.#settings;
    const deadlineMs = clock.now() + resendTimeoutMs;
    for (let attempt = 0; ; attempt++) {
      const lease = await this.#attempt(wanted, deadlineMs);
      if (lease !== undefined) return lease;
      const slowMs = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - FAST_PAUSES), resendMaxMs);
      const baseMs = attempt < FAST_PAUSES ? FAST_PAUSE_MS : slowMs;
      const pauseMs = Math.max(0, baseMs + PAUSE_SPREAD_MS * (2 * random() - 1));
      if (clock.now() + pauseMs >= deadlineMs) throw this.#noLease(attempt + 1);
      await clock.sleep(pauseMs, signal);
    }
  }

  /** Asks the server of a lease for more time; undefined where it does not answer. */
  renew(lease: Lease): Promise<Lease | undefined> {
    const { transport } = this.#context;
    return this.#extend(lease, {
      send: (message) => transport.unicast(message, lease.server),
      mayRefuse: (serverId) => serverId === lease.server.id,
    });
  }

  /** Asks every server for more time; undefined where none answers. */
  rebind(lease: Lease): Promise<Lease | undefined> {
    return this.#extend(lease, {
      send: (message) => this.#context.transport.broadcast(message),
      mayRefuse: () => true,
    });
  }

  /** Gives an address back. The message has left when this returns; servers do not answer it. */
  release(lease: Lease): void {
    const options = new Map([
      [DHCP_OPTION.SERVER_ID, addressBytes(lease.server.id)],
      [DHCP_OPTION.CLIENT_ID, this.#identity.clientId],
    ]);
    const message = { ...this.#message(DHCP_TYPE.RELEASE), ciaddr: lease.address, options };
    this.#context.transport.unicast({ ...message, broadcast: false }, lease.server);
  }

  async #attempt(wanted: number | undefined, deadlineMs: number): Promise<Lease | undefined> {
    const discover = this.#message(
      DHCP_TYPE.DISCOVER,
      wanted === undefined ? [] : [[DHCP_OPTION.REQUESTED_ADDRESS, addressBytes(wanted)]],
    );
    const offer = await this.#ask(discover, deadlineMs, (reply) =>
      reply.message.type === DHCP_TYPE.OFFER ? this.#lease(reply, this.#now()) : undefined,
    );
    if (offer === undefined) return undefined;
    // RFC 2131, 4.3.2: a REQUEST that answers an OFFER names address and server, and has its xid.
    const request = {
      ...this.#message(DHCP_TYPE.REQUEST, [
        [DHCP_OPTION.REQUESTED_ADDRESS, addressBytes(offer.address)],
        [DHCP_OPTION.SERVER_ID, addressBytes(offer.server.id)],
      ]),
      xid: discover.xid,
    };
    const startedMs = this.#now();
    const answer = await this.#ask(request, deadlineMs, (reply) =>
      this.#granted(reply, offer, startedMs),
    );
    if (answer !== "refused") return answer;
    this.#ignored = `the server took its offer of ${formatIpv4(offer.address)} back`;
    return undefined;
  }

  /** An ACK for the offered address, or a NAK of the server that had offered it. */
  #granted(reply: DhcpReply, offer: Lease, startedMs: number): Lease | "refused" | undefined {
    const { type, options } = reply.message;
    if (type === DHCP_TYPE.NAK) {
      return readU32(options, DHCP_OPTION.SERVER_ID) === offer.server.id ? "refused" : undefined;
    }
    if (type !== DHCP_TYPE.ACK) return undefined;
    const lease = this.#lease(reply, startedMs);
    return lease === undefined ? undefined : this.#sameAddress(lease, offer.address);
  }

  async #extend(
    lease: Lease,
    {
      send,
      mayRefuse,
    }: {
      readonly send: (message: DhcpMessage) => void;
      /** Whether a NAK of that server counts. */
      readonly mayRefuse: (serverId: number | undefined) => boolean;
    },
  ): Promise<Lease | undefined> {
    const startedMs = this.#now();
    // RFC 2131, 4.3.2: neither an address nor a server among the options, the address in ciaddr.
    const message = { ...this.#message(DHCP_TYPE.REQUEST), ciaddr: lease.address };
    return await ask(this.#context, {
      message,
      send,
      timeoutMs: Math.min(this.#settings.timeoutMs, Math.max(lease.expireAtMs - startedMs, 1)),
      accept: (reply) => {
        const { type, options } = reply.message;
        if (type === DHCP_TYPE.NAK && mayRefuse(readU32(options, DHCP_OPTION.SERVER_ID))) {
          throw new LeaseRefusedError(lease.address, readText(options, DHCP_OPTION.MESSAGE));
        }
        if (type !== DHCP_TYPE.ACK) return undefined;
        const extended = this.#lease(reply, startedMs);
        return extended === undefined ? undefined : this.#sameAddress(extended, lease.address);
      },
    });
  }

  #ask<T>(
    message: DhcpMessage,
    deadlineMs: number,
    accept: (reply: DhcpReply) => T | undefined,
  ): Promise<T | undefined> {
    const { transport } = this.#context;
    const timeoutMs = Math.min(this.#settings.timeoutMs, deadlineMs - this.#now());
    return ask(this.#context, { message, send: (m) => transport.broadcast(m), timeoutMs, accept });
  }

  #lease({ message, sourceMac }: DhcpReply, startedMs: number): Lease | undefined {
    const lease = leaseOf(message, { serverMac: sourceMac, startedMs });
    if (lease.ok) return lease.value;
    this.#ignored = `an answer could not be used: ${lease.error}`;
    return undefined;
  }

  #sameAddress(lease: Lease, expected: number): Lease | undefined {
    if (lease.address === expected) return lease;
    const [got, asked] = [lease.address, expected].map(formatIpv4);
    this.#ignored = `a server granted ${got} where ${asked} was asked for`;
    return undefined;
  }

  /** A client's message with a new transaction number and what goes with all of them. */
  #message(type: DhcpType, extra: readonly (readonly [number, Uint8Array])[] = []): DhcpMessage {
    const { clientId, provide, request } = this.#identity;
    return {
      op: BOOTP_OP.REQUEST,
      type,
      xid: Math.floor(this.#context.random() * 2 ** 32),
      secs: 0,
      broadcast: this.#settings.broadcast || this.#context.transport.needsBroadcast,
      ciaddr: 0,
      yiaddr: 0,
      chaddr: this.#context.transport.mac,
      options: new Map([
        ...extra,
        [DHCP_OPTION.CLIENT_ID, clientId],
        ...provide,
        ...(request.length === 0
          ? []
          : [[DHCP_OPTION.PARAMETER_LIST, Uint8Array.from(request)] as const]),
      ]),
    };
  }

  #now(): number {
    return this.#context.clock.now();
  }

  #noLease(attempts: number): CniError {
    const seconds = Math.round(this.#settings.resendTimeoutMs / 1000);
    const why = this.#ignored ?? "no DHCP server answered";
    return new CniError(
      CNI_ERROR.tryAgainLater,
      `Cannot get a DHCP lease within ${seconds} s (${attempts} attempts): ${why}`,
      { fix: "Look whether a DHCP server is on that network and has addresses left" },
    );
  }
}
