import { API } from "../../../kube/types/mod.ts";
import { type Cluster, type Controller, NOTHING, watch } from "../lib/mod.ts";
import { planNodeHealth } from "./plan-node-health.ts";

const LEASES = "kube-node-lease";

interface Sign {
  readonly renewed: string | undefined;
  readonly heartbeat: string | undefined;
  /** By the own clock: the node's may be another. */
  readonly seenMs: number;
}

/** Follows the signs of life of all nodes. */
export function nodeLifecycleController(): Controller {
  const signs = new Map<string, Sign>();
  return {
    name: "node",
    watches: [
      watch(API.nodes, ({ metadata }) => [metadata.name]),
      watch(API.leases, ({ metadata }) => (metadata.namespace === LEASES ? [metadata.name] : [])),
      watch(API.pods, ({ spec }) => (spec.nodeName === undefined ? [] : [spec.nodeName])),
    ],
    plan: (name, cluster) => {
      const node = cluster.get(API.nodes, name);
      if (node === undefined) {
        signs.delete(name);
        return NOTHING;
      }
      const renewed = cluster.get(API.leases, `${LEASES}/${name}`)?.spec?.renewTime;
      const heartbeat = node.status?.conditions?.find(
        ({ type, status }) => type === "Ready" && status !== "Unknown",
      )?.lastHeartbeatTime;
      const known = signs.get(name);
      const isNew = known?.renewed !== renewed || (heartbeat && known?.heartbeat !== heartbeat);
      const seenMs = known === undefined || isNew ? cluster.now : known.seenMs;
      signs.set(name, { renewed, heartbeat: heartbeat ?? known?.heartbeat, seenMs });
      const silentMs = cluster.now - seenMs;
      return planNodeHealth({ node, pods: podsOn(name, cluster), silentMs, now: cluster.now });
    },
  };
}

export function podsOn(node: string, cluster: Cluster) {
  return cluster.by(API.pods, "node", ({ spec }) => [spec.nodeName ?? ""], node);
}
