import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { LOCK_NAME, readLock } from "../artifacts/mod.ts";
import { NodewrightError } from "../base/mod.ts";
import { loadConnection } from "../kube/client/mod.ts";
import { pathExists } from "../sys/mod.ts";

const ADMIN_KUBECONFIG = "admin.kubeconfig";

/**
 * Rejects where a file of the directory that a change needs later cannot be used: nodewright.lock
 * and admin.kubeconfig. Better now than with machines connected.
 */
export async function requireSupportFiles(clusterDir: string): Promise<void> {
  await requireTarget(clusterDir, LOCK_NAME);
  await readLock(clusterDir);
  await requireTarget(clusterDir, ADMIN_KUBECONFIG);
  const admin = join(clusterDir, ADMIN_KUBECONFIG);
  if (await pathExists(admin)) await loadConnection(admin);
}

/** A link that leads nowhere is no absent file: somebody meant one to be there. */
async function requireTarget(clusterDir: string, name: string): Promise<void> {
  const path = join(clusterDir, name);
  const status = await lstat(path).catch(() => undefined);
  if (status?.isSymbolicLink() !== true || (await pathExists(path))) return;
  throw new NodewrightError(
    "cluster-directory",
    `Cannot read ${name}: its symbolic link leads nowhere`,
    {
      locations: [{ file: name, line: 1, column: 1 }],
      fix: "Point the link at a file, or remove it",
    },
  );
}
