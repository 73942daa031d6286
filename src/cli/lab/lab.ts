import type { Command } from "@commander-js/extra-typings";
import { DEFAULT_LAB, type LabSteps, labDown } from "../../lab/mod.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { defineInside } from "./inside.ts";
import { labDepsOf } from "./lab-deps.ts";
import { labSteps } from "./lab-steps.ts";
import { defineStatus } from "./status.ts";
import { defineUp } from "./up.ts";

/** `nodewright lab`: machines on this host, and a cluster made of them. */
export const define: DefineCommand = (command, context) => {
  defineLab(command, context, labSteps(context));
};

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

function defineDown(command: Command, context: CliContext): void {
  command
    .command("down")
    .description("take the lab away, with everything that it made on this host")
    .option("--name <name>", "the lab's name", DEFAULT_LAB)
    .action(async ({ name }) => {
      const existed = await labDown(labDepsOf(context), name);
      if (context.json) context.out.json({ kind: "lab-down", name, removed: existed });
      else context.out.line(existed ? `${name}: taken away` : `${name}: there is no such lab`);
    });
}
