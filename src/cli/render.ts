import { chmod, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  distinctProblems,
  hasErrors,
  NodewrightError,
  nearest,
  ProblemsError,
  UsageError,
} from "../base/mod.ts";
import {
  type Cluster,
  loadCluster,
  type Machine,
  selectManaged,
} from "../bootstrap/inventory/mod.ts";
import { type RenderedNode, Renderer } from "../bootstrap/render/mod.ts";
import type { DesiredFile } from "../plan/mod.ts";
import { atomicWriteFile } from "../sys/mod.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { outputDirectory } from "./output/output-file.ts";
import { printProblems } from "./output/print-problems.ts";

/**
 * `nodewright render [NODE...] [-o OUT]`: the files that each node would get, listed or written.
 * Needs no network and no binaries: those are what `nodewright artifacts` shows.
 */
export const define: DefineCommand = (command, context) => {
  command
    .argument("[node...]", "only these nodes; after one node, a path there prints that file")
    .option("-o, --output <dir>", "write the files to DIR/NODE/PATH")
    .action(async (names, options) => {
      const output =
        options.output === undefined ? undefined : outputDirectory(options.output, context);
      const cluster = await loadCluster(context.clusterDir);
      stopAtErrors(cluster.problems, context);
      const [only, path] = names;
      if (only !== undefined && path?.startsWith("/")) {
        if (names.length > 2 || options.output !== undefined) {
          throw new UsageError("Expected one node and one path", {
            fix: "nodewright render NODE PATH",
          });
        }
        printFile(cluster, only, path, context);
        return;
      }
      const machines = selectManaged(cluster, names);
      if (machines.length === 0) {
        throw new UsageError(`No worker in ${join(cluster.dir, "machines.txt")}`, {
          fix: "A worker has a pod subnet in the fourth column, such as 10.200.0.0/24",
        });
      }
      const rendered = renderAll(cluster, machines);
      const problems = distinctProblems([
        ...cluster.problems,
        ...rendered.flatMap((node) => node.problems),
      ]);
      stopAtErrors(problems, context);
      if (output !== undefined) {
        for (const node of rendered) await writeNode(node, output, context.signal);
      }
      report(rendered, output, context);
      // They are in the way of no node, whatever they are to the control plane.
      const others = cluster.controlPlaneProblems.map((problem) => ({
        ...problem,
        severity: "warning" as const,
      }));
      const shown = distinctProblems([...problems, ...others]);
      if (context.json) context.out.json(toJson(rendered, shown));
      else printProblems(shown, context);
    });
};

/** One file of one node, as it is; never a secret. */
function printFile(cluster: Cluster, node: string, path: string, context: CliContext): void {
  const [rendered] = renderAll(cluster, selectManaged(cluster, [node]));
  if (rendered === undefined) return;
  stopAtErrors(rendered.problems, context);
  const { files } = rendered.desired;
  const file = files.find((one) => one.path === path);
  if (file === undefined) {
    const near = nearest(
      path,
      files.map((one) => one.path),
    );
    throw new UsageError(`${node} gets no such file: ${path}`, {
      fix: near === undefined ? `nodewright render ${node} lists them` : `Did you mean ${near}?`,
    });
  }
  const content = rendered.contents.get(file.digest);
  if (file.sensitive || content?.kind !== "bytes") {
    throw new UsageError(`Cannot print ${path}: it holds a secret`, {
      fix: `It is ${file.origin} in the cluster directory; render -o OUT writes it with its mode`,
    });
  }
  const text = new TextDecoder().decode(content.bytes);
  if (context.json)
    context.out.json({ kind: "rendered-file", node, ...file, mode: modeText(file.mode), text });
  else context.out.line(text.replace(/\n$/, ""));
}

function renderAll(cluster: Cluster, machines: readonly Machine[]): RenderedNode[] {
  const renderer = new Renderer(cluster, { now: new Date() });
  return machines.map((machine) => renderer.render(machine, []));
}

function stopAtErrors(problems: RenderedNode["problems"], context: CliContext): void {
  if (!hasErrors(problems)) return;
  throw new ProblemsError(`Cannot render the cluster directory ${context.clusterDir}`, problems);
}

async function writeNode(node: RenderedNode, output: string, signal: AbortSignal): Promise<void> {
  for (const file of node.desired.files) {
    signal.throwIfAborted();
    const content = node.contents.get(file.digest);
    if (content?.kind !== "bytes") continue;
    const path = join(output, node.desired.node, file.path);
    try {
      await mkdir(dirname(path), { recursive: true });
      // Writing is what takes the time for many nodes: what is there already stays.
      const present = await readFile(path).catch(() => undefined);
      if (present?.equals(content.bytes) === true) {
        await chmod(path, file.mode);
        continue;
      }
      await atomicWriteFile(path, content.bytes, { mode: file.mode });
    } catch (thrown) {
      throw NodewrightError.from(thrown, `Cannot write "${path}"`);
    }
  }
}

function report(
  nodes: readonly RenderedNode[],
  output: string | undefined,
  { out, json }: CliContext,
): void {
  if (json) return;
  for (const { desired } of nodes) {
    if (output !== undefined) {
      out.line(`${desired.node}: ${desired.files.length} files in ${join(output, desired.node)}`);
      continue;
    }
    out.line(`${desired.node} (${desired.address}, pods ${desired.podSubnets.join(" ")})`);
    const width = Math.max(...desired.files.map((file) => file.path.length));
    for (const file of desired.files) out.line(`  ${describe(file, width)}`);
  }
}

function describe(file: DesiredFile, width: number): string {
  const secret = file.sensitive ? " (secret)" : "";
  const size = String(file.sizeBytes).padStart(7);
  return `${modeText(file.mode)} ${size}  ${file.path.padEnd(width)}  ${file.origin}${secret}`;
}

function modeText(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** The text of a file that is neither secret nor a binary. */
function contentOf(
  file: DesiredFile,
  contents: RenderedNode["contents"],
): { readonly content?: string } {
  const content = contents.get(file.digest);
  if (file.sensitive || !file.text || content?.kind !== "bytes") return {};
  return { content: new TextDecoder().decode(content.bytes) };
}

function toJson(nodes: readonly RenderedNode[], problems: RenderedNode["problems"]) {
  return {
    kind: "render",
    nodes: nodes.map(({ desired, contents }) => ({
      node: desired.node,
      address: desired.address,
      podSubnets: desired.podSubnets,
      files: desired.files.map((file) => ({ ...file, ...contentOf(file, contents) })),
      units: desired.units.map(({ name, reads }) => ({ name, reads })),
      routes: desired.routes,
      sysctls: desired.sysctls,
    })),
    problems,
  };
}
