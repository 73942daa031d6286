import type { Pod } from "../../../kube/types/mod.ts";
import { podRequests } from "../../model/mod.ts";
import { type Filter, passing } from "../cycle.ts";

/** Enough of every resource, and room for one more pod. */
export const resources: Filter = (pod) => {
  const wanted = [...podRequests(pod)].filter(([, amount]) => amount > 0);
  return ({ pods, allocatable, requested }) => {
    const reasons: string[] = [];
    let isFinal = true;
    if (pods.length + 1 > (allocatable.get("pods") ?? 0)) {
      reasons.push("Too many pods");
      isFinal = false;
    }
    for (const [name, amount] of wanted) {
      const total = allocatable.get(name) ?? 0;
      if (amount <= total - (requested.get(name) ?? 0)) continue;
      reasons.push(`Insufficient ${name}`);
      // More than the node has at all: no departure helps.
      if (amount <= total) isFinal = false;
      else return { reasons, isFinal: true };
    }
    return reasons.length === 0 ? undefined : { reasons, isFinal };
  };
};

interface HostPort {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
}

/** No port of the node twice. */
export const hostPorts: Filter = (pod) => {
  const wanted = portsOf(pod);
  return ({ pods }) => {
    if (wanted.length === 0) return undefined;
    const taken = pods.flatMap(portsOf);
    const isTaken = wanted.some((one) => taken.some((other) => collide(one, other)));
    return isTaken
      ? passing("node(s) didn't have free ports for the requested pod ports")
      : undefined;
  };
};

function portsOf(pod: Pod): readonly HostPort[] {
  const sidecars = (pod.spec.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === "Always",
  );
  return [...pod.spec.containers, ...sidecars]
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ hostPort = 0 }) => hostPort > 0)
    .map(({ hostIP = "", hostPort = 0, protocol = "TCP" }) => ({
      ip: hostIP === "" ? "0.0.0.0" : hostIP,
      port: hostPort,
      protocol,
    }));
}

function collide(one: HostPort, other: HostPort): boolean {
  if (one.port !== other.port || one.protocol !== other.protocol) return false;
  return one.ip === other.ip || one.ip === "0.0.0.0" || other.ip === "0.0.0.0";
}
