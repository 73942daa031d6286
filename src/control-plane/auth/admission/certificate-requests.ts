import { SIGNER } from "../../../kube/certificate-requests/mod.ts";
import { isSignedByItsKey, readRequest } from "../../../kube/pki/mod.ts";
import type { Admission, AdmissionRequest } from "../../api/mod.ts";
import {
  type ApiObject,
  formatTime,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  refusals,
  textAt,
} from "../../objects/mod.ts";
import { type Authorizer, resourceAttributes } from "../request/mod.ts";
import { forbid, resourceName } from "./refuse.ts";

const RESOURCE = "certificatesigningrequests.certificates.k8s.io";
const DECISIONS = ["Approved", "Denied"];

/**
 * Certificate signing requests are written once: who asks is the server's to say, only those who
 * may approve write the decision, and only those who may sign write the certificate.
 */
export function certificateRequests(authorizer: Authorizer, now: () => number): Admission {
  return async (request) => {
    const { object, old, operation, kind, subresource } = request;
    if (resourceName(kind) !== RESOURCE || object === undefined) return object;
    if (operation === "CREATE") return await admitNew(request, object);
    if (operation !== "UPDATE" || old === undefined) return object;
    if (subresource === "approval") {
      checkSigner(authorizer, request, { verb: "approve", what: "approve" });
      return withDecision(request, { object, old, now: now() });
    }
    if (subresource === "status") {
      checkSigner(authorizer, request, { verb: "sign", what: "sign" });
      return withCertificate(object, old);
    }
    return withSpecAndStatus(object, old);
  };
}

async function admitNew(request: AdmissionRequest, object: ApiObject): Promise<ApiObject> {
  const { user } = request;
  const spec = objectAt(object, "spec");
  const signerName = textAt(spec, "signerName");
  const parsed = readRequest(textAt(spec, "request"));
  const isValid = parsed.ok && (await isSignedByItsKey(parsed.value));
  const why = parsed.ok ? "it is not signed by its own key" : parsed.error;
  const seconds = numberAt(spec, "expirationSeconds");
  const causes = [
    ...(isValid ? [] : [cause("spec.request", `Invalid value: ${why}`)]),
    ...(signerName.includes("/") ? [] : [cause("spec.signerName", "Required value")]),
    ...(listAt(spec, "usages").length > 0 ? [] : [cause("spec.usages", "Required value")]),
    ...(seconds === undefined || seconds >= 600
      ? []
      : [
          cause(
            "spec.expirationSeconds",
            `Invalid value: ${seconds}: may not specify a duration less than 600 seconds (10 minutes)`,
          ),
        ]),
  ];
  const name = object.metadata.name ?? "";
  if (causes.length > 0) {
    throw refusals.invalid(
      { group: request.kind.group, resource: request.kind.kind, name },
      causes,
    );
  }
  const isOfMasters = parsed.ok && parsed.value.organizations.includes("system:masters");
  if (signerName === SIGNER.client && isOfMasters) {
    throw forbid(
      request,
      `use of ${SIGNER.client} signer with system:masters group is not allowed`,
    );
  }
  const { username: _, uid: __, groups: ___, extra: ____, ...asked } = spec;
  const extra = Object.entries(user.extra ?? {}).map(([key, values]): [string, string[]] => [
    key,
    [...values],
  ]);
  object["spec"] = {
    ...asked,
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: [...user.groups] }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
  delete object["status"];
  return object;
}

function cause(field: string, message: string) {
  const reason = message === "Required value" ? "FieldValueRequired" : "FieldValueInvalid";
  return { field, message, reason };
}

/** The right for a signer's name, or for all of its domain: `kubernetes.io/*`. */
function checkSigner(
  authorizer: Authorizer,
  request: AdmissionRequest,
  { verb, what }: { readonly verb: string; readonly what: string },
): void {
  const signerName = textAt(request.old, "spec", "signerName");
  const domain = `${signerName.slice(0, signerName.indexOf("/"))}/*`;
  const isAllowed = [signerName, domain].some(
    (name) =>
      authorizer.decide(
        request.user,
        resourceAttributes({
          ...{ verb, group: "certificates.k8s.io", version: "*", resource: "signers", name },
        }),
      ).allowed,
  );
  if (isAllowed) return;
  throw forbid(
    request,
    `user not permitted to ${what} requests with signerName ${JSON.stringify(signerName)}`,
  );
}

/** /approval writes conditions and nothing else; a decision that was made stays. */
function withDecision(
  request: AdmissionRequest,
  {
    object,
    old,
    now,
  }: { readonly object: ApiObject; readonly old: ApiObject; readonly now: number },
): ApiObject {
  const before = objectsAt(old, "status", "conditions");
  const conditions = objectsAt(object, "status", "conditions").map((one) =>
    dated(one, before, now),
  );
  const types = new Set(conditions.map((one) => textAt(one, "type")));
  const isUndone = before.some(
    (one) => DECISIONS.includes(textAt(one, "type")) && !types.has(textAt(one, "type")),
  );
  if (isUndone || DECISIONS.every((type) => types.has(type))) {
    const { group, kind } = request.kind;
    const message = isUndone
      ? "Forbidden: updates may not remove a condition of type Approved or Denied"
      : "Invalid value: Approved and Denied conditions are mutually exclusive";
    throw refusals.invalid({ group, resource: kind, name: request.name }, [
      { field: "status.conditions", message, reason: "FieldValueInvalid" },
    ]);
  }
  const made = withSpecAndStatus(object, old);
  made["status"] = { ...objectAt(old, "status"), conditions };
  return made;
}

function dated(condition: JsonObject, before: readonly JsonObject[], now: number): JsonObject {
  const time = formatTime(now);
  const known = before.find(
    (one) => one["type"] === condition["type"] && one["status"] === condition["status"],
  );
  const { lastUpdateTime, lastTransitionTime, ...rest } = condition;
  return {
    ...rest,
    lastUpdateTime: lastUpdateTime ?? time,
    lastTransitionTime: lastTransitionTime ?? known?.["lastTransitionTime"] ?? time,
  };
}

/** /status writes the certificate and other conditions; decisions stay as they were. */
function withCertificate(object: ApiObject, old: ApiObject): ApiObject {
  const isDecision = (one: JsonObject): boolean => DECISIONS.includes(textAt(one, "type"));
  const conditions = [
    ...objectsAt(old, "status", "conditions").filter(isDecision),
    ...objectsAt(object, "status", "conditions").filter((one) => !isDecision(one)),
  ];
  const before = objectAt(old, "status");
  const certificate = textAt(before, "certificate") || textAt(object, "status", "certificate");
  const made = withSpecAndStatus(object, old);
  made["status"] = {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(certificate === "" ? {} : { certificate }),
  };
  return made;
}

function withSpecAndStatus(object: ApiObject, old: ApiObject): ApiObject {
  for (const field of ["spec", "status"]) {
    if (old[field] === undefined) delete object[field];
    else object[field] = old[field];
  }
  return object;
}
