import { readFileSync } from "node:fs";

/** proc(5): clock ticks in a second. */
const TICKS_PER_SECOND = 100;

/** What a process takes with nothing to do: its share of a core over `idleMs`, and what it has resident then. */
export async function measureIdle(
  pid: number,
  idleMs: number,
): Promise<{ readonly cpu: number; readonly bytes: number }> {
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = ticks();
  const started = performance.now();
  await Bun.sleep(idleMs);
  const seconds = (performance.now() - started) / 1000;
  const cpu = (ticks() - before) / TICKS_PER_SECOND / seconds;
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { cpu, bytes: Number(kilobytes) * 1024 };
}
