import type { Container, Pod } from "../api/mod.ts";
import { containerHash } from "./container-hash.ts";

/** The kubelet's own names: what crictl, log shippers and a kubelet that takes over look for. */
export const LABEL = {
  podName: "io.kubernetes.pod.name",
  podNamespace: "io.kubernetes.pod.namespace",
  podUid: "io.kubernetes.pod.uid",
  containerName: "io.kubernetes.container.name",
} as const;

export const NOTE = {
  hash: "io.kubernetes.container.hash",
  restartCount: "io.kubernetes.container.restartCount",
  terminationMessagePath: "io.kubernetes.container.terminationMessagePath",
  terminationMessagePolicy: "io.kubernetes.container.terminationMessagePolicy",
  preStop: "io.kubernetes.container.preStopHandler",
  ports: "io.kubernetes.container.ports",
  deletionGrace: "io.kubernetes.pod.deletionGracePeriod",
  terminationGrace: "io.kubernetes.pod.terminationGracePeriod",
} as const;

type Texts = Record<string, string>;

export function podLabels(pod: Pod): Texts {
  return { ...pod.metadata.labels, ...identityLabels(pod) };
}

export function containerLabels(pod: Pod, container: Container): Texts {
  return { ...identityLabels(pod), [LABEL.containerName]: container.name };
}

/** What the agent must know of a container after it has been restarted itself. */
export function containerNotes(pod: Pod, container: Container, restartCount: number): Texts {
  const notes: Texts = {
    [NOTE.hash]: containerHash(container),
    [NOTE.restartCount]: String(restartCount),
    [NOTE.terminationMessagePath]: container.terminationMessagePath ?? "/dev/termination-log",
    [NOTE.terminationMessagePolicy]: container.terminationMessagePolicy ?? "File",
  };
  const { deletionGracePeriodSeconds: deletion } = pod.metadata;
  const { terminationGracePeriodSeconds: grace } = pod.spec;
  if (deletion !== undefined) notes[NOTE.deletionGrace] = String(deletion);
  if (grace !== undefined) notes[NOTE.terminationGrace] = String(grace);
  if (container.lifecycle?.preStop !== undefined) {
    notes[NOTE.preStop] = JSON.stringify(container.lifecycle.preStop);
  }
  if ((container.ports ?? []).length > 0) notes[NOTE.ports] = JSON.stringify(container.ports);
  return notes;
}

function identityLabels(pod: Pod): Texts {
  return {
    [LABEL.podName]: pod.metadata.name,
    [LABEL.podNamespace]: pod.metadata.namespace,
    [LABEL.podUid]: pod.metadata.uid,
  };
}
