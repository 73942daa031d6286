import { randomUUID } from "node:crypto";
import {
  type ApiObject,
  formatTime,
  type Metadata,
  refusals,
  type StatusCause,
} from "../../objects/mod.ts";
import { groupVersion, type ResourceKind } from "../../resources/mod.ts";
import type { ResourceInfo } from "../request-info.ts";
import { breaches, invalid, LABEL, required, SUBDOMAIN } from "../validation/mod.ts";

/** What the server alone writes; a user's value is put back to the old one. */
const OWNED = [
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generation",
] as const satisfies readonly (keyof Metadata)[];

/** Letters that make no words: as upstream's generated names. */
const NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
const MAX_BASE = 58;

/** `generateName` with five random letters. */
export function generateName(base: string): string {
  const letters = Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) =>
    NAME_LETTERS.charAt(byte % NAME_LETTERS.length),
  );
  return base.slice(0, MAX_BASE) + letters.join("");
}

/** The metadata of a new object. */
export function newMetadata(
  { metadata }: ApiObject,
  { kind, namespace }: ResourceInfo,
  now: number,
): Metadata {
  const { resourceVersion: _, managedFields, selfLink: __, ...rest } = metadata;
  for (const field of OWNED) delete rest[field];
  const name = rest.name || (rest.generateName ? generateName(rest.generateName) : undefined);
  return {
    ...(name === undefined ? {} : { name }),
    ...(rest.generateName ? { generateName: rest.generateName } : {}),
    ...(kind.namespaced ? { namespace } : {}),
    uid: randomUUID(),
    creationTimestamp: formatTime(now),
    ...withoutEmpty(rest, ["name", "generateName", "namespace"]),
    // A user's own is taken where it comes from an apply alone.
    ...(managedFields === undefined ? {} : { managedFields }),
  };
}

/** The metadata of a changed object: what the server owns stays as it was. */
export function changedMetadata({ metadata }: ApiObject, old: ApiObject): Metadata {
  const changed: Metadata = { ...metadata };
  delete changed["selfLink"];
  for (const field of OWNED) {
    if (old.metadata[field] === undefined) delete changed[field];
    else Object.assign(changed, { [field]: old.metadata[field] });
  }
  const { name, generateName, namespace } = old.metadata;
  Object.assign(changed, { name }, generateName && { generateName }, namespace && { namespace });
  return withoutEmpty(changed, []);
}

/** Empty maps and lists are left out, as they are upstream. */
function withoutEmpty(metadata: Metadata, without: readonly string[]): Metadata {
  const kept = Object.entries(metadata).filter(([key, value]) => {
    if (without.includes(key) || value === undefined || value === null) return false;
    return typeof value !== "object" || Object.keys(value).length > 0;
  });
  return Object.fromEntries(kept);
}

/** Checks that a body is an object of the kind that the path names, for the path's namespace. */
export function checkBody(body: unknown, info: ResourceInfo): ApiObject {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw refusals.badRequest("the body of the request is not an object");
  }
  const { kind, namespace } = info;
  // cast: only JSON is read, and it is an object; its fields are checked below
  const object = body as Partial<ApiObject>;
  const wanted = groupVersion(kind);
  if (object.kind === undefined) object.kind = kind.kind;
  if (object.apiVersion === undefined) object.apiVersion = wanted;
  if (object.kind !== kind.kind || object.apiVersion !== wanted) {
    throw refusals.badRequest(
      `${object.kind} in version ${JSON.stringify(object.apiVersion)} cannot be handled as a ${kind.kind}: no kind ${JSON.stringify(object.kind)} is registered for version ${JSON.stringify(object.apiVersion)} at this path`,
    );
  }
  const metadata: unknown = object.metadata ?? {};
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw refusals.badRequest("metadata must be an object");
  }
  // cast: as above; a wrong type below is named by the schema's check
  object.metadata = metadata as Metadata;
  checkNamespace(object.metadata, info, namespace);
  // cast: kind, apiVersion and metadata are there now
  return object as ApiObject;
}

function checkNamespace(metadata: Metadata, { kind }: ResourceInfo, namespace: string): void {
  if (!kind.namespaced) {
    delete metadata.namespace;
    return;
  }
  if (
    metadata.namespace !== undefined &&
    metadata.namespace !== "" &&
    metadata.namespace !== namespace
  ) {
    throw refusals.badRequest(
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  }
  metadata.namespace = namespace;
}

/** Why an object's metadata cannot be stored. */
export function validateMetadata({ metadata }: ApiObject, kind: ResourceKind): StatusCause[] {
  const { name = "" } = metadata;
  if (name === "") return [required("metadata.name", "name or generateName is required")];
  return nameBreaches(kind, name).map((why) => invalid("metadata.name", name, why));
}

/** Kinds whose names only have to fit into a path. */
const FREELY_NAMED = ["certificatesigningrequests", "ipaddresses"];

function nameBreaches(kind: ResourceKind, name: string): readonly string[] {
  if (kind.group === "rbac.authorization.k8s.io" || FREELY_NAMED.includes(kind.plural)) {
    const isPath = name === "." || name === ".." || /[/%]/.test(name);
    return isPath ? ["may not contain '/' or '%'"] : [];
  }
  const isLabel = kind.plural === "namespaces" || kind.plural === "services";
  return breaches(name, isLabel ? LABEL : SUBDOMAIN);
}
