import { timingSafeEqual } from "node:crypto";
import type { Secret } from "kubernetes-types/core/v1";
import { GROUP, type ObjectSource, type Stored, type UserInfo } from "../request/mod.ts";

const FORM = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/**
 * The user of a bootstrap token `ID.SECRET`: the Secret bootstrap-token-ID in kube-system says
 * whether it counts. undefined for everything else; why is nobody's business who has no token.
 */
export function bootstrapTokenUser(
  objects: ObjectSource,
  token: string,
  now: number,
): UserInfo | undefined {
  const [, id = "", secret = ""] = FORM.exec(token) ?? [];
  if (id === "") return undefined;
  const object = objects.get("secrets", `bootstrap-token-${id}`, "kube-system");
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return undefined;
  if (object.type !== "bootstrap.kubernetes.io/token") return undefined;
  const read = (key: string): string => decode(object, key);
  if (!isEqual(read("token-secret"), secret) || read("token-id") !== id) return undefined;
  if (hasExpired(read("expiration"), now)) return undefined;
  if (read("usage-bootstrap-authentication") !== "true") return undefined;
  const extra = read("auth-extra-groups");
  const groups = extra === "" ? [] : extra.split(",");
  // One bad group makes the token useless, rather than a user with fewer rights than was meant.
  if (!groups.every((group) => EXTRA_GROUP.test(group))) return undefined;
  const all = [...new Set([GROUP.bootstrappers, ...groups])].sort();
  return { name: `system:bootstrap:${id}`, groups: all };
}

function decode(secret: Stored<Secret>, key: string): string {
  const value = secret.data?.[key];
  return typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : "";
}

/** An expiration that cannot be read counts as expired. */
function hasExpired(expiration: string, now: number): boolean {
  if (expiration === "") return false;
  const at = Date.parse(expiration);
  return !(at > now);
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
