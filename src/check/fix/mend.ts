import type { Edit, Finding } from "../finding.ts";
import { applyEdits } from "./apply-edits.ts";

/** Texts by file that differ from what is on the disk. */
export type Texts = ReadonlyMap<string, string>;

/** What mending needs to know. */
export interface MendSource {
  /** A file as it is on the disk. */
  readonly read: (file: string) => string | undefined;
  /** What is found where these files had these texts. */
  readonly judge: (texts: Texts) => Promise<readonly Finding[]>;
}

/** An edit that was not made. */
export interface RefusedEdit {
  readonly edit: Edit;
  /** The error that it would lead to; absent where the place is not written so that a program can change it. */
  readonly error?: string;
}

/** What became of everything that can be mended without a decision. */
export interface Mended {
  /** The new texts; none of them has an error that the old ones had not. */
  readonly texts: Texts;
  readonly refused: readonly RefusedEdit[];
}

/** So many findings are mended in one go: far more than a directory has. */
const MAX_STEPS = 200;

interface State {
  readonly texts: Texts;
  readonly findings: readonly Finding[];
}

/**
 * Mends one finding after the other, each on texts that were parsed again: what one edit changes
 * (the version of a file, say) decides where the next one belongs. What an edit brings to light and
 * can be mended too is mended with it; one that leaves a new error behind is not made.
 */
export async function mend(source: MendSource): Promise<Mended> {
  let state: State = { texts: new Map(), findings: await source.judge(new Map()) };
  const refused = new Map<string, RefusedEdit>();
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = nextFinding(state.findings, (edits) => !refused.has(keyOf(edits)));
    if (next === undefined) break;
    const attempt = await mendOne(source, state, next);
    if ("texts" in attempt) state = attempt;
    else refused.set(keyOf(next.edits ?? []), attempt);
  }
  return { texts: state.texts, refused: [...refused.values()] };
}

/** The finding mended, and whatever that brings to light; or why not. */
async function mendOne(
  source: MendSource,
  before: State,
  finding: Finding,
): Promise<State | RefusedEdit> {
  const known = new Set(before.findings.map(identityOf));
  const isNew = (other: Finding): boolean => !known.has(identityOf(other));
  const tried = new Set<string>();
  let state = before;
  for (let next: Finding | undefined = finding; next !== undefined; ) {
    const { edits = [] } = next;
    tried.add(keyOf(edits));
    const texts = edited(source, state.texts, edits);
    if ("file" in texts) return { edit: texts };
    state = { texts, findings: await source.judge(texts) };
    const news = state.findings.filter(isNew);
    next = nextFinding(news, (more) => !tried.has(keyOf(more)));
  }
  const error = state.findings.find((other) => other.severity === "error" && isNew(other));
  const [edit] = finding.edits ?? [];
  if (edit === undefined) throw new TypeError("Only findings with edits can be fixed");
  if (error !== undefined) return { edit, error: error.message };
  const isGone = !state.findings.some(
    (other) => keyOf(other.edits ?? []) === keyOf(finding.edits ?? []),
  );
  return isGone ? state : { edit, error: finding.message };
}

/** The texts with all edits of a finding made; the first one that cannot be, where one cannot. */
function edited(
  source: MendSource,
  texts: Texts,
  edits: readonly Edit[],
): ReadonlyMap<string, string> | Edit {
  const made = applyEdits(edits, (file) => texts.get(file) ?? source.read(file));
  const refused = made.flatMap((file) => file.refused)[0];
  const unread = edits.find((edit) => !made.some(({ file }) => file === edit.file));
  const stopped = refused ?? unread;
  if (stopped !== undefined) return stopped;
  return new Map([...texts, ...made.map(({ file, after }) => [file, after] as const)]);
}

/**
 * What stands at the top of a file comes first: a version, or a list of plugins, decides how the
 * rest of it is read.
 */
function nextFinding(
  findings: readonly Finding[],
  isOpen: (edits: readonly Edit[]) => boolean,
): Finding | undefined {
  const depthOf = ({ edits = [] }: Finding): number =>
    Math.min(...edits.map(({ path }) => path.length));
  return findings
    .filter(({ edits = [] }) => edits.length > 0 && isOpen(edits))
    .toSorted((a, b) => depthOf(a) - depthOf(b))[0];
}

function keyOf(edits: readonly Edit[]): string {
  return JSON.stringify(edits);
}

/** Places move when a text changes; what is said of whom does not. */
function identityOf({ rule, node, message }: Finding): string {
  return JSON.stringify([rule, node, message]);
}
