import type { PluginConf } from "../../../conf/plugin-conf.ts";

const BACKENDS = ["nftables", "iptables", "firewalld"] as const;
export type FirewallBackend = (typeof BACKENDS)[number];

const POLICIES = ["open", "same-bridge", "isolated"] as const;
export type IngressPolicy = (typeof POLICIES)[number];

/** What the configuration says. */
export interface FirewallConf {
  /** Absent: what suits this machine. */
  readonly backend?: FirewallBackend;
  /** iptables: the chain for rules of the administrator's own. */
  readonly adminChain: string;
  readonly zone: string;
  /** From where connections to pods may come that others have not refused. */
  readonly ingressPolicy: IngressPolicy;
  /** Where is written down what was made: nothing of it can be seen from the rules. */
  readonly dataDir: string;
}

/** Reads the plugin's keys; CniError 7 where one is wrong. */
export function parseFirewallConf({ object }: PluginConf): FirewallConf {
  const backend = object.choice("backend", BACKENDS);
  const textOr = (key: string, fallback: string): string => {
    const text = object.text(key) ?? "";
    return text === "" ? fallback : text;
  };
  return {
    ...(backend === undefined ? {} : { backend }),
    adminChain: textOr("iptablesAdminChainName", "CNI-ADMIN"),
    zone: textOr("firewalldZone", "trusted"),
    ingressPolicy: object.choice("ingressPolicy", POLICIES) ?? "open",
    dataDir: dataDirOf({ object }),
  };
}

/** As parseFirewallConf, of the one key that DEL and GC need. */
export function dataDirOf({ object }: Pick<PluginConf, "object">): string {
  const text = object.text("dataDir") ?? "";
  return text === "" ? "/run/cni/firewall" : text;
}
