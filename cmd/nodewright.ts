/**
 * The one executable. By the name it was called by, or by its first argument, it imports one
 * program and runs it: whatever a program does not need is never loaded.
 */
import { runNamedPlugin } from "../src/cni/plugins/run.ts";

const argv = process.argv.slice(2);
const name = process.argv0.slice(process.argv0.lastIndexOf("/") + 1);
/** A component of a worker node is called by its name, or as a command, and has its own flags. */
const COMPONENTS: readonly (string | undefined)[] = ["kubelet", "kube-proxy"];
const component = [name, argv[0]].find((word) => COMPONENTS.includes(word));
// A CNI plugin is on the path of every pod start: nothing but its own few modules is loaded.
const pluginExit = name === "nodewright" ? undefined : await runNamedPlugin(name, process);

if (name === "nodewright-cni-worker") {
  const { runWorker } = await import("../src/cni/server/worker.ts");
  process.exit(await runWorker(process, Number(process.env["NODEWRIGHT_CNI_IDLE_MS"])));
} else if (pluginExit !== undefined) {
  // Everything is written and closed: what else happens at a natural end only takes time.
  process.exit(pluginExit);
} else if (
  component !== "kubelet" &&
  argv.length === 1 &&
  (argv[0] === "--version" || argv[0] === "-V")
) {
  const { VERSION } = await import("../src/base/version.ts");
  process.stdout.on("error", () => process.exit(1));
  process.stdout.write(`${VERSION}\n`);
} else {
  // The executable starts with a JIT that waits long (scripts/build.ts), for plugins' sake. The part
  // on a node, whose work is done by the runtime's own code, needs a twentieth less with it, too.
  if (argv[0] !== "node") Bun.unsafe.setJITPolicy(1);
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // The first one asks every wait to end; a second one does not wait for that.
      if (interrupted.signal.aborted) process.exit(130);
      interrupted.abort(new Error(`Interrupted by ${signal}`));
    });
  }
  // A reader that has left (`| head`) ends the work in order; `node serve` finishes without one.
  // Output that is lost otherwise (a full disk) ends it as well, and is a failure.
  let lost: string | undefined;
  if (argv[0] !== "node") {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on("error", (error) => {
        const code = "code" in error ? String(error.code) : error.message;
        if (code !== "EPIPE") lost ??= code;
        interrupted.abort(new Error("The output can no longer be written"));
      });
    }
  }
  const { writeSync } = await import("node:fs");
  const { lastResort } = await import("../src/cli/unexpected.ts");
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (thrown: unknown) => {
      const { exitCode, text } = lastResort(thrown, argv, interrupted.signal.aborted);
      try {
        writeSync(2, text);
      } catch {
        // Standard error is what cannot be written.
      }
      process.exit(exitCode);
    });
  }
  const { describeHolder } = await import("../src/cli/describe-holder.ts");
  const cliProcess = {
    argv: component !== undefined && component !== name ? argv.slice(1) : argv,
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    execPath: process.execPath,
    arch: process.arch,
    holder: describeHolder(process.pid),
    signal: interrupted.signal,
  };
  // A connection that is still open keeps no component that has been told to end.
  if (component === "kubelet") {
    const { runKubelet } = await import("../src/cli/kubelet.ts");
    process.exit(await runKubelet(cliProcess, process.pid));
  } else if (component === "kube-proxy") {
    const { runKubeProxy } = await import("../src/cli/kube-proxy.ts");
    process.exit(await runKubeProxy(cliProcess, process.pid));
  } else {
    const { main } = await import("../src/cli/mod.ts");
    process.exitCode = await main(cliProcess);
    // What was written last may still fail.
    process.on("exit", () => {
      if (lost === undefined) return;
      process.exitCode = 1;
      try {
        writeSync(2, `error: Cannot write the output: ${lost}\n`);
      } catch {
        // Standard error is what cannot be written.
      }
    });
  }
}
