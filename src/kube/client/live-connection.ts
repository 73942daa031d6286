import { dirname, resolve } from "node:path";
import { type Clock, NodewrightError, ProblemsError } from "../../base/mod.ts";
import { fileStamp } from "../../sys/mod.ts";
import { inspectCertificate, keyMatches } from "../../x509/mod.ts";
import type { ApiConnection, ConnectionSource } from "./connection.ts";
import { ExecCredentials } from "./exec-credentials.ts";
import {
  type KubeconfigContext,
  type PemSource,
  parseKubeconfigContext,
  toConnection,
} from "./kubeconfig.ts";
import { readKubeconfigFile, readNamedFile } from "./load-connection.ts";

export interface LiveConnectionOptions {
  readonly clock: Clock;
  /** What is wrong with files that changed; those from before stay in use. */
  readonly onTrouble: (error: NodewrightError) => void;
  /** New files are in use. */
  readonly onChange?: () => void;
}

/** Files are looked at this often at most, and only when a request is made. */
const LOOK_MS = 1000;

interface Loaded {
  readonly context: KubeconfigContext;
  readonly connection: ApiConnection;
  readonly exec: ExecCredentials | undefined;
  /** The kubeconfig and every file that it names. */
  readonly files: readonly string[];
}

/**
 * The connection of a kubeconfig, whose credentials are those that its files hold now: a renewed
 * certificate, key, CA or token is taken up without a restart. Files that cannot be used (half
 * written, a key of another certificate) are reported once and do not replace what works.
 */
export class LiveConnection implements ConnectionSource {
  readonly #file: string;
  readonly #options: LiveConnectionOptions;
  #loaded: Loaded;
  /** Of the files as they were looked at last. */
  #stamp: string;
  #lookedAt: number;
  #looking: Promise<void> | undefined;

  private constructor(
    file: string,
    { options, loaded, stamp }: { options: LiveConnectionOptions; loaded: Loaded; stamp: string },
  ) {
    this.#file = file;
    this.#options = options;
    this.#loaded = loaded;
    this.#stamp = stamp;
    this.#lookedAt = options.clock.now();
  }

  /** Rejects with kind "kubeconfig", or ProblemsError, where the files cannot be used. */
  static async open(file: string, options: LiveConnectionOptions): Promise<LiveConnection> {
    const loaded = await load(file, options.clock);
    const stamp = fileStamp(loaded.files);
    return new LiveConnection(file, { options, loaded, stamp });
  }

  get server(): string {
    return this.#loaded.connection.server;
  }

  /** The kubeconfig's, in which files are still paths. */
  get context(): KubeconfigContext {
    return this.#loaded.context;
  }

  /** The files' own credentials, without those that a plugin gives. */
  get connection(): ApiConnection {
    return this.#loaded.connection;
  }

  async current(): Promise<ApiConnection> {
    const { clock } = this.#options;
    // A clock that was set back must not stop the looking.
    const passed = Math.abs(clock.now() - this.#lookedAt);
    if (passed >= LOOK_MS) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
    const { connection, exec } = this.#loaded;
    return exec === undefined ? connection : { ...connection, ...(await exec.current()) };
  }

  refused(): void {
    this.#loaded.exec?.forget();
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  async #look(): Promise<void> {
    const { clock, onTrouble, onChange } = this.#options;
    this.#lookedAt = clock.now();
    const stamp = fileStamp(this.#loaded.files);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      this.#loaded = await load(this.#file, clock);
      this.#stamp = fileStamp(this.#loaded.files);
      onChange?.();
    } catch (thrown) {
      onTrouble(NodewrightError.from(thrown, `Cannot use "${this.#file}" as it is now`));
    }
  }
}

async function load(file: string, clock: Clock): Promise<Loaded> {
  const text = await readKubeconfigFile(file);
  const context = parseKubeconfigContext(text, file, { runsPlugins: true });
  if (!context.ok) throw new ProblemsError(`Cannot use the kubeconfig "${file}"`, context.error);
  const connection = await toConnection(context.value, file, (path) => readNamedFile(path, file));
  checkPair(connection, file, clock.now());
  const { exec: plugin } = context.value;
  const exec = plugin && new ExecCredentials(plugin, { clock, file, cluster: connection });
  return { context: context.value, connection, exec, files: filesOf(context.value, file) };
}

function filesOf(context: KubeconfigContext, file: string): string[] {
  const sources: (PemSource | undefined)[] = [
    context.ca,
    context.cert,
    context.key?.reveal(),
    context.token?.reveal(),
  ];
  const paths = sources.flatMap((one) => (one !== undefined && "path" in one ? [one.path] : []));
  return [file, ...paths.map((path) => resolve(dirname(file), path))];
}

/** Refuses what no server would take, with the file's name instead of a broken handshake. */
function checkPair(connection: ApiConnection, file: string, now: number): void {
  const wrong = findWrongPair(connection, now);
  if (wrong === undefined) return;
  const message = `Cannot use the kubeconfig "${file}": ${wrong.what}`;
  throw new NodewrightError("kubeconfig", message, { fix: wrong.fix });
}

function findWrongPair(
  { cert, key }: ApiConnection,
  now: number,
): { readonly what: string; readonly fix: string } | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) {
    return { what: "it has a client key without a certificate", fix: "add the certificate" };
  }
  if (key === undefined) {
    return { what: "it has a client certificate without its key", fix: "add the key" };
  }
  const parsed = inspectCertificate(cert);
  if (!parsed.ok) {
    const what = `its client certificate: ${parsed.error}`;
    return { what, fix: "write a certificate in PEM form" };
  }
  if (!keyMatches(cert, key.reveal())) {
    const what = "its key does not belong to its client certificate";
    return { what, fix: "write the certificate and the key again, as a pair" };
  }
  const { notBefore, notAfter } = parsed.value;
  if (notAfter.getTime() <= now) {
    const what = `its client certificate has expired: ${notAfter.toISOString()}`;
    return { what, fix: "issue a new certificate; check this machine's clock" };
  }
  if (notBefore.getTime() > now) {
    const what = `its client certificate is not valid before ${notBefore.toISOString()}`;
    return { what, fix: "set this machine's clock" };
  }
  return undefined;
}
