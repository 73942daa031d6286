import { expect, test } from "bun:test";
import { Signal } from "../../cri/mod.ts";
import type { Container, Pod } from "../api/mod.ts";
import { containerConfig, NO_PARTS } from "./container-config.ts";

test.each<{ lifecycle: Container["lifecycle"]; want: Signal }>([
  { lifecycle: undefined, want: Signal.RUNTIME_DEFAULT },
  { lifecycle: { preStop: { sleep: { seconds: 1 } } }, want: Signal.RUNTIME_DEFAULT },
  { lifecycle: { stopSignal: "SIGUSR1" }, want: Signal.SIGUSR1 },
  { lifecycle: { stopSignal: "SIGRTMIN+3" }, want: Signal.SIGRTMINPLUS3 },
  { lifecycle: { stopSignal: "SIGRTMAX-3" }, want: Signal.SIGRTMAXMINUS3 },
  { lifecycle: { stopSignal: "SIGNONE" }, want: Signal.RUNTIME_DEFAULT },
])("a container with lifecycle $lifecycle stops by signal $want", ({ lifecycle, want }) => {
  const container: Container = {
    ...{ name: "main", image: "i" },
    ...(lifecycle === undefined ? {} : { lifecycle }),
  };
  const pod: Pod = {
    metadata: { name: "p", namespace: "n", uid: "u" },
    spec: { containers: [container] },
  };
  const config = containerConfig(pod, container, {
    ...{ restartCount: 0, imageRef: "i", environment: new Map(), mounts: [] },
    ...{ resources: {}, security: {}, devices: NO_PARTS },
  });
  expect(config.stopSignal).toBe(want);
});
