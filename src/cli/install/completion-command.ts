import { Argument } from "@commander-js/extra-typings";
import { commandTable } from "../command-table.ts";
import type { DefineCommand } from "../commands.ts";
import { wholeProgram } from "../main.ts";
import { completionScript, SHELLS } from "./completion.ts";

/** `nodewright completion SHELL`: the script, for places where `install` does not put it. */
export const define: DefineCommand = (root, context) => {
  root
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(SHELLS))
    .action(async (shell) => {
      const script = completionScript(shell, commandTable(await wholeProgram(context)));
      if (context.json) context.out.json({ kind: "completion", shell, script });
      else context.out.line(script.trimEnd());
    });
};
