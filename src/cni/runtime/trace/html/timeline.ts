import { html, type Markup } from "../markup.ts";
import type { TracedCall, TraceReport } from "../trace-report.ts";
import { formatMs } from "../trace-text.ts";

/** All calls, one under the other, each as long as it took; what a plugin called itself is inset. */
export function timeline({ add, del }: TraceReport): Markup {
  const calls = [...add.calls, ...del.calls];
  const longest = Math.max(...calls.map(({ durationMs }) => durationMs), 1);
  return html`<table class="timeline"><tbody>
${calls.map(
  (call) =>
    html`${row(call, longest)}${call.delegates.map((one) => {
      const label = `${one.command} ${one.type}`;
      return bar(
        { label, ms: one.durationMs, isInset: true, isFailed: one.exitCode !== 0 },
        longest,
      );
    })}`,
)}
</tbody></table>`;
}

function row(call: TracedCall, longest: number): Markup {
  const { command, type, durationMs, exitCode } = call;
  const label = `${command} ${type}`;
  return bar({ label, ms: durationMs, isInset: false, isFailed: exitCode !== 0 }, longest);
}

interface Bar {
  readonly label: string;
  readonly ms: number | undefined;
  readonly isInset: boolean;
  readonly isFailed: boolean;
}

function bar({ label, ms, isInset, isFailed }: Bar, longest: number): Markup {
  const percent = Math.max(0.5, Math.min(100, ((ms ?? 0) / longest) * 100));
  const kind = `${isInset ? "inset" : "own"}${isFailed ? " failed" : ""}`;
  return html`<tr class="${kind}"><th scope="row">${label}</th><td class="ms">${ms === undefined ? "" : formatMs(ms)}</td><td class="track"><span class="bar" style="width:${percent.toFixed(1)}%"></span></td></tr>
`;
}
