import { html, type Markup } from "../markup.ts";
import type { Picture, PictureLine, PictureLink, PictureNetns } from "../picture.ts";
import type { TraceWords } from "../texts/texts.ts";

/** Measures in the picture's units, which are pixels where it is as wide as it wants to be. */
export const BOX = { gap: 22, padding: 12, line: 17, least: 186 } as const;
/** How wide a letter of each text is, at most. */
const LETTER = { name: 9.8, small: 7.1, address: 7.1 } as const;
const BADGE = 36;
const COLUMN_GAP = 74;
export const PANEL = { padding: 26, head: 62, gap: 96 } as const;
export const RANKS = ["far", "middle", "near"] as const;

/** A link's box in a picture. */
export interface Placed {
  readonly link: PictureLink;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Its column from the left, over both namespaces: lines know by it which way they go. */
  readonly column: number;
}

/** A namespace's box in a picture. */
export interface Panel {
  readonly x: number;
  readonly y?: number;
  readonly width: number;
  readonly title: string;
  readonly note: string;
  readonly kind: string;
}

/** The namespaces as panels, links as boxes in them, and the lines between. */
export function pictureSvg({ host, pod, lines }: Picture, words: TraceWords): Markup {
  const { say } = words;
  const columns = RANKS.map((rank) => host.links.filter((link) => link.rank === rank)).filter(
    (links) => links.length > 0,
  );
  let next: number = PANEL.padding;
  const onHost = columns.flatMap((links, column) => {
    const at = { column, x: next, width: columnWidth(links) };
    next += at.width + COLUMN_GAP;
    return placeColumn(links, at);
  });
  const hostWidth = columns.length === 0 ? panelWidth([]) : next - COLUMN_GAP + PANEL.padding;
  const podX = hostWidth + PANEL.gap;
  const podWidth = panelWidth(pod.links);
  const podAt = { column: columns.length, x: podX + PANEL.padding, width: columnWidth(pod.links) };
  const placed = [...onHost, ...placeColumn(pod.links, podAt)];
  const height = Math.max(...placed.map(({ y, height }) => y + height), 120) + PANEL.padding;
  const width = podX + podWidth;
  const panels: readonly Panel[] = [
    {
      x: 0,
      width: hostWidth,
      title: say("picture.host"),
      note: say("picture.hostNote"),
      kind: "host",
    },
    { x: podX, width: podWidth, title: say("picture.pod"), note: pod.title, kind: "pod" },
  ];
  return html`<svg class="picture wide" viewBox="-1 -1 ${width + 2} ${height + 2}" style="max-width:${width}px" role="img" aria-label="${describe({ host, pod, lines }, words)}">
${panels.map((panel) => panelSvg(panel, height))}
${lines.map((line) => lineSvg(line, placed, words))}
${placed.map((one) => boxSvg(one, words))}
</svg>`;
}

/** As wide as the longest of a box's texts wants it. */
export function neededWidth(link: PictureLink): number {
  const name = link.name.length * LETTER.name + (link.isNew ? BADGE : 0);
  const small = boxLines({ ...link, addresses: [] }).map((text) => text.length * LETTER.small);
  const addresses = link.addresses.map((text) => text.length * LETTER.address);
  return Math.ceil(Math.max(name, ...small, ...addresses)) + 2 * BOX.padding;
}

/** All boxes of a column are as wide as the one that wants most. */
function columnWidth(links: readonly PictureLink[]): number {
  return Math.max(...links.map(neededWidth), BOX.least);
}

/** A namespace with one column. */
function panelWidth(links: readonly PictureLink[]): number {
  return 2 * PANEL.padding + columnWidth(links);
}

function placeColumn(
  links: readonly PictureLink[],
  at: Pick<Placed, "column" | "x" | "width">,
): readonly Placed[] {
  let y: number = PANEL.head;
  return links.map((link) => {
    const height = boxHeight(link);
    const placed = { ...at, link, y, height };
    y += height + BOX.gap;
    return placed;
  });
}

/** How high a link's box is. */
export function boxHeight(link: PictureLink): number {
  return 2 * BOX.padding + boxLines(link).length * BOX.line + 2;
}

/** What stands in a box, below its name. */
function boxLines({ kind, mtu, isUp, mac, addresses }: PictureLink): readonly string[] {
  const first = `${kind}, ${isUp ? "up" : "down"}, mtu ${mtu}`;
  return ["", first, ...(mac === "" ? [] : [mac]), ...addresses];
}

/** A link's box: its name, what it is, its addresses. */
export function boxSvg({ link, x, y, width, height }: Placed, { say }: TraceWords): Markup {
  const texts = boxLines(link);
  const firstAddress = texts.length - link.addresses.length;
  const baseline = (i: number): number => y + BOX.padding + 13 + i * BOX.line;
  return html`<g class="link${link.isNew ? " new" : ""}${link.isUp ? "" : " down"}">
<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="7"/>
<text class="name" x="${x + BOX.padding}" y="${baseline(0)}">${link.name}</text>
${link.isNew ? html`<text class="badge" x="${x + width - BOX.padding}" y="${baseline(0)}" text-anchor="end">${say("picture.new")}</text>` : ""}
${texts.slice(1).map((text, i) => html`<text class="${i + 1 >= firstAddress ? "address" : "small"}" x="${x + BOX.padding}" y="${baseline(i + 1)}">${text}</text>`)}
</g>`;
}

/** A namespace's box with its head. */
export function panelSvg({ x, y = 0, width, title, note, kind }: Panel, height: number): Markup {
  // A path's end tells more than its beginning.
  const most = Math.floor((width - 2 * PANEL.padding) / 6.2);
  const shown = note.length > most ? `…${note.slice(1 - most)}` : note;
  return html`<g class="panel ${kind}"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="12"/>
<text x="${x + PANEL.padding}" y="${y + 27}">${title}</text>
<text class="note" x="${x + PANEL.padding}" y="${y + 45}">${shown}</text></g>`;
}

function lineSvg(
  { from, to, kind }: PictureLine,
  placed: readonly Placed[],
  { say }: TraceWords,
): Markup {
  const [one, other] = [from, to].map((id) => placed.find(({ link }) => link.id === id));
  if (one === undefined || other === undefined || one === other) return html``;
  const [left, right] = one.column <= other.column ? [one, other] : [other, one];
  const name = kind.replace(" ", "-");
  if (left.column === right.column) {
    // Below each other: a bracket on the left side.
    const [x, top, bottom] = [left.x, middle(left), middle(right)];
    return html`<path class="line ${name}" d="M${x} ${top} h-12 V${bottom} h12"/>`;
  }
  const start = { x: left.x + left.width, y: anchor(left, right) };
  const end = { x: right.x, y: anchor(right, left) };
  const half = (start.x + end.x) / 2;
  const label = { x: half, y: (start.y + end.y) / 2 - 7 };
  // Between the namespaces a steep line may run through its name.
  const place = from.slice(0, 3) === to.slice(0, 3) ? "" : " between";
  return html`<path class="line ${name}" d="M${start.x} ${start.y} C${half} ${start.y} ${half} ${end.y} ${end.x} ${end.y}"/>
<text class="label${place}" x="${label.x}" y="${label.y}" text-anchor="middle">${say(`picture.${kind}`)}</text>`;
}

function middle({ y, height }: Placed): number {
  return y + height / 2;
}

/** In the middle of what both boxes reach: lines are level where they can be. */
function anchor(own: Placed, other: Placed): number {
  const top = Math.max(own.y, other.y);
  const bottom = Math.min(own.y + own.height, other.y + other.height);
  if (bottom - top >= 16) return (top + bottom) / 2;
  return Math.min(Math.max(middle(other), own.y + 16), own.y + own.height - 16);
}

/** The picture in words, for those who do not see it. */
export function describe({ host, pod, lines }: Picture, { say }: TraceWords): string {
  const name = (id: string): string =>
    [...host.links, ...pod.links].find((link) => link.id === id)?.name ?? id;
  const list = ({ links }: PictureNetns): string =>
    links.map((link) => [link.name, ...link.addresses].join(" ")).join(", ");
  const connected = lines.map(({ from, to, kind }) =>
    say("picture.line", { from: name(from), to: name(to), kind: say(`picture.${kind}`) }),
  );
  return say("picture.words", { host: list(host), pod: list(pod), lines: connected.join(", ") });
}
