import { type ContainerStatus, findContainer, type Pod, podName } from "../api/mod.ts";
import type { PodManager } from "../pods/pod-manager.ts";
import { HttpError } from "./http-error.ts";

/** Which container a path names. */
export interface ContainerPath {
  readonly namespace: string;
  readonly pod: string;
  readonly uid?: string;
  readonly container: string;
}

/** The node's pods as the server shows them: with the status that they have now. */
export class PodDirectory {
  readonly #manager: Pick<PodManager, "workers">;

  constructor(manager: Pick<PodManager, "workers">) {
    this.#manager = manager;
  }

  all(): Pod[] {
    return [...this.#manager.workers.values()]
      .filter((worker) => worker.pod.spec.containers.length > 0)
      .map(({ pod, status }) => ({
        ...pod,
        ...(status === undefined ? {} : { status }),
      }));
  }

  find(path: Pick<ContainerPath, "namespace" | "pod" | "uid">): Pod {
    const name = `${path.namespace}/${path.pod}`;
    const found = this.all().find(
      (pod) => podName(pod) === name && (path.uid === undefined || pod.metadata.uid === path.uid),
    );
    if (found === undefined) throw new HttpError(404, `pod does not exist`);
    return found;
  }

  /** The id of a container that runs. */
  runningContainer(path: ContainerPath): string {
    const pod = this.find(path);
    const status = statusOf(pod, path.container);
    const id = status?.containerID?.replace(/^[a-z]+:\/\//, "");
    if (id === undefined) throw new HttpError(404, `container not found ("${path.container}")`);
    return id;
  }

  /** The log of a container as the API's options ask for it: its id. */
  loggedContainer(path: ContainerPath, previous: boolean): string {
    const pod = this.find(path);
    const { container: name } = path;
    if (findContainer(pod.spec, name) === undefined) {
      throw new HttpError(404, `container "${name}" not found in pod "${path.pod}"`);
    }
    const status = statusOf(pod, name);
    const about = `container "${name}" in pod "${path.pod}"`;
    if (status === undefined) throw new HttpError(400, `${about} is not available`);
    const last = status.lastState?.terminated?.containerID;
    const { running, terminated, waiting } = status.state ?? {};
    const id = previous
      ? last
      : running !== undefined
        ? status.containerID
        : (terminated?.containerID ?? last);
    if (id !== undefined && id !== "") return id.replace(/^[a-z]+:\/\//, "");
    if (previous) {
      throw new HttpError(400, `previous terminated ${about} not found`);
    }
    throw new HttpError(400, waitingText(about, waiting?.reason ?? ""));
  }
}

function waitingText(about: string, reason: string): string {
  const start = `${about} is waiting to start`;
  if (reason === "ErrImagePull") return `${start}: image can't be pulled`;
  if (reason === "ImagePullBackOff") return `${start}: trying and failing to pull image`;
  return reason === "" ? `${start} - no logs yet` : `${start}: ${reason}`;
}

function statusOf(pod: Pod, name: string): ContainerStatus | undefined {
  const { status } = pod;
  return [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find((one) => one.name === name);
}
