import { assertNever, messageOf, NodewrightError } from "../../base/mod.ts";
import type { UnitState } from "../../machine/mod.ts";
import type { Readiness } from "../../plan/mod.ts";
import type { Machine } from "../machine.ts";

/** Most units are ready right after their start; the others are asked less and less often. */
const FIRST_INTERVAL_MS = 25;
const INTERVAL_MS = 200;
/** One question to a unit that does not answer may not eat up the whole time. */
const QUESTION_MS = 3000;
/** A unit that is only asked to run must have run this long. */
const STEADY_MS = 1000;
const JOURNAL_LINES = 20;
/** Characters of one of them. */
const MAX_LINE = 500;

/**
 * Waits until a unit shows that it works. Rejects with kind `unit-failed` as soon as it has failed
 * or begins to crash again and again, else with `unit-not-ready` when the time is over; both
 * carry systemd's reason and the unit's last journal lines. `cursor` is a mark of the journal
 * from before the start. Rejects with the signal's reason when aborted.
 */
export async function waitReady(
  machine: Machine,
  step: { readonly unit: string; readonly ready: Readiness; readonly timeoutMs: number },
  options: { readonly cursor?: string; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, systemd } = machine;
  const begunAtMs = clock.now();
  let restarts: number | undefined;
  for (let intervalMs = FIRST_INTERVAL_MS; ; intervalMs = Math.min(2 * intervalMs, INTERVAL_MS)) {
    options.signal.throwIfAborted();
    const state = (await systemd.show([step.unit]))[step.unit];
    if (state === undefined) throw new TypeError(`No answer about ${step.unit}`);
    restarts ??= state.restarts;
    if (hasFailed(state, restarts)) {
      throw await failure(machine, step.unit, state, options.cursor, "unit-failed");
    }
    const waitedMs = clock.now() - begunAtMs;
    const missing = await whatIsMissing(machine, step.ready, state, waitedMs);
    if (missing === undefined) return;
    if (typeof missing === "object") {
      const { forGood } = missing;
      throw await failure(machine, step.unit, state, options.cursor, "unit-failed", forGood);
    }
    if (waitedMs + intervalMs > step.timeoutMs) {
      throw await failure(machine, step.unit, state, options.cursor, "unit-not-ready", missing);
    }
    await clock.sleep(intervalMs, options.signal);
  }
}

/** Failed for good, or coming up again by itself, which will go on until someone mends it. */
function hasFailed(state: UnitState, restartsBefore: number): boolean {
  return (
    state.activeState === "failed" ||
    state.subState === "auto-restart" ||
    state.restarts > restartsBefore
  );
}

/** In words; `forGood` where no waiting will bring it. */
type Missing = string | { readonly forGood: string };

/** What is still missing; undefined where the unit is ready. */
async function whatIsMissing(
  machine: Machine,
  ready: Readiness,
  state: UnitState,
  waitedMs: number,
): Promise<Missing | undefined> {
  const how = `${state.activeState} (${state.subState})`;
  if (ready.kind === "exited") {
    const succeeded = state.result === "success" && state.execMainStatus === 0;
    const ended = ["exited", "dead"].includes(state.subState);
    return succeeded && ended ? undefined : `it has not ended: ${how}`;
  }
  if (state.activeState !== "active") return `it is not active: ${how}`;
  switch (ready.kind) {
    case "active":
      return waitedMs >= STEADY_MS ? undefined : "it has just been started";
    case "cri":
      return criMissing(machine, ready.endpoint);
    case "http":
      return httpMissing(machine, ready.url);
    default:
      return assertNever(ready);
  }
}

async function criMissing(machine: Machine, endpoint: string): Promise<Missing | undefined> {
  try {
    const status = await machine.cri.status(endpoint, QUESTION_MS);
    // containerd serves only when all its plugins were tried: the one for CRI was switched off or failed.
    if (status.isAbsent) {
      return { forGood: "it runs without CRI: its CRI plugin is disabled or could not be loaded" };
    }
    if (status.runtimeReady && status.networkReady) return undefined;
    const what = status.runtimeReady ? "NetworkReady" : "RuntimeReady";
    return `its CRI status says that ${what} is false: ${status.message}`;
  } catch (thrown) {
    return `its CRI socket does not answer: ${messageOf(thrown)}`;
  }
}

async function httpMissing(machine: Machine, url: string): Promise<string | undefined> {
  try {
    const status = await machine.httpStatus(url, QUESTION_MS);
    return status === 200 ? undefined : `${url} answers ${status}`;
  } catch (thrown) {
    return `${url} does not answer: ${messageOf(thrown)}`;
  }
}

/** An error about a unit with systemd's reason and the last lines of its journal. */
export async function failure(
  machine: Machine,
  unit: string,
  state: UnitState | undefined,
  cursor: string | undefined,
  kind: "unit-failed" | "unit-not-ready",
  missing?: string,
): Promise<NodewrightError> {
  const after = cursor === undefined ? {} : { after: cursor };
  const lines = await machine.systemd.journal(unit, { lines: JOURNAL_LINES, ...after });
  const why =
    missing ??
    (state === undefined
      ? "its state is not known"
      : `result ${state.result || "unknown"}, exit status ${state.execMainStatus}`);
  const verb = kind === "unit-failed" ? "Cannot run" : "Cannot wait longer for";
  return new NodewrightError(kind, `${verb} ${unit}: ${why}`, {
    detail:
      lines.length === 0 ? "(its journal has no lines since then)" : lines.map(short).join("\n"),
    fix: `fix what the journal of ${unit} reports, then run apply again`,
  });
}

/** containerd, for one, writes its whole configuration in one line. */
function short(line: string): string {
  return line.length <= MAX_LINE
    ? line
    : `${line.slice(0, MAX_LINE)} ... (${line.length} characters)`;
}
