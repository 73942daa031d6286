import { type KernelChange, shortBefore } from "../compare-items.ts";
import type { DelegateCall } from "../delegate-recorder.ts";
import { html, type Markup } from "../markup.ts";
import { prettyJson } from "../pretty-json.ts";
import type { TraceWords } from "../texts/texts.ts";
import type { TracedCall, TracedOperation } from "../trace-report.ts";
import { ending, formatMs } from "../trace-text.ts";

/** The calls of ADD or DEL, one card each, and the error that ended them. */
export function operationSection(operation: TracedOperation, words: TraceWords): Markup {
  const { calls, error, command } = operation;
  const failure =
    error === undefined
      ? html``
      : html`<div class="card error"><h3>${words.say("calls.failedTitle", { command, code: error.code })}</h3><p>${error.message}</p>${error.details === "" ? html`` : html`<pre>${error.details}</pre>`}</div>`;
  const none = calls.length === 0 ? html`<p>${words.say("calls.none")}</p>` : html``;
  return html`${none}${calls.map((call) => callCard(call, words))}${failure}`;
}

function callCard(call: TracedCall, words: TraceWords): Markup {
  const { say } = words;
  return html`<div class="card"><header><h3>${call.command} ${call.type}</h3><span class="time">${formatMs(call.durationMs)}, ${ending(call, words)}</span></header>
<p class="soft mono">${call.path}</p>
${call.changes.length === 0 ? html`<p>${say("calls.unchangedTitle")}</p>` : changeList(call.changes, words)}
${fold(say("calls.byHandTitle"), call.commands.join("\n"))}
${call.delegates.map((one) => delegateCard(one, words))}
${inputs(call, words)}
${fold(say("calls.stdoutTitle"), call.stdout, { isOpen: call.exitCode !== 0 })}
${fold(say("calls.stderrTitle"), call.stderr, { isOpen: true })}
</div>
`;
}

function delegateCard(call: DelegateCall, words: TraceWords): Markup {
  const { say } = words;
  const { command, type } = call;
  const time = call.durationMs === undefined ? "" : `${formatMs(call.durationMs)}, `;
  return html`<div class="card inset"><header><h3>${say("calls.whichCalled", { command, type })}</h3><span class="time">${time}${say("calls.exit", { code: call.exitCode })}</span></header>
<p class="soft mono">${call.path}</p>
${inputs(call, words)}
${fold(say("calls.stdoutTitle"), call.stdout, { isOpen: command === "ADD" })}
${fold(say("calls.stderrTitle"), call.stderr, { isOpen: true })}
</div>`;
}

function inputs(
  { variables, stdin }: Pick<TracedCall, "variables" | "stdin">,
  { say }: TraceWords,
): Markup {
  const text = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return html`${fold(say("calls.environmentTitle"), text.join("\n"))}${fold(say("calls.stdinTitle"), stdin)}`;
}

/** A text that can be folded away; nothing where there is none. */
function fold(title: string, text: string, { isOpen = false } = {}): Markup {
  if (text.trim() === "") return html``;
  return html`<details${isOpen ? html` open` : ""}><summary>${title}</summary><pre>${prettyJson(text)}</pre></details>
`;
}

const SIGNS = { added: "+", changed: "~", removed: "−" } as const;

/** What the kernel has otherwise, one line each. */
export function changeList(changes: readonly KernelChange[], { say }: TraceWords): Markup {
  if (changes.length === 0) return html``;
  return html`<ul class="changes">${changes.map(
    ({ change, where, subject, text, before }) =>
      html`<li class="${change}"><span class="sign" title="${say(`sign.${change}`)}">${SIGNS[change]}</span><span class="subject"><span class="where ${where}">${say(`where.${where}`)}</span> ${say(`subject.${subject}`)}</span><span class="mono">${text}</span>${before === undefined ? "" : html` <span class="was mono">${say("change.before", { before: shortBefore(text, before) })}</span>`}</li>
`,
  )}</ul>`;
}
