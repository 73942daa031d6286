import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RuleCases } from "../../src/bootstrap/sources/testing/mod.ts";
import { LAYOUTS } from "../../test/layouts/layouts.ts";
import { identityOf, writeLayout } from "../../test/layouts/write-layout.ts";
import { type BenchLine, median, timed } from "./measure.ts";

const RUNS = 20;
const BOUND_MS = 300;

/** `dist/nodewright check --root` of a sound node that kubeadm has made. */
export async function benchCheckRoot(): Promise<BenchLine> {
  const dir = mkdtempSync(join(tmpdir(), "nodewright-bench-"));
  try {
    await using cases = await RuleCases.create();
    const layout = LAYOUTS.find(({ name }) => name === "kubeadm");
    if (layout === undefined) throw new Error("There is no layout of kubeadm");
    writeLayout(dir, layout.files(identityOf(cases)));
    const times: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      times.push(
        await timed(() => {
          const { exitCode } = Bun.spawnSync(["dist/nodewright", "check", "--root", dir]);
          if (exitCode !== 0) throw new Error(`check has found something: exit code ${exitCode}`);
        }),
      );
    }
    return {
      what: `check --root of a kubeadm node, median of ${RUNS}`,
      ours: `${median(times).toFixed(0)} ms`,
      reference: `${BOUND_MS} ms (bound)`,
      ratio: median(times) / BOUND_MS,
      bound: 1,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
