import { type Clock, type Logger, NodewrightError } from "../../base/mod.ts";
import type { KubeClient } from "../../kube/client/mod.ts";
import type { CertificateInfo } from "../../x509/mod.ts";
import { type CertificatePair, type CertificateStore, toPair } from "./certificate-store.ts";
import {
  RequestRefused,
  requestCertificate,
  type WantedCertificate,
} from "./request-certificate.ts";

export interface CertificateKeeperDeps {
  readonly store: CertificateStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly wanted: WantedCertificate;
  /** Asks for certificates; the keeper closes it after each request. */
  readonly client: () => Promise<KubeClient>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onChange: (pair: CertificatePair) => void;
}

const RETRY_MS = { first: 2000, most: 32_000 } as const;
/** A timer takes no more than 24 days, and the clock may be set meanwhile. */
const LONGEST_SLEEP_MS = 3_600_000;

/** Keeps one certificate of the node valid: asks for it where there is none, renews it in time. */
export class CertificateKeeper {
  readonly #deps: CertificateKeeperDeps;
  #current: CertificatePair | undefined;

  constructor(deps: CertificateKeeperDeps, current: CertificatePair | undefined) {
    this.#deps = deps;
    this.#current = current;
  }

  get current(): CertificatePair | undefined {
    return this.#current;
  }

  /** Until the signal; `once` ends with the first certificate. */
  async run(signal: AbortSignal, options: { readonly once?: true } = {}): Promise<void> {
    let retryMs: number = RETRY_MS.first;
    while (!signal.aborted) {
      if (this.#current !== undefined) {
        if (options.once) return;
        await this.#sleepUntilDue(this.#current, signal);
        if (signal.aborted) return;
      }
      try {
        await this.#renew(signal);
        retryMs = RETRY_MS.first;
      } catch (thrown) {
        if (signal.aborted) return;
        const error = NodewrightError.from(thrown, "Cannot renew a certificate");
        this.#deps.log.error(error.message, { fix: error.fix });
        if (error instanceof RequestRefused) await this.#deps.store.dropPendingKey();
        await this.#deps.clock.sleep(retryMs, signal).catch(() => {});
        retryMs = Math.min(retryMs * 2, RETRY_MS.most);
      }
    }
  }

  async #sleepUntilDue({ info }: CertificatePair, signal: AbortSignal): Promise<void> {
    const { clock, random, log, wanted } = this.#deps;
    const due = rotationDue(info, random());
    const at = new Date(due).toISOString();
    log.info("The certificate is renewed in time", { signer: wanted.signerName, at }, 2);
    for (let left = due - clock.now(); left > 0; left = due - clock.now()) {
      await clock.sleep(Math.min(left, LONGEST_SLEEP_MS), signal).catch(() => {});
      if (signal.aborted) return;
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { store, clock, log, wanted, onChange } = this.#deps;
    using client = await this.#deps.client();
    const key = await store.pendingKey();
    const cert = await requestCertificate({ client, clock, log }, wanted, { key, signal });
    const pair = toPair(cert, key);
    if (typeof pair === "string") {
      throw new RequestRefused("credentials", `Cannot use the signed certificate: ${pair}`);
    }
    await store.write(pair, clock.now());
    this.#current = pair;
    const until = pair.info.notAfter.toISOString();
    log.info("Got a new certificate", { signer: wanted.signerName, until });
    onChange(pair);
  }
}

/** When to renew: after 70 to 90 % of its time, so that nodes made together do not ask together. */
export function rotationDue(
  { notBefore, notAfter }: Pick<CertificateInfo, "notBefore" | "notAfter">,
  random: number,
): number {
  const lifetime = notAfter.getTime() - notBefore.getTime();
  return notBefore.getTime() + lifetime * (0.7 + 0.2 * random);
}
