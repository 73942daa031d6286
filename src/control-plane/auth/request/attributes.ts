import { isSuperuser, type UserInfo } from "./user-info.ts";

/** A request for objects. Empty text where a part is absent; `namespace` "" is the cluster's scope. */
export interface ResourceAttributes {
  readonly kind: "resource";
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** `field=value` pairs that must all hold; other requirements are left out. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** A request for a path that is no resource; the verb is the method in lower case. */
export interface PathAttributes {
  readonly kind: "path";
  readonly verb: string;
  readonly path: string;
}

/** What is asked for. */
export type Attributes = ResourceAttributes | PathAttributes;

/** `reason` is for the answer and the log; empty where there is nothing to say. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Decides on its own; `allowed: false` means no opinion, so that the next one is asked. */
export interface Authorizer {
  decide(user: UserInfo, attributes: Attributes): Decision;
}

/**
 * Asks one after another until one allows; the reasons of those that do not are told together.
 * Members of system:masters may do everything, whatever is stored.
 */
export function firstAllowing(authorizers: readonly Authorizer[]): Authorizer {
  return {
    decide(user, attributes) {
      if (isSuperuser(user)) return { allowed: true, reason: "" };
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const decision = authorizer.decide(user, attributes);
        if (decision.allowed) return decision;
        if (decision.reason !== "") reasons.push(decision.reason);
      }
      return { allowed: false, reason: reasons.join(", ") };
    },
  };
}

/** Attributes of a resource request from the parts that matter. */
export function resourceAttributes(
  parts: Partial<ResourceAttributes> & Pick<ResourceAttributes, "verb" | "resource">,
): ResourceAttributes {
  return {
    kind: "resource",
    group: "",
    version: "v1",
    subresource: "",
    namespace: "",
    name: "",
    ...parts,
  };
}

/** `pods`, `pods/log`: as rules have it. */
export function combinedResource(attributes: ResourceAttributes): string {
  const { resource, subresource } = attributes;
  return subresource === "" ? resource : `${resource}/${subresource}`;
}

/** The `field=value` pairs of a field selector; what is not an equation is left out. */
export function requiredFields(selector: string | null | undefined): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const term of (selector ?? "").split(",")) {
    const [, field, value] = /^([^=!]+)==?([^=]*)$/.exec(term) ?? [];
    if (field !== undefined && value !== undefined) fields[field] = value;
  }
  return fields;
}

/** The API server's message for a request that is refused. */
export function forbiddenMessage(user: UserInfo, attributes: Attributes, reason: string): string {
  const because = reason === "" ? "" : `: ${reason}`;
  const who = `User ${JSON.stringify(user.name)}`;
  if (attributes.kind === "path") {
    return `forbidden: ${who} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}${because}`;
  }
  const { verb, group, namespace, name, resource } = attributes;
  const scope =
    namespace === "" ? " at the cluster scope" : ` in the namespace ${JSON.stringify(namespace)}`;
  const qualified = group === "" ? resource : `${resource}.${group}`;
  const object = name === "" ? "" : ` ${JSON.stringify(name)}`;
  return `${qualified}${object} is forbidden: ${who} cannot ${verb} resource "${combinedResource(attributes)}" in API group "${group}"${scope}${because}`;
}
