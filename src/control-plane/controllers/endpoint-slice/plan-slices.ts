import type { Endpoint } from "kubernetes-types/discovery/v1";
import type { KubeObject, OwnerReference } from "../../../kube/client/mod.ts";
import { API, type EndpointSlice } from "../../../kube/types/mod.ts";
import { generateName } from "../../model/mod.ts";
import type { Write } from "../lib/mod.ts";
import { type EndpointGroup, type EndpointWithHints, portsKey } from "./desired-endpoints.ts";

/** As many endpoints a slice has at most. */
const MAX_ENDPOINTS = 100;

export const SERVICE_NAME = "kubernetes.io/service-name";
export const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";

export interface SliceInput {
  /** The Service, or the Endpoints that are mirrored. */
  readonly owner: KubeObject;
  readonly ownerReference: OwnerReference;
  readonly groups: readonly EndpointGroup[];
  /** The slices that this controller has made for the owner. */
  readonly slices: readonly EndpointSlice[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Brings the slices up to date with as few writes as can be: an endpoint stays in the slice where it
 * is, new ones go to slices that change anyway, then to the fullest with room, then to a new one.
 */
export function planSlices(input: SliceInput): readonly Write[] {
  const left = new Set(input.slices);
  const writes = input.groups.flatMap((group) => {
    const mine = [...left].filter(
      ({ addressType, ports }) =>
        addressType === group.addressType && portsKey(ports) === portsKey(group.ports),
    );
    for (const slice of mine) left.delete(slice);
    return planGroup(input, group, mine);
  });
  const gone = [...left]
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((slice): Write => ({ verb: "delete", type: API.endpointSlices, object: slice }));
  return [...writes, ...gone];
}

interface Draft {
  readonly slice: EndpointSlice;
  readonly endpoints: EndpointWithHints[];
  isChanged: boolean;
}

function planGroup(
  input: SliceInput,
  group: EndpointGroup,
  slices: readonly EndpointSlice[],
): readonly Write[] {
  const wanted = new Map(group.endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const drafts = slices.map((slice) => draftOf(input, slice, wanted));
  place([...wanted.values()], drafts);
  const isEmpty = group.endpoints.length === 0;
  // A Service without endpoints keeps one slice that says so.
  const kept = isEmpty
    ? drafts.slice(0, 1)
    : drafts.filter(({ endpoints }) => endpoints.length > 0);
  const placed = new Set(kept.flatMap(({ endpoints }) => endpoints.map(identityOf)));
  const rest = group.endpoints.filter((endpoint) => !placed.has(identityOf(endpoint)));
  const writes = kept
    .filter(({ isChanged }) => isChanged)
    .map(
      (draft): Write => ({
        verb: "update",
        type: API.endpointSlices,
        object: result(input, draft),
      }),
    );
  for (
    let at = 0;
    at < rest.length || (isEmpty && kept.length === 0 && at === 0);
    at += MAX_ENDPOINTS
  ) {
    const endpoints = rest.slice(at, at + MAX_ENDPOINTS);
    writes.push({
      verb: "create",
      type: API.endpointSlices,
      object: newSlice(input, group, endpoints),
    });
  }
  const deleted = drafts.filter((draft) => !kept.includes(draft));
  return [
    ...writes,
    ...deleted.map(
      ({ slice }): Write => ({
        verb: "delete",
        type: API.endpointSlices,
        object: slice,
      }),
    ),
  ];
}

/** The slice with what is still wanted of its endpoints; takes these from `wanted`. */
function draftOf(
  { labels, annotations }: SliceInput,
  slice: EndpointSlice,
  wanted: Map<string, EndpointWithHints>,
): Draft {
  const hasSame = Bun.deepEquals(slice.metadata.labels ?? {}, labels);
  const current = slice.metadata.annotations ?? {};
  let isChanged = !hasSame || (annotations !== undefined && !Bun.deepEquals(current, annotations));
  const endpoints: EndpointWithHints[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    const next = wanted.get(identityOf(endpoint));
    wanted.delete(identityOf(endpoint));
    if (next !== undefined) endpoints.push(next);
    if (next === undefined || !isSame(next, endpoint)) isChanged = true;
  }
  return { slice, endpoints, isChanged };
}

/** Fills the slices that have room with new endpoints; what finds none is left over. */
function place(endpoints: readonly EndpointWithHints[], drafts: readonly Draft[]): void {
  const byRoom = [...drafts].sort(
    (one, other) =>
      Number(other.isChanged) - Number(one.isChanged) ||
      other.endpoints.length - one.endpoints.length,
  );
  const rest = [...endpoints];
  for (const draft of byRoom) {
    const taken = rest.splice(0, MAX_ENDPOINTS - draft.endpoints.length);
    if (taken.length === 0) continue;
    draft.endpoints.push(...taken);
    draft.isChanged = true;
  }
}

function result({ labels, annotations }: SliceInput, { slice, endpoints }: Draft): KubeObject {
  const metadata = {
    ...slice.metadata,
    labels,
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { ...slice, metadata, endpoints: [...endpoints] } as KubeObject; // cast: hints are newer than the types
}

function newSlice(
  { owner, ownerReference, labels, annotations }: SliceInput,
  { addressType, ports }: EndpointGroup,
  endpoints: readonly EndpointWithHints[],
): KubeObject {
  const { name, namespace } = owner.metadata;
  const slice = {
    metadata: {
      generateName: `${name}-`,
      name: generateName(`${name}-`),
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [ownerReference],
    },
    addressType,
    ports: [...ports],
    endpoints: [...endpoints],
  };
  return slice;
}

function identityOf({ targetRef, addresses }: Endpoint | EndpointWithHints): string {
  return targetRef?.uid ?? `${targetRef?.name ?? ""}/${addresses.join()}`;
}

function isSame(one: EndpointWithHints, other: Endpoint): boolean {
  return Bun.deepEquals(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
}
