import { hostPorts, portsConflict } from "../../../kube/scheduling/mod.ts";
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

/** No port of the node twice. */
export const freePorts: Filter = (pod) => {
  const wanted = hostPorts(pod.spec);
  return ({ pods }) => {
    if (wanted.length === 0) return undefined;
    const taken = pods.flatMap(({ spec }) => hostPorts(spec));
    return portsConflict(wanted, taken)
      ? passing("node(s) didn't have free ports for the requested pod ports")
      : undefined;
  };
};
