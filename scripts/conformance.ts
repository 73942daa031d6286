/**
 * `bun scripts/conformance.ts [--plugins DIR] [-v] [PLUGIN...]`: holds this build's plugins, and
 * those of another directory beside them, against the CNI specification. What one of ours fails is
 * told, and is exit code 1; `-v` tells what the others fail as well.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Conformance, checkConformance, SUBJECTS } from "../src/cni/conformance/mod.ts";
import { OwnExecutables } from "../src/cni/testing/mod.ts";

const MOST_LETTERS = 24;

const { values, positionals } = parseArgs({
  options: { plugins: { type: "string" }, verbose: { type: "boolean", short: "v" } },
  allowPositionals: true,
});
const own = new OwnExecutables();
process.on("exit", () => own[Symbol.dispose]());

const directories = [
  own.directory,
  ...(values.plugins === undefined ? [] : [resolve(values.plugins)]),
];
const subjects = SUBJECTS.filter(
  ({ type }) => positionals.length === 0 || positionals.includes(type),
);
const names = ["nodewright", ...directories.slice(1).map(shorten)];
const width = 2 + Math.max(...names.map((name) => name.length));
console.log(`${"plugin".padEnd(14)}${names.map((name) => name.padStart(width)).join("")}`);
const failures: string[] = [];
let failed = 0;
for (const subject of subjects) {
  const results: Conformance[] = [];
  for (const directory of directories) results.push(await checkConformance(directory, subject));
  console.log(
    `${subject.type.padEnd(14)}${results.map((one) => summary(one).padStart(width)).join("")}${note(results)}`,
  );
  results.forEach((result, i) => {
    const wrong = result.checks.filter(({ failure }) => failure !== undefined);
    if (i === 0) failed += wrong.length;
    if (i > 0 && values.verbose !== true) return;
    for (const { id, failure } of wrong) failures.push(`${names[i]}: ${id}: ${failure}`);
  });
}
if (failures.length > 0) console.log(`\n${failures.join("\n")}`);
process.exit(failed === 0 ? 0 : 1);

/** The end of a path, which tells directories apart. */
function shorten(path: string): string {
  return path.length <= MOST_LETTERS ? path : `…${path.slice(1 - MOST_LETTERS)}`;
}

function summary({ checks }: Conformance): string {
  const passed = checks.filter(({ failure }) => failure === undefined).length;
  return checks.length === 0 ? "-" : `${passed}/${checks.length}`;
}

function note(results: readonly Conformance[]): string {
  const reasons = [...new Set(results.flatMap(({ reason }) => reason ?? []))];
  return reasons.length === 0 ? "" : `  (${reasons.join("; ")})`;
}
