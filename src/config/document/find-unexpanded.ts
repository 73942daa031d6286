import type { Problem } from "../../base/mod.ts";
import { type ConfigDocument, type ConfigNode, formatPath, type Path } from "./config-document.ts";

/** What shells, templates and make would have put a value in place of. */
const VARIABLE =
  /\$\{[A-Za-z_]\w*(?::?[-=?+][^${}]*)?\}|\$\([A-Za-z_]\w*\)|\$[A-Z][A-Z0-9_]+\b|\{\{[^{}]*\}\}/;

/**
 * Variables that nothing has expanded: programs take the text of a data file as it is. `isCommand`
 * tells of places whose text goes to a shell or to a program that expands by itself.
 */
export function findUnexpanded(
  document: ConfigDocument,
  isCommand: (path: Path) => boolean = () => false,
): readonly Problem[] {
  const problems: Problem[] = [];
  const visit = (node: ConfigNode, path: Path): void => {
    if (isCommand(path)) return;
    if (node.kind === "map") {
      for (const [key, entry] of node.entries) visit(entry.node, [...path, key]);
    } else if (node.kind === "list") {
      node.items.forEach((item, index) => {
        visit(item, [...path, index]);
      });
    } else if (typeof node.value === "string") {
      // Never the whole value: it may be half a secret.
      const [variable] = VARIABLE.exec(node.value) ?? [];
      if (variable === undefined) return;
      problems.push({
        code: "unexpanded-variable",
        severity: "error",
        message: `Found a variable at ${formatPath(path)}, which nothing expands: ${variable}`,
        locations: [document.locate(node.offset)],
        fix: `write the value of ${variable} in its place`,
      });
    }
  };
  visit(document.root, []);
  return problems;
}
