import type { PodTrace, TraceStep } from "./trace-pod.ts";

/** The trace as lines for a terminal; texts of others in it are not made safe here. */
export function traceText({
  pod,
  node,
  phase,
  readyAfterSeconds,
  steps,
  stuck,
}: PodTrace): string[] {
  const where = node === null ? "on no node yet" : `on ${node}`;
  const ready = readyAfterSeconds === null ? "not Ready" : `Ready after ${readyAfterSeconds} s`;
  const lines = [`${pod} ${where}: ${phase}, ${ready}`, ...steps.map(stepLine)];
  if (stuck === null) return lines;
  const of = stuck.container === undefined ? "" : ` of ${stuck.container}`;
  return [
    ...lines,
    `stuck at ${stuck.step}${of}: ${stuck.found}`,
    `  probably: ${stuck.cause}`,
    `  fix: ${stuck.fix}`,
  ];
}

function stepLine({ afterSeconds, step, container, detail, ok, count }: TraceStep): string {
  const time = `+${afterSeconds} s`.padStart(8);
  const name = container === undefined ? step : `${step} ${container}`;
  const times = count > 1 ? ` (${count} times)` : "";
  return `${time}  ${ok ? " " : "!"} ${name.padEnd(24)} ${detail}${times}`.trimEnd();
}
