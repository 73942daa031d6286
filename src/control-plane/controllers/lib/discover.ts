import type { KubeClient, KubeObject, ResourceType } from "../../../kube/client/mod.ts";

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs?: readonly string[];
  }[];
}

interface GroupList {
  readonly groups?: readonly {
    readonly name: string;
    readonly preferredVersion?: { readonly version: string };
  }[];
}

/** What is found, and the groups that did not answer: what they serve is not known. */
export interface Discovery {
  readonly types: readonly ResourceType<KubeObject>[];
  readonly failed: readonly string[];
}

/** The kinds that the server has and whose objects can be listed and deleted, each in one version. */
export async function discover(client: KubeClient, signal: AbortSignal): Promise<Discovery> {
  const { groups = [] } = await client.read<GroupList>("/apis", { signal });
  const served = groups.flatMap(({ name, preferredVersion }) =>
    preferredVersion === undefined ? [] : [{ group: name, version: preferredVersion.version }],
  );
  const failed: string[] = [];
  const types: ResourceType<KubeObject>[] = [];
  for (const { group, version } of [{ group: "", version: "v1" }, ...served]) {
    const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const list = await client.read<ResourceList>(path, { signal }).catch(() => undefined);
    if (list === undefined) failed.push(group);
    for (const { name, kind, namespaced, verbs = [] } of list?.resources ?? []) {
      if (name.includes("/") || !["list", "delete"].every((verb) => verbs.includes(verb))) continue;
      types.push({ group, version, plural: name, kind, namespaced });
    }
  }
  return { types, failed };
}
