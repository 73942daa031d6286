import type { Container, Pod } from "../api/mod.ts";

/** A ResourceClaim of a pod; `owned` where it must have been made for the pod alone. */
export interface ClaimName {
  /** The name in spec.resourceClaims; undefined for what extended resources have become. */
  readonly entry: string | undefined;
  readonly name: string;
  readonly owned: boolean;
}

/** Pure: the claims of a pod; those that need no object are left out. Throws where one is not there yet. */
export function claimNames(pod: Pod): readonly ClaimName[] {
  const { spec, status, metadata } = pod;
  const names = (spec.resourceClaims ?? []).flatMap((entry): ClaimName[] => {
    const { resourceClaimName: given, resourceClaimTemplateName: template } = entry;
    if (given !== undefined) return [{ entry: entry.name, name: given, owned: false }];
    if (template === undefined) {
      throw new Error(`spec.resourceClaims "${entry.name}" names neither a claim nor a template`);
    }
    const made = status?.resourceClaimStatuses?.find(({ name }) => name === entry.name);
    if (made === undefined) {
      throw new Error(
        `pod "${metadata.namespace}/${metadata.name}": ResourceClaim not created yet`,
      );
    }
    const name = made.resourceClaimName;
    return name === undefined ? [] : [{ entry: entry.name, name, owned: true }];
  });
  const extended = status?.extendedResourceClaimStatus;
  if (extended === undefined) return names;
  return [...names, { entry: undefined, name: extended.resourceClaimName, owned: false }];
}

/** Pure: the requests that a container has of each claim, by the claim's name; "" stands for all of them. */
export function containerRequests(
  pod: Pod,
  container: Container,
): ReadonlyMap<string, readonly string[]> {
  const requests = new Map<string, string[]>();
  const add = (claim: string, request: string): void => {
    requests.set(claim, [...(requests.get(claim) ?? []), request]);
  };
  // cast: the package of types is older than the field `request`
  const claimed = container.resources?.claims as
    | readonly { readonly name: string; readonly request?: string }[]
    | undefined;
  for (const { entry, name } of claimNames(pod)) {
    for (const claim of claimed ?? []) {
      if (claim.name === entry) add(name, claim.request ?? "");
    }
  }
  const extended = pod.status?.extendedResourceClaimStatus;
  for (const mapping of extended?.requestMappings ?? []) {
    if (extended === undefined || mapping.containerName !== container.name) continue;
    add(extended.resourceClaimName, mapping.requestName);
  }
  return requests;
}
