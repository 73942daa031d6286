import { z } from "zod";
import { JSON_DOCUMENTS } from "./schemas.ts";

const INTRODUCTION = `# JSON

Made by \`bun scripts/docs.ts\` from the schemas that the tests hold every command's output to.

With \`--json\` a command prints one document, or a document a line (JSON lines) where it reports while it
works. Every document has a \`kind\`; the table says what each is and which commands print it. Documents may
have keys that are not listed here: later versions add keys, and do not change what a key means. A file's
\`mode\` is octal text, as in \`"0644"\`. Times that end in \`Ms\` are milliseconds, sizes in \`Bytes\` bytes.

\`check --format sarif\` prints SARIF 2.1.0 instead. A failure is a document of kind \`error\` on standard
output; the exit codes are in [errors.md](errors.md).
`;

/** docs/json.md: the kinds in a table, then the JSON Schema of each. */
export function jsonReference(): string {
  const kinds = Object.entries(JSON_DOCUMENTS);
  const rows = kinds.map(
    ([kind, { of, about }]) => `| [\`${kind}\`](#${kind}) | ${of} | ${about} |`,
  );
  const sections = kinds.map(([kind, { schema }]) => {
    const whole = schema.extend({ kind: z.literal(kind) });
    const json = JSON.stringify(z.toJSONSchema(whole), undefined, 1);
    return `## ${kind}\n\n\`\`\`json\n${json}\n\`\`\`\n`;
  });
  return [
    INTRODUCTION,
    `${["| kind | printed by | what it is |", "|---|---|---|", ...rows].join("\n")}\n`,
    ...sections,
  ].join("\n");
}
