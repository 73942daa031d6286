import { type CheckSubject, FactDeriver } from "../../check/mod.ts";
import { RootTree, readBinaries } from "./machine/mod.ts";

/**
 * The facts of one node's file system below a root directory: a backup, an image, a mounted disk.
 * Nothing of the machine that reads it is taken for the node's.
 */
export async function rootSubject(root: string, now: Date): Promise<CheckSubject> {
  const tree = new RootTree(root);
  const deriver = new FactDeriver();
  const name = tree.get("/etc/hostname")?.text?.trim() || "node";
  const files = deriver.derive({ name, now, files: tree });
  const { binaries, versions } = await readBinaries(tree, files);
  return { now, nodes: [deriver.derive({ name, now, files: tree, binaries, versions })] };
}
