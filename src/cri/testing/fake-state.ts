import { create, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { RpcRefusal } from "../../grpc/mod.ts";
import {
  type ContainerConfig,
  ContainerSchema,
  ContainerState,
  ImageSchema,
  type PodSandboxConfig,
  PodSandboxSchema,
  PodSandboxState,
} from "../gen/runtime_pb.ts";

type Container = MessageShape<typeof ContainerSchema>;
type PodSandbox = MessageShape<typeof PodSandboxSchema>;

/** A sandbox of the fake runtime, and what it was run with. */
export interface FakePod {
  readonly sandbox: PodSandbox;
  readonly config: PodSandboxConfig;
  readonly ip: string;
}

/** A container of the fake runtime, and what it was created with. */
export interface FakeContainer {
  readonly container: Container;
  readonly config: ContainerConfig;
  startedAt: bigint;
  finishedAt: bigint;
  exitCode: number;
}

const NOT_FOUND = 5;
const UNKNOWN = 2;

/** What a fake runtime knows: it keeps pods, containers and images, and refuses what containerd refuses. */
export class FakeState {
  readonly pods = new Map<string, FakePod>();
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new Map<string, MessageShape<typeof ImageSchema>>();
  /** Of every pod that was run and every container that was created, in that order. */
  readonly cgroupParents: string[] = [];
  #count = 0;

  addImage(name: string): void {
    const image = create(ImageSchema, {
      id: `sha256:${this.#id()}`,
      repoTags: [name],
      size: 1000n,
    });
    this.images.set(name, image);
  }

  findImage(name: string): MessageShape<typeof ImageSchema> | undefined {
    return [...this.images.values()].find(
      (each) => each.id === name || each.repoTags.includes(name),
    );
  }

  runPod(config: PodSandboxConfig | undefined): string {
    const metadata = config?.metadata;
    if (config === undefined || metadata === undefined)
      throw new RpcRefusal(UNKNOWN, "no metadata");
    const key = `${metadata.name}_${metadata.namespace}_${metadata.uid}_${metadata.attempt}`;
    for (const { sandbox } of this.pods.values()) {
      const its = sandbox.metadata;
      if (key === `${its?.name}_${its?.namespace}_${its?.uid}_${its?.attempt}`) {
        throw new RpcRefusal(UNKNOWN, `name "${key}" is reserved for "${sandbox.id}"`);
      }
    }
    const id = this.#id();
    const init: MessageInitShape<typeof PodSandboxSchema> = {
      id,
      metadata,
      state: PodSandboxState.SANDBOX_READY,
      createdAt: this.#now(),
      labels: config.labels,
      annotations: config.annotations,
    };
    const ip = `10.88.0.${(this.#count % 250) + 2}`;
    this.pods.set(id, { sandbox: create(PodSandboxSchema, init), config, ip });
    return id;
  }

  /** The pod with this ID. */
  pod(id: string): FakePod {
    const pod = this.pods.get(id);
    if (pod === undefined) throw new RpcRefusal(NOT_FOUND, `sandbox "${id}": not found`);
    return pod;
  }

  /** Stopping is idempotent, also for a pod that does not exist. */
  stopPod(id: string): void {
    const pod = this.pods.get(id);
    if (pod === undefined) return;
    for (const each of this.containersOf(id)) this.#exit(each, 137);
    pod.sandbox.state = PodSandboxState.SANDBOX_NOTREADY;
  }

  removePod(id: string): void {
    this.stopPod(id);
    for (const each of this.containersOf(id)) this.containers.delete(each.container.id);
    this.pods.delete(id);
  }

  createContainer(podSandboxId: string, config: ContainerConfig | undefined): string {
    this.pod(podSandboxId);
    if (config === undefined) throw new RpcRefusal(UNKNOWN, "no config");
    const image = this.findImage(config.image?.image ?? "");
    if (image === undefined) throw new RpcRefusal(NOT_FOUND, "image: not found");
    const id = this.#id();
    const init: MessageInitShape<typeof ContainerSchema> = {
      id,
      podSandboxId,
      imageRef: image.id,
      state: ContainerState.CONTAINER_CREATED,
      createdAt: this.#now(),
      labels: config.labels,
      annotations: config.annotations,
      ...(config.metadata === undefined ? {} : { metadata: config.metadata }),
      ...(config.image === undefined ? {} : { image: config.image }),
    };
    const container = create(ContainerSchema, init);
    this.containers.set(id, { container, config, startedAt: 0n, finishedAt: 0n, exitCode: 0 });
    return id;
  }

  container(id: string): FakeContainer {
    const found = this.containers.get(id);
    if (found === undefined) throw new RpcRefusal(NOT_FOUND, `container "${id}": not found`);
    return found;
  }

  startContainer(id: string): void {
    const found = this.container(id);
    if (found.container.state !== ContainerState.CONTAINER_CREATED) {
      throw new RpcRefusal(UNKNOWN, `container "${id}" is not in created state`);
    }
    found.container.state = ContainerState.CONTAINER_RUNNING;
    found.startedAt = this.#now();
  }

  /** Stopping is idempotent, also for a container that does not exist. */
  stopContainer(id: string): void {
    const found = this.containers.get(id);
    if (found !== undefined) this.#exit(found, 137);
  }

  removeContainer(id: string): void {
    this.containers.delete(id);
  }

  containersOf(podSandboxId: string): FakeContainer[] {
    return [...this.containers.values()].filter(
      (each) => each.container.podSandboxId === podSandboxId,
    );
  }

  #exit(found: FakeContainer, exitCode: number): void {
    if (found.container.state !== ContainerState.CONTAINER_RUNNING) return;
    found.container.state = ContainerState.CONTAINER_EXITED;
    found.finishedAt = this.#now();
    found.exitCode = exitCode;
  }

  #id(): string {
    this.#count += 1;
    return crypto.randomUUID().replaceAll("-", "").padEnd(64, "0");
  }

  #now(): bigint {
    return BigInt(Date.now()) * 1_000_000n;
  }
}
