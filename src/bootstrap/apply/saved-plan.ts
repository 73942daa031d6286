import { createHash } from "node:crypto";
import { z } from "zod";
import { messageOf, NodewrightError, VERSION } from "../../base/mod.ts";
import { digestSchema, planSchema } from "../../node/mod.ts";
import { type DesiredNode, type Digest, describeStep, type NodePlan } from "../../plan/mod.ts";

/** The word by which a file is known as a saved plan; see `looksLikeSavedPlan`. */
const KIND = "saved-plan";
const FORMAT_VERSION = 1;
/** More differing steps are a count. */
const MOST_STEPS = 5;

/** The plan of one node, and a digest of all that the node should be: its timeouts are no steps. */
export interface SavedNode {
  readonly plan: NodePlan;
  readonly desired: Digest;
}

/** What `plan -o` keeps and `apply FILE` holds the nodes to. No contents of files, only their digests. */
export interface SavedPlan {
  /** Of nodewright.yaml, which also says what is no step: hooks, how a machine is reached. */
  readonly settings: Digest;
  /** Rules of `check` whose errors were allowed. */
  readonly allow: readonly string[];
  readonly nodes: readonly SavedNode[];
}

/** What every version of the format has. */
const headSchema = z.looseObject({
  kind: z.literal(KIND),
  version: z.unknown().optional(),
  madeBy: z.unknown().optional(),
});
const savedSchema = z.strictObject({
  kind: z.literal(KIND),
  version: z.literal(FORMAT_VERSION),
  madeBy: z.string(),
  settings: digestSchema,
  allow: z.array(z.string()),
  nodes: z.array(z.strictObject({ plan: planSchema, desired: digestSchema })).min(1),
});

/** What a run plans for its node, as it is saved and compared. */
export function savedNode(plan: NodePlan, desired: DesiredNode): SavedNode {
  // Through the schema, as a plan that is read back: the same keys in the same order.
  return { plan: planSchema.parse(plan), desired: digestOf(JSON.stringify(desired)) };
}

/** SHA-256 of a text. */
export function digestOf(text: string): Digest {
  return createHash("sha256").update(text).digest("hex");
}

/** The text of the file. */
export function formatSavedPlan({ settings, allow, nodes }: SavedPlan): string {
  const madeBy = `nodewright ${VERSION}`;
  const saved = { kind: KIND, version: FORMAT_VERSION, madeBy, settings, allow, nodes };
  return `${JSON.stringify(saved, undefined, 1)}\n`;
}

/** Whether a text begins as a saved plan does, however it goes on. */
export function looksLikeSavedPlan(text: string): boolean {
  return /^\s*\{\s*"kind":\s*"saved-plan"/.test(text.slice(0, 200));
}

/** Reads the text of `plan -o`. Throws NodewrightError `saved-plan` that names the file and what is wrong. */
export function parseSavedPlan(text: string, file: string): SavedPlan {
  const bad = (why: string, fix = "Make it again with nodewright plan -o FILE"): NodewrightError =>
    new NodewrightError("saved-plan", `Cannot use the saved plan ${file}: ${why}`, { fix });
  if (text.trim() === "") throw bad("it is empty");
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (thrown) {
    throw bad(`it is not JSON: ${messageOf(thrown)}`);
  }
  const known = headSchema.safeParse(raw);
  if (!known.success) throw bad("it was not written by plan -o");
  const { version, madeBy } = known.data;
  if (version !== FORMAT_VERSION) {
    const format = JSON.stringify(version) ?? "missing";
    throw bad(
      `its format is version ${format}, expected ${FORMAT_VERSION}`,
      `Make it again with this nodewright (${VERSION}); it was made by ${String(madeBy)}`,
    );
  }
  const parsed = savedSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw bad(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

/** In what a node's plan now differs from the saved one; undefined where it does not. */
export function whatChanged(saved: SavedNode, now: SavedNode): string | undefined {
  const [before, after] = [saved.plan, now.plan];
  if (before.baseGeneration !== after.baseGeneration) {
    return `it is at ${generation(after)}, and the plan starts from ${generation(before)}`;
  }
  const [old, fresh] = [before.steps, after.steps].map((steps) =>
    steps.map((step) => ({ key: JSON.stringify(step), text: describeStep(step) })),
  );
  const lines = differences(old ?? [], fresh ?? []);
  if (lines.length > 0) return `its steps are different: ${shortened(lines)}`;
  const isSame = old?.map(({ key }) => key).join() === fresh?.map(({ key }) => key).join();
  if (!isSame) return "its steps come in another order";
  return saved.desired === now.desired
    ? undefined
    : "its steps are the same, but not what belongs to them (timeouts, what units read)";
}

interface Described {
  readonly key: string;
  readonly text: string;
}

/** What only one side has; a step that reads the same on both has other content. */
function differences(old: readonly Described[], fresh: readonly Described[]): string[] {
  const only = (some: readonly Described[], others: readonly Described[]): string[] => {
    const keys = new Set(others.map(({ key }) => key));
    return some.filter(({ key }) => !keys.has(key)).map(({ text }) => text);
  };
  const [gone, added] = [only(old, fresh), only(fresh, old)];
  return [
    ...gone.filter((text) => added.includes(text)).map((text) => `${text}, but not the same`),
    ...gone.filter((text) => !added.includes(text)).map((text) => `no longer ${text}`),
    ...added.filter((text) => !gone.includes(text)).map((text) => `now also ${text}`),
  ];
}

function generation({ baseGeneration }: NodePlan): string {
  return baseGeneration === null ? "no generation yet" : `generation ${baseGeneration}`;
}

function shortened(lines: readonly string[]): string {
  const more = lines.length - MOST_STEPS;
  const shown = lines.slice(0, MOST_STEPS).join("; ");
  return more > 0 ? `${shown}; and ${more} more` : shown;
}
