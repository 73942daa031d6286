/**
 * The one executable. By the name it was called by, or by its first argument, it imports one
 * program and runs it: whatever a program does not need is never loaded.
 */
import { VERSION } from "../src/base/version.ts";

const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  process.stdout.write(`${VERSION}\n`);
} else {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // The first one asks every wait to end; a second one does not wait for that.
      if (interrupted.signal.aborted) process.exit(130);
      interrupted.abort(new Error(`Interrupted by ${signal}`));
    });
  }
  const { hostname, userInfo } = await import("node:os");
  const { main } = await import("../src/cli/mod.ts");
  process.exitCode = await main({
    argv,
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    execPath: process.execPath,
    arch: process.arch,
    holder: `${userInfo().username}@${hostname()}, process ${process.pid}`,
    signal: interrupted.signal,
  });
}
