import { NodewrightError } from "../base/mod.ts";
import type { DesiredFile, DesiredNode } from "../plan/mod.ts";
import type { NodeContext } from "./node-context.ts";
import type { FileChange, HistoryEntry } from "./protocol/protocol.ts";
import { currentOf, type GenerationRecord, toGeneration } from "./store/store.ts";

/** The generations that the node remembers, the newest first, each against the one it started from. */
export async function readHistory(node: NodeContext): Promise<readonly HistoryEntry[]> {
  const records = await node.store.generations();
  const current = currentOf(records);
  const entries: HistoryEntry[] = [];
  for (const record of records.toReversed()) {
    const base = records.find(({ id }) => id === record.base);
    entries.push({
      ...toGeneration(record),
      base: record.base,
      isCurrent: record === current,
      // Against a generation that is forgotten nothing can be said.
      changes:
        record.base !== null && base === undefined
          ? null
          : fileChanges(base?.desired.files ?? [], record.desired.files),
      isKept: record.state === "good" && (await firstMissing(node, record)) === undefined,
    });
  }
  return entries;
}

/** Which files differ, by path; `from` and `to` are their origins. */
export function fileChanges(
  before: readonly DesiredFile[],
  after: readonly DesiredFile[],
): FileChange[] {
  const [old, now] = [byPath(before), byPath(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((path): FileChange[] => {
    const [from, to] = [old.get(path), now.get(path)];
    if (from?.digest === to?.digest && from?.mode === to?.mode) return [];
    return [{ path, from: from?.origin ?? null, to: to?.origin ?? null }];
  });
}

function byPath(files: readonly DesiredFile[]): Map<string, DesiredFile> {
  return new Map(files.map((file) => [file.path, file]));
}

/**
 * What a good generation was to be, every content of which the node still has; without `id`, the
 * one that the current generation started from. Rejects with `no-generation` where it cannot be
 * returned to.
 */
export async function recallGeneration(
  node: NodeContext,
  id: number | undefined,
): Promise<{ readonly generation: number; readonly desired: DesiredNode }> {
  const records = await node.store.generations();
  const current = currentOf(records);
  if (current === undefined) {
    throw refusal("Cannot return to an earlier generation: nodewright has not made this node", {
      fix: "run apply",
    });
  }
  const wanted = id ?? current.base;
  if (wanted === null) {
    throw new NodewrightError(
      "first-generation",
      `Cannot return to the generation before ${current.id}: it is the first`,
      { fix: "to take nodewright's work off the node, use reset" },
    );
  }
  const record = records.find((candidate) => candidate.id === wanted);
  const missing = record === undefined ? undefined : await firstMissing(node, record);
  const why = whyNot(record, missing);
  if (why !== undefined || record === undefined) {
    throw refusal(`Cannot return to generation ${wanted}: ${why}`, {
      fix: "nodewright history shows which generations the node still has; apply brings what the cluster directory says",
    });
  }
  return { generation: record.id, desired: record.desired };
}

function whyNot(
  record: GenerationRecord | undefined,
  missing: DesiredFile | undefined,
): string | undefined {
  if (record === undefined) return "the node does not remember it";
  if (record.state === "failed") return "it failed and was rolled back";
  if (record.state === "applying") return "its apply was interrupted";
  if (missing === undefined) return undefined;
  return `the node no longer has the content of ${missing.path} (${missing.origin})`;
}

async function firstMissing(
  { store }: NodeContext,
  { desired }: GenerationRecord,
): Promise<DesiredFile | undefined> {
  for (const file of desired.files) if (!(await store.blobs.has(file.digest))) return file;
  return undefined;
}

function refusal(message: string, options: { readonly fix: string }): NodewrightError {
  return new NodewrightError("no-generation", message, options);
}
