import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { sampled } from "../base/testing/mod.ts";
import {
  FORMS,
  MISTAKES,
  RENDERED,
  runCommandLine,
  type Spoil,
  SpoiltClusters,
  SUPPORT,
  VERSIONS,
} from "./testing/mod.ts";

/** Each command that asks nodes, and the files that it cannot do without. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  apply: [...RENDERED, ...SUPPORT],
  plan: [...RENDERED, ...SUPPORT],
  verify: [...RENDERED, ...SUPPORT],
  // Of the others it needs to read the text, not to understand it.
  status: ["machines.txt", "nodewright.yaml"],
};
const FILES = [...RENDERED, ...SUPPORT];
/** A usual run tries one in so many. */
const ONE_IN = 6;

let clusters: SpoiltClusters;
beforeAll(async () => {
  clusters = await SpoiltClusters.create();
  mkdirSync(join(clusters.root, "bin"));
  // No machine answers, and a connection that is tried is seen.
  const ssh = `#!/bin/sh\n: >${join(clusters.root, "tried")}\necho 'ssh: Connection refused' >&2\nexit 255\n`;
  writeFileSync(join(clusters.root, "bin/ssh"), ssh, { mode: 0o755 });
});
afterAll(() => clusters[Symbol.dispose]());
beforeEach(() => rmSync(join(clusters.root, "tried"), { force: true }));

async function run(command: string, dir: string) {
  const path = `${join(clusters.root, "bin")}:${process.env["PATH"] ?? ""}`;
  const env = { PATH: path, NODEWRIGHT_CACHE: join(clusters.root, "cache") };
  const said = await runCommandLine([command, "-C", dir], { env });
  const text = said.stdout + said.stderr;
  return { ...said, text, isTried: existsSync(join(clusters.root, "tried")) };
}

interface Row {
  readonly command: string;
  readonly file: string;
  readonly mistake: string;
  readonly spoil: Spoil;
}

const rowsOf = (mistakes: Readonly<Record<string, Spoil>>): readonly Row[] =>
  Object.keys(COMMANDS).flatMap((command) =>
    FILES.flatMap((file) =>
      Object.entries(mistakes).map(([mistake, spoil]) => ({ command, file, mistake, spoil })),
    ),
  );

describe("a file that cannot be used", () => {
  // Every key of nodewright.yaml has a default.
  const rows = rowsOf(MISTAKES).filter(
    ({ file, mistake }) => file !== "nodewright.yaml" || mistake !== "0 bytes",
  );
  test.each(sampled(rows, ONE_IN, "bad-files-nodes"))(
    "$command: $file, $mistake",
    async ({ command, file, spoil }) => {
      const { exitCode, text, isTried } = await run(command, clusters.spoilt(file, spoil));
      expect(exitCode).toBeGreaterThan(0);
      expect(text).not.toMatch(/ENOENT|EISDIR|ELOOP|TypeError|Unexpected error/);
      if (COMMANDS[command]?.includes(file)) expect(isTried).toBe(false);
      // Where no machine was asked, the file is the reason.
      if (isTried) return;
      expect(text).toContain(basename(file));
      expect(text).toContain("fix: ");
    },
  );
});

describe("the same content as another system writes it", () => {
  test.each(sampled(rowsOf(FORMS), ONE_IN, "bad-forms-nodes"))(
    "$command: $file, $mistake: goes on, or names the file with a fix",
    async ({ command, file, spoil }) => {
      const { text } = await run(command, clusters.spoilt(file, spoil));
      expect(text).not.toMatch(/TypeError|Unexpected error/);
      const errors = text.split("\n").filter((line) => line.startsWith("error: "));
      const isForgiven = /binaries are missing|Connection refused|Cannot reach/.test(text);
      if (!isForgiven) expect(text).toContain(basename(file));
      expect(errors.length).toBeLessThan(3);
      expect(text).toContain("fix: ");
    },
  );
});

describe("another version of its format", () => {
  const rows = ["apply", "plan", "verify"].flatMap((command) =>
    VERSIONS.map(([file, from, to]) => ({ command, file, from, to })),
  );
  test.each(sampled(rows, ONE_IN, "bad-versions-nodes"))(
    "$command: $file",
    async ({ command, file, from, to }) => {
      const dir = clusters.spoilt(file, (path, bytes) =>
        writeFileSync(path, bytes.toString().replace(from, to)),
      );
      const { exitCode, text, isTried } = await run(command, dir);
      expect([exitCode, isTried]).toEqual([1, false]);
      expect(text).toContain(basename(file));
      expect(text).toContain("fix: ");
    },
  );
});
