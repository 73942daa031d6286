import { BUSYBOX_IMAGE } from "../../../test/support/containerd.ts";
import { median, timed } from "../measure.ts";
import { BenchNode } from "./bench-node.ts";

/** What the runtime alone takes for a pod of one container; milliseconds. */
export interface RuntimeMeasure {
  readonly start: number;
  readonly stop: number;
}

const PODS = 10;

/** The floor: the same calls that a kubelet makes, one after the other, without a kubelet. */
export async function measureRuntime(): Promise<RuntimeMeasure> {
  await using bench = await BenchNode.start("bench-cri", undefined);
  const { runtime } = bench.cri;
  const starts: number[] = [];
  const stops: number[] = [];
  for (let at = 0; at < PODS + 1; at++) {
    const config = {
      metadata: { name: `p${at}`, namespace: "default", uid: crypto.randomUUID(), attempt: 0 },
      logDirectory: `/var/log/pods/p${at}`,
      linux: { cgroupParent: "/nodewright-bench-cri" },
    };
    const command = "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done";
    let podSandboxId = "";
    let containerId = "";
    const start = await timed(async () => {
      ({ podSandboxId } = await runtime.runPodSandbox({ config, runtimeHandler: "" }));
      ({ containerId } = await runtime.createContainer({
        podSandboxId,
        sandboxConfig: config,
        config: {
          metadata: { name: "main", attempt: 0 },
          image: { image: BUSYBOX_IMAGE },
          command: ["/bin/sh", "-c", command],
          logPath: "main/0.log",
          linux: {},
        },
      }));
      await runtime.startContainer({ containerId });
    });
    const stop = await timed(async () => {
      await runtime.stopContainer({ containerId, timeout: 30n });
      await runtime.stopPodSandbox({ podSandboxId });
      await runtime.removeContainer({ containerId });
      await runtime.removePodSandbox({ podSandboxId });
    });
    // The first one pays for what only happens once.
    if (at === 0) continue;
    starts.push(start);
    stops.push(stop);
  }
  return { start: median(starts), stop: median(stops) };
}
