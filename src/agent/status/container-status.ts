import type { Container, ContainerState, ContainerStatus } from "../api/mod.ts";
import type { RuntimeContainer } from "../runtime/runtime-state.ts";
import { apiTime, type StatusInput } from "./status-input.ts";
import type { Waiting } from "./waiting.ts";

const LOST = "ContainerStatusUnknown";

/** The statuses of one list of containers, in the spec's order; readiness is added afterwards. */
export function containerStatuses(
  input: StatusInput,
  containers: readonly Container[],
  previous: readonly ContainerStatus[] | undefined,
): ContainerStatus[] {
  return containers.map((container) => {
    const before = previous?.find(({ name }) => name === container.name);
    const status = currentStatus(input, container, before);
    const devices = input.devices?.(container.name) ?? [];
    const whole = devices.length === 0 ? status : { ...status, allocatedResourcesStatus: devices };
    return input.isOver ? ended(whole, before) : withWaiting(input, whole);
  });
}

function currentStatus(
  input: StatusInput,
  container: Container,
  before: ContainerStatus | undefined,
): ContainerStatus {
  const [current, last] = input.state.containers.filter(({ name }) => name === container.name);
  if (current === undefined) return withoutContainer(input, container, before);
  const terminatedBefore = last?.state === "exited" ? terminated(last) : undefined;
  const kept = before?.lastState?.terminated;
  const lastState: ContainerState =
    terminatedBefore !== undefined
      ? { terminated: terminatedBefore }
      : kept !== undefined && kept.containerID !== criId(current.id)
        ? { terminated: kept }
        : {};
  return {
    ...baseOf(container),
    image: current.image === "" ? (container.image ?? "") : current.image,
    imageID: current.imageRef,
    containerID: criId(current.id),
    restartCount: Math.max(current.restartCount, 0),
    state: stateOf(current),
    lastState,
    ...resourcesOf(container),
    ...(current.user === undefined ? {} : { user: { linux: current.user } }),
  };
}

/** No container in the runtime: not yet made, or removed by somebody. */
function withoutContainer(
  input: StatusInput,
  container: Container,
  before: ContainerStatus | undefined,
): ContainerStatus {
  const hasInit = (input.pod.spec.initContainers ?? []).length > 0;
  const fresh: ContainerStatus = {
    ...baseOf(container),
    image: container.image ?? "",
    imageID: "",
    restartCount: 0,
    state: { waiting: { reason: hasInit ? "PodInitializing" : "ContainerCreating" } },
    lastState: {},
  };
  if (before === undefined) return fresh;
  if (before.state?.terminated !== undefined) return before;
  const kept = { restartCount: before.restartCount, lastState: before.lastState ?? {} };
  if (before.state?.running === undefined) return { ...fresh, ...kept };
  return {
    ...fresh,
    restartCount: before.restartCount + (input.isEnding ? 0 : 1),
    lastState: {
      terminated: {
        exitCode: 137,
        reason: LOST,
        message:
          "The container could not be located when the pod was deleted.  The container used to be Running",
      },
    },
  };
}

/** A container that is to be started and is held back is waiting, whatever it was before. */
function withWaiting(input: StatusInput, status: ContainerStatus): ContainerStatus {
  const waiting: Waiting | undefined = input.waiting.get(status.name);
  if (waiting === undefined || waiting.reason === "") return status;
  const { terminated: exit } = status.state ?? {};
  return {
    ...status,
    state: { waiting: { reason: waiting.reason, message: waiting.message } },
    ...(exit === undefined ? {} : { lastState: { terminated: exit } }),
  };
}

/** Of a pod that is over no container is left running or waiting, if it was ever there. */
function ended(status: ContainerStatus, before: ContainerStatus | undefined): ContainerStatus {
  if (status.state?.terminated !== undefined) return status;
  const ran = status.containerID !== undefined || before?.containerID !== undefined;
  if (!ran) return status;
  return {
    ...status,
    state: {
      terminated: {
        exitCode: 137,
        reason: LOST,
        message: "The container could not be located when the pod was terminated",
      },
    },
  };
}

function stateOf(container: RuntimeContainer): ContainerState {
  switch (container.state) {
    case "running":
      return { running: { startedAt: apiTime(container.startedAt) } };
    case "exited":
      return { terminated: terminated(container) };
    case "created":
    case "unknown":
      return { waiting: {} };
  }
}

function terminated(container: RuntimeContainer): NonNullable<ContainerState["terminated"]> {
  return {
    exitCode: container.exitCode,
    reason: container.reason,
    ...(container.message === "" ? {} : { message: container.message }),
    ...(container.startedAt === 0 ? {} : { startedAt: apiTime(container.startedAt) }),
    finishedAt: apiTime(container.finishedAt),
    containerID: criId(container.id),
  };
}

function criId(id: string): string {
  return `containerd://${id}`;
}

function baseOf(container: Container): Pick<ContainerStatus, "name" | "ready" | "volumeMounts"> {
  const mounts = (container.volumeMounts ?? []).map((mount) => ({
    name: mount.name,
    mountPath: mount.mountPath,
    ...(mount.readOnly === true ? { readOnly: true, recursiveReadOnly: "Disabled" } : {}),
  }));
  return {
    name: container.name,
    ready: false,
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts }),
  };
}

function resourcesOf(container: Container): Partial<ContainerStatus> {
  const { resources } = container;
  if (resources === undefined) return {};
  return {
    resources,
    ...(resources.requests === undefined ? {} : { allocatedResources: resources.requests }),
  };
}
