import type { Clock } from "../../../../../base/mod.ts";
import { parseMac } from "../../../../../ip/mod.ts";
import { findLink, type Link, setLink } from "../../../../../rtnl/mod.ts";
import { ERRNO, ETH_P, PacketSocket, SyscallError, UdpPort } from "../../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../../errors.ts";
import { Pod } from "../../../lib/pod.ts";
import { DHCP_PORT } from "../wire/constants.ts";
import { decodeFrame, encodeFrame, portFilter } from "../wire/frame.ts";
import { type DhcpMessage, decodeMessage, encodeMessage } from "../wire/message.ts";
import type { DhcpServer } from "./lease.ts";
import { type DhcpReply, Inbox, type Transport } from "./transport.ts";

/** Which link of which namespace. */
export interface LinkTarget {
  readonly netns: string;
  readonly ifName: string;
}

/** How a link is opened. */
export interface OpenOptions {
  readonly clock: Clock;
  /** Take the link up where it is down. */
  readonly takeUp: boolean;
}

/** A namespace or link is not there any more: nothing can be kept on it, nor given back. */
export class PodGoneError extends CniError {
  constructor(code: number, message: string) {
    super(code, message);
    this.name = "PodGoneError";
  }
}

const BROADCAST_MAC = new Uint8Array(6).fill(0xff);
const BROADCAST_ADDRESS = 0xffff_ffff;

/**
 * Opens a link of a pod for DHCP. The namespace is not held: a pod that is taken
 * away meanwhile ends this. CniError 8 where the namespace is gone, PodGoneError where the link is,
 * CniError 999 where it has no Ethernet address.
 */
export async function openTransport(
  target: LinkTarget,
  { clock, takeUp }: OpenOptions,
): Promise<Transport> {
  using pod = Pod.open(target.netns);
  const link = findLinkOf(pod, target);
  if (takeUp && !link.isUp) setLink(pod.conn, link.index, { up: true });
  const mac = parseMac(link.address);
  if (!mac.ok) {
    throw new CniError(
      CNI_ERROR.internal,
      `Cannot use DHCP on "${target.ifName}": it has no Ethernet address`,
    );
  }
  const [socket, port] = pod.inside(() => [
    new PacketSocket({
      linkIndex: link.index,
      protocol: ETH_P.IP,
      filter: portFilter(DHCP_PORT.CLIENT),
    }),
    holdClientPort(link.name),
  ]);
  const transport = new KernelTransport({
    ...{ socket, port, mac: mac.value, inbox: new Inbox(clock) },
    // All ipvlan links have one MAC: the kernel finds the right one by the address.
    needsBroadcast: link.kind === "ipvlan",
  });
  await transport.listen(target.ifName);
  return transport;
}

function findLinkOf(pod: Pod, { ifName, netns }: LinkTarget): Link {
  const link = findLink(pod.conn, ifName);
  if (link !== undefined) return link;
  throw new PodGoneError(CNI_ERROR.internal, `Cannot find the link "${ifName}" in "${netns}"`);
}

/** Another DHCP client in the pod may have the port; then it answers for it. */
function holdClientPort(ifName: string): UdpPort | undefined {
  try {
    return new UdpPort(DHCP_PORT.CLIENT, ifName);
  } catch (thrown) {
    if (thrown instanceof SyscallError && thrown.errno === ERRNO.EADDRINUSE) return undefined;
    throw thrown;
  }
}

interface Parts {
  readonly socket: PacketSocket;
  readonly port: UdpPort | undefined;
  readonly mac: Uint8Array;
  readonly needsBroadcast: boolean;
  readonly inbox: Inbox;
}

class KernelTransport implements Transport {
  readonly mac: Uint8Array;
  readonly needsBroadcast: boolean;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.mac = parts.mac;
    this.needsBroadcast = parts.needsBroadcast;
    this.#parts = parts;
  }

  listen(ifName: string): Promise<void> {
    const { socket, inbox } = this.#parts;
    return socket.listen({
      onFrame: (bytes) => {
        const frame = decodeFrame(bytes);
        if (frame === undefined) return;
        const message = decodeMessage(frame.payload);
        if (message.ok) inbox.put({ message: message.value, sourceMac: frame.sourceMac });
      },
      onClose: () =>
        inbox.fail(
          new CniError(CNI_ERROR.internal, `The link "${ifName}" is gone or was taken down`),
        ),
    });
  }

  broadcast(message: DhcpMessage): void {
    this.#send(message, {
      destinationMac: BROADCAST_MAC,
      source: 0,
      destination: BROADCAST_ADDRESS,
    });
  }

  unicast(message: DhcpMessage, server: DhcpServer): void {
    this.#send(message, {
      destinationMac: server.mac,
      source: message.ciaddr,
      destination: server.id,
    });
  }

  #send(
    message: DhcpMessage,
    to: {
      readonly destinationMac: Uint8Array;
      readonly source: number;
      readonly destination: number;
    },
  ): void {
    this.#parts.socket.send(
      encodeFrame({ ...to, sourceMac: this.mac, payload: encodeMessage(message) }),
    );
  }

  receive(timeoutMs: number, signal: AbortSignal): Promise<DhcpReply | undefined> {
    return this.#parts.inbox.receive(timeoutMs, signal);
  }

  [Symbol.dispose](): void {
    this.#parts.socket[Symbol.dispose]();
    this.#parts.port?.[Symbol.dispose]();
  }
}
