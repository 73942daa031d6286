import { type Attributes, type Conn, type Message, NetlinkError, NLM_F } from "../netlink/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import {
  ETH_P_ALL,
  RTM,
  TC_ACT_STOLEN,
  TC_H,
  TC_INGRESS_HANDLE,
  TC_U32_TERMINAL,
  TCA,
  TCA_ACT,
  TCA_EGRESS_REDIR,
  TCA_MIRRED_PARMS,
  TCA_U32,
  TCMSG_BYTES,
} from "./constants.ts";
import { startTc } from "./qdiscs.ts";

/** A filter that gives everything that a link receives to another link, for that one to send. */
export interface RedirectSpec {
  readonly linkIndex: number;
  /** The link that gets the packets. */
  readonly targetIndex: number;
  /** 1 to 65535; filters of a lower number see a packet first. */
  readonly priority: number;
  /** The link's discipline for what it receives. */
  readonly under: "clsact" | "ingress";
}

/** Where a link's filters are: under `clsact` those for what it receives, or for what it sends. */
export interface FilterPlace {
  readonly linkIndex: number;
  readonly under: "clsact" | "clsact-egress" | "ingress";
}

/** A filter of a link. */
export interface LinkFilter {
  /** `u32`, `bpf`, `flower` ... */
  readonly kind: string;
  readonly priority: number;
  readonly handle: number;
  /** The link that a redirect of its actions gives packets to. */
  readonly targetIndex?: number;
}

/**
 * Adds a redirect of everything, as `tc filter add dev LINK ingress protocol all prio N u32 match
 * u32 0 0 action mirred egress redirect dev TARGET`. EINVAL where filters of another kind have that
 * priority.
 */
export function addRedirect(conn: Conn, spec: RedirectSpec): void {
  const { linkIndex, targetIndex } = spec;
  const encoder = startTc(RTM.NEWTFILTER, NLM_F.CREATE | NLM_F.EXCL, {
    linkIndex,
    handle: 0,
    parent: PARENT[spec.under],
    info: infoOf(spec.priority),
  });
  encoder.attrString(TCA.KIND, "u32");
  encoder.nest(TCA.OPTIONS, (options) => {
    // A filter without a class is one that the kernel passes over: 1:1.
    options.attrU32(TCA_U32.CLASSID, 0x10001);
    options.attrBytes(TCA_U32.SEL, matchAll());
    options.nest(TCA_U32.ACT, (actions) =>
      // Actions are numbered from 1, in the order in which they are done.
      actions.nest(1, (action) => {
        action.attrString(TCA_ACT.KIND, "mirred");
        action.nest(TCA_ACT.OPTIONS, (mirred) =>
          mirred.attrBytes(TCA_MIRRED_PARMS, redirectTo(targetIndex)),
        );
      }),
    );
  });
  conn.request(`redirect the link ${linkIndex} to the link ${targetIndex}`, encoder);
}

/** The filters at a place of a link, as `tc filter show dev LINK ingress`, in their order. */
export function listFilters(conn: Conn, { linkIndex, under }: FilterPlace): LinkFilter[] {
  const parent = PARENT[under];
  const request = startTc(RTM.GETTFILTER, 0, { linkIndex, handle: 0, parent });
  try {
    return conn.dump(`list the filters of the link ${linkIndex}`, request, decodeFilter);
  } catch (thrown) {
    if (isGone(thrown)) return [];
    throw thrown;
  }
}

/** Deletes one filter, as `tc filter delete dev LINK ingress ..`; false where it is not there. */
export function deleteFilter(conn: Conn, place: FilterPlace, filter: LinkFilter): boolean {
  const { linkIndex } = place;
  const request = startTc(RTM.DELTFILTER, 0, {
    linkIndex,
    handle: filter.handle,
    parent: PARENT[place.under],
    info: infoOf(filter.priority),
  }).attrString(TCA.KIND, filter.kind);
  try {
    conn.request(`delete a filter of the link ${linkIndex}`, request);
    return true;
  } catch (thrown) {
    if (isGone(thrown)) return false;
    throw thrown;
  }
}

const PARENT = {
  clsact: TC_H.CLSACT_INGRESS,
  "clsact-egress": TC_H.CLSACT_EGRESS,
  ingress: TC_INGRESS_HANDLE,
} as const;

function isGone(thrown: unknown): boolean {
  if (!(thrown instanceof NetlinkError)) return false;
  const { errno } = thrown;
  // EINVAL: the discipline that the filters would be under has gone.
  return errno === ERRNO.ENOENT || errno === ERRNO.ENODEV || errno === ERRNO.EINVAL;
}

/** The priority, and the protocol in network order. */
function infoOf(priority: number): number {
  return ((priority << 16) | (ETH_P_ALL << 8)) >>> 0;
}

/**
 * struct tc_u32_sel (flags u8, offshift u8, nkeys u8, offmask be16 at 4, off u16, offoff i16, hoff
 * i16, hmask be32) with one struct tc_u32_key of zeros: nothing is compared.
 */
function matchAll(): Uint8Array {
  return new Uint8Array(32).fill(TC_U32_TERMINAL, 0, 1).fill(1, 2, 3);
}

/** struct tc_mirred: index, capab, action, refcnt, bindcnt, eaction, ifindex, all u32. */
function redirectTo(targetIndex: number): Uint8Array {
  const parms = new Uint32Array([0, 0, TC_ACT_STOLEN, 0, 0, TCA_EGRESS_REDIR, targetIndex]);
  return new Uint8Array(parms.buffer);
}

/** Decodes RTM_NEWTFILTER; undefined for what stands for a whole priority or a hash table. */
function decodeFilter(message: Message): LinkFilter | undefined {
  const handle = message.u32(8);
  let kind = "";
  let targetIndex: number | undefined;
  const a = message.attributes(TCMSG_BYTES);
  while (a.next()) {
    if (a.type === TCA.KIND) kind = a.string();
    else if (a.type === TCA.OPTIONS && kind === "u32") targetIndex = targetOf(a.nested());
  }
  // A table's handle has nothing in its lower bits.
  if (handle === 0 || (kind === "u32" && (handle & 0xfffff) === 0)) return undefined;
  const priority = message.u32(16) >>> 16;
  return { kind, priority, handle, ...(targetIndex === undefined ? {} : { targetIndex }) };
}

/** The first redirect among the actions of a u32. */
function targetOf(options: Attributes): number | undefined {
  while (options.next()) {
    if (options.type !== TCA_U32.ACT) continue;
    const actions = options.nested();
    while (actions.next()) {
      const target = mirredTarget(actions.nested());
      if (target !== undefined) return target;
    }
  }
  return undefined;
}

function mirredTarget(action: Attributes): number | undefined {
  let kind = "";
  while (action.next()) {
    if (action.type === TCA_ACT.KIND) kind = action.string();
    if (action.type !== TCA_ACT.OPTIONS || kind !== "mirred") continue;
    const options = action.nested();
    while (options.next()) {
      if (options.type !== TCA_MIRRED_PARMS) continue;
      const parms = options.bytes();
      if (parms.length >= 28) return new DataView(parms.buffer).getUint32(24, true);
    }
  }
  return undefined;
}
