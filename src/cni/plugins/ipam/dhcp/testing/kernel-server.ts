import { parseMac } from "../../../../../ip/mod.ts";
import { withNetns } from "../../../../../netns/mod.ts";
import { getLink } from "../../../../../rtnl/mod.ts";
import { ETH_P, PacketSocket } from "../../../../../sys/mod.ts";
import type { LabNetns } from "../../../../testing/mod.ts";
import { DHCP_PORT } from "../wire/constants.ts";
import { type DhcpFrame, decodeFrame, encodeFrame, portFilter } from "../wire/frame.ts";
import { type DhcpMessage, decodeMessage, encodeMessage } from "../wire/message.ts";
import { FakeServer } from "./fake-server.ts";

/** A message as it came over the link. */
export interface SeenMessage {
  readonly message: DhcpMessage;
  readonly frame: DhcpFrame;
}

/**
 * A fake server on a real link. It answers from this process: what waits for an answer must not
 * block it.
 */
export class KernelServer implements Disposable {
  readonly server = new FakeServer();
  readonly seen: SeenMessage[] = [];
  readonly mac: Uint8Array;
  readonly #socket: PacketSocket;
  readonly #watchers = new Set<() => void>();

  private constructor(socket: PacketSocket, mac: Uint8Array) {
    this.#socket = socket;
    this.mac = mac;
  }

  static async start(netns: LabNetns, linkName: string): Promise<KernelServer> {
    const link = getLink(netns.conn, linkName);
    const mac = parseMac(link.address);
    if (!mac.ok) throw new Error(mac.error);
    const filter = portFilter(DHCP_PORT.SERVER);
    const socket = withNetns(
      netns.netns,
      () => new PacketSocket({ linkIndex: link.index, protocol: ETH_P.IP, filter }),
    );
    const server = new KernelServer(socket, mac.value);
    await socket.listen({ onFrame: (bytes) => server.#take(bytes), onClose: () => {} });
    return server;
  }

  /** The first message that came, or comes, and is as wanted; `from` on in the order of `seen`. */
  async waitFor(wanted: (seen: SeenMessage) => boolean, from = 0): Promise<SeenMessage> {
    for (;;) {
      const found = this.seen.slice(from).find(wanted);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }

  #take(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes, DHCP_PORT.SERVER);
    const message = frame === undefined ? undefined : decodeMessage(frame.payload);
    if (frame === undefined || message?.ok !== true) return;
    for (const reply of this.server.answer(message.value)) this.#send(reply, frame);
    this.seen.push({ message: message.value, frame });
    for (const watcher of [...this.#watchers]) watcher();
  }

  #send(reply: DhcpMessage, asked: DhcpFrame): void {
    const frame = {
      sourceMac: this.mac,
      destinationMac: reply.broadcast ? new Uint8Array(6).fill(0xff) : asked.sourceMac,
      source: this.server.settings.id,
      destination: reply.broadcast || reply.yiaddr === 0 ? 0xffff_ffff : reply.yiaddr,
      payload: encodeMessage(reply),
    };
    this.#socket.send(encodeFrame(frame, DHCP_PORT.SERVER));
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}
