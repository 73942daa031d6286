import { type Container, type ContainerStatus, findContainer, isSidecar } from "../api/mod.ts";
import type { ProbeResults } from "../probes/probe-results.ts";
import type { StatusInput } from "./status-input.ts";

/** The same statuses with `started` and `ready`, from the probes. */
export function withReadiness(
  input: StatusInput,
  statuses: readonly ContainerStatus[],
  areInit: boolean,
): ContainerStatus[] {
  return statuses.map((status) => {
    const container = findContainer(input.pod.spec, status.name);
    if (container === undefined) return status;
    const results = input.probes.get(status.containerID?.replace(/^[a-z]+:\/\//, "") ?? "");
    const started = isStarted(container, status, results);
    if (areInit && !isSidecar(container)) {
      const ready = status.state?.terminated?.exitCode === 0;
      return { ...status, started, ready };
    }
    return { ...status, started, ready: started && isReady(container, results) };
  });
}

function isStarted(
  container: Container,
  status: ContainerStatus,
  results: ProbeResults | undefined,
): boolean {
  if (status.state?.running === undefined) return false;
  return container.startupProbe === undefined || results?.startup === true;
}

function isReady(container: Container, results: ProbeResults | undefined): boolean {
  return container.readinessProbe === undefined || results?.readiness === true;
}
