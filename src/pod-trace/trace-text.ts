import type { Language } from "../base/mod.ts";
import { say } from "./texts/texts.ts";
import type { PodTrace, TraceStep } from "./trace-pod.ts";

/** The trace as lines for a terminal; texts of others in it are not made safe here. */
export function traceText(trace: PodTrace, language: Language = "en"): string[] {
  const { pod, node, phase, readyAfterSeconds, steps, stuck } = trace;
  const where = node === null ? say(language, "where.none") : say(language, "where.node", { node });
  const ready =
    readyAfterSeconds === null
      ? say(language, "ready.not")
      : say(language, "ready.after", { seconds: readyAfterSeconds });
  const lines = [
    say(language, "title", { pod, where, phase, ready }),
    ...steps.map((step) => stepLine(step, language)),
  ];
  if (stuck === null) return lines;
  const { container, step, found, cause, fix } = stuck;
  return [
    ...lines,
    container === undefined
      ? say(language, "stuck", { step, found })
      : say(language, "stuckOf", { step, found, container }),
    `  ${say(language, "probably", { cause })}`,
    `  ${say(language, "fix", { fix })}`,
  ];
}

function stepLine(
  { afterSeconds, step, container, detail, ok, count }: TraceStep,
  language: Language,
): string {
  const time = `+${afterSeconds} s`.padStart(8);
  const name = container === undefined ? step : `${step} ${container}`;
  const times = count > 1 ? ` ${say(language, "times", { count })}` : "";
  return `${time}  ${ok ? " " : "!"} ${name.padEnd(24)} ${detail}${times}`.trimEnd();
}
