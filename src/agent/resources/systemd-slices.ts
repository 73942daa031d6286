import { NodewrightError } from "../../base/mod.ts";
import { weightOf } from "./amounts.ts";
import type { CgroupLimits } from "./pod-limits.ts";

const MANAGER = [
  "org.freedesktop.systemd1",
  "/org/freedesktop/systemd1",
  "org.freedesktop.systemd1.Manager",
] as const;

/** Slices of systemd as cgroups: systemd owns the tree, so it is asked, over its bus. */
export class SystemdSlices {
  /** A transient slice with these limits; its path names those above it. */
  async ensure(
    path: string,
    { limits, isV2 }: { readonly limits: CgroupLimits; readonly isV2: boolean },
  ): Promise<void> {
    const unit = unitOf(path);
    const properties = sliceProperties(limits, isV2);
    const made = await call("StartTransientUnit", [
      "ssa(sv)a(sa(sv))",
      ...[unit, "replace", String(properties.length + 1)],
      ...["Description", "s", `Kubernetes pod ${unit}`],
      ...properties.flat(),
      "0",
    ]);
    if (made.ok) return;
    if (!made.text.includes("already loaded") && !made.text.includes("UnitExists")) {
      throw new NodewrightError("systemd", `Cannot make the slice "${unit}": ${made.text}`);
    }
    const set = await call("SetUnitProperties", [
      "sba(sv)",
      ...[unit, "true", String(properties.length)],
      ...properties.flat(),
    ]);
    if (!set.ok) {
      throw new NodewrightError("systemd", `Cannot limit the slice "${unit}": ${set.text}`);
    }
  }

  async remove(path: string): Promise<void> {
    const unit = unitOf(path);
    const stopped = await call("StopUnit", ["ss", unit, "replace"]);
    if (stopped.ok || stopped.text.includes("not loaded")) return;
    throw new NodewrightError("systemd", `Cannot remove the slice "${unit}": ${stopped.text}`);
  }
}

type Property = readonly [name: string, type: string, value: string];

function sliceProperties(limits: CgroupLimits, isV2: boolean): Property[] {
  const { cpuShares, cpuQuotaUs, cpuPeriodUs, memoryBytes, pids, protection } = limits;
  const perSecond =
    cpuQuotaUs === undefined ? undefined : Math.ceil((cpuQuotaUs * 1_000_000) / cpuPeriodUs);
  const weight: Property = isV2
    ? ["CPUWeight", "t", String(weightOf(cpuShares))]
    : ["CPUShares", "t", String(cpuShares)];
  return [
    weight,
    ["MemoryAccounting", "b", "true"],
    ["TasksAccounting", "b", "true"],
    ...(perSecond === undefined
      ? []
      : [["CPUQuotaPerSecUSec", "t", String(perSecond)] satisfies Property]),
    ...(memoryBytes === undefined
      ? []
      : [[isV2 ? "MemoryMax" : "MemoryLimit", "t", String(memoryBytes)] satisfies Property]),
    ...(protection === undefined
      ? []
      : ([
          ["MemoryMin", "t", String(protection.min ?? 0)],
          ["MemoryLow", "t", String(protection.low ?? 0)],
        ] satisfies Property[])),
    ...(pids === undefined ? [] : [["TasksMax", "t", String(pids)] satisfies Property]),
  ];
}

function unitOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

async function call(
  method: string,
  words: readonly string[],
): Promise<{ readonly ok: boolean; readonly text: string }> {
  const child = Bun.spawn(["busctl", "call", ...MANAGER, method, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const text = (await new Response(child.stderr).text()).trim();
  return { ok: (await child.exited) === 0, text };
}
