import { type Container, ContainerState } from "../../cri/mod.ts";
import { LABEL } from "../runtime/labels.ts";

/** /runningpods: what the runtime runs now, whatever the API server says of it. */
export function runningPods(containers: readonly Container[]): unknown {
  const pods = new Map<
    string,
    { metadata: object; spec: { containers: object[] }; status: object }
  >();
  for (const { labels, state, image } of containers) {
    const uid = labels[LABEL.podUid];
    if (uid === undefined || state !== ContainerState.CONTAINER_RUNNING) continue;
    const metadata = { name: labels[LABEL.podName], namespace: labels[LABEL.podNamespace], uid };
    const pod = pods.get(uid) ?? { metadata, spec: { containers: [] }, status: {} };
    const name = labels[LABEL.containerName];
    pod.spec.containers.push({ name, image: image?.image ?? "", resources: {} });
    pods.set(uid, pod);
  }
  return { kind: "PodList", apiVersion: "v1", metadata: {}, items: [...pods.values()] };
}
