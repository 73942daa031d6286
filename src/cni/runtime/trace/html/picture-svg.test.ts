import { describe, expect, test } from "bun:test";
import type { Markup } from "../markup.ts";
import type { Picture, PictureLink } from "../picture.ts";
import { type TraceWords, traceWords } from "../texts/texts.ts";
import { pictureSvg } from "./picture-svg.ts";
import { stackedSvg } from "./stacked-svg.ts";

const link = (id: string, more: Partial<PictureLink> = {}): PictureLink => ({
  id,
  name: id,
  kind: "veth",
  mac: "0a:00:00:00:00:01",
  mtu: 1500,
  isUp: true,
  addresses: [],
  isNew: true,
  rank: "near",
  ...more,
});

const PICTURE: Picture = {
  host: {
    title: "host",
    links: [
      link("host-1", { rank: "far", isNew: false }),
      link("host-2", { rank: "middle", kind: "bridge", addresses: ["10.0.0.1/24"] }),
      link("host-3"),
    ],
    routes: [],
  },
  pod: {
    title: "/run/netns/<pod>",
    links: [link("pod-1", { addresses: ["fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:1111/64"] })],
    routes: [],
  },
  lines: [
    { from: "pod-1", to: "host-3", kind: "veth pair" },
    { from: "host-3", to: "host-2", kind: "port" },
    { from: "host-2", to: "host-1", kind: "forwarding" },
    { from: "host-2", to: "nowhere", kind: "port" },
  ],
};

/** The numbers of an attribute in every element that has it. */
function boxes(svg: string) {
  return [...svg.matchAll(/<rect x="(\d+)" y="(\d+)" width="(\d+)" height="([\d.]+)" rx="7"/g)].map(
    ([, ...numbers]) => {
      const [x = 0, y = 0, width = 0, height = 0] = numbers.map(Number);
      return { x, y, width, height };
    },
  );
}

const LAYOUTS: readonly (readonly [string, (picture: Picture, words: TraceWords) => Markup])[] = [
  ["pictureSvg()", pictureSvg],
  ["stackedSvg()", stackedSvg],
];

describe.each(LAYOUTS)("%s", (_, draw) => {
  test("has a box for each link, none over another, all inside of the picture", () => {
    const svg = draw(PICTURE, traceWords("en")).text;
    const all = boxes(svg);
    expect(all).toHaveLength(4);
    const [, right = 0, bottom = 0] = /viewBox="-1 -1 (\d+) (\d+)"/.exec(svg)?.map(Number) ?? [];
    for (const [i, one] of all.entries()) {
      expect(one.x + one.width).toBeLessThan(right);
      expect(one.y + one.height).toBeLessThan(bottom);
      for (const other of all.slice(i + 1)) {
        const isApart =
          one.x + one.width <= other.x ||
          other.x + other.width <= one.x ||
          one.y + one.height <= other.y ||
          other.y + other.height <= one.y;
        expect(isApart).toBe(true);
      }
    }
    // The longest address decides how wide they are.
    expect(Math.max(...all.map(({ width }) => width))).toBeGreaterThan(42 * 6.9);
  });

  test("has a line for each connection of links that are there, and escapes its texts", () => {
    const svg = draw(PICTURE, traceWords("en")).text;
    expect(svg.match(/<path class="line/g)).toHaveLength(3);
    expect(svg).toContain("/run/netns/&lt;pod&gt;");
    expect(svg).not.toContain("<pod>");
    expect(svg).toContain("pod-1 to host-3 (veth pair)");
  });

  test("its words are those of the language", () => {
    const svg = draw(PICTURE, traceWords("ko")).text;
    for (const word of ["호스트", "파드", "신규", "veth 쌍", "포워딩"]) expect(svg).toContain(word);
    expect(svg).not.toMatch(/The host|The pod|>new<|forwarding<|connected/);
  });

  test("a pod that nothing leads to is drawn as well", () => {
    const alone = { ...PICTURE, host: { ...PICTURE.host, links: [] }, lines: [] };
    expect(boxes(draw(alone, traceWords("en")).text)).toHaveLength(1);
  });
});
