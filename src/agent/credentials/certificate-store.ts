import { mkdir, rename, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Secret } from "../../base/mod.ts";
import { createKey } from "../../kube/pki/mod.ts";
import { atomicWriteFile, readUserText } from "../../sys/mod.ts";
import { type CertificateInfo, inspectCertificate, keyMatches } from "../../x509/mod.ts";

/** A certificate (with its chain) and its key, PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: Secret;
  readonly info: CertificateInfo;
}

/**
 * Where the kubelet keeps certificates that it asked for: `NAME-current.pem` is a link to
 * `NAME-DATE.pem`, which has the certificate and then the key.
 */
export class CertificateStore {
  readonly #directory: string;
  readonly #name: string;

  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
  }

  get currentPath(): string {
    return join(this.#directory, `${this.#name}-current.pem`);
  }

  /** undefined where there is none, or none that can be used. */
  async read(): Promise<CertificatePair | undefined> {
    const text = await readUserText(this.currentPath).catch(() => "");
    const pair = toPair(text, text);
    return typeof pair === "string" ? undefined : pair;
  }

  /** Puts a new pair in place of the current one. */
  async write(pair: CertificatePair, now: number): Promise<void> {
    const stamp = new Date(now).toISOString().slice(0, 19).replaceAll(/[T:]/g, "-");
    const name = `${this.#name}-${stamp}.pem`;
    const text = `${pair.cert.trim()}\n${pair.key.reveal().trim()}\n`;
    await this.#makeDirectory();
    await atomicWriteFile(join(this.#directory, name), text, { mode: 0o600 });
    const next = `${this.currentPath}.tmp`;
    await unlink(next).catch(() => {});
    await symlink(join(this.#directory, name), next);
    await rename(next, this.currentPath);
    await unlink(this.#pendingPath).catch(() => {});
  }

  /** The key of the request that is under way; it outlives the agent, so that one request is enough. */
  async pendingKey(): Promise<string> {
    const known = await readUserText(this.#pendingPath).catch(() => undefined);
    if (known?.includes("PRIVATE KEY")) return known;
    const key = await createKey();
    await this.#makeDirectory();
    await atomicWriteFile(this.#pendingPath, key, { mode: 0o600 });
    return key;
  }

  /** The request came to nothing: the next one is another. */
  async dropPendingKey(): Promise<void> {
    await unlink(this.#pendingPath).catch(() => {});
  }

  get #pendingPath(): string {
    return join(this.#directory, `${this.#name}.key.tmp`);
  }

  async #makeDirectory(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o755 });
  }
}

/** The first certificates and the first key of two texts, or why they are no pair. */
export function toPair(certText: string, keyText: string): CertificatePair | string {
  const cert = blocks(certText, /CERTIFICATE/).join("");
  const key = blocks(keyText, /[A-Z ]*PRIVATE KEY/)[0] ?? "";
  const info = inspectCertificate(cert);
  if (!info.ok) return info.error;
  if (!keyMatches(cert, key)) return "its key does not belong to it";
  return { cert, key: new Secret(key), info: info.value };
}

function blocks(text: string, label: RegExp): string[] {
  const { source } = label;
  const pattern = new RegExp(`-----BEGIN (${source})-----[^-]*-----END \\1-----\\n?`, "g");
  return [...text.matchAll(pattern)].map(([block]) => `${block.trim()}\n`);
}
