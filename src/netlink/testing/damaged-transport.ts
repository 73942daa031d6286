import type { Transport } from "../conn.ts";
import { HEADER_BYTES } from "../constants.ts";
import { decodeMessages } from "../message.ts";

/**
 * A transport whose answers come from `inner` with some bytes after the header of a message
 * replaced, so that what reads them is tried on the real kernel's messages.
 */
export function damagedTransport(inner: Transport, random: (below: number) => number): Transport {
  return {
    send: (datagram) => inner.send(datagram),
    receive() {
      const datagram = inner.receive().slice();
      let at = 0;
      for (const { payloadLength } of decodeMessages(datagram).messages) {
        const payload = datagram.subarray(at + HEADER_BYTES, at + HEADER_BYTES + payloadLength);
        for (let i = random(4); i > 0 && payload.length > 0; i--) {
          payload[random(payload.length)] = random(256);
        }
        at += (HEADER_BYTES + payloadLength + 3) & ~3;
      }
      return datagram;
    },
    [Symbol.dispose]: () => inner[Symbol.dispose](),
  };
}
