import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, pollUntil, systemClock } from "../../src/base/mod.ts";
import { KubeClient, loadConnection } from "../../src/kube/client/mod.ts";
import { hostKubeconfig, labDown, requireLab } from "../../src/lab/mod.ts";
import { claimTestDirectory, TestLab, testLabDeps } from "./lab.ts";
import { type NodewrightOutput, nodewright } from "./nodewright.ts";

/** Whose control plane the tests take: `builtin`, or a directory of official programs. */
export const CONTROL_PLANE = process.env["NODEWRIGHT_TEST_CONTROL_PLANE"] || "builtin";
/** A directory of the official kubelet, in place of nodewright's own. */
const KUBELET = process.env["NODEWRIGHT_TEST_KUBELET"] || undefined;

/** A lab that is a cluster, made by the command that makes one for people. */
export interface ClusterLab extends AsyncDisposable {
  readonly lab: TestLab;
  readonly client: KubeClient;
  /** Its cluster directory. */
  readonly dir: string;
  /** `nodewright lab up` with the same words again. */
  readonly up: () => Promise<NodewrightOutput>;
  /** What the first one has printed. */
  readonly made: NodewrightOutput;
  /** Runs nodewright on this lab: NODEWRIGHT_LAB_DIR is set. */
  readonly run: (...argv: string[]) => Promise<NodewrightOutput>;
}

/** Brings a whole cluster up; rejects with the command's own words where that fails. */
export async function clusterLab(): Promise<ClusterLab> {
  const dir = await claimTestDirectory();
  const name = `t-${dir.slice(-6).toLowerCase()}`;
  const deps = testLabDeps(dir);
  const env = { NODEWRIGHT_LAB_DIR: deps.stateDir };
  const run = (...argv: string[]): Promise<NodewrightOutput> => nodewright(argv, env);
  const words = ["--name", name, "--control-plane", CONTROL_PLANE];
  const kubelet = KUBELET === undefined ? [] : ["--kubelet", KUBELET];
  const up = (): Promise<NodewrightOutput> => run("lab", "up", ...words, ...kubelet);
  try {
    const made = await up();
    if (made.exitCode !== 0) throw new Error(made.text);
    const lab = new TestLab(deps, await requireLab(deps, name), dir);
    const client = new KubeClient(await loadConnection(hostKubeconfig(lab.lab)));
    return {
      ...{ lab, client, up, made, run, dir: join(lab.lab.dir, "cluster") },
      async [Symbol.asyncDispose]() {
        client[Symbol.dispose]();
        await lab[Symbol.asyncDispose]();
      },
    };
  } catch (thrown) {
    await labDown(deps, name);
    await rm(dir, { recursive: true, force: true });
    throw thrown;
  }
}

/** Asks until there is a value; what keeps it from coming is in the error. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  { timeoutMs = 60_000, clock = systemClock }: { timeoutMs?: number; clock?: Clock } = {},
): Promise<T> {
  let last: unknown;
  const seen = await pollUntil(clock, { timeoutMs, intervalMs: 200 }, () =>
    probe().catch((thrown: unknown) => {
      last = thrown;
      return undefined;
    }),
  );
  if (seen !== undefined) return seen;
  throw new Error(`It does not come to this: ${what}`, { cause: last });
}
