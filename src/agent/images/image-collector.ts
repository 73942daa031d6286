import { type Clock, type Logger, messageOf } from "../../base/mod.ts";
import type { CriClient, Image } from "../../cri/mod.ts";
import type { ImageCollection } from "../config/mod.ts";

export interface ImageCollectorDeps {
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: ImageCollection;
  readonly fileSystem: () => Promise<
    { readonly available: number; readonly capacity: number } | undefined
  >;
  /** An event of the node. */
  readonly report: (event: { readonly reason: string; readonly message: string }) => void;
}

const INTERVAL_MS = 5 * 60_000;

/** An image and what is known of its use; times in milliseconds since the epoch. */
export interface KnownImage {
  readonly id: string;
  readonly bytes: number;
  readonly isPinned: boolean;
  readonly isUsed: boolean;
  readonly seenAt: number;
  /** 0 where nothing has used it since the agent began. */
  readonly usedAt: number;
}

/** Removes images that no container uses: by space, by age, or all of them. */
export class ImageCollector {
  readonly #deps: ImageCollectorDeps;
  readonly #startedAt: number;
  readonly #known = new Map<string, { readonly seenAt: number; usedAt: number }>();
  #hasFailed = false;
  #hasListed = false;

  constructor(deps: ImageCollectorDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.now();
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, report } = this.#deps;
    while (!signal.aborted) {
      try {
        await this.collect();
        this.#hasFailed = false;
      } catch (thrown) {
        const message = messageOf(thrown);
        log.error("Image garbage collection failed", { error: message });
        // The first failure may only be that the node has just begun.
        if (this.#hasFailed) report({ reason: "ImageGCFailed", message });
        this.#hasFailed = true;
      }
      await clock.sleep(INTERVAL_MS, signal).catch(() => {});
    }
  }

  /** Removes what is too old, then what is too much. */
  async collect(): Promise<void> {
    const { clock, settings, fileSystem, log } = this.#deps;
    const now = clock.now();
    const images = await this.#list(now);
    const old = planByAge(images, { settings, now, startedAt: this.#startedAt });
    await this.#remove(old);
    const space = await fileSystem();
    if (space === undefined || space.capacity === 0) return;
    const used = 100 - Math.floor((space.available * 100) / space.capacity);
    if (used < settings.highPercent) return;
    const wanted = (space.capacity * (100 - settings.lowPercent)) / 100 - space.available;
    log.info("Images take too much space", { usedPercent: used, bytes: Math.floor(wanted) });
    const rest = images.filter((one) => !old.includes(one));
    const freed = await this.#remove(planBySpace(rest, { settings, now, wanted }));
    if (freed < wanted) {
      const message = `Failed to garbage collect required amount of images. Attempted to free ${Math.floor(wanted)} bytes, but only found ${freed} bytes eligible to free.`;
      this.#deps.report({ reason: "FreeDiskSpaceFailed", message });
      throw new Error(message);
    }
  }

  /** Removes every image that nothing uses. */
  async removeUnused(): Promise<void> {
    const images = await this.#list(this.#deps.clock.now());
    await this.#remove(images.filter(({ isUsed, isPinned }) => !isUsed && !isPinned));
  }

  async #list(now: number): Promise<KnownImage[]> {
    const { cri } = this.#deps;
    const [{ images }, { containers }] = await Promise.all([
      cri.image.listImages({}),
      cri.runtime.listContainers({}),
    ]);
    const used = new Set(
      containers.flatMap(({ imageRef, image, imageId }) => [imageRef, imageId, image?.image ?? ""]),
    );
    for (const id of this.#known.keys()) {
      if (!images.some((one) => one.id === id)) this.#known.delete(id);
    }
    // Images that were there before the agent are as old as they can be.
    const seenAt = this.#hasListed ? now : 0;
    this.#hasListed = true;
    return images.map((image) => this.#note(image, { used, now, seenAt }));
  }

  #note(
    image: Image,
    { used, now, seenAt: first }: { used: ReadonlySet<string>; now: number; seenAt: number },
  ): KnownImage {
    const { id, repoTags, repoDigests, size, pinned } = image;
    const isUsed = [id, ...repoTags, ...repoDigests].some((name) => used.has(name));
    const known = this.#known.get(id) ?? { seenAt: first, usedAt: 0 };
    this.#known.set(id, known);
    if (isUsed) known.usedAt = now;
    const { seenAt, usedAt } = known;
    return { id, bytes: Number(size), isPinned: pinned, isUsed, seenAt, usedAt };
  }

  /** The bytes that were freed. */
  async #remove(images: readonly KnownImage[]): Promise<number> {
    const { cri, log } = this.#deps;
    let freed = 0;
    for (const { id, bytes } of images) {
      try {
        await cri.image.removeImage({ image: { image: id } });
        freed += bytes;
        log.info("Removed an image that nothing uses", { image: id, bytes });
      } catch (thrown) {
        log.warn("Cannot remove an image", { image: id, error: messageOf(thrown) });
      }
    }
    return freed;
  }
}

/** Images that nothing has used for too long; none before the agent could have seen it. */
export function planByAge(
  images: readonly KnownImage[],
  at: { readonly settings: ImageCollection; readonly now: number; readonly startedAt: number },
): KnownImage[] {
  const { settings, now, startedAt } = at;
  const { maximumAgeMs } = settings;
  if (maximumAgeMs === 0 || now - startedAt <= maximumAgeMs) return [];
  return images.filter(
    ({ isUsed, isPinned, usedAt, seenAt }) =>
      !isUsed && !isPinned && now - Math.max(usedAt, seenAt) > maximumAgeMs,
  );
}

/** The images to remove for so many bytes: those unused for longest first, young ones never. */
export function planBySpace(
  images: readonly KnownImage[],
  at: { readonly settings: ImageCollection; readonly now: number; readonly wanted: number },
): KnownImage[] {
  const { settings, now, wanted } = at;
  const chosen: KnownImage[] = [];
  let bytes = 0;
  const candidates = images
    .filter((one) => !one.isUsed && !one.isPinned && now - one.seenAt >= settings.minimumAgeMs)
    .sort((a, b) => a.usedAt - b.usedAt || a.seenAt - b.seenAt);
  for (const image of candidates) {
    if (bytes >= wanted) break;
    chosen.push(image);
    bytes += image.bytes;
  }
  return chosen;
}
