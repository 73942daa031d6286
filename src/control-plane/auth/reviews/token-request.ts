import { randomUUID } from "node:crypto";
import type { ReviewHandler, ReviewRequest } from "../../api/mod.ts";
import {
  type ErrorSubject,
  formatTime,
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  refusals,
  textAt,
} from "../../objects/mod.ts";
import { judgeNodeToken } from "../node/mod.ts";
import type { Authorizer, ObjectSource, StoredKinds } from "../request/mod.ts";
import {
  EXTENDED_EXPIRATION_SECONDS,
  issueToken,
  type ObjectRef,
  PROJECTED_EXPIRATION_SECONDS,
  type TokenKeys,
  type TokenSpec,
} from "../tokens/mod.ts";
import { texts } from "./review-user.ts";

export interface TokenRequestDeps {
  readonly objects: ObjectSource;
  readonly authorizer: Authorizer;
  readonly keys: TokenKeys;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly now: () => number;
}

const DEFAULT_EXPIRATION_SECONDS = 3600;
const MIN_EXPIRATION_SECONDS = 600;
const MAX_EXPIRATION_SECONDS = 2 ** 32;
const SUBJECT: ErrorSubject = {
  group: "authentication.k8s.io",
  resource: "TokenRequest",
  name: "",
};

/** POST serviceaccounts/NAME/token: a token, bound to a pod, Secret or node where that is asked. */
export function tokenRequest(deps: TokenRequestDeps): ReviewHandler {
  return async (request) => {
    const { object, name, namespace, user } = request;
    const account = find(deps.objects, "serviceaccounts", { name, namespace });
    const { uid = "" } = object.metadata;
    if (uid !== "" && uid !== account.uid) {
      throw refusals.conflict(
        { ...SUBJECT, name },
        `the UID in the token request (${uid}) does not match the UID of the service account (${account.uid})`,
      );
    }
    const spec = objectAt(object, "spec");
    const asked = texts(listAt(spec, "audiences"));
    const expirationSeconds = readExpiration(spec);
    const refusal = judgeNodeToken(deps, user, {
      ...{ namespace, serviceAccount: name, audiences: asked },
      bound: objectAt(spec, "boundObjectRef"),
    });
    if (refusal !== undefined) {
      throw refusals.forbidden({ group: "", resource: "serviceaccounts", name }, refusal);
    }
    const audiences = asked.length === 0 ? deps.audiences : asked;
    const bound = boundObjects(deps.objects, request, objectAt(spec, "boundObjectRef"));
    const now = deps.now();
    const token = issueToken(
      {
        ...{ namespace, serviceAccount: account, audiences, ...bound },
        ...lifetime(deps, { expirationSeconds, audiences, isPod: bound.pod !== undefined }),
      },
      { keys: deps.keys, issuer: deps.issuer, id: randomUUID(), now },
    );
    return {
      ...object,
      metadata: {
        ...object.metadata,
        name,
        namespace,
        uid: account.uid,
        creationTimestamp: formatTime(now),
      },
      spec: { ...spec, audiences: [...audiences], expirationSeconds },
      status: { token, expirationTimestamp: formatTime(now + expirationSeconds * 1000) },
    };
  };
}

function readExpiration(spec: JsonObject): number {
  const seconds = numberAt(spec, "expirationSeconds") ?? DEFAULT_EXPIRATION_SECONDS;
  const refuse = (why: string): never => {
    throw refusals.invalid(SUBJECT, [
      {
        ...{ field: "spec.expirationSeconds", reason: "FieldValueInvalid" },
        message: `Invalid value: ${seconds}: ${why}`,
      },
    ]);
  };
  if (!(seconds >= MIN_EXPIRATION_SECONDS)) {
    return refuse("may not specify a duration less than 10 minutes");
  }
  if (seconds > MAX_EXPIRATION_SECONDS) {
    return refuse("may not specify a duration larger than 2^32 seconds");
  }
  return Math.floor(seconds);
}

/** Mounted tokens live longer than they say: old clients do not read them again. */
function lifetime(
  { audiences: own }: TokenRequestDeps,
  asked: {
    readonly expirationSeconds: number;
    readonly audiences: readonly string[];
    readonly isPod: boolean;
  },
): Pick<TokenSpec, "expirationSeconds" | "warnAfterSeconds"> {
  const { expirationSeconds, audiences, isPod } = asked;
  const isMounted = isPod && expirationSeconds === PROJECTED_EXPIRATION_SECONDS;
  if (!isMounted || !audiences.every((one) => own.includes(one))) return { expirationSeconds };
  return {
    expirationSeconds: EXTENDED_EXPIRATION_SECONDS,
    warnAfterSeconds: expirationSeconds,
  };
}

function boundObjects(
  objects: ObjectSource,
  { namespace, name }: ReviewRequest,
  bound: JsonObject,
): Pick<TokenSpec, "pod" | "secret" | "node"> {
  const kind = textAt(bound, "kind");
  if (kind === "") return {};
  const target = textAt(bound, "name");
  const check = (ref: ObjectRef, resource: string): ObjectRef => {
    const uid = textAt(bound, "uid");
    if (uid === "" || uid === ref.uid) return ref;
    throw refusals.conflict(
      { group: "", resource, name: target },
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  };
  if (textAt(bound, "apiVersion") === "v1") {
    if (kind === "Secret") {
      return { secret: check(find(objects, "secrets", { name: target, namespace }), "secrets") };
    }
    if (kind === "Node") return { node: check(find(objects, "nodes", { name: target }), "nodes") };
    if (kind === "Pod") {
      const pod = check(find(objects, "pods", { name: target, namespace }), "pods");
      return { pod, ...nodeOfPod(objects, { namespace, account: name, pod: target }) };
    }
  }
  throw refusals.badRequest(
    `cannot bind token to object of type ${textAt(bound, "apiVersion")}, Kind=${kind}`,
  );
}

function nodeOfPod(
  objects: ObjectSource,
  asked: { readonly namespace: string; readonly account: string; readonly pod: string },
): Pick<TokenSpec, "node"> {
  const spec = objects.get("pods", asked.pod, asked.namespace)?.spec;
  if (spec?.serviceAccountName !== asked.account) {
    throw refusals.badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(asked.account)} to pod running with different serviceaccount name.`,
    );
  }
  const { nodeName = "" } = spec;
  if (nodeName === "") return {};
  return { node: { name: nodeName, uid: objects.get("nodes", nodeName)?.metadata.uid ?? "" } };
}

function find(
  objects: ObjectSource,
  resource: keyof StoredKinds,
  where: { readonly name: string; readonly namespace?: string },
): ObjectRef {
  const found = objects.get(resource, where.name, where.namespace);
  if (found === undefined) throw refusals.notFound({ group: "", resource, name: where.name });
  return { name: where.name, uid: found.metadata.uid ?? "" };
}
