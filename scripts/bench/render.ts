/**
 * Inventory, render and parse of a large cluster in one process: a directory of its own is made,
 * read, rendered and thrown away.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadCluster } from "../../src/bootstrap/inventory/mod.ts";
import { Renderer } from "../../src/bootstrap/render/mod.ts";
import { stockFiles } from "../../src/bootstrap/stock/mod.ts";

/** What one run took. */
export interface RenderBench {
  readonly nodes: number;
  /** From the directory's path to every node's desired state with all routes. */
  readonly ms: number;
  /** Processor time of all threads meanwhile: what remains comparable on a busy machine. */
  readonly cpuMs: number;
  /** Of `ms`, reading and parsing the inventory. */
  readonly loadMs: number;
  /** The process's peak resident memory, all results still held. */
  readonly peakBytes: number;
  readonly files: number;
}

/** Measures `nodes` nodes (at most 60,000) once. Throws where the result is not right. */
export async function benchRender(nodes = 1000): Promise<RenderBench> {
  const dir = mkdtempSync(join(tmpdir(), "nodewright-bench-"));
  try {
    writeCluster(dir, nodes);
    const cpuStarted = process.cpuUsage();
    const started = performance.now();
    const cluster = await loadCluster(dir);
    const loaded = performance.now();
    const renderer = new Renderer(cluster, { now: new Date() });
    const rendered = cluster.workers.map((machine) => renderer.render(machine, []));
    const ms = performance.now() - started;
    const cpu = process.cpuUsage(cpuStarted);
    const problems = [...cluster.problems, ...rendered.flatMap((node) => node.problems)];
    const routes = rendered.at(-1)?.desired.routes.length;
    if (rendered.length !== nodes || problems.length > 0 || routes !== nodes - 1) {
      throw new Error(`Wrong result: ${rendered.length} nodes, ${problems[0]?.message ?? "-"}`);
    }
    return {
      nodes,
      ms,
      cpuMs: (cpu.user + cpu.system) / 1000,
      loadMs: loaded - started,
      // Linux gives ru_maxrss in kilobytes.
      peakBytes: process.resourceUsage().maxRSS * 1024,
      files: rendered.reduce((sum, node) => sum + node.desired.files.length, 0),
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Writes a cluster directory of stock files with so many workers. */
export function writeCluster(dir: string, nodes: number): void {
  for (const { path, text } of stockFiles()) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    // A /16 of pods has 256 subnets; a large cluster has a larger network.
    writeFileSync(join(dir, path), text.replace('"10.200.0.0/16"', '"100.64.0.0/10"'));
  }
  const lines = Array.from({ length: nodes }, (_, i) => {
    const subnet = `100.${64 + (i >> 8)}.${i & 255}.0/24`;
    return `10.${i >> 14}.${(i >> 7) & 127}.${(i & 127) + 1} node-${i}.kubernetes.local node-${i} ${subnet}\n`;
  });
  writeFileSync(join(dir, "machines.txt"), lines.join(""));
}

if (import.meta.main) {
  const nodes = Number(process.argv[2] ?? 1000);
  const result = await benchRender(nodes);
  const mb = (result.peakBytes / 1e6).toFixed(0);
  console.log(
    `${nodes} nodes: ${result.ms.toFixed(0)} ms (reading ${result.loadMs.toFixed(0)} ms, processor ${result.cpuMs.toFixed(0)} ms), ${result.files} files, peak ${mb} MB`,
  );
}
