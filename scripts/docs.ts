/**
 * Writes docs/commands.md, docs/json.md, docs/options*.md and docs/rules/ from the commands, options and rules
 * themselves; tests check that they are up to date.
 */
import { mkdirSync, rmSync } from "node:fs";
import process from "node:process";
import { RULES } from "../src/check/mod.ts";
import { ruleIndex, rulePage } from "../src/check/report/mod.ts";
import { commandReference, jsonReference, optionsDocuments } from "../src/cli/mod.ts";

const reference = await commandReference({
  argv: [],
  env: {},
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  execPath: process.execPath,
  arch: process.arch,
  holder: "docs",
  signal: new AbortController().signal,
});
const docs = (name: string): string => new URL(`../docs/${name}`, import.meta.url).pathname;
await Bun.write(docs("commands.md"), reference);
await Bun.write(docs("json.md"), jsonReference());
for (const [name, text] of Object.entries(optionsDocuments())) await Bun.write(docs(name), text);

// A page for each rule; what was a rule's and is none any more goes.
const rulesDir = new URL("../docs/rules/", import.meta.url).pathname;
rmSync(rulesDir, { recursive: true, force: true });
mkdirSync(rulesDir);
await Bun.write(`${rulesDir}README.md`, ruleIndex(RULES));
for (const rule of RULES) await Bun.write(`${rulesDir}${rule.id}.md`, rulePage(rule));
