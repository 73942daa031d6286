/** The verbs of a resource in discovery. */
export type Verb =
  | "create"
  | "delete"
  | "deletecollection"
  | "get"
  | "list"
  | "patch"
  | "update"
  | "watch";

/** A part of an object with a path of its own. */
export interface SubresourceKind {
  readonly name: string;
  /** The kind of its bodies; a group and version only where they are not the resource's own. */
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly Verb[];
}

/** A kind as it is served under one group and version. */
export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  readonly subresources: readonly SubresourceKind[];
  /** Under which name objects are stored: the same for two groups that serve the same objects. */
  readonly storedAs: string;
  /** False for requests that are answered and forgotten, such as reviews. */
  readonly isStored: boolean;
  /** The id of its schema: `io.k8s.api.core.v1.Pod`. */
  readonly definition: string;
}

/** What a row of the table says besides the kind's name. */
export interface KindRow {
  /** The plural, then short names. */
  readonly names: string;
  readonly scope: "Namespaced" | "Cluster";
  /** Also listed by `kubectl get all`. */
  readonly all?: true;
  readonly verbs?: readonly Verb[];
  readonly subresources?: readonly SubresourceKind[];
  readonly storedAs?: string;
}

const ALL_VERBS: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

/** The kinds of one group and version. */
export function groupKinds(
  group: string,
  version: string,
  rows: Readonly<Record<string, KindRow>>,
): readonly ResourceKind[] {
  return Object.entries(rows).map(([kind, row]) => {
    const [plural = "", ...shortNames] = row.names.split(" ");
    const verbs = row.verbs ?? ALL_VERBS;
    return {
      group,
      version,
      kind,
      plural,
      namespaced: row.scope === "Namespaced",
      shortNames,
      categories: row.all === true ? ["all"] : [],
      verbs,
      subresources: row.subresources ?? [],
      storedAs: row.storedAs ?? (group === "" ? plural : `${group}/${plural}`),
      isStored: verbs.includes("get"),
      definition: definitionId(group, version, kind),
    };
  });
}

/** `v1`, `apps/v1`. */
export function groupVersion(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

/** The name of one object in discovery and in kubectl's messages. */
export function singular(kind: ResourceKind): string {
  return kind.kind.toLowerCase();
}

/** The id of a kind's schema: `io.k8s.api.apps.v1.Deployment`. */
export function definitionId(group: string, version: string, kind: string): string {
  return `io.k8s.api.${group.split(".")[0] || "core"}.${version}.${kind}`;
}
