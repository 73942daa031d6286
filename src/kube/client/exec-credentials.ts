import { dirname, resolve } from "node:path";
import { type Clock, messageOf, NodewrightError, Secret } from "../../base/mod.ts";
import type { ExecPlugin } from "../../config/mod.ts";
import type { ApiConnection } from "./connection.ts";

/** What a plugin gives: a token, or a certificate with its key (PEM), or both. */
export type ExecutedCredentials = Pick<ApiConnection, "token" | "cert" | "key">;

export interface ExecCredentialsOptions {
  readonly clock: Clock;
  /** The kubeconfig: a command with a slash is relative to its directory. */
  readonly file: string;
  /** What the plugin is told where it wants to know the cluster. */
  readonly cluster: Pick<
    ApiConnection,
    "server" | "ca" | "insecureSkipTlsVerify" | "tlsServerName"
  >;
}

const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/** A program that has not answered after this time is ended. */
const TIMEOUT_MS = 60_000;
const MAX_DETAIL = 2000;

/**
 * Credentials of an exec plugin (client.authentication.k8s.io/v1): the program runs once, and again
 * after what it printed has expired or the server has refused it.
 */
export class ExecCredentials {
  readonly #plugin: ExecPlugin;
  readonly #options: ExecCredentialsOptions;
  #known: { readonly credentials: ExecutedCredentials; readonly until: number } | undefined;
  #running: Promise<ExecutedCredentials> | undefined;

  constructor(plugin: ExecPlugin, options: ExecCredentialsOptions) {
    this.#plugin = plugin;
    this.#options = options;
  }

  /** Rejects with kind "kubeconfig" where the program fails, or prints something else. */
  async current(): Promise<ExecutedCredentials> {
    if (this.#known !== undefined && this.#options.clock.now() < this.#known.until) {
      return this.#known.credentials;
    }
    // However many requests wait, the program runs once.
    this.#running ??= this.#renew().finally(() => {
      this.#running = undefined;
    });
    return await this.#running;
  }

  /** What was printed last is refused: the next call asks again. */
  forget(): void {
    this.#known = undefined;
  }

  async #renew(): Promise<ExecutedCredentials> {
    const known = readExecCredential(await this.#run(), this.#plugin.apiVersion.value);
    if (!known.ok) throw this.#failure(`its answer is no credential: ${known.reason}`);
    this.#known = known;
    return known.credentials;
  }

  async #run(): Promise<string> {
    const { command, args, env, apiVersion, interactiveMode } = this.#plugin;
    if (!VERSIONS.includes(apiVersion.value)) {
      throw this.#failure(`apiVersion is "${apiVersion.value}"`, `write ${VERSIONS[0]}`);
    }
    if (interactiveMode?.value === "Always") {
      const fix = "write interactiveMode: Never, or use another plugin";
      throw this.#failure("it needs a terminal, and there is none", fix);
    }
    const name = command.value;
    const path = name.includes("/") ? resolve(dirname(this.#options.file), name) : name;
    const variables = Object.entries(env).map(([key, value]) => [key, value.reveal()]);
    let child: Bun.ReadableSubprocess;
    try {
      child = Bun.spawn([path, ...args], {
        ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: TIMEOUT_MS },
        env: {
          ...process.env,
          ...Object.fromEntries(variables),
          KUBERNETES_EXEC_INFO: JSON.stringify(this.#info()),
        },
      });
    } catch (thrown) {
      const reason = messageOf(thrown);
      throw this.#failure(reason, this.#plugin.installHint ?? `install "${name}"`);
    }
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    if (exitCode === 0) return stdout;
    const how =
      child.signalCode === null ? `exit code ${exitCode}` : `ended by ${child.signalCode}`;
    throw this.#failure(`${how} ${stderr.trim().slice(-MAX_DETAIL)}`.trimEnd());
  }

  #info() {
    const { server, ca, insecureSkipTlsVerify, tlsServerName } = this.#options.cluster;
    const { apiVersion, provideClusterInfo } = this.#plugin;
    const cluster = {
      server,
      ...(tlsServerName === undefined ? {} : { "tls-server-name": tlsServerName }),
      ...(insecureSkipTlsVerify === true ? { "insecure-skip-tls-verify": true } : {}),
      ...(ca === undefined
        ? {}
        : { "certificate-authority-data": Buffer.from(ca).toString("base64") }),
    };
    const spec = { interactive: false, ...(provideClusterInfo ? { cluster } : {}) };
    return { apiVersion: apiVersion.value, kind: "ExecCredential", spec };
  }

  #failure(reason: string, fix?: string): NodewrightError {
    const { value, location } = this.#plugin.command;
    return new NodewrightError("kubeconfig", `Cannot get credentials from "${value}": ${reason}`, {
      locations: [location],
      ...(fix === undefined ? {} : { fix }),
    });
  }
}

/** A plugin's answer; without an expiry it counts until the server refuses it. Pure. */
export function readExecCredential(
  text: string,
  apiVersion: string,
):
  | { readonly ok: true; readonly credentials: ExecutedCredentials; readonly until: number }
  | { readonly ok: false; readonly reason: string } {
  let answer: ExecCredential;
  try {
    // cast: every field that is read may be absent or of another type
    answer = JSON.parse(text) as ExecCredential;
  } catch {
    return { ok: false, reason: "it is not JSON" };
  }
  if (answer?.kind !== "ExecCredential" || answer.apiVersion !== apiVersion) {
    return { ok: false, reason: `it is not an ExecCredential of ${apiVersion}` };
  }
  const { token, clientCertificateData: cert, clientKeyData: key } = answer.status ?? {};
  const expires = answer.status?.expirationTimestamp;
  if (typeof token !== "string" && typeof cert !== "string") {
    return { ok: false, reason: "it has neither a token nor a certificate" };
  }
  if (typeof cert !== typeof key) {
    return { ok: false, reason: "it has only one of clientCertificateData and clientKeyData" };
  }
  const until = typeof expires === "string" ? Date.parse(expires) : Number.POSITIVE_INFINITY;
  if (Number.isNaN(until)) return { ok: false, reason: "its expirationTimestamp is no time" };
  const credentials = {
    ...(typeof token === "string" ? { token: new Secret(token) } : {}),
    ...(typeof cert === "string" && typeof key === "string" ? { cert, key: new Secret(key) } : {}),
  };
  return { ok: true, credentials, until };
}

interface ExecCredential {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly status?: {
    readonly token?: unknown;
    readonly clientCertificateData?: unknown;
    readonly clientKeyData?: unknown;
    readonly expirationTimestamp?: unknown;
  } | null;
}
