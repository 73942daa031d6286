import { parseQuantity } from "../../base/mod.ts";
import type { KubeletConfig } from "../../config/mod.ts";
import { durationOf } from "./durations.ts";

/** How pods share CPUs, memory and devices, and how near to each other these are. */
export interface PlacementSettings {
  readonly cpu: {
    readonly policy: "none" | "static";
    /** As they are written. */
    readonly options: Readonly<Record<string, string>>;
    readonly reconcileMs: number;
    /** A list such as `0-1,4`; "" where only the number of reserved CPUs is given. */
    readonly reserved: string;
  };
  readonly memory: {
    readonly policy: "None" | "Static";
    readonly reserved: readonly NodeMemory[];
  };
  readonly topology: {
    readonly policy: "none" | "best-effort" | "restricted" | "single-numa-node";
    readonly scope: "container" | "pod";
    readonly prefersClosest: boolean;
    /** With more NUMA nodes than this the agent does not start. */
    readonly maxNodes: number;
  };
}

/** What the system keeps of a NUMA node: bytes by resource. */
export interface NodeMemory {
  readonly node: number;
  readonly bytes: Readonly<Record<string, number>>;
}

const DEFAULT_MAX_NODES = 8;

export function placementSettings(config: KubeletConfig): PlacementSettings {
  const { reader } = config;
  const word = (field: string): string => reader.textOrDefault([field])?.value ?? "";
  const option = (name: string) => reader.text(["topologyManagerPolicyOptions", name])?.value;
  const alignment = word("topologyManagerPolicy");
  return {
    cpu: {
      policy: word("cpuManagerPolicy") === "static" ? "static" : "none",
      options: textsOf(config, "cpuManagerPolicyOptions"),
      reconcileMs: durationOf(config, "cpuManagerReconcilePeriod"),
      reserved: word("reservedSystemCPUs"),
    },
    memory: {
      policy: word("memoryManagerPolicy") === "Static" ? "Static" : "None",
      reserved: reservedMemory(config),
    },
    topology: {
      policy: ALIGNMENTS.find((one) => one === alignment) ?? "none",
      scope: word("topologyManagerScope") === "pod" ? "pod" : "container",
      prefersClosest: option("prefer-closest-numa-nodes") === "true",
      maxNodes: Number(option("max-allowable-numa-nodes") ?? DEFAULT_MAX_NODES),
    },
  };
}

const ALIGNMENTS = ["best-effort", "restricted", "single-numa-node"] as const;

function textsOf({ reader }: KubeletConfig, field: string): Record<string, string> {
  const keys = reader.keys([field]).map(({ value }) => value);
  return Object.fromEntries(keys.map((key) => [key, reader.text([field, key])?.value ?? ""]));
}

function reservedMemory({ reader }: KubeletConfig): NodeMemory[] {
  const field = "reservedMemory";
  return Array.from({ length: reader.length([field]) }, (_, at) => {
    const keys = reader.keys([field, at, "limits"]).map(({ value }) => value);
    const bytes = keys.map((key) => {
      const path = [field, at, "limits", key];
      const written = reader.text(path)?.value ?? String(reader.number(path)?.value ?? 0);
      return [key, parseQuantity(written) ?? 0] as const;
    });
    const node = reader.number([field, at, "numaNode"])?.value ?? 0;
    return { node, bytes: Object.fromEntries(bytes) };
  });
}
