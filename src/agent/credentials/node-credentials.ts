import { dirname, resolve } from "node:path";
import { stringify } from "yaml";
import { type Clock, type Logger, NodewrightError } from "../../base/mod.ts";
import {
  type ApiConnection,
  type ConnectionSource,
  KubeClient,
  LiveConnection,
} from "../../kube/client/mod.ts";
import { atomicWriteFile } from "../../sys/mod.ts";
import { CertificateKeeper } from "./certificate-keeper.ts";
import { type CertificatePair, CertificateStore, toPair } from "./certificate-store.ts";

export interface NodeCredentialsOptions {
  readonly nodeName: string;
  readonly kubeconfig: string;
  /** Used where the kubeconfig is missing, unusable or expired. */
  readonly bootstrapKubeconfig?: string;
  /** The client certificate is renewed before it expires. */
  readonly rotates: boolean;
  /** /var/lib/kubelet/pki */
  readonly directory: string;
}

export interface NodeCredentialsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
}

const SIGNER = "kubernetes.io/kube-apiserver-client-kubelet";

/**
 * What the node is to the API server: the kubeconfig's credentials as its files hold them now, a
 * client certificate that is renewed in time, and a first one for a node that has only a bootstrap
 * kubeconfig. Requests wait until there is one.
 */
export class NodeCredentials implements ConnectionSource {
  readonly #options: NodeCredentialsOptions;
  readonly #deps: NodeCredentialsDeps;
  readonly #store: CertificateStore;
  readonly #ready = Promise.withResolvers<void>();
  #live: LiveConnection | undefined;
  #bootstrap: LiveConnection | undefined;
  #keeper: CertificateKeeper | undefined;
  /** The last answer of current(), and what it was made of. */
  #overlay:
    | { readonly base: ApiConnection; readonly pair: CertificatePair; readonly all: ApiConnection }
    | undefined;

  private constructor(options: NodeCredentialsOptions, deps: NodeCredentialsDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#store = new CertificateStore(options.directory, "kubelet-client");
  }

  /** Rejects with kind "kubeconfig", or ProblemsError, where there is nothing to begin with. */
  static async open(
    options: NodeCredentialsOptions,
    deps: NodeCredentialsDeps,
  ): Promise<NodeCredentials> {
    const credentials = new NodeCredentials(options, deps);
    await credentials.#open();
    return credentials;
  }

  get server(): string {
    return (this.#live ?? this.#bootstrap)?.server ?? "";
  }

  async current(): Promise<ApiConnection> {
    await this.#ready.promise;
    const base = await this.#kubeconfig().current();
    const pair = this.#keeper?.current;
    if (pair === undefined) return base;
    if (this.#overlay?.base !== base || this.#overlay.pair !== pair) {
      this.#overlay = { base, pair, all: { ...base, cert: pair.cert, key: pair.key } };
    }
    return this.#overlay.all;
  }

  refused(): void {
    this.#live?.refused();
  }

  /** Gets what is missing and keeps it valid, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#keeper === undefined) return;
    await this.#keeper.run(signal, this.#options.rotates ? {} : { once: true });
  }

  async #open(): Promise<void> {
    const { kubeconfig, bootstrapKubeconfig, rotates } = this.#options;
    const stored = await this.#stored();
    try {
      this.#live = await this.#follow(kubeconfig);
    } catch (thrown) {
      if (bootstrapKubeconfig === undefined) throw thrown;
      const { message } = NodewrightError.from(thrown, "Cannot use the kubeconfig");
      this.#deps.log.info("Asks for credentials with the bootstrap kubeconfig", { why: message });
      this.#bootstrap = await this.#follow(bootstrapKubeconfig);
    }
    if (this.#live === undefined) {
      this.#keeper = this.#newKeeper(stored);
      if (stored !== undefined) await this.#finishBootstrap();
      return;
    }
    this.#ready.resolve();
    const { cert, key } = this.#live.connection;
    if (!rotates || cert === undefined || key === undefined) return;
    const own = toPair(cert, key.reveal());
    this.#keeper = this.#newKeeper(stored ?? (typeof own === "string" ? undefined : own));
  }

  /** The certificate of an earlier request, where it is this node's and still valid. */
  async #stored(): Promise<CertificatePair | undefined> {
    const pair = await this.#store.read();
    const isValid =
      pair !== undefined &&
      pair.info.commonName === this.#userName &&
      pair.info.notAfter.getTime() > this.#deps.clock.now();
    return isValid ? pair : undefined;
  }

  get #userName(): string {
    return `system:node:${this.#options.nodeName}`;
  }

  #newKeeper(current: CertificatePair | undefined): CertificateKeeper {
    const { clock, log, random } = this.#deps;
    return new CertificateKeeper(
      {
        ...{ clock, log, random, store: this.#store },
        wanted: {
          signerName: SIGNER,
          subject: { commonName: this.#userName, organizations: ["system:nodes"] },
          usages: ["digital signature", "client auth"],
        },
        client: () => this.#requester(),
        onChange: () => {
          if (this.#live !== undefined) return;
          this.#finishBootstrap().catch((thrown: unknown) => {
            const error = NodewrightError.from(thrown, "Cannot write the kubeconfig");
            log.error(error.message, { fix: error.fix });
          });
        },
      },
      current,
    );
  }

  /** Asks as the node while its certificate is valid, else with the bootstrap kubeconfig. */
  async #requester(): Promise<KubeClient> {
    const pair = this.#keeper?.current;
    const { bootstrapKubeconfig } = this.#options;
    const isValid = pair !== undefined && pair.info.notAfter.getTime() > this.#deps.clock.now();
    if (isValid || bootstrapKubeconfig === undefined) return new KubeClient(this);
    this.#bootstrap ??= await this.#follow(bootstrapKubeconfig);
    return new KubeClient(this.#bootstrap);
  }

  /** From now on the node has a kubeconfig of its own, whose certificate is the store's. */
  async #finishBootstrap(): Promise<void> {
    const { kubeconfig, bootstrapKubeconfig = "" } = this.#options;
    const from = this.#bootstrap;
    if (from === undefined) return;
    const text = nodeKubeconfig(from, bootstrapKubeconfig, this.#store.currentPath);
    await atomicWriteFile(kubeconfig, text, { mode: 0o600 });
    this.#live = await this.#follow(kubeconfig);
    this.#ready.resolve();
  }

  #kubeconfig(): LiveConnection {
    if (this.#live !== undefined) return this.#live;
    throw new NodewrightError("credentials", "Cannot ask the API server: no credentials yet");
  }

  async #follow(file: string): Promise<LiveConnection> {
    const { clock, log } = this.#deps;
    return await LiveConnection.open(file, {
      clock,
      onTrouble: (error) => log.error(error.message, { fix: error.fix }),
      onChange: () => log.info("Took up changed credentials", { kubeconfig: file }),
    });
  }
}

function nodeKubeconfig(from: LiveConnection, file: string, pemPath: string): string {
  const { ca, insecureSkipTlsVerify, tlsServerName, server } = from.context;
  const cluster = {
    ...(ca === undefined
      ? {}
      : "text" in ca
        ? { "certificate-authority-data": Buffer.from(ca.text).toString("base64") }
        : { "certificate-authority": resolve(dirname(file), ca.path) }),
    ...(insecureSkipTlsVerify ? { "insecure-skip-tls-verify": true } : {}),
    ...(tlsServerName === undefined ? {} : { "tls-server-name": tlsServerName }),
    server,
  };
  const user = { "client-certificate": pemPath, "client-key": pemPath };
  const names = { cluster: "default-cluster", user: "default-auth", namespace: "default" };
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: names.cluster, cluster }],
      users: [{ name: names.user, user }],
      contexts: [{ name: "default-context", context: names }],
      "current-context": "default-context",
    },
    { lineWidth: 0 },
  );
}
