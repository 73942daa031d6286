import { type RpcHandlers, RpcRefusal, UnixServer } from "../../grpc/mod.ts";
import type { ExecResult } from "../exec.ts";
import {
  type CgroupDriver,
  ContainerState,
  ImageService,
  RuntimeService,
} from "../gen/runtime_pb.ts";
import { FakeState } from "./fake-state.ts";

export interface FakeRuntimeOptions {
  readonly socketPath: string;
  /** What commands in containers do; by default they succeed and print nothing. */
  readonly exec?: (command: { containerId: string; argv: readonly string[] }) => ExecResult;
  /** What RuntimeConfig answers; without it the runtime does not have that call. */
  readonly cgroupDriver?: CgroupDriver;
  /** The URLs that Exec and Attach give out; see FakeStreamServer. */
  readonly streamUrl?: (argv: readonly string[]) => string;
}

/**
 * A container runtime without containers: it answers RuntimeService and ImageService on a unix
 * socket from what it keeps in `state`, and says UNIMPLEMENTED to the rest. Every request is noted
 * in `calls` by its method's name.
 */
export class FakeRuntime implements AsyncDisposable {
  readonly state = new FakeState();
  readonly calls: string[] = [];
  readonly socketPath: string;
  readonly #server: UnixServer;

  private constructor(socketPath: string) {
    this.socketPath = socketPath;
    this.#server = new UnixServer(socketPath, (method) => this.calls.push(method));
  }

  get endpoint(): string {
    return `unix://${this.socketPath}`;
  }

  static async start(options: FakeRuntimeOptions): Promise<FakeRuntime> {
    const runtime = new FakeRuntime(options.socketPath);
    await runtime.#server
      .serve(RuntimeService, runtimeHandlers(runtime.state, options))
      .serve(ImageService, imageHandlers(runtime.state))
      .listen();
    return runtime;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

function runtimeHandlers(
  state: FakeState,
  options: FakeRuntimeOptions,
): RpcHandlers<typeof RuntimeService> {
  const { cgroupDriver } = options;
  return {
    version: () => ({
      version: "0.1.0",
      runtimeName: "fake",
      runtimeVersion: "1.0.0",
      runtimeApiVersion: "v1",
    }),
    status: () => ({
      status: {
        conditions: [
          { type: "RuntimeReady", status: true },
          { type: "NetworkReady", status: true },
        ],
      },
    }),
    ...(cgroupDriver === undefined ? {} : { runtimeConfig: () => ({ linux: { cgroupDriver } }) }),
    runPodSandbox: ({ config }) => {
      state.cgroupParents.push(config?.linux?.cgroupParent ?? "");
      return { podSandboxId: state.runPod(config) };
    },
    stopPodSandbox: ({ podSandboxId }) => {
      state.stopPod(podSandboxId);
      return {};
    },
    removePodSandbox: ({ podSandboxId }) => {
      state.removePod(podSandboxId);
      return {};
    },
    podSandboxStatus: ({ podSandboxId }) => {
      const { sandbox, ip } = state.pod(podSandboxId);
      const { $typeName: _, ...fields } = sandbox;
      return { status: { ...fields, network: { ip } } };
    },
    listPodSandbox: ({ filter }) => ({
      items: [...state.pods.values()]
        .map((pod) => pod.sandbox)
        .filter(
          (each) =>
            each.id.startsWith(filter?.id ?? "") &&
            (filter?.state === undefined || each.state === filter.state.state) &&
            hasLabels(each.labels, filter?.labelSelector),
        ),
    }),
    createContainer: ({ podSandboxId, config, sandboxConfig }) => {
      state.cgroupParents.push(sandboxConfig?.linux?.cgroupParent ?? "");
      return { containerId: state.createContainer(podSandboxId, config) };
    },
    startContainer: ({ containerId }) => {
      state.startContainer(containerId);
      return {};
    },
    stopContainer: ({ containerId }) => {
      state.stopContainer(containerId);
      return {};
    },
    removeContainer: ({ containerId }) => {
      state.removeContainer(containerId);
      return {};
    },
    listContainers: ({ filter }) => ({
      containers: [...state.containers.values()]
        .map((each) => each.container)
        .filter(
          (each) =>
            each.id.startsWith(filter?.id ?? "") &&
            each.podSandboxId.startsWith(filter?.podSandboxId ?? "") &&
            (filter?.state === undefined || each.state === filter.state.state) &&
            hasLabels(each.labels, filter?.labelSelector),
        ),
    }),
    containerStatus: ({ containerId }) => ({ status: containerStatus(state, containerId) }),
    execSync: ({ containerId, cmd }) => {
      requireRunning(state, containerId);
      const result = options.exec?.({ containerId, argv: cmd });
      return {
        stdout: Buffer.from(result?.stdout ?? ""),
        stderr: Buffer.from(result?.stderr ?? ""),
        exitCode: result?.exitCode ?? 0,
      };
    },
    exec: ({ containerId, cmd }) => {
      requireRunning(state, containerId);
      return { url: options.streamUrl?.(cmd) ?? "" };
    },
    attach: ({ containerId }) => {
      requireRunning(state, containerId);
      return { url: options.streamUrl?.([]) ?? "" };
    },
  };
}

function imageHandlers(state: FakeState): RpcHandlers<typeof ImageService> {
  return {
    listImages: ({ filter }) => {
      const wanted = filter?.image?.image ?? "";
      return {
        images: [...state.images.values()].filter(
          (each) => wanted === "" || each === state.findImage(wanted),
        ),
      };
    },
    imageStatus: ({ image }) => {
      const found = state.findImage(image?.image ?? "");
      return found === undefined ? {} : { image: found };
    },
    removeImage: ({ image }) => {
      for (const tag of state.findImage(image?.image ?? "")?.repoTags ?? [])
        state.images.delete(tag);
      return {};
    },
  };
}

function containerStatus(state: FakeState, containerId: string) {
  const { container, config, startedAt, finishedAt, exitCode } = state.container(containerId);
  const pod = state.pods.get(container.podSandboxId);
  const { $typeName: _, podSandboxId: _pod, ...fields } = container;
  return {
    ...fields,
    startedAt,
    finishedAt,
    exitCode,
    logPath: `${pod?.config.logDirectory ?? ""}/${config.logPath}`,
  };
}

function requireRunning(state: FakeState, containerId: string): void {
  const { container } = state.container(containerId);
  if (container.state === ContainerState.CONTAINER_RUNNING) return;
  throw new RpcRefusal(2, `container "${containerId}" is not running`);
}

function hasLabels(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => labels[key] === value);
}
