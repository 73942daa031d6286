import type { Conn } from "../../../../netlink/mod.ts";
import {
  type Chain,
  changeNft,
  drop,
  ether,
  findChain,
  is,
  jump,
  listChains,
  listRules,
  meta,
  type Rule,
  returns,
  ruleExpressions,
  type Statement,
  sameExpressions,
  Transaction,
  TYPE,
  verdictOf,
} from "../../../../nft/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";

/** The table and chains of the reference bridge plugin, names and comments to the letter. */
const TABLE = { family: "bridge", table: "nat" } as const;
const PREROUTING: Chain = {
  ...TABLE,
  chain: "PREROUTING",
  base: { type: "filter", hook: "prerouting", priority: -300, policy: "accept" },
};
const CHAIN_PREFIX = "cni-br-iface-";

/** What may come out of a pod's link. */
export interface SpoofCheckSpec extends Attachment {
  /** The bridge's port: the host's end of the pair. */
  readonly hostIfName: string;
  /** The MAC address of the pod's end. */
  readonly mac: string;
}

interface Frame {
  readonly comment: string;
  readonly iface: Chain;
  readonly mac: Chain;
}

function frameOf({ containerId, ifName }: Attachment): Frame {
  const id = `${containerId}-${ifName}`;
  const chain = `${CHAIN_PREFIX}${id}`;
  return {
    comment: `macspoofchk-${id}`,
    iface: { ...TABLE, chain },
    mac: { ...TABLE, chain: `${chain}-mac` },
  };
}

/** `macspoofchk`: drops what a pod sends with another source address than its own. */
export function setUpSpoofCheck(conn: Conn, spec: SpoofCheckSpec): void {
  const { comment, iface, mac } = frameOf(spec);
  changeNft(conn, () => {
    const transaction = new Transaction().addTable(TABLE);
    if (findChain(conn, PREROUTING) === undefined) transaction.addChain(PREROUTING);
    for (const rule of entries(conn, iface)) transaction.deleteRule(rule);
    transaction.addChain(iface).addChain(mac);
    for (const chain of [iface, mac]) {
      if (findChain(conn, chain) !== undefined) transaction.flushChain(chain);
    }
    for (const { chain, statements } of wantedRules(spec)) {
      transaction.addRule({ ...TABLE, chain, statements, comment });
    }
    return transaction;
  });
}

/** Takes an attachment's chains away, and what leads to them; what is not there is no error. */
export function tearDownSpoofCheck(conn: Conn, attachment: Attachment): void {
  const { iface, mac } = frameOf(attachment);
  remove(conn, () => [iface, mac]);
}

/** True where all rules of an attachment are there. */
export function isSpoofChecked(conn: Conn, spec: SpoofCheckSpec): boolean {
  const present = listRules(conn, TABLE);
  return wantedRules(spec).every((wanted) =>
    present.some(
      (rule) =>
        rule.chain === wanted.chain &&
        sameExpressions(rule.expressions, ruleExpressions("bridge", wanted.statements)),
    ),
  );
}

/**
 * GC: takes away the chains of attachments whose host link is gone; which network a chain belongs
 * to cannot be told from it.
 */
export function collectSpoofChecks(conn: Conn, isLinkThere: (name: string) => boolean): void {
  remove(conn, () => {
    const chains = listChains(conn, TABLE).filter(({ chain }) => chain.startsWith(CHAIN_PREFIX));
    if (chains.length === 0) return [];
    const live = new Set<string>();
    for (const rule of listRules(conn, PREROUTING)) {
      const target = verdictOf(rule.expressions)?.chain;
      const name = rule.expressions.find((e) => e.name === "cmp")?.data;
      if (target === undefined || !(name instanceof Uint8Array)) continue;
      if (isLinkThere(String(TYPE.ifname.decode(name)))) live.add(target).add(`${target}-mac`);
    }
    return chains.filter(({ chain }) => !live.has(chain));
  });
}

function wantedRules(spec: SpoofCheckSpec): readonly Pick<Rule, "chain" | "statements">[] {
  const { iface, mac } = frameOf(spec);
  const rule = (chain: Chain, ...statements: Statement[]) => ({ chain: chain.chain, statements });
  return [
    rule(PREROUTING, is(meta.iifname, spec.hostIfName), jump(iface.chain)),
    rule(iface, jump(mac.chain)),
    rule(mac, is(ether.saddr, spec.mac), returns),
    rule(mac, drop),
  ];
}

/** Rules that lead to a chain. */
function entries(conn: Conn, { chain }: Chain) {
  return listRules(conn, PREROUTING).filter((rule) => verdictOf(rule.expressions)?.chain === chain);
}

function remove(conn: Conn, find: () => readonly Chain[]): void {
  changeNft(conn, () => {
    const transaction = new Transaction();
    const chains = find().filter((chain) => findChain(conn, chain) !== undefined);
    for (const chain of chains) {
      for (const rule of entries(conn, chain)) transaction.deleteRule(rule);
      transaction.flushChain(chain);
    }
    for (const chain of chains) transaction.deleteChain(chain);
    return transaction;
  });
}
