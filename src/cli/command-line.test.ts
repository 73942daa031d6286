import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "./commands.ts";
import { runCommandLine } from "./testing/mod.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-command-line-"));
  mkdirSync(join(dir, "lab"));
  writeFileSync(join(dir, "lab/machines.txt"), "bad line\n");
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function run(...argv: string[]) {
  return runCommandLine(argv, { cwd: dir });
}

describe("the command line", () => {
  test("a directory may be called as a command is", async () => {
    const said = await run("-C", "lab", "apply");
    expect(said.exitCode).toBe(1);
    expect(said.stderr).toContain("  at lab/machines.txt:1:");
  });

  test.each([
    [["-C", "lab", "--json", "render"]],
    [["render", "-C", "lab", "--json"]],
    [["--json", "render", "-C", "lab"]],
  ])("common options stand anywhere: %j", async (argv) => {
    const said = await run(...argv);
    expect([said.exitCode, said.stderr]).toEqual([1, ""]);
    const { error } = JSON.parse(said.stdout);
    expect(error.problems[0].locations[0].file).toBe("machines.txt");
  });

  test.each([
    [["rendr"], "unknown command 'rendr'", "Did you mean render?"],
    [["help", "bogus"], "unknown command 'bogus'", "nodewright help"],
    [["render", "--jsn"], "unknown option '--jsn'", "Did you mean --json?"],
    [["lab", "upp"], "unknown command 'upp'", "Did you mean up?"],
    [["cri", "exec"], "missing required argument 'container'", "nodewright cri exec --help"],
    [["apply", "--parallelism", "0"], "Expected a whole number of at least 1", ""],
    [["apply", "--drain", "allways"], 'Did you mean "always"?', ""],
    [["pki", "--server", "http://x"], "Expected https://HOST:PORT", ""],
    [["pki", "--service-address", "x"], 'Expected an IP address, found "x"', ""],
    [["cri", "ps", "--name", "["], "Expected a regular expression", ""],
    [["reset", "-C", "lab"], "Which nodes to reset is not said", "--all"],
  ])("%j is a usage error with a hint", async (argv, message, fix) => {
    const said = await run(...argv);
    expect([said.exitCode, said.stdout]).toEqual([2, ""]);
    expect(said.stderr).toContain(message);
    expect(said.stderr).toContain(fix);
    const asJson = await run(...argv, "--json");
    expect([asJson.exitCode, asJson.stderr]).toEqual([2, ""]);
    expect(JSON.parse(asJson.stdout).error).toMatchObject({ kind: "usage" });
  });

  test("every command has a help, by option and by word", async () => {
    const visible = COMMANDS.filter((entry) => entry.hidden !== true);
    for (const { name, summary } of visible) {
      const said = await run(name, "--help");
      expect([name, said.exitCode, said.stderr]).toEqual([name, 0, ""]);
      expect(said.stdout).toStartWith(`Usage: nodewright ${name} [options]`);
      expect(said.stdout.replace(/\s+/g, " ")).toContain(summary);
      expect(await run("help", name)).toEqual(said);
    }
    const all = await run("help");
    for (const { name } of visible) expect(all.stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
    expect(all.stdout).not.toContain("the part that runs on a node");
  });

  test("no command is a question for help: exit code 2", async () => {
    const said = await run();
    expect([said.exitCode, said.stdout]).toEqual([2, ""]);
    expect(said.stderr).toContain("Commands:");
    expect((await run("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
