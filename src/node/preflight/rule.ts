import type { Problem, SourceLocation } from "../../base/mod.ts";
import type { NodeFacts, ProbeReport } from "../../machine/mod.ts";
import type { DesiredNode, ObservedNode } from "../../plan/mod.ts";
import type { Foresight } from "../foresight/foresee.ts";
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
  /** What the units that run do before their start and have to do well: `ExecStartPre=modprobe overlay`. */
  readonly preCommands?: readonly PreCommand[];
  /** Where containerd's restrict_oom_score_adj belongs, where it is false. */
  readonly insistsOnOomScore?: { readonly table: string; readonly location: SourceLocation };
  /** Images that pods are started from. */
  readonly images?: readonly NeededImage[];
  /** True where containerd has a proxy or mirrors: a registry need not be reached directly. */
  readonly pullsOtherwise?: boolean;
  /** Registries that the node does not reach, with the reason. */
  readonly registries?: ReadonlyMap<string, string>;
}

/** A command of a unit whose failure keeps it from starting. */
export interface PreCommand {
  readonly unit: string;
  readonly key: string;
  readonly argv: readonly string[];
  readonly location: SourceLocation;
}

/** An image that the runtime must have or be able to pull. */
export interface NeededImage {
  readonly reference: string;
  /** `the sandbox image` */
  readonly what: string;
  readonly location?: SourceLocation;
  /** How to do without it. */
  readonly without?: string;
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
  /** Absent: nothing was tried beforehand. */
  readonly foresight?: Foresight;
}

/** A rule: what it finds wrong. */
export type PreflightRule = (input: PreflightInput) => readonly Problem[];
