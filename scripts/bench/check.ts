/**
 * Reading, rendering and checking a large cluster in one process: a directory of its own is made and
 * thrown away.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCluster } from "../../src/bootstrap/inventory/mod.ts";
import { directorySubject } from "../../src/bootstrap/sources/mod.ts";
import { check, RULES } from "../../src/check/mod.ts";
import { writeCluster } from "./render.ts";

/** What one run took. */
export interface CheckBench {
  readonly nodes: number;
  readonly rules: number;
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** Measures `nodes` nodes once in a process of its own, whose peak memory is then the check's. */
export async function benchCheck(nodes = 1000): Promise<CheckBench> {
  const argv = [process.execPath, import.meta.path, String(nodes), "--json"];
  const child = Bun.spawn(argv, { stdout: "pipe", stderr: "inherit" });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error("The check has failed");
  // cast: what the same file prints
  return JSON.parse(text) as CheckBench;
}

/** Throws where the sound directory does not pass. */
async function measure(nodes: number): Promise<CheckBench> {
  const dir = mkdtempSync(join(tmpdir(), "nodewright-bench-"));
  try {
    writeCluster(dir, nodes);
    const cpuStarted = process.cpuUsage();
    const started = performance.now();
    const cluster = await loadCluster(dir);
    const subject = directorySubject(cluster, cluster.workers, { now: new Date() });
    const report = check(RULES, subject);
    const ms = performance.now() - started;
    const cpu = process.cpuUsage(cpuStarted);
    if (report.nodes.length !== nodes || report.findings.length > 0) {
      const [first] = report.findings;
      throw new Error(`Wrong result: ${report.nodes.length} nodes, ${first?.message ?? "-"}`);
    }
    return {
      nodes,
      rules: report.rulesApplied,
      ms,
      cpuMs: (cpu.user + cpu.system) / 1000,
      // Linux gives ru_maxrss in kilobytes.
      peakBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [nodes = "1000", ...options] = process.argv.slice(2);
  const result = await measure(Number(nodes));
  const { rules, ms, cpuMs, peakBytes } = result;
  const mb = (peakBytes / 1e6).toFixed(0);
  console.log(
    options.includes("--json")
      ? JSON.stringify(result)
      : `${nodes} nodes, ${rules} rules: ${ms.toFixed(0)} ms (processor ${cpuMs.toFixed(0)} ms), peak ${mb} MB`,
  );
}
