import { err, ok, type Result } from "../../../base/mod.ts";
import {
  ANONYMOUS,
  type Authorizer,
  authenticated,
  GROUP,
  parseServiceAccountUsername,
  type ResourceAttributes,
  resourceAttributes,
  serviceAccountGroups,
  type UserInfo,
} from "../request/mod.ts";

/** Headers as name and value in the order of the request, names in any case. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Why a request may not act as somebody else: 400 for nonsense, 403 for rights. */
export type ImpersonationRefusal =
  | { readonly kind: "bad-request"; readonly message: string }
  | {
      readonly kind: "forbidden";
      readonly attributes: ResourceAttributes;
      readonly reason: string;
    };

interface Wanted {
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: readonly (readonly [key: string, value: string])[];
}

const AUTHENTICATION = "authentication.k8s.io";
const EXTRA_PREFIX = "impersonate-extra-";

/** The user that a request acts as: the caller himself without Impersonate- headers. */
export function impersonate(
  authorizer: Authorizer,
  caller: UserInfo,
  headers: HeaderList,
): Result<UserInfo, ImpersonationRefusal> {
  const wanted = readHeaders(headers);
  const { user, uid, groups, extra } = wanted;
  if (user === "") {
    if (uid === "" && groups.length === 0 && extra.length === 0) return ok(caller);
    return err({
      kind: "bad-request",
      message: "requested groups, extra or uid without impersonating a user",
    });
  }
  for (const attributes of asked(wanted)) {
    const { allowed, reason } = authorizer.decide(caller, attributes);
    if (!allowed) return err({ kind: "forbidden", attributes, reason });
  }
  return ok(userOf(wanted));
}

function readHeaders(headers: HeaderList): Wanted {
  let user = "";
  let uid = "";
  const groups: string[] = [];
  const extra: (readonly [string, string])[] = [];
  for (const [header, value] of headers) {
    const name = header.toLowerCase();
    if (name === "impersonate-user" && user === "") user = value;
    else if (name === "impersonate-uid" && uid === "") uid = value;
    else if (name === "impersonate-group") groups.push(value);
    else if (name.startsWith(EXTRA_PREFIX)) {
      extra.push([unescapeKey(name.slice(EXTRA_PREFIX.length)), value]);
    }
  }
  return { user, uid, groups, extra };
}

/** Everything that the caller must be allowed to impersonate. */
function asked({ user, uid, groups, extra }: Wanted): ResourceAttributes[] {
  const verb = "impersonate";
  const account = parseServiceAccountUsername(user);
  return [
    account === undefined
      ? resourceAttributes({ verb, version: "", resource: "users", name: user })
      : resourceAttributes({ verb, version: "", resource: "serviceaccounts", ...account }),
    ...groups.map((name) => resourceAttributes({ verb, version: "", resource: "groups", name })),
    ...extra.map(([subresource, name]) =>
      resourceAttributes({
        ...{ verb, group: AUTHENTICATION, resource: "userextras" },
        ...{ subresource, name },
      }),
    ),
    ...(uid === ""
      ? []
      : [resourceAttributes({ verb, group: AUTHENTICATION, resource: "uids", name: uid })]),
  ];
}

function userOf({ user, uid, groups, extra }: Wanted): UserInfo {
  const account = parseServiceAccountUsername(user);
  const implied = account === undefined ? [] : serviceAccountGroups(account.namespace);
  const all = groups.length === 0 ? implied : groups;
  const values = new Map<string, string[]>();
  for (const [key, value] of extra) values.set(key, [...(values.get(key) ?? []), value]);
  const impersonated: UserInfo = {
    name: user,
    groups: all,
    ...(uid === "" ? {} : { uid }),
    ...(values.size === 0 ? {} : { extra: Object.fromEntries(values) }),
  };
  if (user !== ANONYMOUS.name) return authenticated(impersonated);
  return all.includes(GROUP.unauthenticated)
    ? impersonated
    : { ...impersonated, groups: [...all, GROUP.unauthenticated] };
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
