import { join } from "node:path";
import process from "node:process";
import { NodewrightError, systemClock, VERSION } from "../base/mod.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";

/**
 * The hidden commands that the jumpbox runs on a node: `serve` speaks frames on standard input and
 * output, `probe` tries the kernel and prints one JSON object.
 */
export const define: DefineCommand = (command, context) => {
  command
    .command("serve")
    .description("the node server: frames on standard input and output")
    .action(() => serve(context));
  command
    .command("probe")
    .description("try what the kernel can do, in throw-away namespaces; one JSON object")
    .argument("[containerd-root]", "where the overlay file system is tried", "/var/lib/containerd")
    .option("--all", "also what only some nodes need; may make the kernel load modules")
    .action(async (containerdRoot, { all }) => {
      const { probeCommand } = await import("../machine/probe/mod.ts");
      context.out.line(probeCommand(containerdRoot, all === true));
    });
};

async function serve(context: CliContext): Promise<void> {
  const { stdin, stdout, execPath, env, signal } = context.process;
  const uid = process.getuid?.() ?? -1;
  if (uid !== 0) {
    throw new NodewrightError("not-root", "Cannot change this machine: not root", {
      fix: "run it through sudo",
    });
  }
  const { createFacts, createMachine, createVerify, readNetwork, serveNode } = await import(
    "../node/serve/mod.ts"
  );
  const machine = createMachine({
    env,
    clock: systemClock,
    toolVersion: VERSION,
    executable: execPath,
    kill: (pid, name) => void process.kill(pid, name),
  });
  // A peer that is gone shows as an error of a write; without a listener it would end the process.
  stdout.on("error", () => {});
  await serveNode({
    input: stdin,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    machine,
    uid,
    facts: createFacts(machine, ownCommand(execPath)),
    // Loaded when asked for: an apply has no use for the rules' facts.
    collect: async (options) => {
      const { collectNode } = await import("../bootstrap/sources/machine/mod.ts");
      return collectNode(machine, ownCommand(execPath), options);
    },
    network: readNetwork,
    ...createVerify(),
    signal,
  });
  // Otherwise a stream that nobody ends keeps the process.
  stdin.destroy();
}

/** What starts this very program again: itself, or in development bun with the source. */
export function ownCommand(execPath: string): readonly string[] {
  // Inside of a compiled executable modules are in a file system of its own.
  if (import.meta.dir.startsWith("/$bunfs/")) return [execPath];
  return [execPath, join(import.meta.dir, "..", "..", "cmd", "nodewright.ts")];
}
