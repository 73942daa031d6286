/**
 * The service proxy at many Services, beside the official kube-proxy where NODEWRIGHT_BENCH_KUBE_PROXY
 * names its executable. Each measurement has a network namespace of its own, with an API server in
 * memory; nothing can be left of it.
 */
import { resolve } from "node:path";
import type { BenchLine } from "./measure.ts";
import type { ProxyCase, ProxyMeasure } from "./proxy/measure-proxy.ts";

const ENDPOINTS = 5;
const NFTABLES: ProxyCase = { mode: "nftables", services: 10_000, endpoints: ENDPOINTS };
const IPTABLES: ProxyCase = { mode: "iptables", services: 1_000, endpoints: ENDPOINTS };
const BOUND = {
  nftables: { firstSyncMs: 3_000, changeMs: 20 },
  iptables: { firstSyncMs: 2_000, changeMs: 100 },
  bytes: 150e6,
  idleCpu: 0.005,
  /** Of the other proxy's. */
  otherFirstSync: 0.25,
  otherBytes: 0.5,
} as const;

/** All rows; lines of progress go to standard error. */
export async function benchProxy(): Promise<BenchLine[]> {
  const own = [resolve("dist/nodewright"), "kube-proxy"];
  const other = process.env["NODEWRIGHT_BENCH_KUBE_PROXY"];
  if (other === undefined) {
    console.error("  no other kube-proxy: NODEWRIGHT_BENCH_KUBE_PROXY is not set");
  }
  const lines: BenchLine[] = [];
  for (const asked of [NFTABLES, IPTABLES]) {
    console.error(`  nodewright kube-proxy, ${asked.mode}, ${asked.services} Services`);
    const ours = await measure(asked, own);
    lines.push(...againstBounds(asked, ours));
    if (other === undefined) continue;
    console.error("  the other kube-proxy");
    lines.push(...againstOther(asked, ours, await measure(asked, [resolve(other)])));
  }
  return lines;
}

async function measure(asked: ProxyCase, program: readonly string[]): Promise<ProxyMeasure> {
  const script = resolve(import.meta.dir, "proxy/main.ts");
  const isolated = ["unshare", "--net", "--mount", "--propagation", "private"];
  const child = Bun.spawn(
    [...isolated, process.execPath, script, JSON.stringify({ asked, program })],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  const end = (): void => child.kill();
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    const [stdout, exitCode] = await Promise.all([new Response(child.stdout).text(), child.exited]);
    if (exitCode !== 0) throw new Error(`The measuring process ended with ${exitCode}`);
    return JSON.parse(stdout);
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}

function againstBounds({ mode, services }: ProxyCase, ours: ProxyMeasure): BenchLine[] {
  const { firstSyncMs, changeMs } = BOUND[mode];
  const rows = [
    {
      what: `${mode}, ${services} Services with ${ENDPOINTS} endpoints: start to first sync`,
      ours: ms(ours.firstSyncMs),
      reference: `${ms(firstSyncMs)} (bound)`,
      ratio: ours.firstSyncMs / firstSyncMs,
    },
    {
      what: "  one endpoint changed, the sync's own time",
      ours: ms(ours.changeMs),
      reference: `${ms(changeMs)} (bound)`,
      ratio: ours.changeMs / changeMs,
    },
    {
      what: "  memory",
      ours: mb(ours.bytes),
      reference: `${mb(BOUND.bytes)} (bound)`,
      ratio: ours.bytes / BOUND.bytes,
    },
    {
      what: "  idle, of a core",
      ours: percent(ours.idleCpu),
      reference: `${percent(BOUND.idleCpu)} (bound)`,
      ratio: ours.idleCpu / BOUND.idleCpu,
    },
  ];
  // Of the mode iptables only the times are bound.
  return rows.map((row, at) => (at < 2 || mode === "nftables" ? { ...row, bound: 1 } : row));
}

function againstOther({ mode }: ProxyCase, ours: ProxyMeasure, other: ProxyMeasure): BenchLine[] {
  return [
    {
      what: `${mode}, beside the other kube-proxy: first sync`,
      ours: ms(ours.firstSyncMs),
      reference: ms(other.firstSyncMs),
      ratio: ours.firstSyncMs / other.firstSyncMs,
      ...(mode === "nftables" ? { bound: BOUND.otherFirstSync } : {}),
    },
    {
      what: "  one endpoint changed",
      ours: ms(ours.changeMs),
      reference: ms(other.changeMs),
      ratio: ours.changeMs / other.changeMs,
    },
    {
      what: "  memory",
      ours: mb(ours.bytes),
      reference: mb(other.bytes),
      ratio: ours.bytes / other.bytes,
      ...(mode === "nftables" ? { bound: BOUND.otherBytes } : {}),
    },
    {
      what: "  idle, of a core",
      ours: percent(ours.idleCpu),
      reference: percent(other.idleCpu),
      ratio: ours.idleCpu / other.idleCpu,
    },
  ];
}

const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
