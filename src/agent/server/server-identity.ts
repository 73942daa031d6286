import { messageOf, NodewrightError } from "../../base/mod.ts";
import type { ConnectionSource } from "../../kube/client/mod.ts";
import type { TlsHttpOptions } from "../../kube/serving/mod.ts";
import { fileStamp, readUserText } from "../../sys/mod.ts";
import { inspectCertificate } from "../../x509/mod.ts";
import type { CertificateKeeper, CertificatePair } from "../credentials/mod.ts";
import {
  ownCertificate,
  readServingFiles,
  type ServingDeps,
  servingKeeper,
} from "./serving-certificate.ts";

/** Files are looked at this often. */
const LOOK_MS = 5000;

/**
 * What the HTTPS server shows and whom it believes, as the files say now and as the cluster has
 * signed it: connections that are open go on, new ones get what is current.
 */
export class ServerIdentity {
  readonly #deps: ServingDeps & { readonly credentials?: ConnectionSource };
  /** Called with what new connections are to be made with. */
  readonly #onChange: (context: TlsHttpOptions) => void;
  #keeper: CertificateKeeper | undefined;
  #pair: CertificatePair | undefined;
  #authorities: string | undefined;

  constructor(
    deps: ServingDeps & { readonly credentials?: ConnectionSource },
    onChange: (context: TlsHttpOptions) => void,
  ) {
    this.#deps = deps;
    this.#onChange = onChange;
  }

  /** Reads all of it; rejects with kind "server" where a file cannot be used. */
  async open(): Promise<TlsHttpOptions> {
    const { settings, credentials } = this.#deps;
    if (settings.server.tlsBootstrap && credentials !== undefined) {
      const onChange = (): void => this.#onChange(this.#context);
      this.#keeper = await servingKeeper(this.#deps, { credentials, onChange });
    }
    await this.#read();
    return this.#context;
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#keeper?.run(signal), this.#watch(signal)]);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, log, settings } = this.#deps;
    const { certFile, keyFile, clientCaFile } = settings.server;
    const files = [certFile, keyFile, clientCaFile].filter((file) => file !== undefined);
    if (files.length === 0) return;
    let stamp = fileStamp(files);
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => {});
      const now = fileStamp(files);
      if (now === stamp) continue;
      stamp = now;
      try {
        await this.#read();
        this.#onChange(this.#context);
        log.info("Took up changed files of the server", { files: files.join(" ") });
      } catch (thrown) {
        const error = NodewrightError.from(thrown, "Cannot use the server's files as they are now");
        log.error(error.message, { fix: error.fix });
      }
    }
  }

  async #read(): Promise<void> {
    const { certFile, keyFile, clientCaFile } = this.#deps.settings.server;
    const authorities =
      clientCaFile === undefined ? undefined : await readAuthorities(clientCaFile);
    if (certFile !== undefined && keyFile !== undefined) {
      this.#pair = await readServingFiles(certFile, keyFile);
    } else if (this.#keeper === undefined) {
      this.#pair ??= await ownCertificate(this.#deps);
    }
    this.#authorities = authorities;
  }

  /** Until the cluster has signed the first certificate there is none, and no handshake succeeds. */
  get #context(): TlsHttpOptions {
    const pair = this.#keeper?.current ?? this.#pair;
    const ca = this.#authorities;
    return {
      ...(pair === undefined ? {} : { cert: pair.cert, key: pair.key }),
      ...(ca === undefined ? {} : { clientCa: ca }),
    };
  }
}

async function readAuthorities(file: string): Promise<string> {
  const text = await readUserText(file).catch((cause: unknown) => {
    const reason = messageOf(cause);
    throw new NodewrightError("server", `Cannot read the client CA "${file}": ${reason}`, {
      cause,
    });
  });
  const parsed = inspectCertificate(text);
  if (parsed.ok) return text;
  throw new NodewrightError("server", `Cannot use the client CA "${file}": ${parsed.error}`, {
    fix: "write the CA that signs the API server's client certificate to it",
  });
}
