import { distinctProblems, hasErrors, ProblemsError } from "../base/mod.ts";
import type { Cluster, Machine } from "../bootstrap/inventory/mod.ts";
import { type RenderedNode, Renderer } from "../bootstrap/render/mod.ts";

/**
 * The machines' files, by name, rendered before a machine is asked for anything: without binaries,
 * whose kind only the machines know. Throws ProblemsError where the directory's files have errors.
 */
export function renderFiles(
  cluster: Cluster,
  machines: readonly Machine[],
): ReadonlyMap<string, RenderedNode> {
  const renderer = new Renderer(cluster, { now: new Date() });
  const nodes = new Map(machines.map((machine) => [machine.name, renderer.render(machine, [])]));
  const problems = distinctProblems([...nodes.values()].flatMap((node) => node.problems));
  if (!hasErrors(problems)) return nodes;
  throw new ProblemsError(`Cannot use the files of the cluster directory ${cluster.dir}`, problems);
}
