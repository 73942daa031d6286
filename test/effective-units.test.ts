/** What systemd starts against what `check` says that it starts: arguments and variables. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { seededRandom, times } from "../src/base/testing/mod.ts";
import { FactDeriver, treeOf } from "../src/check/mod.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { makeUnitCase, type UnitCase } from "./units/generate.ts";

setDefaultTimeout(600_000);

const SEED = Number(process.env["NODEWRIGHT_TEST_SEED"] ?? 1);
const COUNT = times({ usual: 30, full: 200 });
const NODE = "node-0";
const VARIABLES = ["A", "B2", "LONG_NAME", "_x", "EMPTY", "UNSET"];

/** One start: the arguments of each command, and the variables; undefined where it did not start. */
type Started =
  | { readonly commands: readonly (readonly string[])[]; readonly variables: object }
  | undefined;

let lab: TestLab;
beforeAll(async () => {
  lab = await testLab({ nodes: 1 });
});
afterAll(() => lab[Symbol.asyncDispose]());

/** Stands for the kubelet: writes down what it was given. */
const PROGRAM = `#!/bin/bash
{ printf '%s\\0' "$#" "$@"; } >> /run/units/args
for name in ${VARIABLES.join(" ")}; do
  if [[ -v $name ]]; then printf '%s\\0' "$name" "\${!name}"; fi
done > /run/units/env
`;

/** Starts every case in turn; what each has given is in /run/units/N.args and N.env. */
const RUN = `set -u
mkdir -p /run/units
chmod +x /usr/local/bin/kubelet
for case in /cases/*; do
  n=\${case##*/}
  cp -r "$case"/. /
  systemctl daemon-reload
  rm -f /run/units/args /run/units/env
  if systemctl start kubelet.service 2>/dev/null; then touch /run/units/args; else rm -f /run/units/args; fi
  [ -e /run/units/args ] && mv /run/units/args /run/units/$n.args
  [ -e /run/units/env ] && mv /run/units/env /run/units/$n.env
  systemctl reset-failed kubelet.service 2>/dev/null
  (cd "$case" && find . -type f) | (cd / && xargs rm -f)
  rm -rf /etc/systemd/system/service.d /run/systemd/system/service.d /usr/lib/systemd/system/service.d
done
`;

async function startAll(cases: readonly UnitCase[]): Promise<readonly Started[]> {
  const root = await lab.root(NODE);
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await put("/usr/local/bin/kubelet", PROGRAM);
  await put("/run-cases", RUN);
  for (const [n, files] of cases.entries()) {
    for (const [path, text] of Object.entries(files)) await put(`/cases/${n}${path}`, text);
  }
  const ran = await lab.exec(NODE, ["bash", "/run-cases"]);
  expect(ran.exitCode, ran.stderr).toBe(0);
  const read = await lab.exec(NODE, [
    "bash",
    "-c",
    'cd /run/units; for f in *; do printf "%s %s\\n" "$f" "$(base64 -w0 "$f")"; done',
  ]);
  const made = new Map(
    read.stdout.split("\n").map((line) => [line.split(" ")[0], line.split(" ")[1]]),
  );
  const words = (file: string): string[] | undefined => {
    const text = made.get(file);
    if (text === undefined) return undefined;
    return Buffer.from(text, "base64").toString().split("\0").slice(0, -1);
  };
  return cases.map((_, n) => {
    const args = words(`${n}.args`);
    if (args === undefined) return undefined;
    const commands: string[][] = [];
    for (let i = 0; i < args.length; ) {
      const count = Number(args[i]);
      commands.push(args.slice(i + 1, i + 1 + count));
      i += 1 + count;
    }
    const pairs = words(`${n}.env`) ?? [];
    return { commands, variables: Object.fromEntries(pairsOf(pairs)) };
  });
}

function pairsOf(words: readonly string[]): [string, string][] {
  return Array.from({ length: words.length / 2 }, (_, i) => [
    words[2 * i] ?? "",
    words[2 * i + 1] ?? "",
  ]);
}

function ours(files: UnitCase): Started {
  const nodes = Object.entries(files).map(([path, text]) => ({ path, shown: path, text }));
  const deriver = new FactDeriver();
  const tree = treeOf(nodes, { isComplete: true });
  const { kubeletUnit: fact } = deriver.derive({ name: NODE, now: new Date(0), files: tree });
  if (fact === undefined || fact.environment.missing.length > 0) return undefined;
  const variables = VARIABLES.flatMap((name) => {
    const found = fact.environment.variables.get(name);
    return found === undefined ? [] : [[name, found.value] as const];
  });
  return {
    commands: fact.unit.execStart.map(({ args }) => args.map(({ value }) => value)),
    variables: Object.fromEntries(variables),
  };
}

test(`systemd starts what we say that it starts, seed ${SEED}, ${COUNT} units`, async () => {
  const random = seededRandom(SEED);
  const cases = Array.from({ length: COUNT }, () => makeUnitCase(random));
  const theirs = await startAll(cases);
  const different = cases.flatMap((files, n) => {
    const [own, real] = [ours(files), theirs[n]];
    return Bun.deepEquals(own, real) ? [] : [{ n, files, own, real }];
  });
  expect(theirs.filter((one) => one !== undefined).length).toBeGreaterThan(COUNT / 3);
  expect(different, JSON.stringify(different[0], undefined, 1)).toEqual([]);
});
