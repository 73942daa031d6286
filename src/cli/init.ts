import { join, resolve } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { initCluster } from "../bootstrap/stock/mod.ts";
import type { CliContext } from "./context.ts";

/** `nodewright init [DIR]`: a cluster directory with the stock files. */
export function define(command: Command, context: CliContext): void {
  command
    .argument("[dir]", "the directory to make or to complete; default: the cluster directory")
    .action(async (dir) => {
      const target = dir === undefined ? context.clusterDir : resolve(context.process.cwd, dir);
      const results = await initCluster(target);
      if (context.json) {
        context.out.json({ directory: target, files: results });
        return;
      }
      for (const { path, outcome, because } of results) {
        const words = { written: "wrote", same: "unchanged", kept: "kept" }[outcome];
        const note = because ?? (outcome === "kept" ? "has a text of its own" : undefined);
        context.out.line(`${words.padEnd(9)} ${path}${note === undefined ? "" : ` (${note})`}`);
      }
      context.out.note(`Next: write your machines into ${join(dir ?? target, "machines.txt")}`);
    });
}
