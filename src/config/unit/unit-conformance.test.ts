import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseUnit } from "../mod.ts";

const ANALYZE = Bun.which("systemd-analyze");

/** The lines that systemd itself complains of when it reads a unit. */
async function systemdComplaints(text: string): Promise<number[]> {
  const directory = await mkdtemp(join(tmpdir(), "unit-"));
  try {
    const path = join(directory, "x.service");
    await Bun.write(path, text);
    const argv = [ANALYZE ?? "", "--man=no", "--generators=no", "verify", path];
    const child = Bun.spawn(argv, { stdout: "ignore", stderr: "pipe" });
    const output = await new Response(child.stderr).text();
    await child.exited;
    const lines = [...output.matchAll(/x\.service:(\d+): /g)].map((match) => Number(match[1]));
    return [...new Set(lines)].sort((a, b) => a - b);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const head = "[Service]\nExecStart=/bin/true\n";

// Each row is read by systemd where it is installed: the same lines must be found wrong.
test.skipIf(ANALYZE === null).each([
  ["nothing", head],
  ["unknown keys", `${head}Resart=x\nX-Foo=1\nrestart=always\n`],
  ["keys of another section", `[Unit]\nRestart=no\n${head}After=a.service\n`],
  ["sections", `${head}[Instal]\nWantedBy=x\n[X-Own]\na=b\n[install]\n`],
  ["broken lines", `A=b\n${head}foo\nRestart=no\n[Foo\n`],
  ["continuations", `${head}Environment=A=1 \\\n# c=d\\\n; e\n  B=2\nnonsense\n`],
  ["a comment that only looks continued", `${head}# a \\\nnonsense\n`],
  ["an escaped backslash at the end", `${head}Description=a\\\\\nnonsense\n`],
  ["quotes", `[Service]\nExecStart=/bin/true "a b" 'c' d'e f'\nExecStartPre=/bin/true "x\n`],
  ["a relative path", "[Service]\nExecStart=bin/true\n"],
  ["a relative path behind prefixes", "[Service]\nExecStart=/bin/true\nExecStop=+@./x y\n"],
  [
    "paths that are fine",
    "[Service]\nExecStart=@/bin/true x\nExecStop=-true\nExecReload=!!/bin/true\n",
  ],
  ["words out of a list", `${head}Restart=allways\nKillMode=proces\nType=simple\n`],
  ["a byte order mark and CRLF", `\uFEFF[Service]\r\nExecStart=/bin/true a \\\r\n b\r\nfoo\r\n`],
])("systemd finds the same lines wrong: %s", async (_name, text) => {
  const { problems } = parseUnit(text, "x.service");
  const isOurs = ({ code }: { code: string }): boolean =>
    code !== "crlf" && code !== "byte-order-mark";
  const lines = problems.filter(isOurs).map((problem) => problem.locations[0]?.line ?? 0);
  expect([...new Set(lines)].sort((a, b) => a - b)).toEqual(await systemdComplaints(text));
});
