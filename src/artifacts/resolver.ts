import type { Arch } from "./arch.ts";
import { compressedBlob, type EncodedBlob } from "./cache/compress.ts";
import { ArtifactCache } from "./cache/store.ts";
import { COMPONENTS, type Component } from "./component.ts";
import { type Lock, mergeLocks, readLock, writeLock } from "./lock.ts";
import { type Resolution, resolveArtifacts } from "./resolve.ts";
import { type ComponentsSettings, DEFAULT_SETTINGS, describeSettings } from "./settings.ts";
import type { ArtifactProgress, ResolveDeps } from "./types.ts";

/** What a resolver works on for its life. */
export interface ResolverOptions {
  readonly clusterDir: string;
  readonly cacheDir: string;
  /** True, or the component among these: it is resolved again; the lock gets what comes of it. */
  readonly update?: boolean | readonly Component[];
  /** False: nodewright.lock is read and not written. */
  readonly save?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ArtifactProgress) => void;
}

/**
 * resolveArtifacts for a whole cluster: once for each architecture and set of settings, one
 * after the other, with nodewright.lock read before and written after. Nodes of the same kind
 * share the answer.
 */
export class ArtifactResolver {
  readonly #deps: ResolveDeps;
  readonly #options: ResolverOptions;
  readonly #known = new Map<string, Promise<Resolution>>();
  #lock: Promise<Lock>;
  #cache: Promise<ArtifactCache> | undefined;

  constructor(deps: ResolveDeps, options: ResolverOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#lock = readLock(options.clusterDir);
    // Reported to whoever resolves first.
    this.#lock.catch(() => undefined);
  }

  /** The files of all components for one kind of node; see resolveArtifacts. */
  resolve(arch: Arch, components: ComponentsSettings): Promise<Resolution> {
    const settings = COMPONENTS.map((c) => describeSettings(components[c] ?? DEFAULT_SETTINGS));
    const key = JSON.stringify([arch, settings]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const resolution = this.#resolve(arch, components);
    this.#known.set(key, resolution);
    return resolution;
  }

  async #resolve(arch: Arch, components: ComponentsSettings): Promise<Resolution> {
    const before = this.#lock;
    const resolution = before.then((lock) =>
      resolveArtifacts(this.#deps, { ...this.#options, arch, components, lock }),
    );
    // The next one begins with this one's lock, and after it: the network is not asked twice.
    this.#lock = resolution.then(
      ({ lock }) => lock,
      () => before,
    );
    const resolved = await resolution;
    if (this.#options.save !== false) await this.#save(resolved.lock);
    return resolved;
  }

  async #save(lock: Lock): Promise<void> {
    const { clusterDir } = this.#options;
    // Another nodewright may have written entries for other nodes meanwhile.
    await writeLock(clusterDir, mergeLocks(await readLock(clusterDir), lock));
  }

  /** The compressed form of a resolved file, made once and kept in the cache. */
  async encode(file: {
    readonly sha256: string;
    readonly sizeBytes: number;
    readonly localPath: string;
  }): Promise<EncodedBlob> {
    this.#cache ??= ArtifactCache.open(this.#options.cacheDir, { nowMs: this.#deps.clock.now() });
    const { sha256, sizeBytes, localPath } = file;
    return compressedBlob(
      await this.#cache,
      { sha256, sizeBytes, path: localPath },
      this.#options.signal,
    );
  }
}
