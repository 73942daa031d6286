import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../base/mod.ts";
import { RpcRefusal, UnixServer } from "../../grpc/mod.ts";
import type { Container, Pod } from "../api/mod.ts";
import { PodResourcesLister } from "../plugin-apis/mod.ts";
import {
  type ContainerShare,
  describeNode,
  describePod,
  type NodeShare,
} from "./describe-shares.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface PodResourcesDeps {
  readonly clock: Clock;
  /** Pods that have their share of the node. */
  readonly activePods: () => readonly Pod[];
  readonly findPod: (namespace: string, name: string) => Pod | undefined;
  readonly shareOf: (pod: Pod, container: Container) => ContainerShare;
  readonly nodeShare: () => NodeShare;
}

/** The kubelet's own limit. */
const LIMIT = { perSecond: 100, burst: 10 } as const;
const UNKNOWN = 2;
const RESOURCE_EXHAUSTED = 8;

/** The PodResources API on a unix socket: what monitoring agents of devices ask. */
export async function servePodResources(path: string, deps: PodResourcesDeps): Promise<UnixServer> {
  const { activePods, findPod, shareOf, nodeShare } = deps;
  const bucket = new TokenBucket(deps.clock, LIMIT);
  const limited = <T>(answer: () => T): T => {
    if (bucket.take()) return answer();
    throw new RpcRefusal(RESOURCE_EXHAUSTED, "rejected by rate limit");
  };
  const describe = (pod: Pod) => describePod(pod, (container) => shareOf(pod, container));
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  return await new UnixServer(path)
    .serve(PodResourcesLister, {
      list: () => limited(() => ({ podResources: activePods().map(describe) })),
      getAllocatableResources: () => limited(() => describeNode(nodeShare())),
      get: ({ podName, podNamespace }) =>
        limited(() => {
          const pod = findPod(podNamespace, podName);
          if (pod !== undefined) return { podResources: describe(pod) };
          throw new RpcRefusal(UNKNOWN, `pod ${podName} in namespace ${podNamespace} not found`);
        }),
    })
    .listen();
}
