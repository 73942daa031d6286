import type { Clock } from "../../base/mod.ts";
import { mapPool, NodewrightError, pollUntil, systemClock } from "../../base/mod.ts";
import { type CriClient, createCriClient } from "../../cri/mod.ts";
import { parseCidr } from "../../ip/mod.ts";
import { nftChains } from "../../machine/mod.ts";
import { type DiagnosisInput, diagnose, hostProblems } from "./diagnose.ts";
import { diagnoseService } from "./diagnose-service.ts";
import { type HostCommand, hostCommand } from "./host-command.ts";
import { type HostFacts, readHostFacts } from "./host-facts.ts";
import { HostListener } from "./host-listener.ts";
import { type Finding, localChecks } from "./local-checks.ts";
import { peerChecks } from "./peer-checks.ts";
import { readPeerRoute } from "./peer-route.ts";
import { PodProbe } from "./pod-probe.ts";
import { readProxyState } from "./proxy-state.ts";
import { type RuntimeState, readRuntimeState } from "./runtime-state.ts";
import { serviceChecks } from "./service-checks.ts";
import { startFailure } from "./start-failure.ts";
import { findTraces, noteTraces, type PodTraces } from "./traces.ts";
import type { VerifyOptions, VerifyPeer, VerifyServices } from "./verify-options.ts";
import { findVerifyPods, removeVerifyPods, startVerifyPods } from "./verify-pods.ts";
import {
  type Diagnosis,
  type VerifyCheck,
  VerifyError,
  type VerifyEvent,
} from "./verify-report.ts";

/** An unreachable peer takes seconds; not every one after the other. */
const PEERS_AT_ONCE = 8;
const PULL_TIMEOUT_MS = 120_000;

/** What a verifier uses beside its options; the defaults are the real ones. */
export interface VerifyDeps {
  readonly clock?: Clock;
  readonly run?: HostCommand;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: VerifyEvent) => void;
}

/**
 * The phases of a verification on one node: startPods, checkLocal, checkPeers, removePods, in this
 * order. The pods live in the runtime, so that another verifier may go on after this process has
 * died; only the host's listener ends with it. Dispose it at the end of the session.
 */
export class NodeVerifier implements Disposable {
  readonly #options: VerifyOptions;
  readonly #cri: CriClient;
  readonly #clock: Clock;
  readonly #run: HostCommand;
  readonly #deps: VerifyDeps;
  #listener: HostListener | undefined;

  constructor(options: VerifyOptions, deps: VerifyDeps = {}) {
    this.#options = options;
    this.#deps = deps;
    this.#clock = deps.clock ?? systemClock;
    this.#run = deps.run ?? hostCommand;
    this.#cri = createCriClient({ endpoint: options.runtimeEndpoint });
  }

  /** Removes what an earlier run left, starts two pods, and says where they and the host answer. */
  async startPods(): Promise<VerifyPeer> {
    const state = await readRuntimeState(this.#cri);
    if (this.#options.podUids === undefined) await this.#makePods(state);
    const pods = await this.#pods();
    for (const probe of await this.#probes()) await probe.untilServing(this.#clock);
    const listener = await this.#listen();
    const facts = await this.#facts(state);
    const [a, b] = pods;
    this.#note(`pods run at ${a.addresses.join(" ")} and ${b.addresses.join(" ")}`);
    return {
      node: this.#options.node,
      pods: pods.map(({ name, addresses }) => ({ name, addresses })),
      host: { address: listener.address, port: listener.port, problems: hostProblems(facts) },
    };
  }

  /** The checks that need no other node. */
  async checkLocal(): Promise<VerifyCheck[]> {
    const [a, b] = await this.#probes();
    const listener = await this.#listen();
    return this.#judge(localChecks(this.#options, [a, b], listener), this.#diagnosis([a, b]));
  }

  /** From this node's first pod to the other nodes' pods and hosts. */
  async checkPeers(peers: readonly VerifyPeer[]): Promise<VerifyCheck[]> {
    const probes = await this.#probes();
    const facts = await this.#facts(await readRuntimeState(this.#cri));
    const others = peers.filter((peer) => peer.node !== this.#options.node);
    const checks = await mapPool(others, PEERS_AT_ONCE, async (peer) =>
      this.#judge(
        await peerChecks(this.#options, probes[0], peer, facts.addresses),
        this.#diagnosis(probes, peer),
      ),
    );
    return checks.flat();
  }

  /** Services in front of all nodes' pods, as this node and its pods see them. */
  async checkServices(
    services: VerifyServices,
    peers: readonly VerifyPeer[],
  ): Promise<VerifyCheck[]> {
    const probes = await this.#probes();
    const { node, hostAddress } = this.#options;
    const others = peers.filter((peer) => peer.node !== node);
    const input = { services, probes, peers: others, hostAddress, clock: this.#clock };
    return this.#judge(serviceChecks(input), async (finding) => {
      const facts = await this.#facts(await readRuntimeState(this.#cri));
      return diagnoseService(finding, { services, facts, proxy: await readProxyState(this.#run) });
    });
  }

  /** Takes the pods away and looks for what they may have left behind. */
  async removePods(): Promise<VerifyCheck[]> {
    if (this.#options.podUids !== undefined) return [];
    const probes = await this.#existingProbes();
    const traces: PodTraces[] = [];
    for (const probe of probes) traces.push(await noteTraces(this.#cri, probe));
    await removeVerifyPods(this.#cri);
    let left: string[] = [];
    // A namespace or a process may take the kernel a moment after the runtime's answer.
    await pollUntil(this.#clock, { timeoutMs: 5000, intervalMs: 100 }, async () => {
      left = await findTraces(this.#cri, this.#run, traces);
      return left.length === 0 ? true : undefined;
    });
    const finding: Finding = {
      check: "removed",
      ok: left.length === 0,
      found: left.length === 0 ? "nothing is left of them" : `left behind: ${left.join(", ")}`,
      expected: "nothing is left of the pods",
    };
    return this.#judge([finding], this.#diagnosis(probes));
  }

  /** Takes pods of its own away without looking at them: nobody waits for an answer any more. */
  async abandonPods(): Promise<void> {
    if (this.#options.podUids === undefined) await removeVerifyPods(this.#cri);
  }

  [Symbol.dispose](): void {
    this.#listener?.[Symbol.dispose]();
    this.#listener = undefined;
    this.#cri[Symbol.dispose]();
  }

  async #makePods(state: RuntimeState): Promise<void> {
    const { signal } = this.#deps;
    let action = "Cannot remove the pods of an earlier run";
    try {
      await removeVerifyPods(this.#cri);
      await this.#requireImages(state);
      action = "Cannot start a pod";
      await startVerifyPods(this.#cri, this.#options, signal);
    } catch (thrown) {
      await removeVerifyPods(this.#cri).catch(() => {});
      signal?.throwIfAborted();
      if (thrown instanceof VerifyError) throw thrown;
      const facts = await this.#facts(state);
      throw startFailure(thrown, action, { state, facts, options: this.#options });
    }
  }

  async #judge(
    findings: AsyncIterable<Finding> | Iterable<Finding>,
    causeOf: (finding: Finding) => Promise<Diagnosis | undefined>,
  ): Promise<VerifyCheck[]> {
    const checks: VerifyCheck[] = [];
    for await (const finding of findings) {
      this.#deps.signal?.throwIfAborted();
      const diagnosis = finding.ok ? undefined : await causeOf(finding);
      const check = { ...finding, node: this.#options.node, ...diagnosis };
      checks.push(check);
      this.#deps.onEvent?.({ kind: "check", check });
    }
    return checks;
  }

  #diagnosis(probes: readonly PodProbe[], peer?: VerifyPeer) {
    return async ({ check }: Finding): Promise<Diagnosis | undefined> =>
      diagnose(check, await this.#diagnosisInput(probes, peer));
  }

  async #diagnosisInput(
    probes: readonly PodProbe[],
    peer: VerifyPeer | undefined,
  ): Promise<DiagnosisInput> {
    const facts = await this.#facts(await readRuntimeState(this.#cri));
    const target = peer?.pods[0]?.addresses[0];
    return {
      options: this.#options,
      facts,
      podAddresses: probes.flatMap((probe) => probe.pod.addresses),
      ...(peer === undefined ? {} : { peer }),
      peerRoute: target === undefined ? undefined : readPeerRoute(target),
    };
  }

  async #pods() {
    const [a, b] = await findVerifyPods(this.#cri, this.#options);
    if (a === undefined || b === undefined) {
      throw new VerifyError("Cannot go on verifying: the test pods are gone", {
        node: this.#options.node,
        fix: "a running kubelet removes pods that the API server does not know: verify with a kubeconfig, so that the pods are made through the API server",
      });
    }
    return [a, b] as const;
  }

  async #probes(): Promise<readonly [PodProbe, PodProbe]> {
    const [a, b] = await this.#pods();
    return [new PodProbe(this.#cri, a), new PodProbe(this.#cri, b)];
  }

  async #existingProbes(): Promise<PodProbe[]> {
    const pods = await findVerifyPods(this.#cri, this.#options);
    return pods.map((pod) => new PodProbe(this.#cri, pod));
  }

  async #listen(): Promise<HostListener> {
    this.#listener ??= await HostListener.open(this.#options.hostAddress);
    return this.#listener;
  }

  async #facts(state: RuntimeState): Promise<HostFacts> {
    const subnet = parseCidr(this.#options.podSubnets[0] ?? "");
    const family = subnet.ok ? subnet.value.family : 4;
    return readHostFacts({ run: this.#run, nftChains }, family, state.cni);
  }

  async #requireImages(state: RuntimeState): Promise<void> {
    for (const image of [this.#options.image, state.sandboxImage]) {
      if (image === undefined) continue;
      const status = await this.#cri.image.imageStatus({ image: { image } });
      if (status.image !== undefined) continue;
      const refused = await this.#pull(image);
      if (refused === undefined) continue;
      const what = image === this.#options.image ? "the test image" : "the runtime's sandbox image";
      throw new VerifyError(`Cannot start a pod: the node does not have ${what} ${image}`, {
        node: this.#options.node,
        detail: refused,
        fix: `add it to images in nodewright.yaml; or nodewright cri import FILE.tar --node ${this.#options.node}, or nodewright cri pull ${image} --node ${this.#options.node}`,
      });
    }
  }

  /** Why an image cannot be pulled, in the runtime's words; undefined once it is there. */
  async #pull(image: string): Promise<string | undefined> {
    const { signal } = this.#deps;
    const limit = AbortSignal.timeout(PULL_TIMEOUT_MS);
    this.#note(`pulling ${image}`);
    try {
      const call = { signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) };
      await this.#cri.image.pullImage({ image: { image } }, call);
      return undefined;
    } catch (thrown) {
      signal?.throwIfAborted();
      return NodewrightError.from(thrown, "Cannot pull it").message;
    }
  }

  #note(text: string): void {
    this.#deps.onEvent?.({ kind: "note", node: this.#options.node, text });
  }
}
