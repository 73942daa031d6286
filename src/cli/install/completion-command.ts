import { Argument } from "@commander-js/extra-typings";
import type { DefineCommand } from "../command.ts";
import { commandTable } from "../command-table.ts";
import { completionScript, SHELLS } from "./completion.ts";

/** `nodewright completion SHELL`: the script, for places where `install` does not put it. */
export const define: DefineCommand = (root, context, wholeProgram) => {
  root
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(SHELLS))
    .action(async (shell) => {
      const script = completionScript(shell, commandTable(await wholeProgram()));
      if (context.json) context.out.json({ kind: "completion", shell, script });
      else context.out.line(script.trimEnd());
    });
};
