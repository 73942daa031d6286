/** `npm run bench [render|check|start|apply|cni|agent|proxy]...`: both sides in the same run, their ratio, and its bound. */
import { benchAgent } from "./bench/agent.ts";
import { benchApply } from "./bench/apply.ts";
import { benchCheck } from "./bench/check.ts";
import { benchCheckRoot } from "./bench/check-root.ts";
import { benchCni } from "./bench/cni.ts";
import { type BenchLine, printLines } from "./bench/measure.ts";
import { benchProxy } from "./bench/proxy.ts";
import { benchRender } from "./bench/render.ts";
import { benchStarts } from "./bench/start.ts";

const RENDER_BOUND_MS = 1000;
const RENDER_BOUND_MB = 300;
const CHECK_BOUND_MS = 2000;
const CHECK_BOUND_MB = 400;

async function render(): Promise<BenchLine[]> {
  const { nodes, ms, peakBytes } = await benchRender();
  const peakMb = peakBytes / 1e6;
  return [
    {
      what: `inventory, render and parse of ${nodes} nodes`,
      ours: `${ms.toFixed(0)} ms`,
      reference: `${RENDER_BOUND_MS} ms (bound)`,
      ratio: ms / RENDER_BOUND_MS,
      bound: 1,
    },
    {
      what: "  its peak memory",
      ours: `${peakMb.toFixed(0)} MB`,
      reference: `${RENDER_BOUND_MB} MB (bound)`,
      ratio: peakMb / RENDER_BOUND_MB,
      bound: 1,
    },
  ];
}

async function checked(): Promise<BenchLine[]> {
  const { nodes, ms, peakBytes } = await benchCheck();
  const peakMb = peakBytes / 1e6;
  return [
    {
      what: `render and check of ${nodes} nodes`,
      ours: `${ms.toFixed(0)} ms`,
      reference: `${CHECK_BOUND_MS} ms (bound)`,
      ratio: ms / CHECK_BOUND_MS,
      bound: 1,
    },
    {
      what: "  its peak memory",
      ours: `${peakMb.toFixed(0)} MB`,
      reference: `${CHECK_BOUND_MB} MB (bound)`,
      ratio: peakMb / CHECK_BOUND_MB,
      bound: 1,
    },
    await benchCheckRoot(),
  ];
}

// Render comes first: its peak memory is the process's. check measures in a process of its own.
const BENCHES: Readonly<Record<string, () => Promise<BenchLine[]>>> = {
  render,
  check: checked,
  start: benchStarts,
  apply: benchApply,
  cni: benchCni,
  agent: benchAgent,
  proxy: benchProxy,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(
    `error: no such bench: ${unknown.join(", ")}; there is ${Object.keys(BENCHES).join(", ")}`,
  );
  process.exit(2);
}
const build = Bun.spawnSync([process.execPath, "scripts/build.ts"], {
  stdout: "inherit",
  stderr: "inherit",
});
if (build.exitCode !== 0) process.exit(1);
const lines: BenchLine[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.error(`measuring ${name}`);
  lines.push(...(await bench()));
}
process.exit(printLines(lines) === 0 ? 0 : 1);
