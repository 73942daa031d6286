import { type Conn, Encoder, type Message } from "../netlink/mod.ts";
import { IFINFOMSG_BYTES, IFLA, RTM } from "./constants.ts";
import { encodeIfInfo } from "./links.ts";

/** What went one way through a link since it was made. */
export interface LinkTraffic {
  readonly packets: number;
  readonly bytes: number;
  readonly errors: number;
  readonly dropped: number;
}

/** The counters of a link. */
export interface LinkCounters {
  readonly linkIndex: number;
  readonly received: LinkTraffic;
  readonly sent: LinkTraffic;
}

/** The counters of all links, as `ip -s link show`. Links that are listed without them are left out. */
export function listLinkCounters(conn: Conn): LinkCounters[] {
  const request = new Encoder().message(RTM.GETLINK, 0);
  encodeIfInfo(request, 0);
  return conn.dump("list the counters of the links", request, decodeCounters);
}

/** struct rtnl_link_stats64 begins with eight numbers of 64 bits; kernels add to its end. */
const COUNTED_BYTES = 8 * 8;

function decodeCounters(message: Message): LinkCounters | undefined {
  const linkIndex = message.i32(4);
  const a = message.attributes(IFINFOMSG_BYTES);
  while (a.next()) {
    if (a.type !== IFLA.STATS64) continue;
    const bytes = a.bytes();
    if (bytes.length < COUNTED_BYTES) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // In the machine's own order, which is little endian wherever this runs.
    const at = (place: number): number => Number(view.getBigUint64(place * 8, true));
    return {
      linkIndex,
      received: { packets: at(0), bytes: at(2), errors: at(4), dropped: at(6) },
      sent: { packets: at(1), bytes: at(3), errors: at(5), dropped: at(7) },
    };
  }
  return undefined;
}
