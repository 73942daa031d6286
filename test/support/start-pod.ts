import type { TestLab } from "./lab.ts";
import { nodewright } from "./nodewright.ts";

/** Runs a pod `default/runs-on` that sleeps on a node, through the node's runtime; rejects where it does not start. */
export async function startPod(lab: TestLab, dir: string, node: string): Promise<void> {
  const { busybox } = await lab.images();
  const container = {
    metadata: { name: "sleeper" },
    image: { image: busybox.reference },
    command: ["/bin/sleep", "100000"],
    linux: {},
  };
  const metadata = { name: "runs-on", uid: "runs-on", namespace: "default" };
  const pod = { metadata, log_directory: "/var/log/pods/runs-on", linux: {} };
  const words = [JSON.stringify(container), JSON.stringify(pod)];
  const run = await nodewright(["cri", "run", "-C", dir, "--node", node, ...words]);
  if (run.exitCode !== 0) throw new Error(`Cannot start a pod: ${run.text}`);
}
