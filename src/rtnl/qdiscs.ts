import { type Conn, Encoder, type Message, NetlinkError, NLM_F } from "../netlink/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import {
  PSCHED_TICK_NS,
  RTM,
  TBF_QOPT_BYTES,
  TC_H,
  TC_INGRESS_HANDLE,
  TCA,
  TCA_TBF,
  TCMSG_BYTES,
} from "./constants.ts";

/** How a token bucket lets packets through. */
export interface TokenBucket {
  /** Bytes a second in the long run. */
  readonly rateBytes: number;
  /** How long at once it may send at that rate, in ticks of 64 ns: see transmitTicks(). */
  readonly bufferTicks: number;
  /** Bytes that may wait; more are dropped. */
  readonly limitBytes: number;
}

/** A token bucket for a link. */
export interface TokenBucketSpec extends TokenBucket {
  readonly linkIndex: number;
}

/** A queueing discipline of a link. */
export interface Qdisc {
  /** `tbf`, `ingress`, `clsact`, `fq_codel` ... */
  readonly kind: string;
  /** 0x10000 is `1:`. */
  readonly handle: number;
  /** Of a tbf. */
  readonly tokenBucket?: TokenBucket;
}

/** Where a link has one discipline: for what it sends, or for what it receives. */
export type QdiscPlace = "root" | "ingress";

/** The handle `1:`. */
const TOKEN_BUCKET_HANDLE = 0x10000;
const U32_MAX = 0xffffffff;

/** How long a rate takes to send so many bytes, in ticks of 64 ns; not more than 32 bits hold. */
export function transmitTicks(bytes: number, rateBytes: number): number {
  const ticks = Math.ceil((bytes / rateBytes) * (1_000_000_000 / PSCHED_TICK_NS));
  return Math.min(ticks, U32_MAX);
}

/**
 * Makes a token bucket the link's root discipline, or changes the one that is there, as `tc qdisc
 * replace dev LINK root handle 1: tbf rate .. burst .. limit ..`; EOPNOTSUPP or ENOENT where the
 * kernel has none.
 */
export function replaceTokenBucket(conn: Conn, spec: TokenBucketSpec): void {
  const encoder = startTc(RTM.NEWQDISC, NLM_F.CREATE | NLM_F.REPLACE, {
    linkIndex: spec.linkIndex,
    handle: TOKEN_BUCKET_HANDLE,
    parent: TC_H.ROOT,
  });
  encoder.attrString(TCA.KIND, "tbf");
  encoder.nest(TCA.OPTIONS, (options) => {
    options.attrBytes(TCA_TBF.PARMS, encodeTokenBucket(spec));
    if (spec.rateBytes > U32_MAX) options.attrU64(TCA_TBF.RATE64, BigInt(spec.rateBytes));
  });
  conn.request(`shape the link ${spec.linkIndex}`, encoder);
}

/**
 * Gives a link the discipline under which filters see what it receives and sends, as `tc qdisc add
 * dev LINK clsact`; EEXIST where it has that one or the older `ingress`.
 */
export function addClsact(conn: Conn, linkIndex: number): void {
  const encoder = startTc(RTM.NEWQDISC, NLM_F.CREATE | NLM_F.EXCL, {
    linkIndex,
    handle: TC_INGRESS_HANDLE,
    parent: TC_H.INGRESS,
  });
  encoder.attrString(TCA.KIND, "clsact");
  conn.request(`add clsact to the link ${linkIndex}`, encoder);
}

/**
 * The discipline that a link was given at a place, as `tc qdisc show dev LINK`; undefined where it
 * has only what the kernel gives to every link, or is not there.
 */
export function findQdisc(conn: Conn, linkIndex: number, place: QdiscPlace): Qdisc | undefined {
  // Without ECHO the answer would go to the listeners of changes alone.
  const request = startTc(RTM.GETQDISC, NLM_F.ECHO, {
    linkIndex,
    handle: 0,
    parent: parentOf(place),
  });
  try {
    // The kernel tells nothing of a discipline that stands for none, and a zero as the handle of
    // one that it has put there itself.
    const found = conn.find(`find the qdisc of the link ${linkIndex}`, request, decodeQdisc);
    return found?.handle === 0 ? undefined : found;
  } catch (thrown) {
    if (!(thrown instanceof NetlinkError)) throw thrown;
    // Kernels before 6.6 call a discipline that they do not tell of invalid.
    if (isAbsent(thrown.errno) || thrown.errno === ERRNO.EINVAL) return undefined;
    throw thrown;
  }
}

/** Takes a link's discipline away, as `tc qdisc delete dev LINK PLACE`; false where there is none. */
export function deleteQdisc(conn: Conn, linkIndex: number, place: QdiscPlace): boolean {
  const request = startTc(RTM.DELQDISC, 0, { linkIndex, handle: 0, parent: parentOf(place) });
  try {
    conn.request(`delete the ${place} qdisc of the link ${linkIndex}`, request);
    return true;
  } catch (thrown) {
    if (thrown instanceof NetlinkError && isAbsent(thrown.errno)) return false;
    throw thrown;
  }
}

/** Which of struct tcmsg's fields say what is meant. */
export interface TcTarget {
  readonly linkIndex: number;
  readonly handle: number;
  readonly parent: number;
  /** Of a filter: its priority and protocol. */
  readonly info?: number;
}

/** Writes struct tcmsg: family and padding, link, handle, parent, info. */
export function startTc(type: number, flags: number, target: TcTarget): Encoder {
  return new Encoder()
    .message(type, flags)
    .u32(0)
    .i32(target.linkIndex)
    .u32(target.handle)
    .u32(target.parent)
    .u32(target.info ?? 0);
}

function parentOf(place: QdiscPlace): number {
  return place === "root" ? TC_H.ROOT : TC_H.INGRESS;
}

/** How the kernel says that there is no discipline, or no link. */
function isAbsent(errno: number): boolean {
  return errno === ERRNO.ENOENT || errno === ERRNO.ENODEV;
}

/** struct tc_tbf_qopt; the second rate, for peaks, is empty. */
function encodeTokenBucket({ rateBytes, limitBytes, bufferTicks }: TokenBucket): Uint8Array {
  const parms = new Uint8Array(TBF_QOPT_BYTES);
  const view = new DataView(parms.buffer);
  // tc_ratespec: cell_log u8, linklayer u8, overhead u16, cell_align i16, mpu u16, rate u32
  view.setUint32(8, Math.min(rateBytes, U32_MAX), true);
  view.setUint32(24, limitBytes, true);
  view.setUint32(28, bufferTicks, true);
  return parms;
}

function decodeQdisc(message: Message): Qdisc {
  let qdisc: Qdisc = { kind: "", handle: message.u32(8) };
  const a = message.attributes(TCMSG_BYTES);
  while (a.next()) {
    if (a.type === TCA.KIND) qdisc = { ...qdisc, kind: a.string() };
    // The kernel sends the kind first.
    if (a.type !== TCA.OPTIONS || qdisc.kind !== "tbf") continue;
    const options = a.nested();
    while (options.next()) {
      if (options.type === TCA_TBF.PARMS) {
        const tokenBucket = decodeTokenBucket(options.bytes());
        if (tokenBucket === undefined) message.fail("options of a tbf that are too short");
        else qdisc = { ...qdisc, tokenBucket };
      } else if (options.type === TCA_TBF.RATE64 && qdisc.tokenBucket !== undefined) {
        const rateBytes = Number(options.u64());
        qdisc = { ...qdisc, tokenBucket: { ...qdisc.tokenBucket, rateBytes } };
      }
    }
  }
  return qdisc;
}

function decodeTokenBucket(parms: Uint8Array): TokenBucket | undefined {
  if (parms.length < TBF_QOPT_BYTES) return undefined;
  const view = new DataView(parms.buffer, parms.byteOffset);
  return {
    rateBytes: view.getUint32(8, true),
    limitBytes: view.getUint32(24, true),
    bufferTicks: view.getUint32(28, true),
  };
}
