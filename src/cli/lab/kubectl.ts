import { chmod, copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import {
  ArtifactResolver,
  COMPONENTS,
  type ComponentsSettings,
  cacheDirectory,
  parseArch,
  systemCommands,
} from "../../artifacts/mod.ts";
import { NodewrightError, ProblemsError, systemClock } from "../../base/mod.ts";
import { hostKubeconfig, type Lab, LabError, labOption } from "../../lab/mod.ts";
import { pathExists } from "../../sys/mod.ts";
import type { CliContext } from "../context.ts";

/** The suite of Debian whose kubectl is of the cluster's own release. */
const SUITE = "forky";

/** The kubectl of a lab, and the kubeconfig that leads to it. */
export interface LabKubectl {
  readonly path: string;
  readonly kubeconfig: string;
}

/** kubectl out of the cache, where Debian's package is unpacked the first time (nothing is installed). */
export async function labKubectl(context: CliContext, lab: Lab): Promise<LabKubectl> {
  const kubeconfig = hostKubeconfig(lab);
  if (!(await pathExists(kubeconfig))) {
    throw new LabError("no-such-machine", `Cannot ask the lab "${lab.name}": it has no cluster`, {
      fix: `nodewright lab up${labOption(lab.name)} with --control-plane DIR makes one`,
    });
  }
  const directory = join(cacheDirectory(context.process.env), "lab", "kubectl");
  const path = join(directory, "kubectl");
  if (!(await pathExists(path))) await fetchKubectl(context, { directory, path });
  return { path, kubeconfig };
}

async function fetchKubectl(
  context: CliContext,
  { directory, path }: { readonly directory: string; readonly path: string },
): Promise<void> {
  const { env } = context.process;
  const arch = parseArch(context.process.arch);
  if (arch === undefined) {
    throw new NodewrightError("lab", `Cannot get kubectl for a machine of ${context.process.arch}`);
  }
  await mkdir(directory, { recursive: true });
  context.out.note(`kubectl: fetching Debian's package of ${SUITE}`);
  const resolver = new ArtifactResolver(
    { commands: systemCommands, clock: systemClock, env, hostArch: arch },
    { clusterDir: directory, cacheDir: cacheDirectory(env), signal: context.signal },
  );
  const { sets, problems } = await resolver.resolve(arch, onlyKubectl());
  const found = sets.kubectl;
  if (found.kind === "missing") {
    throw new ProblemsError("Cannot get kubectl from Debian", problems, {
      fix: "Use a kubectl of your own: KUBECONFIG as nodewright lab status shows it",
    });
  }
  const [file] = found.files;
  if (file === undefined) throw new TypeError("a set without files");
  await copyFile(file.localPath, `${path}.new`);
  await chmod(`${path}.new`, 0o755);
  await rename(`${path}.new`, path);
}

function onlyKubectl(): ComponentsSettings {
  return Object.fromEntries(
    COMPONENTS.map((component) => [
      component,
      component === "kubectl" ? { source: "debian", suite: SUITE } : { source: "none" },
    ]),
  );
}
