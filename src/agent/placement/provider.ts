import type { Container, Pod } from "../api/mod.ts";
import type { Hint, Hints } from "./hints.ts";

/** Something of which containers get a share of their own: CPUs, memory, devices. */
export interface ResourceProvider {
  /** True where the pod asks for some of it. */
  concerns(pod: Pod): boolean;
  /** The nodes from which the container's request can be met. */
  hints(pod: Pod, container: Container): Hints;
  /** The nodes from which the requests of all containers can be met. */
  podHints(pod: Pod): Hints;
  /** Gives the container its share, once for each pod; throws AllocationError. */
  allocate(pod: Pod, container: Container, affinity: Hint): Promise<void> | void;
  /** The pod is gone, or not let in. */
  release(podUid: string): void;
  /** Forgets every pod but these. */
  retain(podUids: ReadonlySet<string>): void;
}

/** A share that cannot be had; `reason` is the pod's, in the kubelet's words. */
export class AllocationError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }

  /** What the kubelet says where a failure has no reason of its own. */
  static unexpected(text: string): AllocationError {
    const message = `Allocate failed due to ${text}, which is unexpected`;
    return new AllocationError("UnexpectedAdmissionError", message);
  }
}

/** Containers in the order in which they get their shares. */
export function shareTakers({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}
