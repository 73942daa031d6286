import { mapPool, messageOf, NodewrightError } from "../../base/mod.ts";
import type {
  VerifyCheck,
  VerifyOptions,
  VerifyPeer,
  VerifyPhase,
  VerifyPhaseResults,
  VerifyServices,
} from "../../node/verify/mod.ts";
import { verifyPodNames } from "./api-verify-pods.ts";
import { notAdmin } from "./cluster-node.ts";
import type { OnApplyEvent } from "./event.ts";
import type { NodeRun } from "./node-run.ts";
import type { ApplyPorts, NodeApi } from "./ports.ts";
import { type Failed, type TakeBackOptions, takeBack } from "./take-back.ts";

/** Which nodes a verification is for, and how many are worked on at once. */
export interface VerifyRunsOptions extends TakeBackOptions {
  readonly verify: "changed" | "always";
}

/**
 * Runs real pods on the nodes and lets them look at each other: every node does one phase, then,
 * when all have, the next. A node whose checks fail fails its run (and so is taken back where it
 * was changed); its pods are removed in any case.
 */
export async function verifyRuns(
  runs: readonly NodeRun[],
  options: VerifyRunsOptions,
  ports: ApplyPorts,
  onEvent: OnApplyEvent,
): Promise<void> {
  const alive = runs.filter((run) => run.outcome === undefined);
  if (options.verify === "changed" && !alive.some((run) => run.hasChanged)) return;
  const verified = alive
    .filter((run) => run.canRunPods)
    .map(
      (run) => new VerifiedNode(run, ports, { onEvent, mustVerify: options.verify === "always" }),
    );
  const each = async (work: (node: VerifiedNode) => Promise<void>): Promise<void> => {
    const failed: Failed[] = [];
    const inTurn = verified.filter(({ run }) => run.outcome === undefined);
    await mapPool(inTurn, options.parallelism, async (node) => {
      await work(node).catch((thrown: unknown) => failed.push({ run: node.run, thrown }));
    });
    await takeBack(failed, options);
  };
  try {
    await each((node) => node.start());
    await each((node) => node.checkLocal());
    const peers = verified.flatMap((node) => (node.peer === undefined ? [] : [node.peer]));
    await each((node) => node.checkPeers(peers));
    await verifyServices(verified, { peers, verify: options.verify }, each);
  } finally {
    // Also on nodes that have failed meanwhile: their pods are ours to take away.
    const failed = await Promise.all(verified.map((node) => node.remove()));
    await takeBack(failed.flat(), options);
  }
  await each((node) => node.judge());
}

/**
 * Services in front of all verification pods, made by the first node that can. What keeps them from
 * being made is no node's fault: only a verification that was asked for fails of it.
 */
async function verifyServices(
  verified: readonly VerifiedNode[],
  { peers, verify }: Pick<VerifyRunsOptions, "verify"> & { readonly peers: readonly VerifyPeer[] },
  each: (work: (node: VerifiedNode) => Promise<void>) => Promise<void>,
): Promise<void> {
  const served = verified.filter((node) => node.run.outcome === undefined && node.hasApiPods);
  const [first] = served.filter((node) => node.run.proxyRuns);
  if (first === undefined) return;
  const isAsked = verify === "always";
  let made: Awaited<ReturnType<NodeApi["startVerifyServices"]>> | undefined;
  await each(async (node) => {
    if (node === first) made = await node.makeServices(2 * served.length, isAsked);
  });
  if (made === undefined) return;
  const services = { ...made.services, scope: isAsked ? "cluster" : "node" } as const;
  try {
    await each((node) => node.checkServices(services, peers));
    if (isAsked) await each((node) => node.checkStreams());
  } finally {
    await made.remove().catch((thrown: unknown) => first.noteServices(thrown));
  }
}

/** One node's part of a verification. */
class VerifiedNode {
  readonly run: NodeRun;
  readonly #ports: ApplyPorts;
  readonly #onEvent: OnApplyEvent;
  readonly #mustVerify: boolean;
  readonly #checks: VerifyCheck[] = [];
  #options: VerifyOptions | undefined;
  #peer: VerifyPeer | undefined;
  #removeApiPods: (() => Promise<void>) | undefined;
  #api: NodeApi | undefined;

  constructor(
    run: NodeRun,
    ports: ApplyPorts,
    options: { readonly onEvent: OnApplyEvent; readonly mustVerify: boolean },
  ) {
    this.run = run;
    this.#ports = ports;
    this.#onEvent = options.onEvent;
    this.#mustVerify = options.mustVerify;
  }

  get peer(): VerifyPeer | undefined {
    return this.#peer;
  }

  async start(): Promise<void> {
    await this.run.runHook("beforeVerify");
    this.#say("starting pods to verify it");
    const plain = this.#ports.verifyOptions(this.run.machine, this.run.rendered);
    if (this.run.kubeletRuns) {
      const podUids = await this.#startApiPods(plain.image);
      if (podUids === undefined) return;
      this.#options = { ...plain, podUids };
    } else this.#options = plain;
    this.#peer = await this.#phase("startPods");
  }

  /**
   * A kubelet removes what the API server does not know: the pods have to be made there. Undefined
   * where nobody may, which is no failure of what was applied.
   */
  async #startApiPods(image: string): Promise<readonly string[] | undefined> {
    const api = await this.#ports.api(this.run.machine);
    if (api?.isAdmin !== true) {
      api?.[Symbol.dispose]();
      const error = notAdmin("Cannot make pods to verify the node");
      if (this.#mustVerify) throw error;
      this.#note(error.message);
      return undefined;
    }
    this.#api = api;
    const pods = await api.startVerifyPods(this.run.node, image);
    this.#removeApiPods = pods.remove;
    return pods.uids;
  }

  async checkLocal(): Promise<void> {
    if (this.#options === undefined) return;
    this.#say("checking its pods");
    this.#keep(await this.#phase("checkLocal"));
  }

  async checkPeers(peers: readonly VerifyPeer[]): Promise<void> {
    const others = peers.filter((peer) => peer.node !== this.run.node);
    if (this.#options === undefined || others.length === 0) return;
    const [only] = others;
    this.#say(
      `checking the way to ${others.length === 1 ? only?.node : `${others.length} other nodes`}`,
    );
    this.#keep(await this.#phase("checkPeers", { peers: others }));
  }

  /** True where its pods were made through the API server: no Service leads to others. */
  get hasApiPods(): boolean {
    return this.#removeApiPods !== undefined;
  }

  async makeServices(podCount: number, isAsked: boolean) {
    this.#say("making Services for its pods");
    try {
      return await this.#api?.startVerifyServices(podCount);
    } catch (thrown) {
      if (isAsked || this.#ports.signal.aborted) throw thrown;
      this.#note(messageOf(thrown));
      return undefined;
    }
  }

  async checkServices(services: VerifyServices, peers: readonly VerifyPeer[]): Promise<void> {
    if (!this.hasApiPods) return;
    if (!this.run.proxyRuns) {
      this.#note("Services are not looked at: nodewright runs no kube-proxy on it");
      return;
    }
    this.#say("checking Services");
    this.#keep(await this.#phase("checkServices", { peers, services }));
  }

  async checkStreams(): Promise<void> {
    if (!this.hasApiPods) return;
    this.#say("checking logs and exec");
    this.#keep((await this.#api?.checkPodStreams(this.run.node)) ?? []);
  }

  noteServices(thrown: unknown): void {
    this.#note(
      `the Services of the verification may still be there: ${messageOf(thrown)}; nodewright verify removes them`,
    );
  }

  #note(text: string): void {
    this.#onEvent({ kind: "note", node: this.run.node, text });
  }

  /** Takes the pods away; what goes wrong with that is returned, a failed check like any other. */
  async remove(): Promise<Failed[]> {
    const failed: Failed[] = [];
    const note = (thrown: unknown): void => {
      failed.push({ run: this.run, thrown });
    };
    try {
      if (this.#options !== undefined) this.#keep(await this.#phase("removePods"));
    } catch (thrown) {
      note(thrown);
    }
    await this.#removeApiPods?.().catch((thrown: unknown) => {
      note(thrown);
      if (this.#ports.signal.aborted) this.#nameApiPods();
    });
    this.#api?.[Symbol.dispose]();
    return failed;
  }

  /** What an interruption has left in the cluster. */
  #nameApiPods(): void {
    const { node } = this.run;
    this.#note(
      `its verification pods may still be there (${verifyPodNames(node).join(", ")}); nodewright verify ${node} removes them`,
    );
  }

  async judge(): Promise<void> {
    if (this.#options === undefined) return;
    const failed = this.#checks.filter((check) => !check.ok);
    if (failed.length === 0) {
      await this.run.runHook("afterVerify");
      this.#onEvent({ kind: "verified", node: this.run.node, checks: this.#checks });
      return;
    }
    throw new NodewrightError(
      "verify",
      `${failed.length} of ${this.#checks.length} checks failed`,
      {
        node: this.run.node,
        detail: failed.map(describeFailedCheck).join("\n"),
      },
    );
  }

  #keep(checks: readonly VerifyCheck[]): void {
    for (const check of checks) {
      this.#checks.push(check);
      this.#onEvent({ kind: "check", node: this.run.node, check });
    }
  }

  async #phase<P extends VerifyPhase>(
    phase: P,
    more: { readonly peers?: readonly VerifyPeer[]; readonly services?: VerifyServices } = {},
  ): Promise<VerifyPhaseResults[P]> {
    const options = { ...this.#options, ...more };
    // cast: each phase's result type is fixed, and both sides are the same build
    return (await this.run.session.request("verify", { phase, options })) as VerifyPhaseResults[P];
  }

  #say(text: string): void {
    this.#onEvent({ kind: "phase", node: this.run.node, phase: "verify", text });
  }
}

/** A failed check with what was expected and why it probably failed. */
export function describeFailedCheck(check: VerifyCheck): string {
  const peer = check.peer === undefined ? "" : ` (to ${check.peer})`;
  return [
    `${check.check}${peer}: ${check.found}; expected: ${check.expected}`,
    ...(check.cause === undefined ? [] : [`  probably: ${check.cause}`]),
    ...(check.fix === undefined ? [] : [`  fix: ${check.fix}`]),
  ].join("\n");
}
