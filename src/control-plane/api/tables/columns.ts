import type { Column } from "./table.ts";

const TYPES = ["integer", "number", "boolean", "date"] as const;

/** Columns as one line: `Name | Desired:integer | Images*`; a star is for `-o wide` alone. */
export function columns(line: string): readonly Column[] {
  return line.split(" | ").map((word) => {
    const [whole = "", given] = word.split(":");
    const isWide = whole.endsWith("*");
    const name = isWide ? whole.slice(0, -1) : whole;
    return {
      name,
      type: TYPES.find((type) => type === given) ?? "string",
      ...(name === "Name" ? { format: "name" } : {}),
      priority: isWide ? 1 : 0,
    };
  });
}
