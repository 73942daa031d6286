import { ERRNO, SyscallError } from "../../sys/mod.ts";
import type { Transport } from "../conn.ts";
import { NLM_F, NLMSG, NLMSGERR_ATTR } from "../constants.ts";
import { Encoder } from "../encoder.ts";
import { decodeMessages, type Message } from "../message.ts";

/** A request as the fake kernel gets it; `bytes` is the whole message. */
export interface SeenRequest {
  readonly message: Message;
  readonly bytes: Uint8Array;
}

/** The kernel's part: from one request message to the datagrams that answer it. */
export type FakePeer = (request: SeenRequest) => readonly Uint8Array[];

/** A transport whose other side is a function. Nothing left to receive is EAGAIN, as after a timeout. */
export function fakeTransport(peer: FakePeer): Transport {
  const answers: Uint8Array[] = [];
  return {
    send(datagram) {
      // The sender may use its buffer again, as it may after send(2).
      const copy = datagram.slice();
      let at = 0;
      for (const message of decodeMessages(copy).messages) {
        const length = (message.payloadLength + 16 + 3) & ~3;
        answers.push(...peer({ message, bytes: copy.subarray(at, at + length) }));
        at += length;
      }
    },
    receive() {
      const next = answers.shift();
      if (next === undefined) throw new SyscallError("recv", ERRNO.EAGAIN, "Cannot receive");
      return next;
    },
    [Symbol.dispose]() {},
  };
}

/** A datagram of one message that answers a request; `body` writes the payload. */
export function answerTo(
  request: SeenRequest,
  type: number,
  flags: number,
  body: (encoder: Encoder) => void,
): Uint8Array {
  const encoder = new Encoder().message(type, flags);
  body(encoder);
  return withSeq(encoder.finish(), request.message.seq);
}

/** "Done as asked". */
export function ackTo(request: SeenRequest): Uint8Array {
  return answerTo(request, NLMSG.ERROR, NLM_F.CAPPED, (encoder) =>
    encoder.i32(0).bytes(request.bytes.subarray(0, 16)),
  );
}

/** A refusal with the kernel's extended words where given. */
export function refuse(
  request: SeenRequest,
  errno: number,
  reason: {
    readonly text?: string;
    readonly offset?: number;
    readonly wholeRequest?: boolean;
  } = {},
): Uint8Array {
  const flags = NLM_F.ACK_TLVS | (reason.wholeRequest === true ? 0 : NLM_F.CAPPED);
  return answerTo(request, NLMSG.ERROR, flags, (encoder) => {
    encoder.i32(-errno);
    encoder.bytes(reason.wholeRequest === true ? request.bytes : request.bytes.subarray(0, 16));
    if (reason.text !== undefined) encoder.attrString(NLMSGERR_ATTR.MSG, reason.text);
    if (reason.offset !== undefined) encoder.attrU32(NLMSGERR_ATTR.OFFS, reason.offset);
  });
}

function withSeq(datagram: Uint8Array, seq: number): Uint8Array {
  new DataView(datagram.buffer, datagram.byteOffset).setUint32(8, seq, true);
  return datagram;
}
