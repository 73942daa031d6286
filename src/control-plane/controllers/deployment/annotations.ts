import type { Deployment, ReplicaSet } from "../../../kube/types/mod.ts";

export const REVISION = "deployment.kubernetes.io/revision";
const HISTORY = "deployment.kubernetes.io/revision-history";
const DESIRED = "deployment.kubernetes.io/desired-replicas";
const MAX = "deployment.kubernetes.io/max-replicas";

/** A Deployment's annotations that say nothing about its ReplicaSets. */
const OWN: readonly string[] = [
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  HISTORY,
  DESIRED,
  MAX,
  "deprecated.deployment.rollback.to",
];

/** As long as the list of former revisions may be. */
const MAX_HISTORY = 2000;

export type Annotations = Readonly<Record<string, string>>;

/** The number of an annotation; undefined where it has none. */
function numberOf(set: ReplicaSet, name: string): number | undefined {
  const text = set.metadata.annotations?.[name];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

export function revisionOf({ metadata }: ReplicaSet): bigint {
  return parseRevision(metadata.annotations?.[REVISION]);
}

function parseRevision(text: string | undefined): bigint {
  return text !== undefined && /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
}

/** The size of the Deployment when the set was last scaled. */
export function desiredReplicas(set: ReplicaSet): number | undefined {
  return numberOf(set, DESIRED);
}

/** The same with the surge. */
export function maxReplicas(set: ReplicaSet): number | undefined {
  return numberOf(set, MAX);
}

export function withReplicas(annotations: Annotations, desired: number, max: number): Annotations {
  return { ...annotations, [DESIRED]: String(desired), [MAX]: String(max) };
}

/**
 * The annotations of the set that has the Deployment's template: the Deployment's, and the revision,
 * which only rises. A revision that it had before joins the history.
 */
export function newestAnnotations(
  deployment: Deployment,
  current: Annotations | undefined,
  revision: bigint,
): Annotations {
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([name]) => !OWN.includes(name),
  );
  const annotations = { ...current, ...Object.fromEntries(inherited) };
  const before = current?.[REVISION];
  if (before !== undefined && !/^\d+$/.test(before)) return annotations;
  if (parseRevision(before) >= revision) return annotations;
  return {
    ...annotations,
    [REVISION]: String(revision),
    ...(before === undefined ? {} : { [HISTORY]: addToHistory(current?.[HISTORY], before) }),
  };
}

function addToHistory(history: string | undefined, revision: string): string {
  const all = [...(history ?? "").split(",").filter((one) => one !== ""), revision];
  while (all.length > 1 && all.join(",").length > MAX_HISTORY) all.shift();
  return all.join(",");
}
