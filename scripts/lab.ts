/** `npm run lab`: builds nodewright, then lets it bring up its lab and show what stands. */
const steps = [
  [process.execPath, "scripts/build.ts"],
  ["dist/nodewright", "lab", "up", ...process.argv.slice(2)],
];
for (const argv of steps) {
  const child = Bun.spawn(argv, { stdin: "inherit", stdout: "inherit", stderr: "inherit" });
  // Ctrl-C reaches the child as well (one process group): it cleans up, this one only waits.
  process.on("SIGINT", () => {});
  const exitCode = await child.exited;
  if (exitCode !== 0) process.exit(exitCode);
}
