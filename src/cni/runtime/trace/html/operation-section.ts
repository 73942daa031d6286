import { type KernelChange, shortBefore } from "../compare-items.ts";
import type { DelegateCall } from "../delegate-recorder.ts";
import { prettyJson } from "../pretty-json.ts";
import type { TracedCall, TracedOperation } from "../trace-report.ts";
import { ending, formatMs } from "../trace-text.ts";
import { html, type Markup } from "./markup.ts";

/** The calls of ADD or DEL, one card each, and the error that ended them. */
export function operationSection({ calls, error, command }: TracedOperation): Markup {
  const failure =
    error === undefined
      ? html``
      : html`<div class="card error"><h3>${command} failed with code ${error.code}</h3><p>${error.message}</p>${error.details === "" ? html`` : html`<pre>${error.details}</pre>`}</div>`;
  const none = calls.length === 0 ? html`<p>No plugin was called.</p>` : html``;
  return html`${none}${calls.map((call) => callCard(call))}${failure}`;
}

function callCard(call: TracedCall): Markup {
  return html`<div class="card"><header><h3>${call.command} ${call.type}</h3><span class="time">${formatMs(call.durationMs)}, ${ending(call)}</span></header>
<p class="soft mono">${call.path}</p>
${changeTitle(call)}${changeList(call.changes)}
${call.delegates.map(delegateCard)}
${inputs(call)}
${fold("What it answered (standard output)", call.stdout, { isOpen: call.exitCode !== 0 })}
${fold("What it said (standard error)", call.stderr, { isOpen: true })}
</div>
`;
}

function changeTitle({ changes }: TracedCall): Markup {
  return changes.length === 0
    ? html`<p>Nothing that a trace looks at is otherwise after it.</p>`
    : html``;
}

function delegateCard(call: DelegateCall): Markup {
  const time = call.durationMs === undefined ? "" : `${formatMs(call.durationMs)}, `;
  return html`<div class="card inset"><header><h3>which called ${call.command} ${call.type}</h3><span class="time">${time}exit ${call.exitCode}</span></header>
<p class="soft mono">${call.path}</p>
${inputs(call)}
${fold("What it answered", call.stdout, { isOpen: call.command === "ADD" })}
${fold("What it said", call.stderr, { isOpen: true })}
</div>`;
}

function inputs({ variables, stdin }: Pick<TracedCall, "variables" | "stdin">): Markup {
  const text = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return html`${fold("Its environment", text.join("\n"))}${fold("Its configuration (standard input)", stdin)}`;
}

/** A text that can be folded away; nothing where there is none. */
function fold(title: string, text: string, { isOpen = false } = {}): Markup {
  if (text.trim() === "") return html``;
  return html`<details${isOpen ? html` open` : ""}><summary>${title}</summary><pre>${prettyJson(text)}</pre></details>
`;
}

const SIGNS = { added: "+", changed: "~", removed: "−" } as const;

/** What the kernel has otherwise, one line each. */
export function changeList(changes: readonly KernelChange[]): Markup {
  if (changes.length === 0) return html``;
  return html`<ul class="changes">${changes.map(
    ({ change, where, subject, text, before }) =>
      html`<li class="${change}"><span class="sign" title="${change}">${SIGNS[change]}</span><span class="subject"><span class="where ${where}">${where}</span> ${subject}</span><span class="mono">${text}</span>${before === undefined ? "" : html` <span class="was mono">before: ${shortBefore(text, before)}</span>`}</li>
`,
  )}</ul>`;
}
