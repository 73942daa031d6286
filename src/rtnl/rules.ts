import { type Cidr, formatCidr, type IpAddress } from "../ip/mod.ts";
import { type Conn, Encoder, type Message, NetlinkError, NLM_F } from "../netlink/mod.ts";
import { AF, ERRNO } from "../sys/mod.ts";
import { FIB_RULE_HDR_BYTES, FR_ACT_TO_TBL, FRA, RT_TABLE, RTM } from "./constants.ts";
import { afOf, attrAddress, cidrOf, familyOf, networkOf, readAddress } from "./wire.ts";

/** Which packets look into which routing table; rules of a lower priority number come first. */
export interface RuleSpec {
  readonly family: 4 | 6;
  readonly table: number;
  /** Left out, the kernel takes one that goes before the rules that are not its own. */
  readonly priority?: number;
  /** Packets from this prefix. */
  readonly source?: Cidr;
  /** Packets to this prefix. */
  readonly destination?: Cidr;
  readonly fwmark?: number;
  /** Packets that came in by this link. */
  readonly inName?: string;
  /** Packets of this host from sockets bound to this link. */
  readonly outName?: string;
}

/** A rule as the kernel has it; rules that do not choose a table have `isLookup` false. */
export interface Rule extends RuleSpec {
  readonly priority: number;
  readonly isLookup: boolean;
}

/** The rules, as `ip rule show`. */
export function listRules(conn: Conn, family?: 4 | 6): Rule[] {
  const request = startRule(RTM.GETRULE, 0, family === undefined ? AF.UNSPEC : afOf(family));
  return conn.dump("list the rules", request, decodeRule);
}

/** Adds a rule, as `ip rule add`; EEXIST where there is the same one. */
export function addRule(conn: Conn, spec: RuleSpec): void {
  const request = encodeRule(RTM.NEWRULE, NLM_F.CREATE | NLM_F.EXCL, spec);
  conn.request(`add the rule ${describe(spec)}`, request);
}

/** Deletes the rule that fits, as `ip rule delete`; false where there is none. */
export function deleteRule(conn: Conn, spec: RuleSpec): boolean {
  try {
    conn.request(`delete the rule ${describe(spec)}`, encodeRule(RTM.DELRULE, 0, spec));
    return true;
  } catch (thrown) {
    if (thrown instanceof NetlinkError && thrown.errno === ERRNO.ENOENT) return false;
    throw thrown;
  }
}

function describe(spec: RuleSpec): string {
  const from = spec.source === undefined ? "all" : formatCidr(spec.source);
  const priority = spec.priority === undefined ? "" : `${spec.priority} `;
  return `${priority}from ${from} lookup ${spec.table}`;
}

/** Writes struct fib_rule_hdr. */
function startRule(
  type: number,
  flags: number,
  af: number,
  header: { readonly to?: number; readonly from?: number; readonly table?: number } = {},
): Encoder {
  return new Encoder()
    .message(type, flags)
    .u8(af)
    .u8(header.to ?? 0)
    .u8(header.from ?? 0)
    .u8(0)
    .u8(header.table ?? 0)
    .zeros(2)
    .u8(type === RTM.GETRULE ? 0 : FR_ACT_TO_TBL)
    .u32(0);
}

function encodeRule(type: number, flags: number, spec: RuleSpec): Encoder {
  const { source, destination, table } = spec;
  const encoder = startRule(type, flags, afOf(spec.family), {
    to: destination?.prefixLength ?? 0,
    from: source?.prefixLength ?? 0,
    // One byte in the header; the attribute below is what counts.
    table: table < 256 ? table : RT_TABLE.UNSPEC,
  });
  if (destination !== undefined) attrAddress(encoder, FRA.DST, networkOf(destination));
  if (source !== undefined) attrAddress(encoder, FRA.SRC, networkOf(source));
  if (spec.fwmark !== undefined) encoder.attrU32(FRA.FWMARK, spec.fwmark);
  if (spec.inName !== undefined) encoder.attrString(FRA.IIFNAME, spec.inName);
  if (spec.outName !== undefined) encoder.attrString(FRA.OIFNAME, spec.outName);
  if (spec.priority !== undefined) encoder.attrU32(FRA.PRIORITY, spec.priority);
  return encoder.attrU32(FRA.TABLE, table);
}

/** Decodes RTM_NEWRULE; undefined for other families than IP. */
function decodeRule(message: Message): Rule | undefined {
  const family = familyOf(message.u8(0));
  if (family === undefined) return undefined;
  let rule: Rule = {
    family,
    table: message.u8(4),
    priority: 0,
    isLookup: message.u8(7) === FR_ACT_TO_TBL,
  };
  const prefix = (address: IpAddress | undefined, length: number): Cidr | undefined =>
    address === undefined ? undefined : cidrOf(address, length);
  const a = message.attributes(FIB_RULE_HDR_BYTES);
  while (a.next()) {
    if (a.type === FRA.PRIORITY) rule = { ...rule, priority: a.u32() };
    else if (a.type === FRA.TABLE) rule = { ...rule, table: a.u32() };
    else if (a.type === FRA.FWMARK) rule = { ...rule, fwmark: a.u32() };
    else if (a.type === FRA.IIFNAME) rule = { ...rule, inName: a.string() };
    else if (a.type === FRA.OIFNAME) rule = { ...rule, outName: a.string() };
    else if (a.type === FRA.SRC) {
      const source = prefix(readAddress(a), message.u8(2));
      if (source !== undefined) rule = { ...rule, source };
    } else if (a.type === FRA.DST) {
      const destination = prefix(readAddress(a), message.u8(1));
      if (destination !== undefined) rule = { ...rule, destination };
    }
  }
  return rule;
}
