/** One key or value of JSON, or what stands between them. */
const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+)/y;

/** Where the scanner is: in an object with the keys so far, or in a list. */
type Level =
  | { readonly in: "object"; readonly path: string; readonly keys: Set<string>; key: string }
  | { readonly in: "list"; readonly path: string; index: number };

/**
 * The paths of fields that a JSON text has twice, each once: `spec.replicas`. JSON.parse() takes the
 * last of them without a word. The text has to be valid JSON.
 */
export function duplicateFields(text: string): readonly string[] {
  const found = new Set<string>();
  const levels: Level[] = [];
  let isKey = false;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [, token = ""] = match;
    const level = levels.at(-1);
    switch (token) {
      case "{":
        levels.push({ in: "object", path: pathOf(level), keys: new Set(), key: "" });
        isKey = true;
        break;
      case "[":
        levels.push({ in: "list", path: pathOf(level), index: 0 });
        isKey = false;
        break;
      case "}":
      case "]":
        levels.pop();
        isKey = false;
        break;
      case ",":
        isKey = level?.in === "object";
        if (level?.in === "list") level.index++;
        break;
      case ":":
        isKey = false;
        break;
      default:
        if (!isKey || level?.in !== "object") break;
        level.key = JSON.parse(token);
        if (level.keys.has(level.key)) found.add(pathOf(level));
        level.keys.add(level.key);
    }
  }
  return [...found];
}

function pathOf(level: Level | undefined): string {
  if (level === undefined) return "";
  if (level.in === "list") return `${level.path}[${level.index}]`;
  return level.path === "" ? level.key : `${level.path}.${level.key}`;
}
