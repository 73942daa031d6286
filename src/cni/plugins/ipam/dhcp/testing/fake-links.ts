import type { Clock } from "../../../../../base/mod.ts";
import { PodGoneError } from "../client/kernel-transport.ts";
import type { DhcpServer } from "../client/lease.ts";
import { type DhcpReply, Inbox, type Transport } from "../client/transport.ts";
import type { TakenOff } from "../daemon/lease-record.ts";
import type { Links } from "../daemon/links.ts";
import { type DhcpMessage, decodeMessage, encodeMessage } from "../wire/message.ts";
import { type FakeServer, SERVER_MAC } from "./fake-server.ts";

/** A link without a kernel, on a network with servers; all messages go through their bytes. */
export class FakeTransport implements Transport {
  readonly mac = Uint8Array.of(2, 0, 0, 0, 0, 9);
  needsBroadcast = false;
  readonly #inbox: Inbox;
  readonly #servers: readonly FakeServer[];
  /** What was sent to one server alone. */
  readonly unicasts: DhcpMessage[] = [];

  constructor(clock: Clock, servers: readonly FakeServer[]) {
    this.#inbox = new Inbox(clock);
    this.#servers = servers;
  }

  broadcast(message: DhcpMessage): void {
    for (const server of this.#servers) this.#deliver(message, server);
  }

  unicast(message: DhcpMessage, { id }: DhcpServer): void {
    this.unicasts.push(message);
    const server = this.#servers.find((one) => one.settings.id === id);
    if (server !== undefined) this.#deliver(message, server);
  }

  receive(timeoutMs: number, signal: AbortSignal): Promise<DhcpReply | undefined> {
    return this.#inbox.receive(timeoutMs, signal);
  }

  /** Something comes in. */
  put(message: DhcpMessage): void {
    this.#inbox.put({ message: throughBytes(message), sourceMac: SERVER_MAC });
  }

  /** The link goes away while somebody listens. */
  fail(): void {
    this.#inbox.fail(new Error("The link is gone"));
  }

  #deliver(message: DhcpMessage, server: FakeServer): void {
    for (const reply of server.answer(throughBytes(message))) this.put(reply);
  }

  [Symbol.dispose](): void {}
}

function throughBytes(message: DhcpMessage): DhcpMessage {
  const decoded = decodeMessage(encodeMessage(message));
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
}

/** Pods without a kernel: each path is a namespace with one link, all on one network. */
export class FakeLinks implements Links {
  readonly #clock: Clock;
  readonly #servers: readonly FakeServer[];
  /** Paths of namespaces and which ones they are. */
  readonly namespaces = new Map([["/run/netns/pod", "4:1"]]);
  /** Links that are not there though their namespace is. */
  readonly withoutLink = new Set<string>();
  /** What was done to addresses: `take off 192.0.2.100`. */
  readonly done: string[] = [];
  readonly opened: FakeTransport[] = [];

  constructor(clock: Clock, servers: readonly FakeServer[]) {
    this.#clock = clock;
    this.#servers = servers;
  }

  identify(netns: string): string | undefined {
    return this.namespaces.get(netns);
  }

  async open({ netns, ifName }: { readonly netns: string; readonly ifName: string }) {
    if (!this.namespaces.has(netns) || this.withoutLink.has(netns)) {
      throw new PodGoneError(999, `Cannot find the link "${ifName}" in "${netns}"`);
    }
    const transport = new FakeTransport(this.#clock, this.#servers);
    this.opened.push(transport);
    return transport;
  }

  readAddressing({ netns }: { readonly netns: string }): TakenOff | undefined {
    if (this.withoutLink.has(netns)) return undefined;
    return { prefixLength: 24, routes: [{ dst: "0.0.0.0/0", gw: "192.0.2.1" }] };
  }

  takeOff(_target: unknown, address: number): void {
    this.done.push(`take off ${address & 0xff}`);
  }

  putBack(_target: unknown, address: number): void {
    this.done.push(`put back ${address & 0xff}`);
  }
}
