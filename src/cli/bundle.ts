import { statSync } from "node:fs";
import { resolve } from "node:path";
import {
  ARCHES,
  type Arch,
  ArtifactCache,
  type ArtifactSet,
  COMPONENTS,
  cacheDirectory,
} from "../artifacts/mod.ts";
import { distinctProblems, hasErrors, type Problem, systemClock, UsageError } from "../base/mod.ts";
import { type Cluster, loadCluster } from "../bootstrap/inventory/mod.ts";
import { collectSources, openBundle, writeBundle } from "../bundle/mod.ts";
import { createResolver, nodeKinds, parseArches, usualArches } from "./cluster-artifacts.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { nodeExecutables } from "./node-executables.ts";
import { outputFile } from "./output/output-file.ts";
import { printProblems } from "./output/print-problems.ts";

/** `nodewright bundle -o FILE` and `--open FILE`: what a site without a network needs. */
export const define: DefineCommand = (command, context) => {
  command
    .option("-o, --output <file>", "write the bundle: a .tar.zst")
    .option("--open <file>", "open a bundle: it becomes the cluster directory that -C names")
    .option(
      "--arch <arch...>",
      "for these architectures; default: those of nodewright.lock, else this machine's",
      parseArches,
    )
    .action(async ({ output, open, arch }) => {
      const { cwd } = context.process;
      if ((output === undefined) === (open === undefined)) {
        throw new UsageError("Cannot choose between writing and opening a bundle", {
          fix: "nodewright bundle -o FILE, or nodewright bundle --open FILE -C DIR",
        });
      }
      if (output !== undefined) {
        const { path } = outputFile(
          output,
          { what: "the bundle", example: "site.tar.zst" },
          context,
        );
        await write(path, arch, context);
      }
      if (open !== undefined) await openFile(resolve(cwd, open), context);
    });
};

async function write(
  path: string,
  wanted: readonly Arch[] | undefined,
  context: CliContext,
): Promise<void> {
  const cluster = await loadCluster(context.clusterDir);
  const arches = wanted ?? (await usualArches(cluster.dir, context.process.arch));
  const { sets, problems } = await resolveAll(cluster, arches, context);
  printProblems(problems, context);
  if (hasErrors(problems)) {
    context.exitCode = EXIT.FAILED;
    return;
  }
  const cache = await openCache(context);
  const { execPath, arch } = context.process;
  const all = await nodeExecutables(execPath, arch, cache);
  const executables = new Map<string, string>();
  for (const { uname } of arches.map((one) => ARCHES[one])) {
    const executable = all.get(uname);
    if (executable === undefined) {
      throw new UsageError(`Cannot bundle nodewright for ${uname}: there is no executable of it`, {
        fix: `build it on such a machine and put it next to this one as nodewright-${uname}, or leave it out with --arch`,
      });
    }
    executables.set(uname, (await executable.rest("identity", 0)).path);
  }
  const sources = await collectSources({ cluster, sets, executables, cache });
  await writeBundle(path, { arches, sources }, context.signal);
  const { size } = statSync(path);
  if (context.json) {
    const files = sources.map(({ path: name, sha256, sizeBytes }) => ({
      path: name,
      sha256,
      sizeBytes,
    }));
    context.out.json({ kind: "bundle", path, sizeBytes: size, arches, files });
    return;
  }
  context.out.line(
    `${path}: ${(size / 1e6).toFixed(1)} MB, ${sources.length} files for ${arches.join(", ")}`,
  );
  context.out.note("keys, certificates and kubeconfigs are not in it");
  context.out.note(
    `next, at the site: tar -xf FILE nodewright-$(uname -m), then that one's bundle --open FILE -C DIR`,
  );
}

async function resolveAll(
  cluster: Cluster,
  arches: readonly Arch[],
  context: CliContext,
): Promise<{ readonly sets: readonly ArtifactSet[]; readonly problems: readonly Problem[] }> {
  const resolver = await createResolver(cluster, context, false);
  const sets: ArtifactSet[] = [];
  const problems: Problem[] = cluster.problems.filter(({ severity }) => severity === "error");
  problems.push(...cluster.localProblems);
  for (const arch of arches) {
    for (const kind of nodeKinds(cluster)) {
      const found = await resolver.resolve(arch, kind.components);
      problems.push(...found.problems);
      for (const name of COMPONENTS) {
        const set = found.sets[name];
        if (set.kind === "set" && kind.differs(name)) sets.push(set);
      }
    }
  }
  return { sets, problems: distinctProblems(problems) };
}

async function openFile(path: string, context: CliContext): Promise<void> {
  if (!context.namesDirectory) {
    throw new UsageError("Cannot open a bundle: no directory is named for it", {
      fix: "nodewright bundle --open FILE -C DIR",
    });
  }
  const directory = context.clusterDir;
  const cache = await openCache(context);
  const manifest = await openBundle(path, { directory, cache, signal: context.signal });
  if (context.json) {
    const { arches, files, nodewright } = manifest;
    context.out.json({ kind: "bundle-open", directory, nodewright, arches, files });
    return;
  }
  const { files, arches } = manifest;
  context.out.line(
    `${directory}: ${files.length} files for ${arches.join(", ")}, each with the SHA-256 of its list`,
  );
  context.out.note("next: nodewright pki, then nodewright apply, in that directory");
}

function openCache(context: CliContext): Promise<ArtifactCache> {
  return ArtifactCache.open(cacheDirectory(context.process.env), { nowMs: systemClock.now() });
}
