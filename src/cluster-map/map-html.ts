import { html, Markup, PAGE_HEAD, TRACE_STYLE } from "../cni/runtime/mod.ts";
import type { ClusterMap, MapNode } from "./cluster-map.ts";
import { nodeDiagram, servicesDiagram } from "./diagrams.ts";
import { drawingSvg } from "./drawing-svg.ts";
import { layOut } from "./layout.ts";
import { endpointText, linkText, portText, routeText, serviceText } from "./map-text.ts";

const OWN_STYLE = `
.link.bridge rect { fill: var(--host); stroke: var(--host-line); }
.link.pod rect, .link.endpoint rect { fill: var(--pod); stroke: var(--pod-line); }
.link.service rect { fill: var(--code); } .link.new rect { stroke: var(--new); }
.strays li { color: var(--new); }
`;

/** The map as one page: no scripts, nothing from elsewhere, every text of nodes and Services escaped. */
export function mapHtml(map: ClusterMap): string {
  const title = map.nodes.length === 1 ? `The network of ${map.nodes[0]?.name}` : "The network";
  const page = html`<!doctype html>
<html lang="en"><head>${new Markup(PAGE_HEAD)}
<title>${title}</title><style>${new Markup(TRACE_STYLE + OWN_STYLE)}</style></head><body><main>
<h1>${title}</h1>
${strays(map)}
${map.nodes.map(nodeSection)}
${servicesSection(map)}
<footer>nodewright map, ${map.takenAt}</footer>
</main></body></html>
`;
  return page.text;
}

function strays({ strays: found }: ClusterMap): Markup {
  if (found.length === 0) return html`<p><span class="verdict good">nothing stray</span></p>`;
  const count = found.length === 1 ? "1 stray thing" : `${found.length} stray things`;
  return html`<p><span class="verdict bad">${count}</span></p>
<ul class="strays">${found.map(
    ({ node, subject, message }) =>
      html`<li>${node === undefined ? "" : `${node}: `}<code>${subject}</code> ${message}</li>
`,
  )}</ul>`;
}

function nodeSection(node: MapNode): Markup {
  const { name, address, podSubnets, links, routes, pods } = node;
  const behind = pods.filter(({ isHostNetwork }) => !isHostNetwork).length;
  const label = `${name}: ${links.length} links, ${behind} pods with a network of their own`;
  const all = links.flatMap((link) => [link, ...link.ports]);
  return html`<section><h2>${name}</h2>
<p class="soft">${address}${podSubnets.length === 0 ? "" : `, pods ${podSubnets.join(", ")}`}</p>
<div class="figure">${drawingSvg(layOut(nodeDiagram(node)), label)}</div>
<div class="columns"><div class="card"><h3>Links, with what went through them</h3><pre>${lines(all.map(linkText))}</pre></div>
<div class="card"><h3>Routes</h3><pre>${lines(routes.map(routeText))}</pre></div></div>
</section>`;
}

function servicesSection({ services, servicesProblem }: ClusterMap): Markup {
  if (services === undefined) {
    return html`<section><h2>Services</h2><p>Not known: ${servicesProblem}</p></section>`;
  }
  const label = `${services.length} Services, with the endpoints that each leads to`;
  const rows = services.flatMap((service) =>
    service.ports.map(
      (port, i) =>
        html`<tr><th scope="row">${i === 0 ? serviceText(service) : ""}</th><td>${portText(port)}</td><td class="mono">${lines(port.endpoints.map(endpointText))}</td></tr>
`,
    ),
  );
  return html`<section><h2>Services</h2>
<div class="figure">${drawingSvg(layOut(servicesDiagram(services)), label)}</div>
<details><summary>The same as a table</summary><table class="files"><tbody>${rows}</tbody></table></details>
</section>`;
}

function lines(texts: readonly string[]): string {
  return texts.length === 0 ? "none" : texts.join("\n");
}
