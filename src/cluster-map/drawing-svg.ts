import { html, type Markup } from "../cni/runtime/mod.ts";
import { type Drawing, MEASURES, type PlacedBox, type PlacedLine } from "./layout.ts";

/** A drawing as SVG; `label` is what it shows, for those who do not see it. */
export function drawingSvg({ width, height, boxes, lines }: Drawing, label: string): Markup {
  return html`<svg class="picture" viewBox="0 0 ${width} ${height}" style="max-width:${width}px;min-width:${Math.min(width, 560)}px" role="img" aria-label="${label}">
${lines.map(lineSvg)}
${boxes.map(boxSvg)}
</svg>`;
}

function lineSvg({ start, end }: PlacedLine): Markup {
  const half = (start.x + end.x) / 2;
  return html`<path class="line veth-pair" d="M${start.x} ${start.y} C${half} ${start.y} ${half} ${end.y} ${end.x} ${end.y}"/>`;
}

function boxSvg({ kind, isMarked, texts, x, y, width, height }: PlacedBox): Markup {
  const [name = "", ...others] = texts;
  const baseline = (i: number): number => y + MEASURES.padding + 13 + i * MEASURES.line;
  const left = x + MEASURES.padding;
  return html`<g class="link ${kind}${isMarked ? " new" : ""}">
<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="7"/>
<text class="name" x="${left}" y="${baseline(0)}">${name}</text>
${others.map((text, i) => html`<text class="small" x="${left}" y="${baseline(i + 1)}">${text}</text>`)}
</g>`;
}
