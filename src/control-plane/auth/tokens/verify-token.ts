import { err, ok, type Result } from "../../../base/mod.ts";
import {
  EXTRA,
  type ObjectSource,
  type StoredKinds,
  serviceAccountGroups,
  serviceAccountUsername,
  type UserInfo,
} from "../request/mod.ts";
import { type ObjectRef, readClaims, type ServiceAccountClaims } from "./claims.ts";
import { isSignedBy, parseToken, type UnverifiedToken } from "./jwt.ts";
import type { TokenKeys } from "./token-keys.ts";

export interface TokenVerifierDeps {
  readonly objects: ObjectSource;
  readonly keys: TokenKeys;
  /** The first one issues; tokens of the others count too. */
  readonly issuers: readonly string[];
  /** The API server's own audiences. */
  readonly audiences: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The user of a token, and which of the wanted audiences it is for. */
export interface VerifiedToken {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/** Clocks of an API server and of the machine that signed may differ by this much. */
const LEEWAY_SECONDS = 60;

/**
 * Verifies a ServiceAccount token: signature, issuer, times, audience, and that everything it is
 * bound to still is. undefined for what is no such token; an error for one that does not count.
 */
export function verifyServiceAccountToken(
  deps: TokenVerifierDeps,
  text: string,
  wanted: readonly string[] = deps.audiences,
): Result<VerifiedToken, string> | undefined {
  const parsed = parseToken(text);
  if (!parsed.ok) return undefined;
  const token = parsed.value;
  const { iss } = token.claims;
  if (typeof iss !== "string" || !deps.issuers.includes(iss)) return undefined;
  if (!isSignedByOneOf(token, deps.keys)) return err("invalid signature");
  const claims = readClaims(token.claims);
  if (claims === undefined) return err("it has not the claims of a ServiceAccount token");
  const { audiences: named } = claims;
  const audiences = (named.length === 0 ? deps.audiences : named).filter((one) =>
    wanted.includes(one),
  );
  if (audiences.length === 0) {
    return err(
      `token audiences ${list(named)} is invalid for the target audiences ${list(wanted)}`,
    );
  }
  const problem = timeProblem(claims, deps.now() / 1000) ?? bindingProblem(claims, deps);
  return problem === undefined ? ok({ user: userOf(claims), audiences }) : err(problem);
}

function isSignedByOneOf(token: UnverifiedToken, { verifiers }: TokenKeys): boolean {
  return verifiers.some(
    ({ key, keyId }) =>
      (token.keyId === undefined || token.keyId === keyId) && isSignedBy(token, key),
  );
}

function timeProblem(claims: ServiceAccountClaims, now: number): string | undefined {
  const { expiresAt, notBefore = 0, issuedAt = 0 } = claims;
  if (expiresAt === undefined) return "service account token never expires";
  if (now - LEEWAY_SECONDS > expiresAt) {
    return "service account token has expired";
  }
  if (now + LEEWAY_SECONDS < notBefore) return "service account token is not valid yet";
  if (now + LEEWAY_SECONDS < issuedAt) return "service account token is issued in the future";
  return undefined;
}

/** Why the objects that a token names make it invalid; undefined where all of them are as then. */
function bindingProblem(claims: ServiceAccountClaims, deps: TokenVerifierDeps): string | undefined {
  const { namespace, serviceAccount, pod, secret, node } = claims;
  const account = deps.objects.get("serviceaccounts", serviceAccount.name, namespace);
  if (account === undefined) return `serviceaccounts ${list([serviceAccount.name])} not found`;
  if (account.metadata.uid !== serviceAccount.uid) {
    return `service account UID (${account.metadata.uid ?? ""}) does not match claim (${serviceAccount.uid})`;
  }
  const isGone = (kind: keyof StoredKinds, ref: ObjectRef, home?: string): boolean => {
    const object = deps.objects.get(kind, ref.name, home);
    if (object === undefined || object.metadata.uid !== ref.uid) return true;
    return isOverdue(object.metadata.deletionTimestamp, deps.now());
  };
  if (isOverdue(account.metadata.deletionTimestamp, deps.now())) {
    return `service account ${namespace}/${serviceAccount.name} has been deleted`;
  }
  const isInvalid =
    (secret !== undefined && isGone("secrets", secret, namespace)) ||
    (pod !== undefined && isGone("pods", pod, namespace)) ||
    // With a pod the node is only told, not bound to.
    (pod === undefined && node !== undefined && isGone("nodes", node));
  return isInvalid ? "service account token has been invalidated" : undefined;
}

/** An object that is being deleted still counts for the leeway, so that its pod can say goodbye. */
function isOverdue(deletionTimestamp: string | undefined, now: number): boolean {
  if (deletionTimestamp === undefined) return false;
  return Date.parse(deletionTimestamp) < now - LEEWAY_SECONDS * 1000;
}

function userOf(claims: ServiceAccountClaims): UserInfo {
  const { namespace, serviceAccount, pod, node, id } = claims;
  const extra: Record<string, readonly string[]> = {
    ...(pod === undefined ? {} : { [EXTRA.podName]: [pod.name], [EXTRA.podUid]: [pod.uid] }),
    ...(node === undefined ? {} : { [EXTRA.nodeName]: [node.name] }),
    ...(node === undefined || node.uid === "" ? {} : { [EXTRA.nodeUid]: [node.uid] }),
    ...(id === undefined ? {} : { [EXTRA.credentialId]: [`JTI=${id}`] }),
  };
  return {
    name: serviceAccountUsername(namespace, serviceAccount.name),
    uid: serviceAccount.uid,
    groups: serviceAccountGroups(namespace),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function list(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
}
