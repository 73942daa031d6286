import {
  type Container,
  ContainerState,
  type ContainerStatus,
  type CriClient,
  isNotFound,
  NamespaceMode,
  type PodSandbox,
  PodSandboxState,
} from "../../cri/mod.ts";
import { LABEL, NOTE } from "./labels.ts";
import type {
  PodRuntimeState,
  RuntimeContainer,
  RuntimeContainerState,
  RuntimeSandbox,
} from "./runtime-state.ts";

/** Reads the message that a container left behind as it ended. */
export type ReadMessage = (status: ContainerStatus) => Promise<string>;

/** What the runtime has of each pod, in short: what tells whether something has changed. */
export interface PodOutline {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** One word for every sandbox and container with its state. */
  readonly fingerprint: string;
}

/** Reads pods back from the runtime: its labels and annotations say whose they are. */
export class RuntimeReader {
  readonly #cri: CriClient;
  readonly #readMessage: ReadMessage;
  /** What does not change any more, by id: dead containers, addresses of ready sandboxes. */
  readonly #exited = new Map<string, RuntimeContainer>();
  readonly #sandboxes = new Map<string, RuntimeSandbox>();
  /** The fingerprint that each pod had when it was last read in full. */
  readonly #read = new Map<string, string>();

  constructor(cri: CriClient, readMessage: ReadMessage) {
    this.#cri = cri;
    this.#readMessage = readMessage;
  }

  /** Everything at once, in two calls. */
  async outlines(signal?: AbortSignal): Promise<ReadonlyMap<string, PodOutline>> {
    const call = signal === undefined ? {} : { signal };
    const [sandboxes, containers] = await Promise.all([
      this.#cri.runtime.listPodSandbox({}, call),
      this.#cri.runtime.listContainers({}, call),
    ]);
    const items = [...sandboxes.items, ...containers.containers];
    const words = new Map<string, string[]>();
    const names = new Map<string, { name: string; namespace: string }>();
    for (const item of items) {
      const uid = item.labels[LABEL.podUid];
      if (uid === undefined) continue;
      words.set(uid, [...(words.get(uid) ?? []), wordOf(item)]);
      names.set(uid, {
        name: item.labels[LABEL.podName] ?? "",
        namespace: item.labels[LABEL.podNamespace] ?? "",
      });
    }
    this.#forget(new Set(items.map(({ id }) => id)));
    for (const uid of this.#read.keys()) if (!words.has(uid)) this.#read.delete(uid);
    return new Map(
      [...words].map(([uid, all]) => {
        const { name = "", namespace = "" } = names.get(uid) ?? {};
        return [uid, { uid, name, namespace, fingerprint: fingerprintOf(all) }];
      }),
    );
  }

  /** True where a pod is other than `read` last gave it: its worker has not seen this yet. */
  isNews(pod: Pick<PodOutline, "uid" | "fingerprint">): boolean {
    return this.#read.get(pod.uid) !== pod.fingerprint;
  }

  /** One pod in full. What vanishes meanwhile is left out. */
  async read(uid: string): Promise<PodRuntimeState> {
    const labelSelector = { [LABEL.podUid]: uid };
    const [sandboxes, containers] = await Promise.all([
      this.#cri.runtime.listPodSandbox({ filter: { labelSelector } }),
      this.#cri.runtime.listContainers({ filter: { labelSelector } }),
    ]);
    const [readSandboxes, readContainers] = await Promise.all([
      Promise.all(sandboxes.items.map((item) => absentIfGone(this.#sandbox(item)))),
      Promise.all(containers.containers.map((item) => absentIfGone(this.#container(item)))),
    ]);
    this.#read.set(uid, fingerprintOf([...sandboxes.items, ...containers.containers].map(wordOf)));
    return {
      sandboxes: newestFirst(readSandboxes),
      containers: newestFirst(readContainers),
    };
  }

  async #sandbox(item: PodSandbox): Promise<RuntimeSandbox> {
    const ready = item.state === PodSandboxState.SANDBOX_READY;
    const known = this.#sandboxes.get(item.id);
    if (known?.ready === ready && known.ips.length > 0) return known;
    const { status } = await this.#cri.runtime.podSandboxStatus({ podSandboxId: item.id });
    const { ip = "", additionalIps = [] } = status?.network ?? {};
    const sandbox: RuntimeSandbox = {
      id: item.id,
      attempt: item.metadata?.attempt ?? 0,
      ready,
      createdAt: toMs(item.createdAt),
      ips: [ip, ...additionalIps.map((one) => one.ip)].filter((one) => one !== ""),
      hostNetwork: status?.linux?.namespaces?.options?.network === NamespaceMode.NODE,
    };
    this.#sandboxes.set(item.id, sandbox);
    return sandbox;
  }

  async #container(item: Container): Promise<RuntimeContainer> {
    const known = this.#exited.get(item.id);
    if (known !== undefined) return known;
    const { status } = await this.#cri.runtime.containerStatus({ containerId: item.id });
    if (status === undefined) throw new TypeError("ContainerStatus without a status");
    const isExited = status.state === ContainerState.CONTAINER_EXITED;
    const message = isExited ? await this.#readMessage(status) : "";
    const container = toRuntimeContainer(status, { sandboxId: item.podSandboxId, message });
    if (isExited) this.#exited.set(item.id, container);
    return container;
  }

  #forget(present: ReadonlySet<string>): void {
    for (const map of [this.#exited, this.#sandboxes]) {
      for (const id of map.keys()) if (!present.has(id)) map.delete(id);
    }
  }
}

function wordOf({ id, state }: PodSandbox | Container): string {
  return `${id}:${state}`;
}

function fingerprintOf(words: readonly string[]): string {
  return [...words].sort().join();
}

const STATES: Readonly<Record<ContainerState, RuntimeContainerState>> = {
  [ContainerState.CONTAINER_CREATED]: "created",
  [ContainerState.CONTAINER_RUNNING]: "running",
  [ContainerState.CONTAINER_EXITED]: "exited",
  [ContainerState.CONTAINER_UNKNOWN]: "unknown",
};

function toRuntimeContainer(
  status: ContainerStatus,
  more: { readonly sandboxId: string; readonly message: string },
): RuntimeContainer {
  const { annotations } = status;
  const user = status.user?.linux;
  const image = status.image?.userSpecifiedImage;
  return {
    id: status.id,
    name: status.labels[LABEL.containerName] ?? status.metadata?.name ?? "",
    sandboxId: more.sandboxId,
    restartCount: Number(annotations[NOTE.restartCount] ?? 0),
    state: STATES[status.state] ?? "unknown",
    createdAt: toMs(status.createdAt),
    startedAt: toMs(status.startedAt),
    finishedAt: toMs(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: more.message === "" ? status.message : more.message,
    image: image === undefined || image === "" ? (status.image?.image ?? "") : image,
    imageRef: status.imageRef,
    hash: annotations[NOTE.hash] ?? "",
    annotations,
    logPath: status.logPath,
    ...(user === undefined
      ? {}
      : {
          user: {
            uid: Number(user.uid),
            gid: Number(user.gid),
            supplementalGroups: user.supplementalGroups.map(Number),
          },
        }),
  };
}

function newestFirst<T extends { readonly createdAt: number }>(
  items: readonly (T | undefined)[],
): T[] {
  return items
    .filter((item): item is T => item !== undefined)
    .sort((a, b) => b.createdAt - a.createdAt);
}

async function absentIfGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw thrown;
  }
}

/** The runtime counts in nanoseconds. */
function toMs(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n);
}
