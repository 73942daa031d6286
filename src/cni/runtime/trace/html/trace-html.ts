import { formatLocation } from "../../../../base/mod.ts";
import { prettyJson } from "../pretty-json.ts";
import type { TracedFile, TraceReport } from "../trace-report.ts";
import { html, Markup } from "./markup.ts";
import { changeList, operationSection } from "./operation-section.ts";
import { PAGE_HEAD } from "./page-head.ts";
import { pictureSvg } from "./picture-svg.ts";
import { stackedSvg } from "./stacked-svg.ts";
import { timeline } from "./timeline.ts";
import { TRACE_STYLE } from "./trace-style.ts";

/** A report as one page: no scripts, nothing from elsewhere, every text of plugins escaped. */
export function traceHtml(report: TraceReport): string {
  const title = `${report.network}: how a pod gets its network`;
  const page = html`<!doctype html>
<html lang="en"><head>${new Markup(PAGE_HEAD)}
<title>${title}</title><style>${new Markup(TRACE_STYLE)}</style></head><body><main>
${head(report)}
<div class="figure">${pictureSvg(report.picture)}${stackedSvg(report.picture)}</div>
<p class="soft">The two namespaces after ADD. What has an orange edge was made by it.</p>
${routes(report)}
<h2>Time</h2>
${timeline(report)}
<p class="soft">Processes' whole life, from start to end. Inset: calls that a plugin made itself${report.add.calls.some((call) => call.delegates.length > 0) ? "; recording them is part of the time of the call around them" : ""}.</p>
${section(1, "The network namespace", netnsBody(report))}
${section(2, "The configuration", filesBody(report))}
${section(3, "The plugins", searchBody(report))}
${section(4, "ADD: the network is set up", operationSection(report.add))}
${section(5, "The result", resultBody(report))}
${section(6, "The container starts", startBody(report))}
${section(7, "DEL: it is taken away again", operationSection(report.del))}
${section(8, "What is otherwise than before", html`<p>After DEL, compared with the state before ADD. A bridge stays on purpose: the next pod uses it.</p>${changeList(report.leftovers)}`)}
<footer>nodewright ${report.nodewright}, kernel ${report.kernel}, ${report.startedAt}</footer>
</main></body></html>
`;
  return page.text;
}

function head({ network, cniVersion, ifName, containerId, add, del }: TraceReport): Markup {
  const isGood = add.error === undefined && del.error === undefined;
  const words = isGood
    ? "ADD and DEL succeeded"
    : `${add.error === undefined ? "DEL" : "ADD"} failed`;
  return html`<h1>How a pod gets its network: “${network}”</h1>
<p class="soft">Interface <code>${ifName}</code> of container <code>${containerId}</code>, specification ${cniVersion}</p>
<p><span class="verdict ${isGood ? "good" : "bad"}">${words}</span></p>`;
}

function section(number: number, title: string, body: Markup): Markup {
  return html`<section><h2><span class="number">${number}</span>${title}</h2>
${body}</section>`;
}

function routes({ picture: { host, pod } }: TraceReport): Markup {
  const list = (title: string, lines: readonly string[]): Markup =>
    html`<div class="card"><h3>${title}</h3><pre>${lines.length === 0 ? "none" : lines.join("\n")}</pre></div>`;
  return html`<div class="columns">${list("Routes on the host, by these links", host.routes)}${list("Routes in the pod", pod.routes)}</div>`;
}

function netnsBody({ netns }: TraceReport): Markup {
  return html`<p>A container runtime makes a network namespace for each pod before it calls any plugin. ${netns.isTemporary ? "This one was made for the trace and is gone again." : "This one was there already."}</p>
<p><code>${netns.path}</code>, inode ${netns.inode}</p>`;
}

function filesBody({ confDir, files, confText }: TraceReport): Markup {
  return html`<p>The files of <code>${confDir}</code> by their names. Whoever asks for a network by name gets the first list that has it, else the first single plugin; a container runtime, which asks for none, takes the first file.</p>
<table class="files"><tbody>${files.map(fileRow)}</tbody></table>
<details open><summary>The chosen file</summary><pre>${confText.trimEnd()}</pre></details>`;
}

function fileRow({ path, network, verdict, isRuntimeDefault, problems }: TracedFile): Markup {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const first = isRuntimeDefault ? ", the first file" : "";
  return html`<tr class="${verdict.replaceAll(" ", "-")}"><th scope="row" class="mono">${name}</th><td>${network ?? ""}</td><td>${verdict}${first}${problems.map(
    (problem) => {
      const [at] = problem.locations;
      return html`<br><span class="soft">${problem.message}${at === undefined ? "" : ` (${formatLocation(at)})`}</span>`;
    },
  )}</td></tr>
`;
}

function searchBody({ search }: TraceReport): Markup {
  return html`<p>A plugin is a program by the name of its <code>type</code>, looked for in the directories of <code>CNI_PATH</code>.</p>
<table class="files"><tbody>${search.flatMap(({ type, tried }) =>
    tried.map(
      ({
        path,
        isThere,
      }) => html`<tr class="${isThere ? "chosen" : ""}"><th scope="row">${type}</th><td class="mono">${path}</td><td>${isThere ? "found" : "not there"}</td></tr>
`,
    ),
  )}</tbody></table>`;
}

function resultBody({ result, cachePath, add }: TraceReport): Markup {
  if (result === undefined)
    return html`<p>There is none: ADD failed with code ${add.error?.code}.</p>`;
  return html`<p>The last plugin's answer. The runtime keeps it in <code>${cachePath}</code>, for CHECK and DEL.</p>
<pre>${prettyJson(JSON.stringify(result))}</pre>`;
}

function startBody({ add }: TraceReport): Markup {
  return add.error === undefined
    ? html`<p>Now the container runtime has the addresses, and has runc start the pod's containers inside this namespace. They find the interface, the addresses and the routes as they are in the picture. A trace starts none, and continues with the end of the pod.</p>`
    : html`<p>It does not: without a network the container runtime gives the pod up, calls DEL, and tries again later.</p>`;
}
