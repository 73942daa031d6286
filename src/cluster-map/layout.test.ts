import { describe, expect, test } from "bun:test";
import { type Box, type Diagram, layOut, type PlacedBox } from "./layout.ts";

function box(id: string, ...texts: readonly string[]): Box {
  return { id, texts: [id, ...texts], kind: "link", isMarked: false };
}

function overlap(a: PlacedBox, b: PlacedBox): boolean {
  const isApart =
    a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  return !isApart;
}

/** Bridges with ports and pods: `sizes[i]` ports hang on the bridge i. */
function bridges(sizes: readonly number[]): Diagram {
  const columns: Box[][] = [[], [], []];
  const lines: Diagram["lines"][number][] = [];
  for (const [i, size] of sizes.entries()) {
    columns[0]?.push(box(`bridge${i}`, "a longer line of text than the others"));
    for (let k = 0; k < size; k++) {
      columns[1]?.push(box(`port${i}.${k}`));
      columns[2]?.push(box(`pod${i}.${k}`, "eth0", "10.200.0.5/24"));
      lines.push({ from: `bridge${i}`, to: `port${i}.${k}` });
      lines.push({ from: `port${i}.${k}`, to: `pod${i}.${k}` });
    }
  }
  return { columns, lines };
}

describe("layOut()", () => {
  test.each([[[0]], [[1]], [[3, 0, 2]], [[0, 12, 1, 5]]])(
    "%j: no box over another, all inside",
    (sizes) => {
      const diagram = bridges(sizes);
      const { width, height, boxes, lines } = layOut(diagram);
      expect(boxes).toHaveLength(diagram.columns.flat().length);
      expect(lines).toHaveLength(diagram.lines.length);
      for (const [i, one] of boxes.entries()) {
        expect(Math.min(one.x, one.y)).toBeGreaterThanOrEqual(0);
        expect(one.x + one.width).toBeLessThanOrEqual(width);
        expect(one.y + one.height).toBeLessThanOrEqual(height);
        expect(boxes.slice(i + 1).filter((other) => overlap(one, other))).toEqual([]);
      }
      // Lines go from the right side of a box to the left side of one further right.
      for (const { from, to, start, end } of lines) {
        const [a, b] = [from, to].map((id) => boxes.find((one) => one.id === id));
        expect(start.x).toBe((a?.x ?? 0) + (a?.width ?? 0));
        expect(end.x).toBe(b?.x ?? 0);
        expect(start.x).toBeLessThan(end.x);
      }
    },
  );

  test("a lone child is level with its parent, where there is room above", () => {
    const { lines } = layOut(bridges([0, 1]));
    expect(lines.map(({ start, end }) => start.y - end.y)).toEqual([0, 0]);
  });

  test("a box is as wide as its longest text wants", () => {
    const text = "2001:db8:1234:5678:9abc:def0:1234:5678/128";
    const { boxes } = layOut({ columns: [[box("a", text)]], lines: [] });
    expect(boxes[0]?.width).toBeGreaterThan(text.length * 7);
  });

  test("leaves out lines to nowhere, and draws nothing where nothing is", () => {
    const lines = [{ from: "a", to: "b" }];
    expect(layOut({ columns: [[box("a")]], lines }).lines).toEqual([]);
    expect(layOut({ columns: [], lines }).boxes).toEqual([]);
  });

  test("a thousand Services take no more than their share", () => {
    expect(layOut(bridges(Array.from({ length: 1000 }, () => 5))).boxes).toHaveLength(11_000);
  });
});
