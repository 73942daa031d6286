import { z } from "zod";
import type { Digest } from "../../plan/mod.ts";
import { digestSchema } from "../protocol/schema.ts";

const originalSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("absent") }),
  z.strictObject({
    kind: z.literal("file"),
    digest: digestSchema,
    mode: z.int(),
    uid: z.int(),
    gid: z.int(),
  }),
]);

/**
 * What nodewright has changed on a node and what was there before: written before each change,
 * so that after an interruption at any point it names at least everything that was changed.
 * Reset works from this alone.
 */
export const ledgerSchema = z.strictObject({
  version: z.literal(1),
  /** Epoch milliseconds of the first change. */
  createdAtMs: z.number(),
  files: z.record(
    z.string(),
    z.strictObject({
      /** Before the first change; the content of a file is in `originals/DIGEST`. */
      original: originalSchema,
      /** Everything put (or about to be put) there, the newest last: what is found there and is none of these is someone else's. */
      put: z.array(digestSchema),
    }),
  ),
  /** Paths whose mode alone was changed, with the mode before. */
  modes: z.record(z.string(), z.int()),
  /** Directories that were made, in the order in which they were. */
  directories: z.array(z.string()),
  sysctls: z.record(z.string(), z.strictObject({ before: z.string().nullable(), set: z.string() })),
  routes: z.record(z.string(), z.strictObject({ before: z.string().nullable(), via: z.string() })),
  modules: z.array(z.string()),
  swap: z.strictObject({
    turnedOff: z.array(z.string()),
    masked: z.array(z.string()),
    /** First fields of the lines of /etc/fstab that were put out of force. */
    fstab: z.array(z.string()),
  }),
  units: z.record(
    z.string(),
    z.strictObject({
      before: z.strictObject({ activeState: z.string(), unitFileState: z.string() }),
      /** Path to digest of what it read when it was last (re)started by nodewright. */
      startedWith: z.record(z.string(), digestSchema).exactOptional(),
    }),
  ),
  /** Of what running pods leave: what was there before the first change. */
  existedBefore: z.strictObject({
    /** Also the directories of the CNI plugins' own state. */
    stateDirs: z.array(z.string()),
    /** Those that were there with nothing in them, such as a disk mounted for containerd: emptied again, not removed. */
    emptyDirs: z.array(z.string()).default([]),
    bridges: z.array(z.string()),
    networks: z.array(z.string()),
    podNamespaces: z.array(z.string()),
  }),
});

export type Ledger = z.infer<typeof ledgerSchema>;
export type LedgerFile = Ledger["files"][string];
export type Original = z.infer<typeof originalSchema>;

/** The ledger of a node that nothing was done to yet. */
export function emptyLedger(nowMs: number): Ledger {
  return {
    version: 1,
    createdAtMs: nowMs,
    files: {},
    modes: {},
    directories: [],
    sysctls: {},
    routes: {},
    modules: [],
    swap: { turnedOff: [], masked: [], fstab: [] },
    units: {},
    existedBefore: { stateDirs: [], emptyDirs: [], bridges: [], networks: [], podNamespaces: [] },
  };
}

/** How many contents of one path are remembered as ours. */
const KEPT_PUTS = 8;

/** The list with the digest as its newest. */
export function addPut(put: readonly Digest[], digest: Digest): Digest[] {
  return [...put.filter((known) => known !== digest), digest].slice(-KEPT_PUTS);
}

/** Made by the CNI plugins for every network together. */
export const CNI_STATE_DIRS = ["/var/lib/cni/networks", "/var/lib/cni/results", "/var/lib/cni"];

/** Where the runtime makes the network namespaces of pods. */
export const NETNS_DIRECTORY = "/run/netns";
