import { dirname, resolve } from "node:path";
import { err, hasErrors, ok, type Problem, type Result, Secret } from "../../base/mod.ts";
import {
  type ExecPlugin,
  type Kubeconfig,
  parseKubeconfig,
  type ResolvedContext,
} from "../../config/mod.ts";
import type { ApiConnection } from "./connection.ts";

/** The parts of a kubeconfig that one context leads to; files are still paths. */
export interface KubeconfigContext {
  readonly context: string;
  readonly user: string;
  readonly server: string;
  readonly ca?: PemSource;
  readonly cert?: PemSource;
  readonly key?: Secret<PemSource>;
  readonly token?: Secret<PemSource>;
  /** Only where the caller can run it. */
  readonly exec?: ExecPlugin;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName?: string;
}

/** A value that stands in the kubeconfig itself, or in a file that it names. */
export type PemSource = { readonly text: string } | { readonly path: string };

/**
 * Reads the current context of a kubeconfig. The error has at least one problem; `file` is the
 * name that its places carry. A program that gives credentials is refused, unless the caller says
 * that it runs one.
 */
export function parseKubeconfigContext(
  text: string,
  file: string,
  options: { readonly runsPlugins?: boolean } = {},
): Result<KubeconfigContext, readonly [Problem, ...Problem[]]> {
  const { value, problems } = parseKubeconfig(text, file);
  const [first, ...others] = problems.filter((problem) => hasErrors([problem]));
  if (first !== undefined) return err([first, ...others]);
  if (value === undefined) {
    const locations = [{ file, line: 1, column: 1 }];
    return err([{ code: "empty", severity: "error", message: "File is empty", locations }]);
  }
  const resolved = value.resolve();
  if (!resolved.ok) return err([resolved.error]);
  const runsPlugins = options.runsPlugins === true;
  const unsupported = findUnsupported(value, resolved.value, runsPlugins);
  if (unsupported !== undefined) return err([unsupported]);
  return ok(toContext(resolved.value, runsPlugins));
}

function toContext(from: ResolvedContext, runsPlugins: boolean): KubeconfigContext {
  // The data field wins over the path, as with kubectl.
  const ca = source(from.caData?.value, from.caFile?.value);
  const cert = source(from.clientCertificateData?.value, from.clientCertificateFile?.value);
  const key = source(from.clientKeyData?.value.reveal(), from.clientKeyFile?.value);
  const token = source(from.token?.value.reveal(), from.tokenFile?.value);
  const tlsServerName = from.tlsServerName?.value;
  return {
    context: from.context,
    user: from.user,
    server: from.server.value,
    insecureSkipTlsVerify: from.insecureSkipTlsVerify?.value ?? false,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: new Secret(key) }),
    ...(token === undefined ? {} : { token: new Secret(token) }),
    ...(runsPlugins && from.exec !== undefined ? { exec: from.exec } : {}),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
  };
}

/** What our client cannot do; said instead of a 401 that nobody could explain. */
function findUnsupported(
  kubeconfig: Kubeconfig,
  context: ResolvedContext,
  runsPlugins: boolean,
): Problem | undefined {
  const cluster = kubeconfig.clusters.findIndex((entry) => entry.value === context.cluster);
  const proxyPath = ["clusters", cluster, "cluster", "proxy-url"];
  const found =
    kubeconfig.document.node(proxyPath) === undefined
      ? [
          { what: "an exec plugin", at: runsPlugins ? undefined : context.execCommand },
          { what: "an auth-provider", at: context.authProvider },
          { what: "a password", at: context.username },
        ].find((candidate) => candidate.at !== undefined)
      : { what: "a proxy-url", at: { location: kubeconfig.document.at(proxyPath) } };
  if (found?.at === undefined) return undefined;
  return {
    code: "unsupported-kubeconfig",
    severity: "error",
    message: `Cannot use a kubeconfig with ${found.what}`,
    locations: [found.at.location],
    fix: "use one with a client certificate or a token",
  };
}

function source(data: string | undefined, path: string | undefined): PemSource | undefined {
  if (data !== undefined && data !== "") return { text: data };
  return path === undefined || path === "" ? undefined : { path };
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
