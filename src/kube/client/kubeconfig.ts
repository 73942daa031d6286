import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { err, ok, type Result, Secret } from "../../base/mod.ts";
import type { ApiConnection } from "./connection.ts";

/** The parts of a kubeconfig that one context leads to; files are still paths. */
export interface KubeconfigContext {
  readonly context: string;
  readonly cluster: string;
  readonly user: string;
  readonly server: string;
  readonly ca?: PemSource;
  readonly cert?: PemSource;
  readonly key?: Secret<PemSource>;
  readonly token?: Secret<PemSource>;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName?: string;
}

/** A value that stands in the kubeconfig itself, or in a file that it names. */
export type PemSource = { readonly text: string } | { readonly path: string };

const optional = z.string().min(1).optional().catch(undefined);
const SCHEMA = z.object({
  "current-context": z.string().optional(),
  contexts: z
    .array(
      z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }),
    )
    .default([]),
  clusters: z
    .array(
      z.object({
        name: z.string(),
        cluster: z.object({
          server: z.string(),
          "certificate-authority": optional,
          "certificate-authority-data": optional,
          "insecure-skip-tls-verify": z.boolean().optional(),
          "tls-server-name": optional,
          "proxy-url": optional,
        }),
      }),
    )
    .default([]),
  users: z
    .array(
      z.object({
        name: z.string(),
        user: z
          .object({
            "client-certificate": optional,
            "client-certificate-data": optional,
            "client-key": optional,
            "client-key-data": optional,
            token: optional,
            tokenFile: optional,
            username: optional,
            exec: z.unknown().optional(),
            "auth-provider": z.unknown().optional(),
          })
          .nullish()
          .transform((user) => user ?? {}),
      }),
    )
    .default([]),
});

type Kubeconfig = z.infer<typeof SCHEMA>;
type KubeconfigUser = Kubeconfig["users"][number]["user"];

/** Reads the current context of a kubeconfig; the error is a short reason without the file's name. */
export function parseKubeconfigContext(text: string): Result<KubeconfigContext, string> {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 });
  } catch (thrown) {
    return err(`it is not YAML: ${String(thrown).split("\n")[0] ?? ""}`);
  }
  const parsed = SCHEMA.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return err(`${issue?.path.join(".") || "the document"}: ${issue?.message ?? "wrong shape"}`);
  }
  return resolveContext(parsed.data);
}

function resolveContext(config: Kubeconfig): Result<KubeconfigContext, string> {
  const name = config["current-context"] ?? "";
  const context = config.contexts.find((entry) => entry.name === name)?.context;
  if (context === undefined) return err(`current-context "${name}" is not one of its contexts`);
  const cluster = config.clusters.find((entry) => entry.name === context.cluster)?.cluster;
  if (cluster === undefined) return err(`there is no cluster "${context.cluster}"`);
  const user = config.users.find((entry) => entry.name === context.user)?.user;
  if (user === undefined) return err(`there is no user "${context.user}"`);
  const unsupported = unsupportedField(cluster["proxy-url"], user);
  if (unsupported !== undefined) return err(`${unsupported} is not supported`);
  const ca = source(cluster["certificate-authority-data"], cluster["certificate-authority"]);
  const cert = source(user["client-certificate-data"], user["client-certificate"]);
  const key = source(user["client-key-data"], user["client-key"]);
  const token = user.token === undefined ? source(undefined, user.tokenFile) : { text: user.token };
  const tlsServerName = cluster["tls-server-name"];
  return ok({
    context: name,
    cluster: context.cluster,
    user: context.user,
    server: cluster.server,
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] ?? false,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: new Secret(key) }),
    ...(token === undefined ? {} : { token: new Secret(token) }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
  });
}

function unsupportedField(proxy: string | undefined, user: KubeconfigUser): string | undefined {
  if (proxy !== undefined) return "proxy-url";
  if (user.exec !== undefined) return "a user with an exec plugin";
  if (user["auth-provider"] !== undefined) return "a user with an auth-provider";
  return user.username === undefined ? undefined : "a user with a password";
}

/** The data field wins over the path, as with kubectl. */
function source(data: string | undefined, path: string | undefined): PemSource | undefined {
  if (data !== undefined) return { text: Buffer.from(data, "base64").toString("utf8") };
  return path === undefined ? undefined : { path };
}

/**
 * A connection from a kubeconfig's context. `read` gives a file's text (paths are taken relative to
 * the kubeconfig) and throws where it cannot; what it throws is passed on.
 */
export async function toConnection(
  context: KubeconfigContext,
  file: string,
  read: (path: string) => Promise<string>,
): Promise<ApiConnection> {
  const load = async (from: PemSource | undefined): Promise<string | undefined> => {
    if (from === undefined) return undefined;
    return "text" in from ? from.text : await read(resolve(dirname(file), from.path));
  };
  const ca = await load(context.ca);
  const cert = await load(context.cert);
  const key = await load(context.key?.reveal());
  const token = await load(context.token?.reveal());
  return {
    server: context.server,
    source: file,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: new Secret(key) }),
    ...(token === undefined ? {} : { token: new Secret(token.trim()) }),
    ...(context.insecureSkipTlsVerify ? { insecureSkipTlsVerify: true } : {}),
    ...(context.tlsServerName === undefined ? {} : { tlsServerName: context.tlsServerName }),
  };
}
