import type { Problem } from "../../base/mod.ts";
import type { DesiredNode, ObservedNode } from "../../bootstrap/plan/mod.ts";
import type { NodeFacts, ProbeReport } from "../../machine/mod.ts";
import { foreignRules, portRules } from "./foreign-rules.ts";
import { clockRules, hostRules, resourceRules } from "./host-rules.ts";
import { cgroupRules, kernelRules } from "./kernel-rules.ts";

/** What of the components' configuration the machine has to fit; absent: not known, not checked. */
export interface PreflightSettings {
  /** KubeletConfiguration failSwapOn (default true). */
  readonly failSwapOn?: boolean;
  /** KubeletConfiguration failCgroupV1. */
  readonly failCgroupV1?: boolean;
  /** KubeletConfiguration cgroupDriver, or containerd's SystemdCgroup. */
  readonly cgroupDriver?: "systemd" | "cgroupfs";
  /** What the binaries that will be sent were made for. */
  readonly binaries?: readonly {
    readonly name: string;
    /** As the node says `uname -m`: `x86_64`, `aarch64`. */
    readonly machine?: string;
    /** The newest glibc version that it asks for, e.g. `2.36`; absent where it is static. */
    readonly glibc?: string;
  }[];
}

/** What is judged. */
export interface PreflightInput {
  readonly desired: DesiredNode;
  readonly observed: ObservedNode;
  readonly facts: NodeFacts;
  /** null: the kernel was not probed. */
  readonly probe: ProbeReport | null;
  /** The jumpbox's clock (epoch milliseconds) before the facts were asked for and after they came. */
  readonly jumpbox: { readonly askedMs: number; readonly answeredMs: number };
  /** The machine's glibc, e.g. `2.36`; null or absent: not known. */
  readonly glibc?: string | null;
  readonly settings?: PreflightSettings;
}

/** A rule: what it finds wrong. */
export type PreflightRule = (input: PreflightInput) => readonly Problem[];

const RULES: readonly PreflightRule[] = [
  hostRules,
  clockRules,
  kernelRules,
  cgroupRules,
  resourceRules,
  portRules,
  foreignRules,
];

/**
 * Everything about a machine that would keep it from becoming the node that is desired, found
 * before anything on it changes. Pure; errors first.
 */
export function preflight(input: PreflightInput): readonly Problem[] {
  const problems = RULES.flatMap((rule) => rule(input)).map((problem) => ({
    ...problem,
    node: input.desired.node,
  }));
  return problems.toSorted((a, b) => rank(a) - rank(b));
}

function rank(problem: Problem): number {
  return problem.severity === "error" ? 0 : 1;
}
