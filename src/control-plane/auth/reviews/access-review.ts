import type { ReviewHandler } from "../../api/mod.ts";
import {
  type ApiObject,
  isObject,
  type JsonObject,
  listAt,
  objectAt,
  objectsAt,
  refusals,
  type StatusCause,
  textAt,
  valueAt,
} from "../../objects/mod.ts";
import {
  type Attributes,
  type Authorizer,
  requiredFields,
  resourceAttributes,
  type UserInfo,
} from "../request/mod.ts";
import { reviewUser } from "./review-user.ts";

const GROUP = "authorization.k8s.io";

/** SubjectAccessReview, and LocalSubjectAccessReview in its namespace: may somebody do something? */
export function subjectAccessReview(authorizer: Authorizer): ReviewHandler {
  return async ({ object, namespace, kind }) => {
    const spec = objectAt(object, "spec");
    const user = reviewUser(spec, textAt(spec, "user"));
    const causes = [
      ...attributeCauses(spec),
      ...(namespace === "" ? [] : localCauses(spec, namespace)),
    ];
    if (user.name === "" && user.groups.length === 0) {
      causes.push(invalid("spec.user", "", "at least one of user or group must be specified"));
    }
    refuse(kind.kind, causes);
    return answer(object, authorizer, user);
  };
}

/** SelfSubjectAccessReview: may the caller do something? */
export function selfSubjectAccessReview(authorizer: Authorizer): ReviewHandler {
  return async ({ object, user, kind }) => {
    refuse(kind.kind, attributeCauses(objectAt(object, "spec")));
    return answer(object, authorizer, user);
  };
}

/** What a review's spec asks for; its fields are of any type until here. */
export function attributesOfSpec(spec: JsonObject): Attributes {
  const path = valueAt(spec, "nonResourceAttributes");
  if (isObject(path))
    return { kind: "path", verb: textAt(path, "verb"), path: textAt(path, "path") };
  const asked = objectAt(spec, "resourceAttributes");
  const text = (field: string): string => textAt(asked, field);
  return resourceAttributes({
    ...{ verb: text("verb"), group: text("group"), version: text("version") || "*" },
    ...{ resource: text("resource"), subresource: text("subresource") },
    ...{ namespace: text("namespace"), name: text("name"), fields: fieldsOf(asked) },
  });
}

function fieldsOf(asked: JsonObject): Record<string, string> {
  const raw = textAt(asked, "fieldSelector", "rawSelector");
  const listed = objectsAt(asked, "fieldSelector", "requirements").flatMap((one) => {
    const [value, ...more] = listAt(one, "values");
    const isEquation = textAt(one, "operator") === "In" && more.length === 0;
    return isEquation && typeof value === "string" ? [[textAt(one, "key"), value] as const] : [];
  });
  return raw === "" ? Object.fromEntries(listed) : requiredFields(raw);
}

function answer(object: ApiObject, authorizer: Authorizer, user: UserInfo): ApiObject {
  const { allowed, reason } = authorizer.decide(user, attributesOfSpec(objectAt(object, "spec")));
  return { ...object, status: { allowed, ...(reason === "" ? {} : { reason }) } };
}

function attributeCauses(spec: JsonObject): StatusCause[] {
  const [resource, path] = ["resourceAttributes", "nonResourceAttributes"].map((field) =>
    isObject(valueAt(spec, field)),
  );
  if (resource && path) {
    return [
      invalid(
        "spec.nonResourceAttributes",
        {},
        "cannot be specified in combination with resourceAttributes",
      ),
    ];
  }
  if (resource || path) return [];
  return [
    invalid(
      "spec.resourceAttributes",
      null,
      "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    ),
  ];
}

function localCauses(spec: JsonObject, namespace: string): StatusCause[] {
  if (isObject(valueAt(spec, "nonResourceAttributes"))) {
    return [invalid("spec.nonResourceAttributes", {}, "disallowed on this kind of request")];
  }
  const asked = textAt(spec, "resourceAttributes", "namespace");
  if (asked === namespace) return [];
  return [invalid("spec.resourceAttributes.namespace", asked, "must match metadata.namespace")];
}

function invalid(field: string, value: unknown, why: string): StatusCause {
  return {
    ...{ field, reason: "FieldValueInvalid" },
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  };
}

function refuse(kind: string, causes: readonly StatusCause[]): void {
  if (causes.length > 0) throw refusals.invalid({ group: GROUP, resource: kind, name: "" }, causes);
}
