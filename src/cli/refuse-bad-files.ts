import { distinctProblems, hasErrors, ProblemsError } from "../base/mod.ts";
import type { Cluster, Machine } from "../bootstrap/inventory/mod.ts";
import { Renderer } from "../bootstrap/render/mod.ts";

/**
 * Stops at errors in the directory's files before a machine is asked for anything: they are
 * rendered without binaries, whose kind only the machines know.
 */
export function refuseBadFiles(cluster: Cluster, machines: readonly Machine[]): void {
  const renderer = new Renderer(cluster, { now: new Date() });
  const problems = distinctProblems(
    machines.flatMap((machine) => renderer.render(machine, []).problems),
  );
  if (!hasErrors(problems)) return;
  throw new ProblemsError(`Cannot use the files of the cluster directory ${cluster.dir}`, problems);
}
