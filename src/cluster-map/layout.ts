/** A box of a drawing, with its lines of text; the first is its name. */
export interface Box {
  readonly id: string;
  readonly texts: readonly string[];
  readonly kind: "link" | "bridge" | "pod" | "service" | "endpoint";
  readonly isMarked: boolean;
}

/** A connection between two boxes of neighbouring columns. */
export interface Line {
  readonly from: string;
  readonly to: string;
}

/** Boxes in columns, from left to right, and what connects them. */
export interface Diagram {
  readonly columns: readonly (readonly Box[])[];
  readonly lines: readonly Line[];
}

export interface PlacedBox extends Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedLine extends Line {
  readonly start: Point;
  readonly end: Point;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A diagram with a place for everything, in the drawing's units. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly lines: readonly PlacedLine[];
}

/** Measures in the drawing's units, which are pixels where it is as wide as it wants to be. */
export const MEASURES = { margin: 2, padding: 12, line: 17, gap: 12, columnGap: 64 } as const;
/** How wide a letter of a name, and of the other texts, is at most. */
const LETTER = { name: 9.4, text: 7.3 } as const;
const LEAST_WIDTH = 120;

/**
 * Pure: gives every box a place. A column is as wide as its widest text; a box stands as close to what it
 * hangs on to its left as the boxes above it allow, so that lines are short and cross no more than the
 * given order makes them. A line with an end that is not there is left out.
 */
export function layOut({ columns, lines }: Diagram): Drawing {
  const placed = new Map<string, PlacedBox>();
  const parents = new Map(lines.toReversed().map(({ from, to }) => [to, from]));
  const children = Map.groupBy(lines, ({ from }) => from);
  let x: number = MEASURES.margin;
  for (const column of columns) {
    if (column.length === 0) continue;
    const width = Math.max(LEAST_WIDTH, ...column.map(neededWidth));
    let free: number = MEASURES.margin;
    for (const box of column) {
      const height = 2 * MEASURES.padding + box.texts.length * MEASURES.line;
      const parent = placed.get(parents.get(box.id) ?? "");
      const isOnly = children.get(parent?.id ?? "")?.length === 1;
      const y = Math.max(free, parent === undefined ? 0 : besideY(parent, height, isOnly));
      placed.set(box.id, { ...box, x, y, width, height });
      free = y + height + MEASURES.gap;
    }
    x += width + MEASURES.columnGap;
  }
  const boxes = [...placed.values()];
  const bottom = Math.max(0, ...boxes.map((box) => box.y + box.height));
  return {
    width: Math.max(x - MEASURES.columnGap, 0) + MEASURES.margin,
    height: bottom + MEASURES.margin,
    boxes,
    lines: lines.flatMap((line) => placeLine(line, placed)),
  };
}

function neededWidth({ texts: [name = "", ...others] }: Box): number {
  const widths = [name.length * LETTER.name, ...others.map((text) => text.length * LETTER.text)];
  return Math.ceil(Math.max(...widths)) + 2 * MEASURES.padding;
}

/** Beside the box to the left that it hangs on: level with it, or from its top on where more hang on that. */
function besideY(parent: PlacedBox, height: number, isOnly: boolean): number {
  return isOnly ? parent.y + parent.height / 2 - height / 2 : parent.y;
}

function placeLine(line: Line, placed: ReadonlyMap<string, PlacedBox>): PlacedLine[] {
  const [from, to] = [placed.get(line.from), placed.get(line.to)];
  if (from === undefined || to === undefined || from === to) return [];
  const middle = (box: PlacedBox): number => box.y + box.height / 2;
  return [
    {
      ...line,
      start: { x: from.x + from.width, y: middle(from) },
      end: { x: to.x, y: middle(to) },
    },
  ];
}
