import type { Pod } from "../api/mod.ts";
import type { ObjectCache } from "../objects/object-cache.ts";
import { dataOf } from "../objects/pod-references.ts";
import type { AuthConfig } from "./image-puller.ts";

interface DockerConfig {
  readonly auths?: Readonly<Record<string, DockerAuth>>;
}
interface DockerAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
}

/** Logins for an image out of a pod's imagePullSecrets, in their order; secrets that are missing are passed over. */
export async function pullSecrets(
  objects: ObjectCache,
  pod: Pod,
  image: string,
): Promise<readonly AuthConfig[]> {
  const logins: AuthConfig[] = [];
  for (const { name = "" } of pod.spec.imagePullSecrets ?? []) {
    const secret = await objects.get("secret", pod.metadata.namespace, name);
    if (secret === undefined) continue;
    const data = dataOf({ ...secret, kind: "Secret" });
    logins.push(...loginsOf(data, image));
  }
  return logins;
}

/** The logins of a secret that are for the image's registry, the most exact one first. */
export function loginsOf(data: ReadonlyMap<string, Uint8Array>, image: string): AuthConfig[] {
  const text = (key: string): string => Buffer.from(data.get(key) ?? []).toString("utf8");
  const modern = text(".dockerconfigjson");
  const legacy = text(".dockercfg");
  let auths: Readonly<Record<string, DockerAuth>>;
  try {
    // cast: only the fields below are read, each of which may be absent
    auths =
      modern === ""
        ? (JSON.parse(legacy || "{}") as Readonly<Record<string, DockerAuth>>)
        : ((JSON.parse(modern) as DockerConfig).auths ?? {});
  } catch {
    return [];
  }
  return Object.entries(auths)
    .filter(([registry]) => isFor(registry, image))
    .sort(([a], [b]) => b.length - a.length)
    .map(([registry, auth]) => toAuth(registry, auth));
}

function isFor(registry: string, image: string): boolean {
  const pattern = registry.replace(/^https?:\/\//, "").replace(/\/(v[12]\/?)?$/, "");
  const full = /^[^/]+[.:][^/]*\//.test(image) ? image : `docker.io/${image}`;
  const target = pattern === "index.docker.io" ? "docker.io" : pattern;
  if (!target.includes("*")) return full.startsWith(`${target}/`) || full.startsWith(`${target}:`);
  const [host = "", ...path] = target.split("/");
  const [ownHost = "", ...ownPath] = full.split("/");
  const parts = host.split(".");
  const own = ownHost.split(".");
  const fits =
    parts.length === own.length && parts.every((part, at) => part === "*" || part === own[at]);
  return fits && ownPath.join("/").startsWith(path.join("/"));
}

function toAuth(registry: string, auth: DockerAuth): AuthConfig {
  const [user = "", ...rest] = Buffer.from(auth.auth ?? "", "base64")
    .toString("utf8")
    .split(":");
  return {
    username: auth.username ?? user,
    password: auth.password ?? rest.join(":"),
    serverAddress: registry,
    ...(auth.identitytoken === undefined ? {} : { identityToken: auth.identitytoken }),
  };
}
