import { initCluster } from "../bootstrap/stock/mod.ts";
import type { DefineCommand } from "./command.ts";
import { wordOption } from "./option-parsers.ts";

/** `nodewright init [DIR]`: a cluster directory with the stock files. */
export const define: DefineCommand = (command, context) => {
  command
    .argument("[dir]", "the directory to make or to complete; default: the cluster directory")
    .option(
      "--profile <name>",
      "cis: what the CIS Kubernetes Benchmark asks of worker nodes",
      wordOption(["cis"]),
    )
    .action(async (dir, { profile }) => {
      // Never one above: what is made is made here.
      if (dir !== undefined) context.useDirectory(dir);
      else if (!context.namesDirectory) context.useDirectory(".");
      const target = context.clusterDir;
      const results = await initCluster(target, profile === undefined ? {} : { profile });
      if (context.json) {
        context.out.json({ kind: "init", directory: target, files: results });
        return;
      }
      for (const { path, outcome, because } of results) {
        const words = { written: "wrote", same: "unchanged", kept: "kept" }[outcome];
        const note = because ?? (outcome === "kept" ? "has a text of its own" : undefined);
        context.out.line(`${words.padEnd(9)} ${path}${note === undefined ? "" : ` (${note})`}`);
      }
      const machines = context.pathOf("machines.txt");
      context.out.note(`Next: write your machines into ${machines}, then nodewright pki`);
    });
};
