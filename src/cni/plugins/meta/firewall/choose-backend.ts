import type { Conn } from "../../../../netlink/mod.ts";
import {
  findChain,
  type ListedChain,
  type ListedExpression,
  type ListedRule,
  listChains,
  listRules,
  VERDICT,
  verdictOf,
} from "../../../../nft/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { Iptables, openLegacy } from "../../lib/iptables/mod.ts";
import type { FirewallBackend, FirewallConf } from "./firewall-conf.ts";
import { Firewalld } from "./firewalld.ts";

/** What this machine has. */
export interface FirewallPlace {
  /** For nf_tables; undefined where the kernel has none. */
  readonly conn: Conn | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The backend that is taken; firewalld with its connection, which the caller closes. */
export type ChosenBackend =
  | { readonly kind: "nftables"; readonly conn: Conn }
  | { readonly kind: "iptables" }
  | { readonly kind: "firewalld"; readonly firewalld: Firewalld };

/**
 * The configured backend; without one what decides on forwarded packets on this machine: firewalld
 * where it runs, iptables where its chain FORWARD has rules or drops (what nftables accepts
 * elsewhere would be dropped there all the same), otherwise nftables. CniError `code` where
 * the backend is not there.
 */
export async function chooseBackend(
  { backend }: Pick<FirewallConf, "backend">,
  place: FirewallPlace,
  code: number = CNI_ERROR.internal,
): Promise<ChosenBackend> {
  if (backend === undefined || backend === "firewalld") {
    const firewalld = await Firewalld.find(place.env);
    if (firewalld !== undefined) return { kind: "firewalld", firewalld };
    if (backend === "firewalld") throw missing(code, backend);
  }
  const hasIptables = new Iptables(4, { env: place.env }).isInstalled;
  const wantsIptables = backend === "iptables" || (backend === undefined && isForwardUsed(place));
  if (wantsIptables && hasIptables) return { kind: "iptables" };
  if (backend !== "iptables" && place.conn !== undefined) {
    return { kind: "nftables", conn: place.conn };
  }
  if (backend === undefined && hasIptables) return { kind: "iptables" };
  throw missing(code, backend);
}

function missing(code: number, backend: FirewallBackend | undefined): CniError {
  const what =
    backend === undefined
      ? "neither firewalld, iptables nor nftables is there"
      : `${backend} is not there`;
  return new CniError(code, `Cannot open the firewall for pods: ${what}`, {
    fix: "Load the kernel module nf_tables, install the package iptables, or start firewalld",
  });
}

/** True where iptables has a say on what is forwarded. */
function isForwardUsed(place: FirewallPlace): boolean {
  return ([4, 6] as const).some((family) => {
    if (openLegacy(place, family, "filter") !== undefined) return true;
    if (place.conn === undefined) return false;
    const chain = iptablesForward(family);
    const found = findChain(place.conn, chain);
    if (found === undefined) return false;
    return found.base?.policy === "drop" || listRules(place.conn, chain).length > 0;
  });
}

function iptablesForward(family: 4 | 6) {
  return { family: family === 4 ? "ip" : "ip6", table: "filter", chain: "FORWARD" } as const;
}

/**
 * Chains of others in nftables that drop what they do not accept, by their policy or by their last
 * rule: nothing here changes that.
 */
export function findDroppingChains(conn: Conn): readonly ListedChain[] {
  return (["inet", "ip", "ip6"] as const).flatMap((family) =>
    listChains(conn, { family }).filter((chain) => {
      if (chain.base?.hook !== "forward" || chain.table === "cni_firewall") return false;
      return chain.base.policy === "drop" || dropsAll(listRules(conn, chain).at(-1));
    }),
  );
}

/** True for a rule that drops or rejects every packet that comes to it. */
function dropsAll(rule: ListedRule | undefined): boolean {
  const [only, ...more] = (rule?.expressions ?? []).filter((one) => !isNote(one));
  if (only === undefined || more.length > 0) return false;
  return only.name === "reject" || verdictOf([only])?.code === VERDICT.drop;
}

/** Counters and logs let every packet pass to what follows. */
function isNote(expression: ListedExpression): boolean {
  if (expression.name === "other") return expression.kernelName === "log";
  return expression.name === "counter";
}
