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
      `${object.kind} in version ${JSON.stringify(object.apiVersion)} cannot be handled as a ${kind.kind}: the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; this path takes ${wanted}`,
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
  if (name === "") {
    return [
      {
        reason: "FieldValueRequired",
        message: "Required value: name or generateName is required",
        field: "metadata.name",
      },
    ];
  }
  return validateName(kind, name).map((why) => ({
    reason: "FieldValueInvalid",
    message: `Invalid value: ${JSON.stringify(name)}: ${why}`,
    field: "metadata.name",
  }));
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SERVICE_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

function validateName(kind: ResourceKind, name: string): readonly string[] {
  if (kind.group === "rbac.authorization.k8s.io" || kind.plural === "ipaddresses") {
    return name === "." || name === ".." || /[/%]/.test(name) ? [`may not contain '/' or '%'`] : [];
  }
  if (kind.plural === "namespaces") return checkName(name, LABEL, { text: LABEL_TEXT, most: 63 });
  if (kind.plural === "services") {
    return checkName(name, SERVICE_LABEL, { text: SERVICE_TEXT, most: 63 });
  }
  return checkName(name, SUBDOMAIN, { text: SUBDOMAIN_TEXT, most: 253 });
}

function checkName(
  name: string,
  shape: RegExp,
  { text, most }: { readonly text: string; readonly most: number },
): readonly string[] {
  const tooLong = name.length > most ? [`must be no more than ${most} characters`] : [];
  return shape.test(name) ? tooLong : [...tooLong, text];
}
