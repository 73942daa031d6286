/** Who asks (authentication/v1 UserInfo). */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  /** What the authenticator knows besides: pod, node, credential. Keys are in lower case. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const GROUP = {
  authenticated: "system:authenticated",
  unauthenticated: "system:unauthenticated",
  masters: "system:masters",
  nodes: "system:nodes",
  bootstrappers: "system:bootstrappers",
  serviceAccounts: "system:serviceaccounts",
} as const;

export const ANONYMOUS: UserInfo = { name: "system:anonymous", groups: [GROUP.unauthenticated] };

/** Extra keys that a ServiceAccount token sets. */
export const EXTRA = {
  podName: "authentication.kubernetes.io/pod-name",
  podUid: "authentication.kubernetes.io/pod-uid",
  nodeName: "authentication.kubernetes.io/node-name",
  nodeUid: "authentication.kubernetes.io/node-uid",
  credentialId: "authentication.kubernetes.io/credential-id",
} as const;

const NODE_PREFIX = "system:node:";
const SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:";

/** The node that a user is: undefined for other users, "" for one of system:nodes without a node's name. */
export function nodeIdentity(user: UserInfo): string | undefined {
  if (!user.groups.includes(GROUP.nodes)) return undefined;
  return user.name.startsWith(NODE_PREFIX) ? user.name.slice(NODE_PREFIX.length) : "";
}

/** Whether the user is beyond RBAC: what the API server's own loopback and the first administrator are. */
export function isSuperuser(user: UserInfo): boolean {
  return user.groups.includes(GROUP.masters);
}

/** The user name of a ServiceAccount. */
export function serviceAccountUsername(namespace: string, name: string): string {
  return `${SERVICE_ACCOUNT_PREFIX}${namespace}:${name}`;
}

/** The groups of a ServiceAccount, without system:authenticated. */
export function serviceAccountGroups(namespace: string): string[] {
  return [GROUP.serviceAccounts, `${GROUP.serviceAccounts}:${namespace}`];
}

/** Namespace and name of a ServiceAccount's user name; undefined for any other user name. */
export function parseServiceAccountUsername(
  username: string,
): { readonly namespace: string; readonly name: string } | undefined {
  if (!username.startsWith(SERVICE_ACCOUNT_PREFIX)) return undefined;
  const [namespace, name, ...rest] = username.slice(SERVICE_ACCOUNT_PREFIX.length).split(":");
  if (rest.length > 0 || !isDnsLabel(namespace) || !isDnsSubdomain(name)) return undefined;
  return { namespace, name };
}

function isDnsLabel(text: string | undefined): text is string {
  return text !== undefined && text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

function isDnsSubdomain(text: string | undefined): text is string {
  return text !== undefined && text.length <= 253 && text.split(".").every(isDnsLabelOfAnyLength);
}

function isDnsLabelOfAnyLength(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/** The user with system:authenticated, once. */
export function authenticated(user: UserInfo): UserInfo {
  if (user.groups.includes(GROUP.authenticated) || user.groups.includes(GROUP.unauthenticated)) {
    return user;
  }
  return { ...user, groups: [...user.groups, GROUP.authenticated] };
}
