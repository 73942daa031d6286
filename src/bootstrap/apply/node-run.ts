import { hasErrors, NodewrightError, ProblemsError } from "../../base/mod.ts";
import type { NodeEvent } from "../../node/mod.ts";
import { type NodePlan, type ObservedNode, planNode, planSummary } from "../../plan/mod.ts";
import type { SshConnection } from "../../ssh/mod.ts";
import type { Hook, Machine } from "../inventory/mod.ts";
import type { RenderedNode } from "../render/mod.ts";
import { ClusterNode, type DrainMode, needsDrain } from "./cluster-node.ts";
import type { ApplyEvent, ApplyPhase, NodeOutcome, OnApplyEvent } from "./event.ts";
import { judgeMachine } from "./judge-machine.ts";
import { beginSession, connect } from "./open-session.ts";
import type { ApplyPorts } from "./ports.ts";
import { requireReachable } from "./require-reachable.ts";
import { sendBlobs } from "./send-blobs.ts";
import type { NodeSession } from "./session.ts";
import { whileKubeletRuns } from "./while-kubelet-runs.ts";
import { withKubeletJournal } from "./with-kubelet-journal.ts";

/**
 * One node on its way through an apply. It owns the connection and the session; every stage
 * rejects on failure, and `fail` then takes the node back to where it was.
 */
export class NodeRun {
  readonly machine: Machine;
  readonly #ports: ApplyPorts;
  readonly #onEvent: OnApplyEvent;
  readonly #startedMs: number;
  #connection: SshConnection | undefined;
  #session: NodeSession | undefined;
  #rendered: RenderedNode | undefined;
  #observed: ObservedNode | undefined;
  #plan: NodePlan | undefined;
  #cluster: ClusterNode | undefined;
  /** The generation that `change` brought, until it is committed. */
  #uncommitted: number | undefined;
  /** True from when the node was asked to change. */
  #wasAsked = false;
  /** Where a failed apply says that it goes back to; null: before nodewright. */
  #wentBackTo: number | null | undefined;
  #failure: NodewrightError | undefined;
  #outcome: NodeOutcome | undefined;

  constructor(machine: Machine, ports: ApplyPorts, onEvent: OnApplyEvent) {
    this.machine = machine;
    this.#ports = ports;
    this.#onEvent = onEvent;
    this.#startedMs = ports.clock.now();
  }

  get node(): string {
    return this.machine.name;
  }
  get failure(): NodewrightError | undefined {
    return this.#failure;
  }
  get outcome(): NodeOutcome | undefined {
    return this.#outcome;
  }
  /** True once there was a connection: what fails then is a matter of the node or of the change. */
  get wasReached(): boolean {
    return this.#connection !== undefined;
  }
  /** True where the node is to be changed. */
  get hasSteps(): boolean {
    return this.#plan !== undefined && this.#plan.steps.length > 0;
  }
  /** True once this run has changed the node. */
  get hasChanged(): boolean {
    return this.#uncommitted !== undefined;
  }
  /** True where units that run are about to be restarted, or pods to be moved: only so many nodes at once. */
  interruptsService(drain: DrainMode): boolean {
    if (this.#plan === undefined) return false;
    const restarts = this.#plan.steps.some((step) => step.kind === "restart-unit");
    return restarts || (this.kubeletRuns && needsDrain(this.#plan, drain));
  }
  get kubeletRuns(): boolean {
    return this.#runs("kubelet.service");
  }
  get proxyRuns(): boolean {
    return this.#runs("kube-proxy.service");
  }
  /** True where there is a runtime that verification pods can run on. */
  get canRunPods(): boolean {
    return this.#session !== undefined && this.#runs("containerd.service");
  }
  #runs(name: string): boolean {
    return this.rendered.desired.units.find((unit) => unit.name === name)?.run === true;
  }
  get plan(): NodePlan {
    return known(this.#plan, "plan");
  }
  get observed(): ObservedNode {
    return known(this.#observed, "observation");
  }
  get rendered(): RenderedNode {
    return known(this.#rendered, "rendering");
  }
  get session(): NodeSession {
    return known(this.#session, "session");
  }

  /** Connects and becomes root; writes nothing on the node. */
  async connect(): Promise<void> {
    await this.runHook("beforeConnect");
    this.#connection = await connect(this.machine, this.#ports, this.#onEvent);
    await this.runHook("afterConnect");
  }

  /** Renders the node's files for its machine type; local, no effect on the node. */
  async render(): Promise<void> {
    const { machine } = known(this.#connection, "connection").greeting;
    this.#rendered = await this.#ports.render(this.machine, machine);
  }

  /** Starts the node server, plans, and checks the machine; with `verifies`, also for the pods that verify it. */
  async prepare(options: { readonly lock: boolean; readonly verifies: boolean }): Promise<void> {
    await this.begin(options);
    await this.#observe(options.verifies);
  }

  /** Starts the part on the node. With `lock`, nobody else can change the node until `close`. */
  async begin(options: { readonly lock: boolean }): Promise<void> {
    const connection = known(this.#connection, "connection");
    const { node } = this;
    const lock = { node, lock: options.lock };
    this.#session = await beginSession(connection, lock, this.#ports, this.#onEvent);
  }

  async #observe(verifies: boolean): Promise<void> {
    const { desired } = this.rendered;
    this.#phase("plan", "looking at the node");
    this.#observed = await this.session.request("observe", { desired });
    this.#plan = planNode(desired, this.#observed);
    // The machine is checked only where something is about to change on it.
    if (this.#plan.steps.length > 0) await this.#preflight(verifies);
    if (this.#plan.steps.length > 0 && this.#observed.current !== undefined)
      await this.#judgeStep();
    for (const text of this.#plan.notes) this.#note(text);
    const errors = this.#plan.problems.filter((problem) => problem.severity === "error");
    if (errors.length > 0) throw new ProblemsError(`Cannot plan ${this.node}`, errors);
    this.#phase("plan", planSummary(this.#plan));
  }

  async #preflight(verifies: boolean): Promise<void> {
    this.#phase("preflight", "checking the machine");
    const { session, rendered, observed, machine } = this;
    const image = verifies ? this.#ports.verifyOptions(machine, rendered).image : undefined;
    const judged = { session, rendered, observed, verifyImage: image };
    const problems = await judgeMachine(judged, this.#ports);
    const errors = problems.filter((problem) => problem.severity === "error");
    if (errors.length > 0) {
      throw new ProblemsError(`${this.node} cannot become a worker node as it is`, errors);
    }
    for (const problem of problems) this.#note(problem.message);
  }

  /** What runs already may not stand the step to what is to run: new files alone do not tell. */
  async #judgeStep(): Promise<void> {
    const collected = await this.session.request("collect", { probe: false, dial: [] });
    const problems = this.#ports.judgeStep(this.machine, this.rendered, collected);
    if (hasErrors(problems)) {
      throw new ProblemsError(
        `Cannot go from what ${this.node} runs now to what it would run`,
        problems,
        { kind: "checks", fix: "Fix the files, or continue with --allow RULE" },
      );
    }
    for (const problem of problems) this.#note(problem.message);
  }

  /**
   * Like `render` and `prepare` for what the node was at a generation of its own (the one before
   * the current where none is given). Rules of `check` are not asked: the node has run it. With
   * `staysAtFirst` a node whose current generation is its first has nothing to do.
   */
  async recall(
    generation: number | undefined,
    { staysAtFirst }: { readonly staysAtFirst: boolean },
  ): Promise<void> {
    this.#phase("plan", "looking at the node");
    const recalled = await this.session
      .request("recall", generation === undefined ? {} : { generation })
      .catch((thrown: unknown) => {
        const isFirst = thrown instanceof NodewrightError && thrown.kind === "first-generation";
        if (isFirst && staysAtFirst) return undefined;
        throw thrown;
      });
    if (recalled === undefined) {
      this.#note("it is at its first generation and stays there");
      this.#finish({ state: "unchanged" });
      return;
    }
    const { desired } = recalled;
    this.#rendered = { desired, contents: new Map(), versions: {}, needs: {}, problems: [] };
    this.#observed = await this.session.request("observe", { desired });
    this.#takePlan(planNode(desired, this.#observed));
    this.#phase("plan", `to generation ${recalled.generation}: ${planSummary(this.plan)}`);
  }

  #takePlan(plan: NodePlan): void {
    this.#plan = plan;
    for (const text of plan.notes) this.#note(text);
    const errors = plan.problems.filter((problem) => problem.severity === "error");
    if (errors.length > 0) throw new ProblemsError(`Cannot plan ${this.node}`, errors);
  }

  /** Asks for the API server where the change of this node would be waited for through it. */
  async meetCluster(): Promise<void> {
    if (this.plan.steps.length === 0 || !this.kubeletRuns) return;
    const api = await this.#ports.api(this.machine);
    if (api === undefined) return;
    this.#cluster = new ClusterNode(this.node, api);
    await this.#cluster.greet();
    if (api.nodeServer !== undefined) await requireReachable(this.session, api.nodeServer);
  }

  /**
   * Sends, drains where pods would be disturbed, applies, waits for the Node to be Ready, and lets
   * pods come again: the next node may have to give its own to this one.
   */
  async change(options: { readonly drain: DrainMode }): Promise<void> {
    if (this.plan.steps.length === 0) return;
    await this.runHook("beforeChange", this.plan);
    await this.#send();
    if (needsDrain(this.plan, options.drain) && this.#cluster !== undefined) {
      this.#phase("drain", "draining");
    }
    await this.#cluster?.prepare(this.plan, options.drain, (text) => this.#note(text));
    this.#phase("apply", "applying");
    const { desired } = this.rendered;
    this.#wasAsked = true;
    const { allowedRules } = this.#ports;
    const params = { desired, plan: this.plan, allowedRules };
    const report = await this.session.request("apply", params, (event) => this.#onNodeEvent(event));
    this.#uncommitted = report.generation;
    await this.#waitNode();
    await this.runHook("afterChange", this.plan);
  }

  /** Runs the user's command for this moment; its words are notes. Rejects where it fails. */
  async runHook(hook: Hook, plan?: NodePlan): Promise<void> {
    const call = plan === undefined ? { hook } : { hook, plan };
    await this.#ports.hook(this.machine, call, (line) => this.#note(`${hook}: ${line}`));
  }

  async #send(): Promise<void> {
    const missing = this.observed.missingBlobs;
    if (missing.length === 0) return;
    this.#phase(
      "send-files",
      `sending ${missing.length === 1 ? "1 file" : `${missing.length} files`}`,
    );
    await sendBlobs(this.session, missing, this.rendered, this.#ports, (sentBytes, totalBytes) =>
      this.#onEvent({ kind: "bytes", node: this.node, sentBytes, totalBytes }),
    );
  }

  async #waitNode(): Promise<void> {
    const cluster = this.#cluster;
    if (cluster === undefined) return;
    this.#phase("wait-node", "waiting for the Node to be Ready");
    try {
      const version = this.rendered.versions["kubelet"];
      await whileKubeletRuns(this.session, this.#ports.clock, (signal) =>
        cluster.awaitReady(version, signal),
      );
    } catch (thrown) {
      const error = NodewrightError.from(thrown, "Cannot wait for the Node");
      throw await withKubeletJournal(error, this.session);
    }
    if (this.rendered.asksServing === true) {
      this.#phase("wait-node", "waiting for the kubelet's serving certificate");
      await cluster.approveServing(this.machine, (text) => this.#note(text));
    }
    await cluster.release();
  }

  /** Leaves the node as it is: others have failed before its turn came. */
  leaveOut(): void {
    this.#finish({ state: "not-reached" });
  }

  /** Makes what was applied the generation to come back to. */
  async commit(): Promise<void> {
    if (this.#uncommitted !== undefined) {
      this.#phase("commit", "recording it as good");
      await this.session.request("commit", { generation: this.#uncommitted });
    }
    this.#finish(
      this.#uncommitted === undefined
        ? { state: "unchanged" }
        : { state: "changed", generation: this.#uncommitted },
    );
  }

  /** Records why the node failed and takes back what this run has changed on it. */
  async fail(thrown: unknown): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#failure = NodewrightError.from(thrown, "Cannot apply").onNode(this.node);
    if (this.#uncommitted === undefined) {
      // An apply that failed on the node has already gone back by itself and says where to.
      const outcome = this.#whatBecame();
      if (!("isUnfinished" in outcome)) await this.#release();
      this.#finish(outcome);
      return;
    }
    this.#phase("roll-back", "going back");
    const why = this.#failure.message;
    const report = await this.session
      .request("rollback", { generation: this.#uncommitted, why }, (event) =>
        this.#onNodeEvent(event),
      )
      .catch((error: unknown) => NodewrightError.from(error, "Cannot roll back"));
    if (report instanceof NodewrightError) {
      // A connection that has ended is the failure itself: once is enough.
      if (!this.session.hasEnded) this.#note(`not taken back: ${report.message}`);
      this.#finish({ state: "failed", isUnfinished: true });
      return;
    }
    for (const problem of report.problems) this.#note(`not taken back: ${problem}`);
    if (report.problems.length === 0) await this.#release();
    this.#finish({ state: "failed", rolledBackTo: report.generation });
  }

  /** After a failure: the node is as it was, and so is its place in the cluster. */
  async #release(): Promise<void> {
    await this.#cluster?.release().catch((error: unknown) => {
      const { message } = NodewrightError.from(error, "Cannot uncordon");
      this.#note(`it may still be cordoned: ${message}`);
    });
  }

  #whatBecame(): NodeOutcome {
    // A node that goes down, or is told to end, stops where it is and says so if it still can.
    const hasStopped = ["going-down", "interrupted"].includes(this.#failure?.kind ?? "");
    if (this.#wasAsked && (hasStopped || this.#session?.hasEnded === true)) {
      return { state: "failed", isUnfinished: true };
    }
    const to = this.#wentBackTo;
    return to === undefined ? { state: "failed" } : { state: "failed", rolledBackTo: to };
  }

  /** Lets go of the node. */
  async close(): Promise<void> {
    this.#cluster?.[Symbol.dispose]();
    if (this.#session !== undefined) await this.#session.close();
    else await this.#connection?.close();
  }

  #finish(outcome: NodeOutcome): void {
    this.#outcome = outcome;
    const ms = this.#ports.clock.now() - this.#startedMs;
    this.#onEvent({ kind: "outcome", node: this.node, outcome, ms });
  }

  #onNodeEvent(event: NodeEvent): void {
    this.#onEvent(this.#toApplyEvent(event));
  }

  #toApplyEvent(event: NodeEvent): ApplyEvent {
    const { node } = this;
    switch (event.kind) {
      case "step-started": {
        const { index, step } = event;
        return { kind: "step-started", node, step, index, count: this.plan.steps.length };
      }
      case "step-done":
        return { kind: "step-done", node, step: event.step, ms: event.ms };
      case "rolling-back":
        this.#wentBackTo = event.to;
        return { kind: "phase", node, phase: "roll-back", text: `going back: ${event.why}` };
      case "note":
        return { kind: "note", node, text: event.text };
    }
  }

  #phase(phase: ApplyPhase, text: string): void {
    this.#onEvent({ kind: "phase", node: this.node, phase, text });
  }
  #note(text: string): void {
    this.#onEvent({ kind: "note", node: this.node, text });
  }
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new TypeError(`Stage out of order: no ${what} yet`);
  return value;
}
