import type { SourceLocation } from "../../../base/mod.ts";
import type { Path } from "../../document/config-document.ts";
import type { Located } from "../../schema/config-reader.ts";
import { parseDurationMs } from "../../schema/text-formats.ts";
import type { KubeletConfig } from "../kubelet-config.ts";
import { isGateOn } from "./gates.ts";

/** A duration of the file in milliseconds, with its text. */
export interface Duration extends Located<number> {
  readonly text: string;
}

/** Why the kubelet does not start with a configuration. */
export interface Refusal {
  readonly message: string;
  /** The one to edit first. */
  readonly locations: readonly SourceLocation[];
  readonly fix?: string;
  /** The key without which the rest is accepted. */
  readonly remove?: Path;
}

/** What one pass over a kubelet's configuration reads and finds. */
export class Validation {
  readonly config: KubeletConfig;
  readonly minor: number | undefined;
  readonly refusals: Refusal[] = [];

  constructor(config: KubeletConfig, minor: number | undefined) {
    this.config = config;
    this.minor = minor;
  }

  get reader() {
    return this.config.reader;
  }

  /** A duration; undefined where it is none, which the schema reports. */
  duration(...path: Path): Duration | undefined {
    const text = this.reader.textOrDefault(path);
    const ms = text === undefined ? undefined : parseDurationMs(text.value);
    return text === undefined || ms === undefined
      ? undefined
      : { ...text, text: text.value, value: ms };
  }

  /** True where the file itself says something at the path. */
  isSet(...path: Path): boolean {
    const node = this.config.document.node(path);
    return node !== undefined && !(node.kind === "scalar" && node.value === null);
  }

  isGateOn(gate: Parameters<typeof isGateOn>[1]): boolean {
    return isGateOn(this.config, gate, this.minor);
  }

  at(...path: Path): SourceLocation {
    return this.config.document.at(path);
  }

  refuse(
    message: string,
    locations: readonly SourceLocation[],
    help: Pick<Refusal, "fix" | "remove"> = {},
  ): void {
    this.refusals.push({ message, locations, ...help });
  }

  /** A field that counts for nothing, and ends the kubelet, without its feature gate. */
  refuseWithout(gate: Parameters<typeof isGateOn>[1], field: string): void {
    if (!this.isSet(...field.split(".")) || this.isGateOn(gate)) return;
    this.refuse(
      `${field} needs the feature gate ${gate}, which is off`,
      [this.at(...field.split("."))],
      { fix: `Remove ${field}, or set featureGates.${gate}: true` },
    );
  }
}
