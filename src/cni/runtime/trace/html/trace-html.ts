import { formatLocation } from "../../../../base/mod.ts";
import { html, Markup } from "../markup.ts";
import { prettyJson } from "../pretty-json.ts";
import type { TraceWords } from "../texts/texts.ts";
import type { TracedFile, TraceReport } from "../trace-report.ts";
import { footer } from "../trace-text.ts";
import { changeList, operationSection } from "./operation-section.ts";
import { PAGE_HEAD } from "./page-head.ts";
import { pictureSvg } from "./picture-svg.ts";
import { stackedSvg } from "./stacked-svg.ts";
import { timeline } from "./timeline.ts";
import { TRACE_STYLE } from "./trace-style.ts";

/** A report as one page: no scripts, nothing from elsewhere, every text of plugins escaped. */
export function traceHtml(report: TraceReport, words: TraceWords): string {
  const { say, markUp, language } = words;
  const title = say("page.title", { network: report.network });
  const sections: readonly (readonly [key: string, body: Markup])[] = [
    ["netns.title", netnsBody(report, words)],
    ["files.title", filesBody(report, words)],
    ["search.title", searchBody(report, words)],
    ["add.longTitle", operationSection(report.add, words)],
    ["result.title", resultBody(report, words)],
    ["start.title", startBody(report, words)],
    ["del.longTitle", operationSection(report.del, words)],
    ["rest.title", html`<p>${say("rest.intro")}</p>${changeList(report.leftovers, words)}`],
  ];
  const page = html`<!doctype html>
<html lang="${language}"><head>${new Markup(PAGE_HEAD)}
<title>${title}</title><style>${new Markup(TRACE_STYLE)}</style></head><body><main>
${head(report, words)}
<div class="figure">${pictureSvg(report.picture, words)}${stackedSvg(report.picture, words)}</div>
<p class="soft">${say("page.picture")}</p>
${routes(report, words)}
<h2>${say("page.time")}</h2>
${timeline(report)}
<p class="soft">${say(hasDelegates(report) ? "page.timeRecorded" : "page.timeIntro")}</p>
${sections.map(([key, body], at) => section(at + 1, markUp(key), body))}
<footer>${footer(report, words)}</footer>
</main></body></html>
`;
  return page.text;
}

function hasDelegates({ add }: TraceReport): boolean {
  return add.calls.some((call) => call.delegates.length > 0);
}

function head(report: TraceReport, { say, markUp }: TraceWords): Markup {
  const { network, cniVersion: version, add, del } = report;
  const isGood = add.error === undefined && del.error === undefined;
  const failed = add.error === undefined ? "DEL" : "ADD";
  const verdict = isGood ? say("page.succeeded") : say("page.failed", { command: failed });
  const ifName = html`<code>${report.ifName}</code>`;
  const containerId = html`<code>${report.containerId}</code>`;
  return html`<h1>${say("page.heading", { network })}</h1>
<p class="soft">${markUp("page.subject", { ifName, containerId, version })}</p>
<p><span class="verdict ${isGood ? "good" : "bad"}">${verdict}</span></p>`;
}

function section(number: number, title: Markup, body: Markup): Markup {
  return html`<section><h2><span class="number">${number}</span>${title}</h2>
${body}</section>`;
}

function routes({ picture: { host, pod } }: TraceReport, { say }: TraceWords): Markup {
  const list = (title: string, lines: readonly string[]): Markup =>
    html`<div class="card"><h3>${title}</h3><pre>${lines.length === 0 ? say("page.noRoutes") : lines.join("\n")}</pre></div>`;
  return html`<div class="columns">${list(say("page.hostRoutes"), host.routes)}${list(say("page.podRoutes"), pod.routes)}</div>`;
}

function netnsBody({ netns, netnsCommands }: TraceReport, { say, markUp }: TraceWords): Markup {
  const path = html`<code>${netns.path}</code>`;
  const byHand =
    netnsCommands.length === 0
      ? html``
      : html`<p>${say("calls.byHandTitle")}</p><pre>${netnsCommands.join("\n")}</pre>`;
  return html`<p>${say("netns.intro")} ${say(netns.isTemporary ? "netns.gone" : "netns.stays")}</p>
<p>${markUp("netns.inode", { path, inode: netns.inode })}</p>${byHand}`;
}

function filesBody(report: TraceReport, words: TraceWords): Markup {
  const { say, markUp } = words;
  const confDir = html`<code>${report.confDir}</code>`;
  return html`<p>${markUp("files.intro", { confDir })}</p>
<table class="files"><tbody>${report.files.map((file) => fileRow(file, words))}</tbody></table>
<details open><summary>${say("files.chosen")}</summary><pre>${report.confText.trimEnd()}</pre></details>`;
}

function fileRow(file: TracedFile, { say }: TraceWords): Markup {
  const { path, network, verdict, isRuntimeDefault, problems } = file;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const first = isRuntimeDefault ? `, ${say("files.first")}` : "";
  return html`<tr class="${verdict.replaceAll(" ", "-")}"><th scope="row" class="mono">${name}</th><td>${network ?? ""}</td><td>${say(`files.verdict.${verdict}`)}${first}${problems.map(
    ({ message, locations: [at] }) => {
      const text =
        at === undefined ? message : say("problemAt", { message, place: formatLocation(at) });
      return html`<br><span class="soft">${text}</span>`;
    },
  )}</td></tr>
`;
}

function searchBody({ search }: TraceReport, { say, markUp }: TraceWords): Markup {
  const intro = markUp("search.intro", {
    type: html`<code>type</code>`,
    path: html`<code>CNI_PATH</code>`,
  });
  const rows = search.flatMap(({ type, tried }) =>
    tried.map(({ path, isThere }) => {
      const found = say(isThere ? "search.found" : "search.missing");
      return html`<tr class="${isThere ? "chosen" : ""}"><th scope="row">${type}</th><td class="mono">${path}</td><td>${found}</td></tr>
`;
    }),
  );
  return html`<p>${intro}</p>
<table class="files"><tbody>${rows}</tbody></table>`;
}

function resultBody({ result, cachePath, add }: TraceReport, { say, markUp }: TraceWords): Markup {
  if (result === undefined) {
    return html`<p>${say("result.none", { code: String(add.error?.code) })}</p>`;
  }
  return html`<p>${markUp("result.intro", { path: html`<code>${cachePath}</code>` })}</p>
<pre>${prettyJson(JSON.stringify(result))}</pre>`;
}

function startBody({ add }: TraceReport, { say }: TraceWords): Markup {
  return html`<p>${say(add.error === undefined ? "start.startsIntro" : "start.notIntro")}</p>`;
}
