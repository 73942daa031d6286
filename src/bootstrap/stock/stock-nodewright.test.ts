import { expect, test } from "bun:test";
import { parseMachines, parseSettings } from "../inventory/mod.ts";
import { stockFiles } from "./stock-files.ts";

const textOf = (path: string): string =>
  stockFiles().find((file) => file.path === path)?.text ?? "";

test("nodewright.yaml is right as it is, and with every example line made active", () => {
  const { machines } = parseMachines(
    textOf("machines.txt").replaceAll(/^# (\d)/gm, "$1"),
    "machines.txt",
  );
  expect(machines.map(({ name }) => name)).toEqual(["server", "node-0", "node-1"]);
  const yaml = textOf("nodewright.yaml");
  const active = yaml.replaceAll(/^#(?! \S)/gm, "");
  expect(active).not.toBe(yaml);
  for (const text of [yaml, active]) {
    const parsed = parseSettings(text, "nodewright.yaml", { machines, dir: "/cluster" });
    expect(parsed.problems).toEqual([]);
    expect(parsed.settings.masquerade).toBe(true);
    expect(parsed.settings.nodes.size).toBe(text === active ? 1 : 0);
  }
});
