import { describe, expect, test } from "bun:test";
import type { IdSet } from "../../machine/mod.ts";
import type { Hint, Hints } from "./hints.ts";
import { type AlignmentPolicy, mergeHints } from "./merge-hints.ts";

/** `0+ 01-`: node 0, preferred; nodes 0 and 1, not preferred. `*` is any node. */
const hints = (text: string): Hint[] =>
  text.split(" ").flatMap((word) => {
    if (word === "") return [];
    const nodes = word.slice(0, -1);
    const preferred = word.endsWith("+");
    return [{ nodes: nodes === "*" ? undefined : [...nodes].map(Number), preferred }];
  });
const show = ({ nodes, preferred }: Hint): string =>
  (nodes === undefined ? "*" : nodes.join("")) + (preferred ? "+" : "-");

type Row = readonly [
  name: string,
  providers: readonly (readonly string[])[],
  want: Readonly<Partial<Record<AlignmentPolicy, string>>>,
];

/** A provider's resources, one text each; none for a provider that does not care. */
const provider = (resources: readonly string[]): Hints =>
  new Map(resources.map((text, at) => [`r${at}`, hints(text)]));

const merge = (
  policy: AlignmentPolicy,
  providers: readonly (readonly string[])[],
  nodes: IdSet = [0, 1],
): string => {
  const { hint, admits } = mergeHints(providers.map(provider), { policy, nodes });
  return `${show(hint)} ${admits ? "in" : "out"}`;
};

describe("mergeHints()", () => {
  test.each<Row>([
    ["nobody cares", [[], []], { restricted: "01+ in", "single-numa-node": "*+ in" }],
    ["no way at all", [[""]], { "best-effort": "01- in", restricted: "01- out" }],
    ["one way", [["0+"]], { restricted: "0+ in", "single-numa-node": "0+ in" }],
    ["two that agree", [["0+ 1+ 01-"], ["1+ 01-"]], { restricted: "1+ in" }],
    [
      "two that do not",
      [["0+ 01-"], ["1+ 01-"]],
      { "best-effort": "0- in", restricted: "0- out", "single-numa-node": "*- out" },
    ],
    [
      "both need two nodes",
      [["01+"], ["01+"]],
      { restricted: "01+ in", "single-numa-node": "*- out" },
    ],
    [
      "one needs two nodes, the other does not care",
      [["01+"], []],
      { restricted: "01+ in", "single-numa-node": "*- out" },
    ],
    [
      "the narrowest of preferred ones",
      [["0+ 1+"], ["0+ 1+"]],
      { restricted: "0+ in", "single-numa-node": "0+ in" },
    ],
    [
      "two resources of one provider",
      [["0+ 1+ 01-", "1+ 01-"]],
      { restricted: "1+ in", "single-numa-node": "1+ in" },
    ],
    ["one of two that cannot", [["0+"], [""]], { restricted: "0- out", "best-effort": "0- in" }],
    [
      "a hint that is not preferred",
      [["0- 01-"]],
      { "best-effort": "0- in", restricted: "0- out" },
    ],
  ])("%s", (_name, providers, want) => {
    for (const policy of ["best-effort", "restricted", "single-numa-node"] as const) {
      if (want[policy] !== undefined) expect(merge(policy, providers)).toBe(want[policy]);
    }
  });

  test("with nothing preferred takes as many nodes as the neediest resource needs", () => {
    expect(merge("best-effort", [["0- 01- 012- 0123-"], ["01- 0123-"]], [0, 1, 2, 3])).toBe(
      "01- in",
    );
  });

  test("takes the closest of equally many nodes where that is asked for", () => {
    const distances = new Map([
      [0, [10, 21, 11]],
      [1, [21, 10, 21]],
      [2, [11, 21, 10]],
    ]);
    const given = [provider(["01+ 02+ 12+"])];
    const options = { policy: "restricted", nodes: [0, 1, 2] } as const;
    expect(show(mergeHints(given, options).hint)).toBe("01+");
    expect(show(mergeHints(given, { ...options, distances }).hint)).toBe("02+");
  });
});
