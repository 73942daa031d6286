import {
  type Chain,
  fibDaddrType,
  jump,
  type ListedRule,
  type Transaction,
} from "../../../../nft/mod.ts";

const COMMENT = "CNI portmap plugin";

/**
 * The tables of the reference plugin, one a family: all that comes for an address of the host goes
 * through hostports_all into hostip_hostports and then hostports, where rules of containers are.
 */
export function hostportTable(family: 4 | 6) {
  const table = { family: family === 4 ? "ip" : "ip6", table: "cni_hostport" } as const;
  const chain = (name: string): Chain => ({ ...table, chain: name });
  const nat = (name: string, hook: "prerouting" | "output" | "postrouting"): Chain => {
    const priority = hook === "postrouting" ? 100 : -100;
    return { ...table, chain: name, base: { type: "nat", hook, priority } };
  };
  return {
    table,
    family,
    /** Ports of all addresses of the host. */
    any: chain("hostports"),
    /** Ports of one address: they go before those of all. */
    one: chain("hostip_hostports"),
    all: chain("hostports_all"),
    prerouting: nat("prerouting", "prerouting"),
    output: nat("output", "output"),
    masquerading: nat("masquerading", "postrouting"),
  };
}

export type HostportTable = ReturnType<typeof hostportTable>;

/** Makes the table and the way through its chains, where it is not whole. */
export function addHostportFrame(
  transaction: Transaction,
  at: HostportTable,
  present: readonly ListedRule[],
): void {
  const lacks = (chain: Chain, count: number): boolean =>
    present.filter((rule) => rule.chain === chain.chain).length !== count;
  if (lacks(at.all, 2) || lacks(at.prerouting, 1) || lacks(at.output, 1)) {
    transaction
      .addTable({ ...at.table, comment: COMMENT })
      .addChain(at.any)
      .addChain(at.one);
    for (const chain of [at.all, at.prerouting, at.output]) {
      transaction.addChain(chain).flushChain(chain);
    }
    transaction.addRule({ ...at.all, statements: [jump(at.one.chain)] });
    transaction.addRule({ ...at.all, statements: [jump(at.any.chain)] });
    for (const chain of [at.prerouting, at.output]) {
      // Never a packet that only passes through this machine.
      transaction.addRule({ ...chain, statements: [fibDaddrType("local"), jump(at.all.chain)] });
    }
  }
}
