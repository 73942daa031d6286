import { NodewrightError } from "../../base/mod.ts";
import { NodeVerifier, type VerifyDeps } from "./node-verifier.ts";
import {
  parseVerifyOptions,
  parseVerifyPeers,
  parseVerifyServices,
  type VerifyPeer,
} from "./verify-options.ts";
import { type VerifyCheck, VerifyError } from "./verify-report.ts";

/** The phases in their order. Each node does one; then, when all have, the next. */
export const VERIFY_PHASES = [
  "startPods",
  "checkLocal",
  "checkPeers",
  "checkServices",
  "removePods",
] as const;

export type VerifyPhase = (typeof VERIFY_PHASES)[number];

/** What each phase returns. */
export interface VerifyPhaseResults {
  readonly startPods: VerifyPeer;
  readonly checkLocal: readonly VerifyCheck[];
  readonly checkPeers: readonly VerifyCheck[];
  readonly checkServices: readonly VerifyCheck[];
  readonly removePods: readonly VerifyCheck[];
}

/**
 * Carries out phases for a session whose parameters come over a wire: `options` are VerifyOptions,
 * for checkPeers and checkServices with `peers: VerifyPeer[]` beside them, for checkServices with
 * `services: VerifyServices` as well. Keep one for a whole session: the host's
 * listener lives from startPods until it is disposed, and no pods of its own outlive it.
 */
export class VerifySession implements AsyncDisposable {
  #verifier: NodeVerifier | undefined;
  #mayHavePods = false;

  async run(phase: string, options: unknown, deps: VerifyDeps = {}): Promise<unknown> {
    const parsed = parseVerifyOptions(options);
    if (!parsed.ok) throw new VerifyError(`Cannot read the options of ${phase}: ${parsed.error}`);
    // A session may verify again, then with pods of other uids.
    if (phase === "startPods") {
      this.#verifier?.[Symbol.dispose]();
      this.#verifier = undefined;
    }
    // A later phase may come with its own signal and events, but the listener must go on.
    this.#verifier ??= new NodeVerifier(parsed.value, deps);
    const verifier = this.#verifier;
    if (phase === "startPods") this.#mayHavePods = true;
    try {
      const result = await runPhase(verifier, phase, options);
      if (phase === "removePods") this.#mayHavePods = false;
      return result;
    } catch (thrown) {
      throw NodewrightError.from(thrown, "Cannot verify").onNode(parsed.value.node);
    }
  }

  /** Also removes the pods where the session ends between the phases. */
  async [Symbol.asyncDispose](): Promise<void> {
    const verifier = this.#verifier;
    this.#verifier = undefined;
    if (this.#mayHavePods) await verifier?.abandonPods().catch(() => {});
    verifier?.[Symbol.dispose]();
  }
}

async function runPhase(verifier: NodeVerifier, phase: string, options: unknown): Promise<unknown> {
  switch (phase) {
    case "startPods":
      return verifier.startPods();
    case "checkLocal":
      return verifier.checkLocal();
    case "checkPeers":
      return verifier.checkPeers(peersOf(options));
    case "checkServices": {
      const given = typeof options === "object" && options !== null && "services" in options;
      const services = parseVerifyServices(given ? options.services : undefined);
      if (!services.ok) throw new VerifyError(`Cannot read the Services: ${services.error}`);
      return verifier.checkServices(services.value, peersOf(options));
    }
    case "removePods":
      return verifier.removePods();
    default:
      throw new VerifyError(`Cannot verify: there is no phase "${phase}"`);
  }
}

function peersOf(options: unknown): readonly VerifyPeer[] {
  const given = typeof options === "object" && options !== null && "peers" in options;
  const peers = parseVerifyPeers(given ? options.peers : undefined);
  if (!peers.ok) throw new VerifyError(`Cannot read the peers: ${peers.error}`);
  return peers.value;
}
