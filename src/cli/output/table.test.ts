import { describe, expect, test } from "bun:test";
import { formatTable } from "./table.ts";

describe("formatTable()", () => {
  const header = ["FILE", "FOR", "DAYS"];
  const rows = [
    ["ca.crt", "CA", "9"],
    ["node-0.crt", "system:node:node-0, system:nodes", ""],
  ];

  test("aligns columns and leaves no space at the end", () => {
    expect(formatTable(header, rows)).toEqual([
      "FILE         FOR                                DAYS",
      "ca.crt       CA                                 9",
      "node-0.crt   system:node:node-0, system:nodes",
    ]);
  });

  test("use 24: is a block for each row where a line would be too long", () => {
    expect(formatTable(header, rows, 52)).toHaveLength(3);
    expect(formatTable(header, rows, 51)).toEqual([
      "ca.crt",
      "  FOR   CA",
      "  DAYS  9",
      "node-0.crt",
      "  FOR   system:node:node-0, system:nodes",
    ]);
  });
});
