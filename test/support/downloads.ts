import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { nodewright } from "./nodewright.ts";

interface ListedFile {
  readonly name: string;
  readonly localPath: string;
}

/** The binaries of a cluster directory's components, by component, as `nodewright artifacts` names them. */
export async function listBinaries(
  clusterDir: string,
): Promise<ReadonlyMap<string, readonly ListedFile[]>> {
  const listed = await nodewright(["artifacts", "--json", "-C", clusterDir]);
  if (listed.exitCode !== 0) throw new Error(listed.text);
  // cast: the shape of our own command's JSON
  const { artifacts } = JSON.parse(listed.stdout) as {
    readonly artifacts: readonly {
      readonly component: string;
      readonly files?: readonly ListedFile[];
    }[];
  };
  return new Map(artifacts.map(({ component, files }) => [component, files ?? []]));
}

/** Copies the binaries of `from` into `to`, as the tutorial's jumpbox has them in downloads/. */
export async function layOutDownloads(from: string, to: string): Promise<void> {
  const folders = {
    worker: join(to, "downloads/worker"),
    plugins: join(to, "downloads/cni-plugins"),
  };
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
  for (const [component, files] of await listBinaries(from)) {
    const folder = component === "cni-plugins" ? folders.plugins : folders.worker;
    for (const { name, localPath } of files)
      await copyFile(localPath, join(folder, basename(name)));
  }
}
