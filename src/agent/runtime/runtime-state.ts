/** What the runtime knows of one pod, as plain data: what plan and status are made from. */

export type RuntimeContainerState = "created" | "running" | "exited" | "unknown";

/** One container, running or dead. Times in milliseconds since the epoch; 0 where there is none. */
export interface RuntimeContainer {
  readonly id: string;
  readonly name: string;
  readonly sandboxId: string;
  /** How often a container of this name was started before. */
  readonly restartCount: number;
  readonly state: RuntimeContainerState;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** The image as the pod's spec named it. */
  readonly image: string;
  /** What the runtime calls the image: a digest where it knows one. */
  readonly imageRef: string;
  /** Of name and image in the spec that it was made from; "" where another program made it. */
  readonly hash: string;
  /** The agent's own notes on the container, which outlive the agent. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly logPath: string;
  readonly user?: RuntimeUser;
}

export interface RuntimeUser {
  readonly uid: number;
  readonly gid: number;
  readonly supplementalGroups: readonly number[];
}

export interface RuntimeSandbox {
  readonly id: string;
  readonly attempt: number;
  readonly ready: boolean;
  readonly createdAt: number;
  readonly ips: readonly string[];
  readonly hostNetwork: boolean;
}

/** Everything of one pod; the newest first in both lists. */
export interface PodRuntimeState {
  readonly sandboxes: readonly RuntimeSandbox[];
  readonly containers: readonly RuntimeContainer[];
}

export const NOTHING_RUNS: PodRuntimeState = { sandboxes: [], containers: [] };

/** The newest container of a name. */
export function newest(state: PodRuntimeState, name: string): RuntimeContainer | undefined {
  return state.containers.find((container) => container.name === name);
}

export function isRunning(container: RuntimeContainer | undefined): boolean {
  return container?.state === "running";
}

/** True while any container of the pod runs, or may run. */
export function anyRunning(state: PodRuntimeState): boolean {
  return state.containers.some(({ state: s }) => s === "running" || s === "unknown");
}
