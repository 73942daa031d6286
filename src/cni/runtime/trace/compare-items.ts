import type { KernelItem } from "./kernel-item.ts";

/** What became of one thing between two looks at the kernel. */
export interface KernelChange {
  readonly change: "added" | "changed" | "removed";
  readonly where: KernelItem["where"];
  readonly subject: KernelItem["subject"];
  /** As it is now; as it was, where it was removed. */
  readonly text: string;
  /** As it was, where it was changed. */
  readonly before?: string;
}

/** What is different between two looks: additions and changes as they stand, then removals. */
export function compareItems(
  before: readonly KernelItem[],
  after: readonly KernelItem[],
): readonly KernelChange[] {
  const old = new Map(before.map((item) => [item.key, item]));
  const now = new Set(after.map(({ key }) => key));
  const changes: KernelChange[] = [];
  for (const { where, subject, key, text } of after) {
    const was = old.get(key);
    if (was === undefined) changes.push({ change: "added", where, subject, text });
    else if (was.text !== text) {
      changes.push({ change: "changed", where, subject, text, before: was.text });
    }
  }
  for (const { where, subject, key, text } of before) {
    if (!now.has(key)) changes.push({ change: "removed", where, subject, text });
  }
  return changes;
}

/** What a changed thing was before, for people: without the name of it, which stands in its text. */
export function shortBefore(text: string, before: string): string {
  for (const mark of [" = ", ": "]) {
    const end = text.indexOf(mark) + mark.length;
    if (end >= mark.length && text.slice(0, end) === before.slice(0, end)) return before.slice(end);
  }
  return before;
}
