import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "../testing/mod.ts";

let dir = "";
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-output-"));
  await runCommandLine(["init", dir]);
  writeFileSync(
    join(dir, "machines.txt"),
    "192.0.2.10 server.k.local server\n192.0.2.11 node-0.k.local node-0 10.200.0.0/24\n",
  );
  await runCommandLine(["pki", dir]);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Every option that names a file to write. */
const OPTIONS: readonly (readonly string[])[] = [
  ["plan", "-o"],
  ["map", "-o"],
  ["cni", "trace", "net", "--html"],
];

describe("an option that names a file to write", () => {
  const run = (words: readonly string[], file: string) =>
    runCommandLine([...words, file, ...(words[0] === "cni" ? [] : ["-C", dir])], { cwd: dir });

  test.each(OPTIONS.map((words) => [words.join(" "), words] as const))(
    "%s: a place where none can be written is refused with a fix, before anything is done",
    async (_, words) => {
      const nowhere = await run(words, "no/such/page");
      expect([nowhere.exitCode, nowhere.stdout]).toEqual([2, ""]);
      expect(nowhere.stderr).toContain(`as no/such/page: there is no directory ${dir}/no/such\n`);
      expect(nowhere.stderr).toContain("fix: Make it with mkdir -p no/such, or");
      const folder = await run(words, "configs");
      expect([folder.exitCode, folder.stdout]).toEqual([2, ""]);
      expect(folder.stderr).toContain("as configs: it is a directory\n");
      expect(folder.stderr).toContain("fix: Give a file in it: configs/");
      const below = await run(words, "machines.txt/page");
      expect(below.stderr).toContain("machines.txt is not a directory\n");
      expect(below.stderr).toContain("fix: Give a file in a directory: ");
    },
  );
});

test("render -o OUT: a file in its place is refused with a fix", async () => {
  const said = await runCommandLine(["render", "-C", dir, "-o", "machines.txt"], { cwd: dir });
  expect([said.exitCode, said.stdout]).toEqual([2, ""]);
  expect(said.stderr).toContain("Cannot write into machines.txt: it is not a directory");
  expect(said.stderr).toContain("fix: Give a directory, or a name that is free");
  expect(readFileSync(join(dir, "machines.txt"), "utf8")).toContain("node-0");
});
