import type { JsonObject } from "../../objects/mod.ts";
import {
  groupVersion,
  KINDS,
  type ResourceKind,
  type SubresourceKind,
  singular,
} from "../../resources/mod.ts";

/** The groups in the order of the table; the core group is the empty one. */
function groups(): readonly string[] {
  return [...new Set(KINDS.map(({ group }) => group))];
}

function versionsOf(group: string): readonly string[] {
  return [...new Set(KINDS.filter((kind) => kind.group === group).map(({ version }) => version))];
}

function kindsOf(group: string, version: string): readonly ResourceKind[] {
  return KINDS.filter((kind) => kind.group === group && kind.version === version);
}

/** `/api`: the versions of the core group, and where the server is reached. */
export function coreVersions(serverAddress: string): JsonObject {
  return {
    kind: "APIVersions",
    versions: [...versionsOf("")],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
}

/** `/apis`: every group with its versions. */
export function groupList(): JsonObject {
  const named = groups().filter((group) => group !== "");
  return {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: named.map((group) => groupEntry(group)),
  };
}

function groupEntry(name: string): JsonObject {
  const versions = versionsOf(name).map((version) => ({
    groupVersion: groupVersion({ group: name, version }),
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

/** `/apis/GROUP`; undefined where there is no such group. */
export function oneGroup(group: string): JsonObject | undefined {
  if (group === "" || versionsOf(group).length === 0) return undefined;
  return { kind: "APIGroup", apiVersion: "v1", ...groupEntry(group) };
}

/** `/api/v1`, `/apis/GROUP/VERSION`; undefined where there is no such version. */
export function resourceList(group: string, version: string): JsonObject | undefined {
  const kinds = kindsOf(group, version);
  if (kinds.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: groupVersion({ group, version }),
    resources: kinds.flatMap((kind) => [
      resourceEntry(kind),
      ...kind.subresources.map((part) => subresourceEntry(kind, part)),
    ]),
  };
}

function resourceEntry(kind: ResourceKind): JsonObject {
  return {
    ...{ name: kind.plural, singularName: singular(kind), namespaced: kind.namespaced },
    ...{ kind: kind.kind, verbs: [...kind.verbs] },
    ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
    ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
  };
}

function subresourceEntry({ plural, namespaced }: ResourceKind, part: SubresourceKind): JsonObject {
  return {
    ...{ name: `${plural}/${part.name}`, singularName: "", namespaced },
    ...(part.group === undefined ? {} : { group: part.group, version: part.version }),
    ...{ kind: part.kind, verbs: [...part.verbs] },
  };
}

/** `/api` and `/apis` at once (apidiscovery.k8s.io/v2): everything below one of the two. */
export function aggregatedDiscovery(root: "api" | "apis"): JsonObject {
  const shown = groups().filter((group) => (group === "") === (root === "api"));
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: shown.map((group) => ({
      metadata: group === "" ? {} : { name: group },
      versions: versionsOf(group).map((version) => ({
        version,
        resources: kindsOf(group, version).map(discoveredResource),
        freshness: "Current",
      })),
    })),
  };
}

function discoveredResource(kind: ResourceKind): JsonObject {
  const parts = kind.subresources.map((part) => ({
    subresource: part.name,
    responseKind: {
      ...{ group: part.group ?? "", version: part.version ?? "", kind: part.kind },
    },
    verbs: [...part.verbs],
  }));
  return {
    resource: kind.plural,
    responseKind: { group: "", version: "", kind: kind.kind },
    scope: kind.namespaced ? "Namespaced" : "Cluster",
    singularResource: singular(kind),
    verbs: [...kind.verbs],
    ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
    ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
    ...(parts.length === 0 ? {} : { subresources: parts }),
  };
}
