import type { Claims } from "./jwt.ts";

/** An object that a token names. */
export interface ObjectRef {
  readonly name: string;
  readonly uid: string;
}

/** What a ServiceAccount token says. Times are in seconds since the epoch. */
export interface ServiceAccountClaims {
  readonly issuer: string;
  /** Empty in a token that says nothing about it. */
  readonly audiences: readonly string[];
  readonly id: string | undefined;
  readonly expiresAt: number | undefined;
  readonly notBefore: number | undefined;
  readonly issuedAt: number | undefined;
  readonly namespace: string;
  readonly serviceAccount: ObjectRef;
  readonly pod?: ObjectRef;
  readonly secret?: ObjectRef;
  readonly node?: ObjectRef;
}

/** Reads a token's payload; undefined where it has not the form of a ServiceAccount token. */
export function readClaims(claims: Claims): ServiceAccountClaims | undefined {
  const own = objectOf(claims["kubernetes.io"]);
  const namespace = textOf(own?.["namespace"]);
  const serviceAccount = refOf(own?.["serviceaccount"]);
  const issuer = textOf(claims["iss"]);
  const audiences = audiencesOf(claims["aud"]);
  const times = [claims["exp"], claims["nbf"], claims["iat"]];
  if (own === undefined || issuer === undefined || audiences === undefined) return undefined;
  if (namespace === undefined || serviceAccount === undefined) return undefined;
  if (!times.every((time) => time === undefined || Number.isFinite(time))) return undefined;
  // A reference that cannot be read must not make an unbound token of a bound one.
  const bound: Record<"pod" | "secret" | "node", ObjectRef | undefined> = {
    pod: refOf(own["pod"]),
    secret: refOf(own["secret"]),
    node: refOf(own["node"]),
  };
  const { pod, secret, node } = bound;
  if ((["pod", "secret", "node"] as const).some((name) => own[name] != null && !bound[name])) {
    return undefined;
  }
  const [expiresAt, notBefore, issuedAt] = times.map(numberOf);
  return {
    ...{ issuer, audiences, id: textOf(claims["jti"]), expiresAt, notBefore, issuedAt },
    ...{ namespace, serviceAccount },
    ...(pod === undefined ? {} : { pod }),
    ...(secret === undefined ? {} : { secret }),
    ...(node === undefined ? {} : { node }),
  };
}

function objectOf(value: unknown): Claims | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  // cast: an object of JSON has text keys
  return value as Claims;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** A node that was gone when its pod's token was issued has a name and no UID. */
function refOf(value: unknown): ObjectRef | undefined {
  const ref = objectOf(value);
  const name = textOf(ref?.["name"]);
  return name === undefined ? undefined : { name, uid: textOf(ref?.["uid"]) ?? "" };
}

function audiencesOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return [];
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return undefined;
  return value.every((one): one is string => typeof one === "string") ? value : undefined;
}
