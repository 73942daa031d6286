import { removeAbandoned } from "../../test/support/lab.ts";
import { processesOf } from "./host-state.ts";

/** How long a process may take to end by itself. */
const ENDING_MS = 5_000;
const POLL_MS = 100;

/** Ends the processes of a run, and their children that have left its group; machines of labs go on. */
export async function endTests(mark: string): Promise<void> {
  await endAll(() => processesOf(mark).filter((one) => !one.includes("systemd-nspawn")));
}

/** Takes down the labs of test processes that no longer run, whatever ended them. */
export async function takeDownLabs(mark: string): Promise<void> {
  await removeAbandoned();
  await endAll(() => processesOf(mark));
}

async function endAll(find: () => readonly string[]): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    for (const one of find()) kill(Number.parseInt(one, 10), signal);
    const until = performance.now() + ENDING_MS;
    while (find().length > 0 && performance.now() < until) await Bun.sleep(POLL_MS);
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
