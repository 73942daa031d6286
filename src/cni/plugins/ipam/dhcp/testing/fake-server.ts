import { BOOTP_OP, DHCP_OPTION, DHCP_TYPE, type DhcpType } from "../wire/constants.ts";
import type { DhcpMessage } from "../wire/message.ts";
import { addressBytes, readU32 } from "../wire/option-values.ts";
import type { DhcpOptions } from "../wire/options.ts";

/** What a fake server is like; it may be changed while it runs. */
export interface FakeServerSettings {
  /** 192.0.2.1 as a number. */
  id: number;
  leaseSeconds: number;
  /** T1; undefined leaves it to the client. */
  renewalSeconds: number | undefined;
  /** Options of each OFFER and ACK besides those of the protocol. */
  options: DhcpOptions;
  /** Answers nothing at all. */
  silent: boolean;
  /** Refuses each REQUEST. */
  refuses: boolean;
  /** Makes of an answer what is sent instead: nothing, another one, several. */
  tamper: (reply: DhcpMessage) => readonly DhcpMessage[];
}

const FIRST_ADDRESS = 0xc0000264;
export const SERVER_ID = 0xc0000201;
export const SERVER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);

/** A DHCP server as a function: remembers who has which address, and every message. */
export class FakeServer {
  readonly settings: FakeServerSettings = {
    id: SERVER_ID,
    leaseSeconds: 1000,
    renewalSeconds: undefined,
    options: new Map([
      [DHCP_OPTION.SUBNET_MASK, Uint8Array.of(255, 255, 255, 0)],
      [DHCP_OPTION.ROUTERS, addressBytes(SERVER_ID)],
    ]),
    silent: false,
    refuses: false,
    tamper: (reply) => [reply],
  };
  /** Addresses by client identifier. */
  readonly leases = new Map<string, number>();
  readonly received: DhcpMessage[] = [];
  /** The next address that nobody has had. */
  next = FIRST_ADDRESS;

  answer(message: DhcpMessage): readonly DhcpMessage[] {
    this.received.push(message);
    if (this.settings.silent) return [];
    return this.#replies(message).flatMap((reply) => this.settings.tamper(reply));
  }

  /** The messages of one type that came. */
  of(type: DhcpType): readonly DhcpMessage[] {
    return this.received.filter((message) => message.type === type);
  }

  #replies(message: DhcpMessage): readonly DhcpMessage[] {
    const client = (message.options.get(DHCP_OPTION.CLIENT_ID) ?? message.chaddr).toHex();
    const known = this.leases.get(client);
    switch (message.type) {
      case DHCP_TYPE.DISCOVER: {
        const wanted = readU32(message.options, DHCP_OPTION.REQUESTED_ADDRESS);
        const taken = [...this.leases.values()];
        const free = wanted !== undefined && !taken.includes(wanted) ? wanted : this.next;
        return [this.#reply(message, DHCP_TYPE.OFFER, known ?? free)];
      }
      case DHCP_TYPE.REQUEST: {
        const serverId = readU32(message.options, DHCP_OPTION.SERVER_ID);
        if (serverId !== undefined && serverId !== this.settings.id) return [];
        if (this.settings.refuses) return [this.#reply(message, DHCP_TYPE.NAK, 0)];
        const asked = readU32(message.options, DHCP_OPTION.REQUESTED_ADDRESS) ?? message.ciaddr;
        if (known === undefined && asked === this.next) this.next++;
        this.leases.set(client, asked);
        return [this.#reply(message, DHCP_TYPE.ACK, asked)];
      }
      case DHCP_TYPE.RELEASE:
        if (known === message.ciaddr) this.leases.delete(client);
        return [];
      default:
        return [];
    }
  }

  #reply(to: DhcpMessage, type: DhcpType, yiaddr: number): DhcpMessage {
    const { id, leaseSeconds, renewalSeconds, options } = this.settings;
    const isNak = type === DHCP_TYPE.NAK;
    const times: (readonly [number, Uint8Array])[] = [
      [DHCP_OPTION.LEASE_TIME, addressBytes(leaseSeconds)],
    ];
    if (renewalSeconds !== undefined) {
      times.push([DHCP_OPTION.RENEWAL_TIME, addressBytes(renewalSeconds)]);
    }
    return {
      ...to,
      op: BOOTP_OP.REPLY,
      type,
      ciaddr: 0,
      yiaddr,
      options: new Map([
        [DHCP_OPTION.SERVER_ID, addressBytes(id)],
        ...(isNak ? [] : [...times, ...options]),
      ]),
    };
  }
}
