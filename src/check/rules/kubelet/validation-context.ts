import type { SourceLocation } from "../../../base/mod.ts";
import {
  type KubeletConfig,
  type Located,
  type Path,
  parseDurationMs,
} from "../../../config/mod.ts";
import type { Edit, Found } from "../../finding.ts";
import { isGateOn } from "./gates.ts";

/** A duration of the file in milliseconds, with its text. */
export interface Duration extends Located<number> {
  readonly text: string;
}

/** What one pass over a kubelet's configuration reads and finds. */
export class Validation {
  readonly config: KubeletConfig;
  readonly minor: number | undefined;
  readonly found: Found[] = [];

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

  /** Adds a finding; `locations` the one to edit first. */
  refuse(
    message: string,
    locations: readonly SourceLocation[],
    help: { readonly fix?: string; readonly remove?: readonly (string | number)[] } = {},
  ): void {
    const edits: readonly Edit[] | undefined =
      help.remove === undefined
        ? undefined
        : [{ file: this.config.document.file, path: help.remove }];
    this.found.push({
      message,
      locations,
      ...(help.fix === undefined ? {} : { fix: help.fix }),
      ...(edits === undefined ? {} : { edits }),
    });
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
