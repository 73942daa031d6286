import { parseCidr } from "../../ip/mod.ts";
import {
  addressSelectors,
  ctState,
  ctStatus,
  drop,
  fibDaddrType,
  hasAnyBit,
  inSet,
  isInAny,
  isNotIn,
  jump,
  masqueradeFullyRandom,
  meta,
  reject,
  type Selector,
  type Statement,
  setMarkBits,
  type Transaction,
  th,
  toggleMarkBits,
  vmap,
} from "../../nft/mod.ts";
import type { RoutingSettings } from "../settings.ts";
import { BASE_CHAINS, CHAIN, JUMPS, type Layout, NODE_PORT_IPS } from "./layout.ts";
import { notFromLocalPod } from "./local-traffic.ts";
import type { RuleBody } from "./service-rules.ts";

/**
 * Adds all that does not depend on Services: the table, base chains, the chains between, sets and
 * maps. Chains that are there already lose their rules and get them anew, sets keep their elements.
 */
export function addStaticRules(
  change: Transaction,
  layout: Layout,
  settings: RoutingSettings,
): void {
  const { table } = layout;
  change.addTable({ ...table, comment: "rules for kube-proxy" });
  for (const set of Object.values(layout.containers)) change.addSet(set);
  addNodePortIps(change, layout, settings);
  for (const [chain, base] of Object.entries(BASE_CHAINS)) {
    // Deleted once: a priority that differs could not be changed.
    change.destroyChain({ ...table, chain }).addChain({ ...table, chain, base });
  }
  for (const chain of Object.values(CHAIN)) {
    change.addChain({
      ...table,
      chain,
      ...(chain === CHAIN.reject
        ? { comment: "helper for @no-endpoint-services / @no-endpoint-nodeports" }
        : {}),
    });
    change.flushChain({ ...table, chain });
  }
  for (const { from, to, isNew } of JUMPS) {
    const statements = [...(isNew ? [ctState("new")] : []), jump(to)];
    change.addRule({ ...table, chain: from, statements });
  }
  for (const [chain, rules] of staticRules(settings)) {
    for (const rule of rules) change.addRule({ ...table, chain, ...rule });
  }
}

function addNodePortIps(change: Transaction, layout: Layout, settings: RoutingSettings): void {
  const { nodePortIps } = layout;
  change.addSet(nodePortIps);
  change.flushSet(nodePortIps);
  if (settings.nodePortAddresses === "all") return;
  change.addElements(
    nodePortIps,
    settings.nodePortAddresses.map((address) => ({ key: [address] })),
  );
}

function staticRules(settings: RoutingSettings): readonly (readonly [string, RuleBody[]])[] {
  const { family, masqueradeMark } = settings;
  const { saddr, daddr } = addressSelectors(family);
  const service: readonly Selector[] = [daddr, meta.l4proto, th.dport];
  return [
    [
      CHAIN.masquerading,
      [
        {
          statements: [
            hasAnyBit(meta.mark, masqueradeMark),
            toggleMarkBits(masqueradeMark),
            masqueradeFullyRandom,
          ],
        },
        {
          // A pod that reached itself through a Service must not see its own address as the client's.
          statements: [
            ctStatus("dnat"),
            inSet([saddr, daddr, meta.l4proto, th.dport], "hairpin-connections"),
            masqueradeFullyRandom,
          ],
        },
      ],
    ],
    [CHAIN.clusterIpsCheck, clusterIpsCheck(settings)],
    [CHAIN.reject, [{ statements: [reject] }]],
    [CHAIN.serviceEndpointsCheck, [{ statements: [vmap(service, "no-endpoint-services")] }]],
    [
      CHAIN.nodePortEndpointsCheck,
      [{ statements: [...toNodePort(settings), vmap(nodePort, "no-endpoint-nodeports")] }],
    ],
    [CHAIN.firewallCheck, [{ statements: [vmap(service, "firewall-ips")] }]],
    [
      CHAIN.services,
      [
        ...masqueradeClusterIps(settings),
        { statements: [vmap(service, "service-ips")] },
        {
          statements: [
            ...(settings.nodePortAddresses === "all" ? [fibDaddrType("local")] : []),
            ...toNodePort(settings),
            vmap(nodePort, "service-nodeports"),
          ],
        },
      ],
    ],
  ];
}

const nodePort: readonly Selector[] = [meta.l4proto, th.dport];

/** Node ports are not served on the loopback address. */
function toNodePort({ family, nodePortAddresses }: RoutingSettings): readonly Statement[] {
  const { daddr } = addressSelectors(family);
  if (nodePortAddresses !== "all") return [inSet([daddr], NODE_PORT_IPS)];
  const loopback = parseCidr(family === 4 ? "127.0.0.0/8" : "::1/128");
  return loopback.ok ? [isNotIn(daddr, loopback.value)] : [];
}

function clusterIpsCheck({ family, serviceCidrs }: RoutingSettings): RuleBody[] {
  const { daddr } = addressSelectors(family);
  return [
    {
      statements: [inSet([daddr], "cluster-ips"), reject],
      comment: "Reject traffic to invalid ports of ClusterIPs",
    },
    ...(serviceCidrs.length === 0
      ? []
      : [
          {
            statements: [isInAny(daddr, serviceCidrs), drop],
            comment: "Drop traffic to unallocated ClusterIPs",
          },
        ]),
  ];
}

/** What comes from elsewhere to a cluster IP: the endpoint's answer has to come back through here. */
function masqueradeClusterIps(settings: RoutingSettings): RuleBody[] {
  const { family, masqueradeAll, localTraffic, masqueradeMark } = settings;
  const toClusterIp = inSet([addressSelectors(family).daddr], "cluster-ips");
  const masquerade = setMarkBits(masqueradeMark);
  if (masqueradeAll) {
    return [{ statements: [toClusterIp, masquerade], comment: "masquerade all clusterIP traffic" }];
  }
  if (localTraffic === undefined) return [];
  return [
    {
      statements: [toClusterIp, notFromLocalPod(localTraffic, family), masquerade],
      comment: "masquerade clusterIP traffic from outside cluster",
    },
  ];
}
