import { type Clock, messageOf } from "../../base/mod.ts";
import type { CriClient } from "../../cri/mod.ts";

/** How long an answer of the runtime counts. */
const FRESH_MS = 5000;

/** Whether the runtime and its network are ready: what a node's readiness depends on. */
export class RuntimeHealth {
  readonly #cri: CriClient;
  readonly #clock: Clock;
  #message: string | undefined = "container runtime status check may not have completed yet";
  #asked = Number.NEGATIVE_INFINITY;

  constructor(cri: CriClient, clock: Clock) {
    this.#cri = cri;
    this.#clock = clock;
  }

  /** What is wrong, in the kubelet's words; undefined where all is well. */
  async check(): Promise<string | undefined> {
    const isFresh = this.#clock.now() - this.#asked < FRESH_MS;
    if (this.#message === undefined && isFresh) return undefined;
    this.#asked = this.#clock.now();
    this.#message = await this.#ask();
    return this.#message;
  }

  async #ask(): Promise<string | undefined> {
    try {
      const { status } = await this.#cri.runtime.status({}, { deadlineMs: FRESH_MS });
      const wrong = ["RuntimeReady", "NetworkReady"].flatMap((type) => {
        const found = status?.conditions.find((one) => one.type === type);
        if (found?.status === true) return [];
        const word = type === "RuntimeReady" ? "container runtime" : "container runtime network";
        return [
          `${word} not ready: ${type}=false reason:${found?.reason ?? ""} message:${found?.message ?? ""}`,
        ];
      });
      return wrong.length === 0 ? undefined : wrong.join(", ");
    } catch (thrown) {
      return `container runtime is down: ${messageOf(thrown)}`;
    }
  }
}
