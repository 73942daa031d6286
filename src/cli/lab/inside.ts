import type { Command } from "@commander-js/extra-typings";
import { shellQuote } from "../../base/mod.ts";
import {
  DEFAULT_LAB,
  execArgv,
  type Lab,
  LabError,
  type LabMachine,
  requireLab,
  sshArgs,
} from "../../lab/mod.ts";
import type { CliContext } from "../context.ts";
import { labKubectl } from "./kubectl.ts";
import { labDepsOf } from "./lab-deps.ts";

/** `lab ssh`, `lab exec`, `lab kubectl`. */
export function defineInside(command: Command, context: CliContext): void {
  command
    .command("ssh")
    .description("log in to a machine, or run a command there, through ssh as apply does")
    .argument("<node>", "a machine of the lab")
    .argument("[command...]", "what to run; a shell without it")
    .option("--name <name>", "the lab's name", DEFAULT_LAB)
    .passThroughOptions()
    .action(async (node, words, { name }) => {
      const { lab, machine } = await find(context, name, node);
      // ssh hands its words to a shell on the other side: one word is a line for it, as ssh has it.
      const command = commandWords(words);
      const [only = ""] = command;
      const line = command.length === 1 ? only : command.map(shellQuote).join(" ");
      const ssh = sshArgs(lab, machine);
      context.exitCode = await runHere(line === "" ? ssh : [...ssh, line]);
    });
  command
    .command("exec")
    .description("run a command inside a machine, past its network and sshd")
    .argument("<node>", "a machine of the lab")
    .argument("<command...>", "what to run")
    .option("--name <name>", "the lab's name", DEFAULT_LAB)
    .passThroughOptions()
    .action(async (node, words, { name }) => {
      const { machine } = await find(context, name, node);
      const term = context.process.env["TERM"];
      const argv = await execArgv(machine, commandWords(words), term === undefined ? {} : { term });
      context.exitCode = await runHere(argv);
    });
  command
    .command("kubectl")
    .description("run kubectl with the kubeconfig of the lab's cluster")
    .argument("<word...>", "what kubectl is to do, with its own options")
    .option("--name <name>", "the lab's name", DEFAULT_LAB)
    .passThroughOptions()
    .action(async (words, { name }) => {
      const lab = await requireLab(labDepsOf(context), name);
      const { path, kubeconfig } = await labKubectl(context, lab);
      const env = { ...context.process.env, KUBECONFIG: kubeconfig };
      context.exitCode = await runHere([path, ...commandWords(words)], env);
    });
}

/** The `--` between node and command is for our own parser; it is not part of the command. */
function commandWords(words: readonly string[]): readonly string[] {
  return words[0] === "--" ? words.slice(1) : words;
}

async function find(
  context: CliContext,
  labName: string,
  node: string,
): Promise<{ lab: Lab; machine: LabMachine }> {
  const lab = await requireLab(labDepsOf(context), labName);
  const machine = lab.machines.find((one) => one.name === node || one.fqdn === node);
  if (machine !== undefined) return { lab, machine };
  throw new LabError("no-such-machine", `Cannot find a machine of that name: "${node}"`, {
    fix: `One of: ${lab.machines.map((one) => one.name).join(", ")}`,
  });
}

/** Runs a program on this terminal; its exit code is ours. */
async function runHere(
  argv: readonly string[],
  env?: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const child = Bun.spawn([...argv], {
    stdio: ["inherit", "inherit", "inherit"],
    ...(env === undefined ? {} : { env }),
  });
  return child.exited;
}
