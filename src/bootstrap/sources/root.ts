import { type CheckSubject, FactDeriver, type NodeFacts, parseHostname } from "../../check/mod.ts";
import { readPersistentSwaps } from "../../machine/mod.ts";
import { RootTree, readBinaries } from "./machine/mod.ts";

/**
 * The facts of one node's file system below a root directory: a backup, an image, a mounted disk.
 * Nothing of the machine that reads it is taken for the node's.
 */
export async function rootSubject(root: string, now: Date): Promise<CheckSubject> {
  const tree = new RootTree(root);
  const deriver = new FactDeriver();
  const files = deriver.derive({ name: "node", now, files: tree });
  const name = nameOf(tree, files);
  const { binaries, versions } = await readBinaries(tree, files);
  const persistentSwaps = readPersistentSwaps({
    text: (path) => tree.get(path)?.text,
    names: (path) => tree.list(path) ?? [],
    target: (path) => tree.target(path),
    exists: (path) => tree.get(path) !== undefined,
  });
  const known = { name, now, files: tree, binaries, versions, persistentSwaps };
  return { now, nodes: [deriver.derive(known)] };
}

/** The host name, in lower case as the kubelet has it; where it is not there the name that the kubelet's own certificate is for. */
function nameOf(tree: RootTree, { kubeletKubeconfig }: NodeFacts): string {
  const written = parseHostname(tree.get("/etc/hostname")?.text ?? "");
  if (written !== undefined) return written.toLowerCase();
  const certificate = kubeletKubeconfig?.clientCertificate;
  const user = certificate?.ok === true ? certificate.value.commonName : undefined;
  return /^system:node:(.+)$/.exec(user ?? "")?.[1] ?? "node";
}
