import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allPages, type CommandTable, commandTable } from "../command-table.ts";
import { CliContext } from "../context.ts";
import { wholeProgram } from "../main.ts";
import { fakeProcess, runCommandLine } from "../testing/mod.ts";
import { completionScript, SHELLS } from "./completion.ts";
import { manPages } from "./man-page.ts";

let dir = "";
let table: CommandTable;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-cli-install-"));
  writeFileSync(join(dir, "nodewright"), "version 1", { mode: 0o755 });
  table = commandTable(await wholeProgram(new CliContext(fakeProcess())));
});
afterAll(() => rmSync(dir, { recursive: true }));

const install = (prefix: string, ...more: string[]) =>
  runCommandLine(["install", "--prefix", join(dir, prefix), ...more], {
    execPath: join(dir, "nodewright"),
    env: { PATH: join(dir, prefix, "bin") },
  });

/** Shells that are missing here are named, so that a run without them is seen. */
function has(program: string): boolean {
  const isThere = Bun.which(program) !== null;
  if (!isThere) console.log(`skipped: there is no ${program} on this machine`);
  return isThere;
}

describe("use 16: nodewright install", () => {
  test("puts the executable, completion and man pages below the prefix, by rename", async () => {
    const first = await install("usr");
    expect([first.exitCode, first.stderr]).toEqual([0, ""]);
    const bin = join(dir, "usr/bin/nodewright");
    expect(readFileSync(bin, "utf8")).toBe("version 1");
    expect(statSync(bin).mode & 0o777).toBe(0o755);
    expect(readdirSync(join(dir, "usr/share/man/man1"))).toContain("nodewright-cri.1");
    expect(first.stdout).toContain("installed");
    const inode = statSync(bin).ino;
    expect((await install("usr")).stdout).not.toContain("installed");
    expect(statSync(bin).ino).toBe(inode);
    writeFileSync(join(dir, "nodewright"), "version 2", { mode: 0o755 });
    expect((await install("usr")).stdout).toMatch(/^replaced .*bin\/nodewright$/m);
    expect(statSync(bin).ino).not.toBe(inode);
    expect(readdirSync(join(dir, "usr/bin"))).toEqual(["nodewright"]);
    expect((await install("usr", "--remove")).exitCode).toBe(0);
    expect(readdirSync(join(dir, "usr/bin"))).toEqual([]);
    expect((await install("usr", "--remove")).stdout).toBe("nothing to remove\n");
  });

  test("--dry-run writes nothing; --json is one document", async () => {
    const { stdout } = await install("none", "--dry-run", "--json");
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ kind: "install", dryRun: true });
    expect(document.files[0]).toEqual({
      path: join(dir, "none/bin/nodewright"),
      outcome: "installed",
    });
    expect(readdirSync(dir)).not.toContain("none");
  });

  test("says that the directory is not in PATH", async () => {
    const { stderr } = await runCommandLine(["install", "--prefix", join(dir, "away")], {
      execPath: join(dir, "nodewright"),
      env: { PATH: "/usr/bin" },
    });
    expect(stderr).toContain("is not in PATH");
  });

  test("from source there is nothing to install", async () => {
    const { exitCode, stderr } = await runCommandLine(["install"], { execPath: "/x/bun" });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("npm run build")]);
  });

  test.skipIf(process.getuid?.() === 0)("without permission: what to do instead", async () => {
    mkdirSync(join(dir, "closed"));
    chmodSync(join(dir, "closed"), 0o555);
    const { exitCode, stderr } = await install("closed");
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("--prefix")]);
  });

  test("a file in the place of a directory is an error that names it", async () => {
    writeFileSync(join(dir, "file"), "");
    const { exitCode, stderr } = await install("file");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`Cannot write "${join(dir, "file/bin/nodewright")}"`);
  });
});

describe("use 16: completion", () => {
  test.each(SHELLS)("%s knows every command and every option", (shell) => {
    const script = completionScript(shell, table);
    for (const page of allPages(table)) {
      expect(script).toContain(page.words.at(-1) ?? "nodewright");
      for (const { names } of page.options) {
        for (const name of names.filter((one) => one.startsWith("--"))) {
          expect(script).toContain(shell === "fish" ? `-l ${name.slice(2)}` : name);
        }
      }
    }
  });

  test.skipIf(!has("bash")).each([
    { line: ["nodewright", "sta"], want: ["status"] },
    { line: ["nodewright", "cri", "inspect"], want: ["inspect", "inspectp", "inspecti"] },
    { line: ["nodewright", "-C", "dir", "cri", "po"], want: ["pods", "port-forward"] },
    { line: ["nodewright", "cri", "pods", "--state", ""], want: ["ready", "notready"] },
    { line: ["nodewright", "explain", "--lang", "k"], want: ["ko"] },
    { line: ["nodewright", "check", "--fi"], want: ["--fix"] },
    { line: ["nodewright", "cri", "--node", "x", "pods", "--no-t"], want: ["--no-trunc"] },
  ])("bash completes $line", ({ line, want }) => {
    const script = join(dir, "completion.bash");
    writeFileSync(script, completionScript("bash", table));
    const words = line.map((word) => `'${word}'`).join(" ");
    const program = `source ${script}; COMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _nodewright; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const child = Bun.spawnSync(["bash", "-c", program], { stderr: "inherit" });
    expect(child.stdout.toString().trim().split("\n")).toEqual([...want]);
  });

  test.each(SHELLS.filter((shell) => has(shell)))("%s reads its script", (shell) => {
    const script = join(dir, `completion.${shell}`);
    writeFileSync(script, completionScript(shell, table));
    const child = Bun.spawnSync([shell, "-n", script]);
    expect([child.exitCode, child.stderr.toString()]).toEqual([0, ""]);
  });

  test("nodewright completion prints it; another shell is wrong usage", async () => {
    const bash = await runCommandLine(["completion", "bash"]);
    expect(bash.stdout).toBe(completionScript("bash", table));
    expect((await runCommandLine(["completion", "tcsh"])).exitCode).toBe(2);
  });
});

describe("use 16: man pages", () => {
  test("have every option of the help, and nothing that man(7) takes for a request", () => {
    const pages = manPages(table);
    expect(pages.map(({ name }) => name)).toContain("nodewright-apply.1");
    const text = pages.map((page) => page.text).join("");
    for (const page of allPages(table)) {
      for (const { flags } of page.options) {
        expect({ flags, isThere: text.includes(flags.replaceAll("-", "\\-")) }).toEqual({
          flags,
          isThere: true,
        });
      }
    }
    const requests = new Set([...text.matchAll(/^(\.\S*)/gm)].map(([, request]) => request));
    expect([...requests].sort()).toEqual(
      [".B", ".BR", ".I", ".RI", ".SH", ".SS", ".TH", ".TP", ".br"].sort(),
    );
    expect(text).not.toMatch(/^'/m);
  });

  test.skipIf(!has("groff"))("groff formats them without a warning", () => {
    for (const { text } of manPages(table)) {
      const child = Bun.spawnSync(["groff", "-man", "-ww", "-Tascii"], {
        stdin: Buffer.from(text),
      });
      expect([child.exitCode, child.stderr.toString()]).toEqual([0, ""]);
    }
  });
});

describe("use 16: nodewright version", () => {
  test("prints one line, and with --all everything that has a version", async () => {
    const one = await runCommandLine(["version"]);
    expect(one.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    writeFileSync(
      join(dir, "nodewright.lock"),
      `lockVersion: 1\narches:\n  amd64:\n    runc:\n      debian bookworm:\n        source: debian\n        version: 1.1.5\n        origins: []\n        files: {}\n`,
    );
    const all = await runCommandLine(["version", "--all"], { cwd: dir });
    for (const name of ["nodewright", "bun", "linux", "ssh", "CNI", "CRI"]) {
      expect(all.stdout).toMatch(new RegExp(`^${name} +\\S`, "m"));
    }
    expect(all.stdout).toMatch(/^runc +1\.1\.5 +nodewright\.lock, amd64, from debian$/m);
    const json = JSON.parse((await runCommandLine(["version", "--all", "--json"])).stdout);
    expect(json.kind).toBe("version");
    expect(json.versions.length).toBeGreaterThan(5);
  });

  test("a broken lock is an error with its place, no stack", async () => {
    writeFileSync(join(dir, "nodewright.lock"), "<<<<<<< HEAD\n");
    const { exitCode, stderr } = await runCommandLine(["version", "--all"], { cwd: dir });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("nodewright.lock");
    rmSync(join(dir, "nodewright.lock"));
  });
});
