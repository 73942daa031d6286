import type { BlobRest } from "../../artifacts/mod.ts";
import type { Clock, Problem } from "../../base/mod.ts";
import type { CollectedNode } from "../../check/mod.ts";
import type { ServingNode } from "../../kube/certificate-requests/mod.ts";
import type { Heartbeat } from "../../kube/nodes/mod.ts";
import type { VerifyCheck, VerifyOptions, VerifyServices } from "../../node/verify/mod.ts";
import type { Digest, NodePlan } from "../../plan/mod.ts";
import type { NodeExecutables, SshTarget } from "../../ssh/mod.ts";
import type { Hook, Machine } from "../inventory/mod.ts";
import type { Content, RenderedNode } from "../render/mod.ts";

/** A blob in the form in which it travels. */
export interface SendableBlob {
  readonly encoding: "identity" | "zstd";
  /** What is to be sent where so many of the blob's bytes have arrived. */
  rest(receivedBytes: number): BlobRest;
}

/** What a node has to show to count as Ready. */
export interface WaitReadyOptions {
  readonly signal: AbortSignal;
  readonly version: string | undefined;
  readonly afterHeartbeat: Heartbeat | undefined;
}

/** The Kubernetes API as an apply needs it: only where there is a kubeconfig and a kubelet that runs. */
export interface NodeApi extends Disposable {
  /** Whether it may drain the node and make pods. */
  readonly isAdmin: boolean;
  /** The URL at which the node's kubelet will look for the API server. */
  readonly nodeServer: string | undefined;
  /** Cordons and drains for a change that disturbs pods. */
  drain(node: string, onNote: (text: string) => void): Promise<void>;
  /** Takes the cordon of `drain` off, that of an interrupted run as well; a person's own stays. */
  release(node: string): Promise<void>;
  /** When the node's kubelet was last heard of: what waitReady must be newer than. */
  heartbeat(node: string): Promise<Heartbeat>;
  /** Waits for Ready and, where it is known, for the kubelet's version; rejects with the conditions seen. */
  waitReady(node: string, options: WaitReadyOptions): Promise<void>;
  /**
   * Approves what the node's kubelet asks as its serving certificate, where it names nothing but
   * this machine, until the API server reaches the kubelet; a minute at most.
   */
  approveServing(node: ServingNode, onNote: (text: string) => void): Promise<void>;
  /** Makes verification pods through the API server, where a kubelet would remove others. */
  startVerifyPods(
    node: string,
    image: string,
  ): Promise<{ readonly uids: readonly string[]; readonly remove: () => Promise<void> }>;
  /** Makes Services in front of so many verification pods; what they are, and how they go again. */
  startVerifyServices(podCount: number): Promise<{
    readonly services: Omit<VerifyServices, "scope">;
    readonly remove: () => Promise<void>;
  }>;
  /** Reads the log of the node's verification pod and runs a command in it, as kubectl does. */
  checkPodStreams(node: string): Promise<readonly VerifyCheck[]>;
}

/** A moment of a run at which a command of the user's may run. */
export interface HookCall {
  readonly hook: Hook;
  readonly plan?: NodePlan;
}

/** The effects of an apply, built by the command line and replaced in tests. */
export interface ApplyPorts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The environment for ssh: HOME, SSH_AUTH_SOCK and what else the user's ssh needs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Named in the node's lock, so that a second apply can say who holds it. */
  readonly holder: string;
  target(machine: Machine): SshTarget;
  readonly executables: NodeExecutables;
  render(machine: Machine, unameMachine: string): Promise<RenderedNode>;
  /** Machine types of which it may be, as far as that is known before it is asked; empty where not. */
  likelyTypes(machine: Machine): Promise<readonly string[]>;
  /** Runs the user's command for a moment of a machine, if there is one; it may make the node fail. */
  hook(machine: Machine, call: HookCall, onLine: (line: string) => void): Promise<void>;
  encode(digest: Digest, content: Content): Promise<SendableBlob>;
  api(machine: Machine): Promise<NodeApi | undefined>;
  /**
   * What is wrong with the step from what the node runs now (its answer to `collect`) to what it
   * would run; an error keeps the node from being changed.
   */
  judgeStep(machine: Machine, rendered: RenderedNode, collected: CollectedNode): readonly Problem[];
  /** Rules of `check` whose errors the user has allowed; kept with each generation. */
  readonly allowedRules: readonly string[];
  verifyOptions(machine: Machine, rendered: RenderedNode): VerifyOptions;
}
