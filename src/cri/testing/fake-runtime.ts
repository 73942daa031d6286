import { rmSync } from "node:fs";
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { messageOf } from "../../base/mod.ts";
import type { ExecResult } from "../exec.ts";
import {
  type CgroupDriver,
  ContainerState,
  ImageService,
  RuntimeService,
} from "../gen/runtime_pb.ts";
import { FakeState, Refusal } from "./fake-state.ts";

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
  readonly #server = new Server();

  private constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  get endpoint(): string {
    return `unix://${this.socketPath}`;
  }

  static async start(options: FakeRuntimeOptions): Promise<FakeRuntime> {
    const runtime = new FakeRuntime(options.socketPath);
    runtime.#serve(RuntimeService, runtimeHandlers(runtime.state, options));
    runtime.#serve(ImageService, imageHandlers(runtime.state));
    await new Promise<void>((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      runtime.#server.bindAsync(`unix:${options.socketPath}`, credentials, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    return runtime;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    rmSync(this.socketPath, { force: true });
  }

  #serve<S extends DescService>(service: S, handlers: Handlers<S>): void {
    const known = service.methods.filter((method) => method.localName in handlers);
    const definition = Object.fromEntries(
      known.map((method) => [method.localName, wire(service, method)]),
    );
    const implementation = Object.fromEntries(
      known.map((method) => [
        method.localName,
        (call: ServerWritableStream<MessageShape<DescMessage>, MessageShape<DescMessage>>) => {
          this.calls.push(method.name);
          // cast: Handlers<S> has one function of this shape under each of its keys
          const handler = handlers[method.localName as keyof Handlers<S>] as unknown as AnyHandler;
          try {
            call.write(create(method.output, handler(call.request)));
            call.end();
          } catch (thrown) {
            const code = thrown instanceof Refusal ? thrown.code : 13;
            const details = messageOf(thrown);
            call.write(create(method.output));
            call.emit("error", { code, details });
          }
        },
      ]),
    );
    this.#server.addService(definition, implementation);
  }
}

type AnyHandler = (request: MessageShape<DescMessage>) => MessageInitShape<DescMessage>;

type Handlers<S extends DescService> = {
  [K in keyof S["method"]]?: (
    request: MessageShape<S["method"][K]["input"]>,
  ) => MessageInitShape<S["method"][K]["output"]>;
};

function wire(service: DescService, method: DescMethod) {
  return {
    path: `/${service.typeName}/${method.name}`,
    requestStream: false,
    // A unary answer on the wire. Bun's HTTP/2 server loses a status that comes without any data, so
    // refusals need a message before them, which only a stream can send.
    responseStream: true,
    requestDeserialize: (bytes: Buffer) => fromBinary(method.input, bytes),
    requestSerialize: (m: MessageShape<DescMessage>) => Buffer.from(toBinary(method.input, m)),
    responseSerialize: (m: MessageShape<DescMessage>) => Buffer.from(toBinary(method.output, m)),
    responseDeserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
  };
}

function runtimeHandlers(
  state: FakeState,
  options: FakeRuntimeOptions,
): Handlers<typeof RuntimeService> {
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

function imageHandlers(state: FakeState): Handlers<typeof ImageService> {
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
  throw new Refusal(2, `container "${containerId}" is not running`);
}

function hasLabels(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => labels[key] === value);
}
