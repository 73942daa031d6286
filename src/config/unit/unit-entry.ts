import type { SourceLocation } from "../../base/mod.ts";

/** One `Key=value` of a unit, lines joined. */
export interface UnitEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** The place of the key. */
  readonly location: SourceLocation;
  /** The place of an offset into `value`, which may lie several lines further down. */
  readonly locate: (offset: number) => SourceLocation;
}
