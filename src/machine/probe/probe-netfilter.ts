import { existsSync } from "node:fs";
import { Conn, Encoder, NETLINK, NetlinkError, NLM_F } from "../../netlink/mod.ts";
import { ctState, fibDaddrType, masquerade, type Statement, Transaction } from "../../nft/mod.ts";
import { AF, ERRNO } from "../../sys/mod.ts";
import { Absent, attempt, chosen, type Trial, Untestable } from "./attempt.ts";
import {
  COMPAT_TYPE,
  CTRL_ATTR_FAMILY_NAME,
  CTRL_CMD_GETFAMILY,
  GENL_ID_CTRL,
  IPCTNL_MSG_CT_GET_STATS,
  IPSET_ATTR_PROTOCOL,
  IPSET_CMD_PROTOCOL,
  IPSET_PROTOCOL,
  NFNL_MSG_COMPAT_GET,
  NFNL_SUBSYS,
  NFTA_COMPAT,
} from "./constants.ts";
import type { ProbeResult } from "./probe-report.ts";

/** Runs a program of the host; undefined where it is not installed. */
export type RunProgram = (
  argv: readonly string[],
) => { readonly exitCode: number; readonly stderr: string } | undefined;

/** Tries filtering, translation and tracking of packets; in a network namespace of its own. */
export function probeNetfilter(run: RunProgram, all: boolean): readonly ProbeResult[] {
  using netfilter = new NetfilterConn();
  const trials = [
    ...nftTrials(netfilter),
    ...EXTENSIONS.map((extension) => extensionTrial(netfilter, extension)),
    ...iptablesTrials(run),
    ...familyTrials(netfilter),
  ];
  return chosen(trials, all).map(attempt);
}

/** One connection for all trials (closing one takes the kernel ten milliseconds), opened by the first. */
class NetfilterConn implements Disposable {
  #conn: Conn | undefined;

  /** Throws EPROTONOSUPPORT, to each trial, where the kernel has no nfnetlink. */
  open(): Conn {
    this.#conn ??= Conn.open(NETLINK.NETFILTER);
    return this.#conn;
  }
  [Symbol.dispose](): void {
    this.#conn?.[Symbol.dispose]();
  }
}

const TABLE = { family: "ip", table: "probe" } as const;
const CHAIN = { ...TABLE, chain: "postrouting" } as const;

/** Makes a table, and in it a nat chain, and in that a rule. */
function natTransaction(statement?: Statement): Transaction {
  const base = { type: "nat", hook: "postrouting", priority: 100 } as const;
  const transaction = new Transaction().addTable(TABLE).addChain({ ...CHAIN, base });
  return statement === undefined
    ? transaction
    : transaction.addRule({ ...CHAIN, statements: [statement] });
}

function nftTrials(netfilter: NetfilterConn): readonly Trial[] {
  const commit = (what: string, transaction: Transaction) => () => {
    try {
      transaction.commit(netfilter.open());
    } catch (thrown) {
      // Without the whole subsystem nfnetlink calls the message itself wrong.
      if (thrown instanceof NetlinkError && thrown.errno === ERRNO.EINVAL) {
        throw new Absent(thrown.message);
      }
      throw thrown;
    }
    return `${what} was created over netlink`;
  };
  return [
    {
      feature: "nf-tables",
      module: "nf_tables",
      run: commit("a table", new Transaction().addTable(TABLE)),
    },
    { feature: "nft-nat", module: "nft_chain_nat", run: commit("a nat chain", natTransaction()) },
    {
      feature: "nft-masquerade",
      module: "nft_masq",
      run: commit("a masquerade rule", natTransaction(masquerade)),
    },
    {
      feature: "nft-conntrack",
      module: "nft_ct",
      run: commit("a rule on the connection's state", natTransaction(ctState("new"))),
    },
    {
      feature: "nft-fib",
      module: "nft_fib_ipv4",
      run: commit("a rule on the kind of an address", natTransaction(fibDaddrType("local"))),
    },
  ];
}

/** Matches and targets of iptables that CNI plugins and kube-proxy use. */
interface Extension {
  readonly kind: keyof typeof COMPAT_TYPE;
  readonly name: string;
  readonly revision: number;
}
const EXTENSIONS: readonly Extension[] = [
  { kind: "match", name: "comment", revision: 0 },
  { kind: "match", name: "conntrack", revision: 3 },
  { kind: "match", name: "addrtype", revision: 1 },
  { kind: "match", name: "statistic", revision: 0 },
  { kind: "match", name: "recent", revision: 1 },
  { kind: "match", name: "mark", revision: 1 },
  { kind: "target", name: "MASQUERADE", revision: 0 },
  { kind: "target", name: "DNAT", revision: 2 },
  { kind: "target", name: "MARK", revision: 2 },
  { kind: "target", name: "REJECT", revision: 0 },
];

/** Asks nf_tables' iptables layer; the extensions are the same ones that legacy iptables has. */
function extensionTrial(netfilter: NetfilterConn, { kind, name, revision }: Extension): Trial {
  const run = (): string => {
    const request = startNetfilter(NFNL_SUBSYS.NFT_COMPAT, NFNL_MSG_COMPAT_GET, AF.INET)
      .attrString(NFTA_COMPAT.NAME, name)
      .attrU32Be(NFTA_COMPAT.REV, revision)
      .attrU32Be(NFTA_COMPAT.TYPE, COMPAT_TYPE[kind]);
    try {
      netfilter.open().request(`find the iptables ${kind} ${name}`, request);
      return `revision ${revision} is there`;
    } catch (thrown) {
      if (!(thrown instanceof NetlinkError)) throw thrown;
      if (thrown.errno === ERRNO.EPROTONOSUPPORT) return "another revision is there";
      // No compat layer in nf_tables: only the iptables command could tell.
      if (thrown.errno === ERRNO.EINVAL) throw new Untestable(thrown.message);
      throw thrown;
    }
  };
  return { feature: `iptables-${kind}-${name}`, module: `xt_${name}`, run };
}

/** The host's own iptables, if there: the whole way from the command to the rule. */
function iptablesTrials(run: RunProgram): readonly Trial[] {
  const rule = (...argv: string[]): string => {
    const ended = run(["iptables", "-w", "1", ...argv]);
    if (ended === undefined) throw new Untestable("iptables is not installed");
    if (ended.exitCode === 0) return `iptables ${argv.join(" ")}`;
    throw new Absent(`iptables: ${ended.stderr.trim().split("\n")[0] ?? ""}`);
  };
  return [
    {
      feature: "iptables-masquerade",
      module: "iptable_nat",
      run: () => {
        const comment = ["-m", "comment", "--comment", "probe"];
        return rule("-t", "nat", "-A", "POSTROUTING", ...comment, "-j", "MASQUERADE");
      },
    },
    {
      feature: "iptables-filter",
      module: "iptable_filter",
      run: () =>
        rule(
          "-t",
          "filter",
          "-A",
          "FORWARD",
          "-m",
          "conntrack",
          "--ctstate",
          "NEW",
          "-j",
          "ACCEPT",
        ),
    },
  ];
}

function familyTrials(netfilter: NetfilterConn): readonly Trial[] {
  return [
    {
      feature: "conntrack",
      module: "nf_conntrack",
      run: () => {
        // Made by conntrack in every namespace; the rules tried above have called for it.
        const file = "/proc/sys/net/netfilter/nf_conntrack_max";
        if (!existsSync(file)) throw new Absent(`no ${file}`);
        return `${file} is there`;
      },
    },
    {
      feature: "conntrack-netlink",
      module: "nf_conntrack_netlink",
      run: () => {
        const request = startNetfilter(NFNL_SUBSYS.CTNETLINK, IPCTNL_MSG_CT_GET_STATS, AF.INET);
        absentIfInvalid(() => netfilter.open().get("count the connections", request, () => true));
        return "the connections can be counted";
      },
    },
    {
      feature: "ipset",
      module: "ip_set",
      isOptional: true,
      run: () => {
        const request = startNetfilter(NFNL_SUBSYS.IPSET, IPSET_CMD_PROTOCOL, AF.INET).attrU8(
          IPSET_ATTR_PROTOCOL,
          IPSET_PROTOCOL,
        );
        absentIfInvalid(() => netfilter.open().request("ask for ipset", request));
        return "ipset answers";
      },
    },
    {
      feature: "ip-vs",
      module: "ip_vs",
      isOptional: true,
      run: () => {
        using conn = Conn.open(NETLINK.GENERIC);
        // struct genlmsghdr: command u8, version u8, reserved u16
        const request = new Encoder()
          .message(GENL_ID_CTRL, 0)
          .u8(CTRL_CMD_GETFAMILY)
          .u8(1)
          .u16(0)
          .attrString(CTRL_ATTR_FAMILY_NAME, "IPVS");
        conn.request("find IPVS", request);
        return "the IPVS family is registered";
      },
    },
  ];
}

function startNetfilter(subsystem: number, message: number, family: number): Encoder {
  const type = (subsystem << 8) | message;
  return new Encoder().message(type, NLM_F.REQUEST).u8(family).u8(0).u16(0);
}

/** nfnetlink says EINVAL where nobody has registered the subsystem. */
function absentIfInvalid(call: () => unknown): void {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof NetlinkError && thrown.errno === ERRNO.EINVAL) {
      throw new Absent(thrown.message);
    }
    throw thrown;
  }
}
