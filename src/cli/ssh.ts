import { shellQuote, UsageError } from "../base/mod.ts";
import { sshArgv } from "../ssh/mod.ts";
import type { DefineCommand } from "./command.ts";
import { openCluster } from "./open-cluster.ts";
import { requireMachine } from "./require-machine.ts";

/** `nodewright ssh NODE [COMMAND...]`: a shell or a command on a node, reached as apply reaches it. */
export const define: DefineCommand = (command, context) => {
  command
    .argument("<node>", "a machine of machines.txt")
    .argument("[command...]", "what to run there; a shell without it")
    .passThroughOptions()
    .action(async (node, words) => {
      const { cluster, ports } = await openCluster(context, { update: false });
      const target = ports.target(requireMachine(cluster, node));
      const tty = words.length === 0;
      if (tty && context.process.stdin.isTTY !== true) {
        throw new UsageError("Cannot start a shell: standard input is not a terminal", {
          fix: `Name the command: nodewright ssh ${node} -- uptime`,
        });
      }
      const own = words[0] === "--" ? words.slice(1) : words;
      const [only = ""] = own;
      // One word is a line for the shell there, as ssh has it; several are one command.
      const line = own.length === 1 ? only : own.map(shellQuote).join(" ");
      const argv = [...sshArgv(target, [], { tty }), ...(line === "" ? [] : [line])];
      const child = Bun.spawn(argv, {
        stdio: ["inherit", "inherit", "inherit"],
        env: { ...ports.env },
      });
      context.exitCode = await child.exited;
    });
};
