/** Builds dist/nodewright, the one executable. */
import { mkdirSync, renameSync, statSync } from "node:fs";

mkdirSync("dist", { recursive: true });
const started = performance.now();
const build = Bun.spawnSync(
  [
    process.execPath,
    "build",
    "--compile",
    "--minify",
    "--splitting",
    "--bytecode",
    "--format=esm",
    // A file in the directory that it is started in must not steer a program that is root.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    // A plugin is over before compiled code would pay: its threads alone cost half a millisecond.
    // Programs that run longer set the normal policy themselves.
    "--compile-jit-policy=100",
    "cmd/nodewright.ts",
    "--outfile",
    "dist/.nodewright.new",
  ],
  { stdout: "pipe", stderr: "pipe" },
);
if (build.exitCode !== 0) {
  process.stderr.write(build.stdout);
  process.stderr.write(build.stderr);
  process.exit(1);
}
renameSync("dist/.nodewright.new", "dist/nodewright");
const megabytes = (statSync("dist/nodewright").size / 1e6).toFixed(0);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`dist/nodewright: ${megabytes} MB, built in ${seconds} s`);
