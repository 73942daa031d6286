import { relative, resolve } from "node:path";
import { type Command, Option } from "@commander-js/extra-typings";
import {
  DEFAULT_LAB,
  defaultClusterDir,
  execArgv,
  LAB_CNI,
  type Lab,
  LabError,
  type LabEvent,
  type LabMachine,
  type LabResult,
  type LabStatus,
  type LabSteps,
  labClusterUp,
  labDown,
  labOption,
  labStatus,
  requireLab,
  sshArgs,
} from "../../lab/mod.ts";
import { shellQuote } from "../../ssh/mod.ts";
import type { CliContext } from "../context.ts";
import { integerOption } from "../option-parsers.ts";
import { labDeps } from "./lab-deps.ts";
import { labSteps } from "./lab-steps.ts";

const DEFAULT_NODES = 2;

/** `nodewright lab`: machines on this host, and worker nodes made of them. */
export function define(command: Command, context: CliContext): void {
  defineLab(command, context, labSteps(context));
}

/** The same with the steps that turn machines into nodes; without them `up` ends before apply. */
export function defineLab(
  command: Command,
  context: CliContext,
  steps: LabSteps | undefined,
): void {
  command.enablePositionalOptions();
  defineUp(command, context, steps);
  defineDown(command, context);
  defineStatus(command, context);
  defineInside(command, context);
}

function defineUp(command: Command, context: CliContext, steps: LabSteps | undefined): void {
  command
    .command("up")
    .description("make the lab, or what is missing of it")
    .option("--nodes <n>", "how many machines", integerOption(1), DEFAULT_NODES)
    .option("--name <name>", "the lab's name, where there are several", DEFAULT_LAB)
    .option("--nat", "let the machines reach the internet through this host")
    .option("--cluster <dir>", "where to write the cluster directory; default: inside of the lab")
    .option("--mirror <url>", "the Debian mirror that the machines' packages come from")
    .addOption(
      new Option("--cni <source>", "whose CNI plugins: nodewright's own or Debian's package")
        .choices(LAB_CNI)
        .default("builtin" as const),
    )
    .option("--machines-only", "do not make worker nodes of them")
    .action(async (options) => {
      context.afterInterrupt = `run the same command again: it goes on from what was done; or take it down: nodewright lab down${labOption(options.name)}`;
      const target = await labClusterUp(
        depsOf(context),
        {
          name: options.name,
          nodes: options.nodes,
          cni: options.cni,
          ...(options.nat === undefined ? {} : { nat: options.nat }),
          ...(options.mirror === undefined ? {} : { mirror: options.mirror }),
          ...(options.cluster === undefined
            ? {}
            : { clusterDir: resolve(context.process.cwd, options.cluster) }),
        },
        options.machinesOnly === true ? undefined : steps,
      );
      if (context.json) {
        const { lab, clusterDir, pods } = target;
        context.out.json({ kind: "lab", name: lab.name, clusterDir, machines: lab.machines, pods });
        return;
      }
      for (const line of whatStands(target, context)) context.out.line(line);
      if (target.lab.machines.length > options.nodes) {
        context.out.note(
          `The lab keeps its ${target.lab.machines.length} machines: --nodes adds and takes none away. Fewer: nodewright lab down${labOption(options.name)}, then up`,
        );
      }
    });
}

/** What a person has now, and what to try with it. */
function whatStands({ lab, clusterDir, pods }: LabResult, context: CliContext): string[] {
  const { cwd, execPath } = context.process;
  const here = relative(cwd, execPath);
  const nodewright = here.startsWith("..") ? execPath : here;
  const option = labOption(lab.name);
  const [first] = pods;
  const last = pods.at(-1);
  return [
    "",
    "What stands:",
    ...lab.machines.map((one) => {
      const pod = pods.find(({ node }) => node === one.name);
      const runs = pod === undefined ? "" : `  pod ${pod.pod} at ${pod.address}`;
      return `  ${one.name}  ${one.address}  pods ${one.podSubnet}${runs}`;
    }),
    `  cluster directory: ${clusterDir}`,
    "",
    "What to try next:",
    ...(first === undefined || last === undefined
      ? []
      : [
          `  ${nodewright} lab exec${option} ${first.node} -- nodewright cri ps`,
          `  ${nodewright} lab exec${option} ${first.node} -- ping -c 1 ${last.address}`,
          `  ${nodewright} status -C ${clusterDir}`,
          `  edit a file below ${clusterDir}, then: ${nodewright} plan -C ${clusterDir}`,
        ]),
    `  ${nodewright} lab ssh${option} ${lab.machines[0]?.name ?? ""}`,
    `  ${nodewright} lab down${option}`,
  ];
}

function defineDown(command: Command, context: CliContext): void {
  command
    .command("down")
    .description("take the lab away, with everything that it made on this host")
    .option("--name <name>", "the lab's name", DEFAULT_LAB)
    .action(async ({ name }) => {
      const existed = await labDown(depsOf(context), name);
      if (context.json) context.out.json({ kind: "lab-down", name, removed: existed });
      else context.out.line(existed ? `${name}: taken away` : `${name}: there is no such lab`);
    });
}

function defineStatus(command: Command, context: CliContext): void {
  command
    .command("status")
    .description("the labs of this host and their machines")
    .action(async () => {
      const labs = await labStatus(depsOf(context));
      if (context.json) context.out.json({ kind: "labs", labs: labs.map(statusDocument) });
      else if (labs.length === 0) context.out.line("no lab");
      for (const one of context.json ? [] : labs)
        for (const line of statusLines(one)) context.out.line(line);
    });
}

function statusDocument({ lab, machines }: LabStatus): unknown {
  return { ...lab, clusterDir: defaultClusterDir(lab), machines };
}

function statusLines({ lab, machines }: LabStatus): string[] {
  const head = `${lab.name}: ${lab.bridge} ${lab.subnet}, this host is ${lab.jumpboxAddress}${lab.nat ? ", NAT" : ""}`;
  const rows = machines.map((one) =>
    ["", one.name, one.state, one.address, `pods ${one.podSubnet}`].join("  "),
  );
  return [head, ...rows];
}

function defineInside(command: Command, context: CliContext): void {
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
  const lab = await requireLab(depsOf(context), labName);
  const machine = lab.machines.find((one) => one.name === node || one.fqdn === node);
  if (machine !== undefined) return { lab, machine };
  throw new LabError("no-such-machine", `Cannot find a machine of that name: "${node}"`, {
    fix: `One of: ${lab.machines.map((one) => one.name).join(", ")}`,
  });
}

/** Runs a program on this terminal; its exit code is ours. */
async function runHere(argv: readonly string[]): Promise<number> {
  const child = Bun.spawn([...argv], { stdio: ["inherit", "inherit", "inherit"] });
  return child.exited;
}

function depsOf(context: CliContext) {
  return labDeps({
    env: context.process.env,
    report: reporter(context),
    signal: context.signal,
  });
}

function reporter(context: CliContext): (event: LabEvent) => void {
  if (context.json) return (event) => context.out.json(event);
  return ({ kind, machine, message }) => {
    const prefix = machine === undefined ? "" : `${machine}: `;
    context.out.note(kind === "warning" ? `warning: ${prefix}${message}` : `${prefix}${message}`);
  };
}
