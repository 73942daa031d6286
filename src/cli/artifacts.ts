import {
  type Arch,
  type ArtifactSet,
  COMPONENTS,
  type MissingComponent,
} from "../artifacts/mod.ts";
import { distinctProblems, hasErrors, type Problem } from "../base/mod.ts";
import { loadCluster } from "../bootstrap/inventory/mod.ts";
import { createResolver, nodeKinds, parseArches, usualArches } from "./cluster-artifacts.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { printProblems } from "./output/print-problems.ts";

/** One component for one kind of node. */
interface Row {
  readonly arch: Arch;
  /** The nodes that have settings of their own; empty: all others. */
  readonly nodes: readonly string[];
  readonly set: ArtifactSet | MissingComponent;
}

/**
 * `nodewright artifacts [--arch ARCH...] [--update]`: what each component is, where it comes
 * from, and what is wrong with it. Writes nodewright.lock.
 */
export const define: DefineCommand = (command, context) => {
  command
    .option(
      "--arch <arch...>",
      "for these architectures; default: those of nodewright.lock, else this machine's",
      parseArches,
    )
    .option("--update", "resolve everything again, whatever nodewright.lock says")
    .action(async (options) => {
      const cluster = await loadCluster(context.clusterDir);
      const resolver = await createResolver(cluster, context, options.update ?? false);
      const rows: Row[] = [];
      const problems: Problem[] = cluster.problems.filter((p) => p.severity === "error");
      for (const arch of options.arch ?? (await usualArches(cluster.dir, context.process.arch))) {
        for (const kind of nodeKinds(cluster)) {
          const { sets, problems: found } = await resolver.resolve(arch, kind.components);
          problems.push(...found);
          for (const name of COMPONENTS) {
            if (kind.differs(name)) rows.push({ arch, nodes: kind.nodes, set: sets[name] });
          }
        }
      }
      report(rows, distinctProblems(problems), context);
      if (hasErrors(problems)) context.exitCode = EXIT.FAILED;
    });
};

function report(rows: readonly Row[], problems: readonly Problem[], context: CliContext): void {
  if (context.json) {
    const artifacts = rows.map(({ arch, nodes, set }) => ({ arch, nodes, ...set }));
    context.out.json({ kind: "artifacts", artifacts, problems });
    return;
  }
  const header = ["COMPONENT", "SOURCE", "VERSION", "ARCH", "SIZE", "SHA256", "NOTE"];
  context.out.table(header, rows.map(toCells));
  if (context.verbose) for (const row of rows) printFiles(row, context);
  printProblems(problems, context);
}

function toCells({ arch, nodes, set }: Row): string[] {
  const forNodes = nodes.length === 0 ? [] : [`for ${nodes.join(", ")}`];
  if (set.kind === "missing") {
    return [set.component, "-", "-", arch, "-", "-", [...forNodes, set.reason].join("; ")];
  }
  const [first] = set.files;
  const size = set.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const notes = [...forNodes, originOf(set)];
  if (set.files.length > 1) notes.push(`${set.files.length} files`);
  return [
    set.component,
    set.source,
    set.version,
    arch,
    `${(size / 1e6).toFixed(1)} MB`,
    set.files.length > 1 ? "" : (first?.sha256.slice(0, 12) ?? ""),
    notes.join("; "),
  ];
}

/** Where the files come from, without the names inside of archives. */
function originOf(set: ArtifactSet): string {
  const [first, ...others] = new Set(
    set.files.map((file) => file.origin.replace(/(\.tgz|\.tar\.gz):.*$/, "$1")),
  );
  return others.length === 0 ? (first ?? "") : `${first} and others`;
}

function printFiles({ set }: Row, context: CliContext): void {
  if (set.kind === "missing") return;
  for (const file of set.files) {
    context.out.line(`${file.sha256}  ${file.installPath}  ${file.origin}`);
  }
}
