import { type JsonObject, textAt } from "../../objects/mod.ts";
import {
  type Authorizer,
  nodeIdentity,
  type ObjectSource,
  resourceAttributes,
  type UserInfo,
} from "../request/mod.ts";

/** A token that somebody asks for. */
export interface AskedToken {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** As asked for; empty for the API server's own. */
  readonly audiences: readonly string[];
  /** boundObjectRef; empty where the token is to be bound to nothing. */
  readonly bound: JsonObject;
}

/**
 * Why a node may not have a token; undefined for may, and for everybody who is no node. A node's
 * tokens are bound to a pod that runs on it, for an audience that the pod's volumes name.
 */
export function judgeNodeToken(
  deps: { readonly objects: ObjectSource; readonly authorizer: Authorizer },
  user: UserInfo,
  asked: AskedToken,
): string | undefined {
  const node = nodeIdentity(user);
  if (node === undefined) return undefined;
  if (node === "") return `could not determine node from user ${JSON.stringify(user.name)}`;
  const { namespace, bound, audiences } = asked;
  const [name, uid] = [textAt(bound, "name"), textAt(bound, "uid")];
  if (textAt(bound, "apiVersion") !== "v1" || textAt(bound, "kind") !== "Pod" || name === "") {
    return "node requested token not bound to a pod";
  }
  if (uid === "") return "node requested token with a pod binding without a uid";
  const pod = deps.objects.get("pods", name, namespace);
  if (pod === undefined) return `pods ${JSON.stringify(name)} not found`;
  if (pod.metadata.uid !== uid) {
    return `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  }
  if (pod.spec?.nodeName !== node) {
    return "node requested token bound to a pod scheduled on a different node";
  }
  if (audiences.length > 1) return "node may only request 0 or 1 audiences";
  const [audience = ""] = audiences;
  const isNamed = (pod.spec.volumes ?? []).some(({ projected }) =>
    (projected?.sources ?? []).some(
      ({ serviceAccountToken: token }) =>
        token !== undefined && (token.audience ?? "") === audience,
    ),
  );
  if (isNamed) return undefined;
  const verb = "request-serviceaccounts-token-audience";
  const attributes = resourceAttributes({
    ...{ verb, resource: audience, namespace, name: asked.serviceAccount },
  });
  if (deps.authorizer.decide(user, attributes).allowed) return undefined;
  return `audience ${JSON.stringify(audience)} not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`;
}
