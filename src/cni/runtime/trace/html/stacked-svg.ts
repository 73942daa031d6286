import { html, type Markup } from "../markup.ts";
import type { Picture, PictureLine, PictureLink } from "../picture.ts";
import type { TraceWords } from "../texts/texts.ts";
import {
  BOX,
  boxHeight,
  boxSvg,
  describe,
  neededWidth,
  PANEL,
  type Placed,
  panelSvg,
  RANKS,
} from "./picture-svg.ts";

/** Room at the right for lines that pass other boxes, each a lane further out. */
const LANE = { first: 14, step: 10 } as const;
/** Between two boxes of one namespace: a line's name has to fit. */
const GAP = 34;
const PANEL_GAP = 40;

/** The picture for narrow windows: the pod above the host, all boxes below each other. */
export function stackedSvg(picture: Picture, words: TraceWords): Markup {
  const { say } = words;
  const { host, pod, lines } = picture;
  const width = Math.max(...[...host.links, ...pod.links].map(neededWidth), BOX.least);
  const boxes = [...podOrder(picture), ...hostOrder(picture)].map(({ id }) => id);
  const lanes = lines.filter((line) => stepsBetween(line, boxes) > 1);
  const room = lanes.length === 0 ? 0 : LANE.first + LANE.step * (lanes.length - 1);
  const x = PANEL.padding;
  const inPod = place(podOrder(picture), { x, y: PANEL.head, width, column: 0 });
  const podHeight = bottomOf(inPod, PANEL.head) + PANEL.padding;
  const hostY = podHeight + PANEL_GAP;
  const onHost = place(hostOrder(picture), { x, y: hostY + PANEL.head, width, column: 0 });
  const height = bottomOf(onHost, hostY + PANEL.head) + PANEL.padding;
  const whole = x + width + room + PANEL.padding;
  const placed = [...inPod, ...onHost];
  const panel = { x: 0, width: whole };
  return html`<svg class="picture narrow" viewBox="-1 -1 ${whole + 2} ${height + 2}" style="max-width:${whole}px" role="img" aria-label="${describe(picture, words)}">
${panelSvg({ ...panel, title: say("picture.pod"), note: pod.title, kind: "pod" }, podHeight)}
${panelSvg({ ...panel, y: hostY, title: say("picture.host"), note: say("picture.hostNote"), kind: "host" }, height - hostY)}
${lines.map((line) =>
  lineSvg(line, placed, {
    between: podHeight + PANEL_GAP / 2,
    lane: LANE.first + LANE.step * lanes.indexOf(line),
    label: say(`picture.${line.kind}`),
  }),
)}
${placed.map((one) => boxSvg(one, words))}
</svg>`;
}

/** What is connected stands close to the host; lo leads nowhere and is first. */
function podOrder({ pod }: Picture): readonly PictureLink[] {
  return [...pod.links].reverse();
}

/** What is next to the pod comes first. */
function hostOrder({ host }: Picture): readonly PictureLink[] {
  return [...RANKS].reverse().flatMap((rank) => host.links.filter((one) => one.rank === rank));
}

/** How many boxes further down a line's other end is; 0 where it has none here. */
function stepsBetween({ from, to }: PictureLine, boxes: readonly string[]): number {
  const [a, b] = [boxes.indexOf(from), boxes.indexOf(to)];
  return a === -1 || b === -1 ? 0 : Math.abs(a - b);
}

function place(
  links: readonly PictureLink[],
  { y, ...at }: Pick<Placed, "x" | "y" | "width" | "column">,
): readonly Placed[] {
  let next = y;
  return links.map((link) => {
    const placed = { ...at, link, y: next, height: boxHeight(link) };
    next += placed.height + GAP;
    return placed;
  });
}

function bottomOf(placed: readonly Placed[], empty: number): number {
  const last = placed.at(-1);
  return last === undefined ? empty : last.y + last.height;
}

interface LinePlace {
  /** Where the two namespaces meet. */
  readonly between: number;
  /** How far to the right of the boxes a line goes past others. */
  readonly lane: number;
  readonly label: string;
}

/** Straight down to the next box, past the heads of panels; past other boxes by a bracket. */
function lineSvg(
  line: PictureLine,
  placed: readonly Placed[],
  { between, lane, label }: LinePlace,
): Markup {
  const { from, to, kind } = line;
  const [first, second] = placed.filter(({ link }) => link.id === from || link.id === to);
  if (first === undefined || second === undefined) return html``;
  const name = kind.replace(" ", "-");
  const bottom = first.y + first.height;
  const ids = placed.map(({ link }) => link.id);
  const crosses = bottom < between && second.y > between;
  const right = first.x + first.width;
  if (stepsBetween(line, ids) === 1) {
    const x = right - 34;
    const y = crosses ? between : (bottom + second.y) / 2;
    return html`<path class="line ${name}" d="M${x} ${bottom} V${second.y}"/>
<text class="label" x="${x - 10}" y="${y + 4}" text-anchor="end">${label}</text>`;
  }
  return html`<path class="line ${name}" d="M${right} ${bottom - 14} h${lane} V${second.y + 14} h${-lane}"/>
${crosses ? html`<text class="label" x="${right + lane - 8}" y="${between + 4}" text-anchor="end">${label}</text>` : html`<text class="label" x="${first.x}" y="${second.y - 10}">${label}</text>`}`;
}
