import { type Conn, Encoder, NLM_F } from "../netlink/mod.ts";
import {
  PSCHED_TICK_NS,
  RTM,
  TC_H_ROOT,
  TC_LINKLAYER_ETHERNET,
  TCA,
  TCA_TBF,
} from "./constants.ts";

/** A token bucket: at most `rateBytes` a second in the long run, `burstBytes` at once. */
export interface TokenBucketSpec {
  readonly linkIndex: number;
  /** Bytes a second, below 2^32. */
  readonly rateBytes: number;
  readonly burstBytes: number;
  /** Bytes that may wait; more are dropped. */
  readonly limitBytes: number;
}

/**
 * Makes a token bucket the link's root discipline, as `tc qdisc replace dev LINK root tbf rate ..
 * burst .. limit ..`; EOPNOTSUPP or ENOENT where the kernel has none.
 */
export function replaceTokenBucket(conn: Conn, spec: TokenBucketSpec): void {
  const { linkIndex, rateBytes, burstBytes, limitBytes } = spec;
  const burstTicks = Math.min(
    Math.ceil((burstBytes / rateBytes) * (1_000_000_000 / PSCHED_TICK_NS)),
    0xffffffff,
  );
  // struct tcmsg: family and padding, link, handle, parent, info
  const encoder = new Encoder()
    .message(RTM.NEWQDISC, NLM_F.CREATE | NLM_F.REPLACE)
    .u32(0)
    .i32(linkIndex)
    .u32(0)
    .u32(TC_H_ROOT)
    .u32(0)
    .attrString(TCA.KIND, "tbf");
  encoder.nest(TCA.OPTIONS, (options) => {
    options.attrBytes(TCA_TBF.PARMS, tokenBucketParms(rateBytes, limitBytes, burstTicks));
    options.attrU32(TCA_TBF.BURST, burstBytes);
  });
  conn.request(`shape the link ${linkIndex}`, encoder);
}

/** struct tc_tbf_qopt: two tc_ratespec (the second, for peaks, empty), limit, buffer, mtu. */
function tokenBucketParms(rateBytes: number, limitBytes: number, bufferTicks: number): Uint8Array {
  const parms = new Uint8Array(36);
  const view = new DataView(parms.buffer);
  // tc_ratespec: cell_log u8, linklayer u8, overhead u16, cell_align i16, mpu u16, rate u32
  view.setUint8(1, TC_LINKLAYER_ETHERNET);
  view.setUint32(8, rateBytes, true);
  view.setUint32(24, limitBytes, true);
  view.setUint32(28, bufferTicks, true);
  return parms;
}
