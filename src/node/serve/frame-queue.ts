import type { Frame } from "../protocol/frames.ts";

/** So many frames wait at most before the stream is no longer read. */
const MAX_WAITING = 4;

/** Frames between the reader of a stream and the one that works on them; bounded, so that a slow disk slows the sender. */
export class FrameQueue {
  readonly #frames: Frame[] = [];
  #ended = false;
  #onChange: () => void = () => {};
  #changed: Promise<void> = Promise.resolve();

  constructor() {
    this.#rearm();
  }

  /** Resolves when the frame has been taken in; false where nobody will read it any more. */
  async push(frame: Frame): Promise<boolean> {
    while (this.#frames.length >= MAX_WAITING && !this.#ended) await this.#changed;
    if (this.#ended) return false;
    this.#frames.push(frame);
    this.#wake();
    return true;
  }

  /** The next frame; undefined after the last one. */
  async next(): Promise<Frame | undefined> {
    while (this.#frames.length === 0 && !this.#ended) await this.#changed;
    const frame = this.#frames.shift();
    this.#wake();
    return frame;
  }

  /** Gives a frame back that was not for the one who took it. */
  putBack(frame: Frame): void {
    this.#frames.unshift(frame);
  }

  /** No more will come; what is waiting can still be read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    this.#onChange();
    this.#rearm();
  }

  #rearm(): void {
    this.#changed = new Promise((resolve) => {
      this.#onChange = resolve;
    });
  }
}
