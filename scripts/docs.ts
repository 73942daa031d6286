/** Writes docs/commands.md from the commands themselves; a test checks that it is up to date. */
import process from "node:process";
import { commandReference } from "../src/cli/mod.ts";

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
await Bun.write(new URL("../docs/commands.md", import.meta.url).pathname, reference);
