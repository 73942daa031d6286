import { nearest, type SourceLocation } from "../base/mod.ts";
import type { NodeTree } from "./facts/node-tree.ts";
import type { Found } from "./finding.ts";

/** What the tutorial's files name: where the directory lacks one, rendering says so. */
const USUAL: ReadonlySet<string> = new Set([
  "/var/lib/kubelet/ca.crt",
  "/var/lib/kubelet/kubelet.crt",
  "/var/lib/kubelet/kubelet.key",
  "/var/lib/kubelet/kubeconfig",
  "/var/lib/kubelet/kubelet-config.yaml",
  "/var/lib/kube-proxy/kubeconfig",
  "/var/lib/kube-proxy/kube-proxy-config.yaml",
]);

/** An option that names a file of the node. */
export interface NamedFile {
  readonly option: string;
  readonly path: { readonly value: string; readonly location: SourceLocation };
  /** Files that other options name: none of them was meant. */
  readonly others?: readonly string[];
}

/**
 * What is wrong with a file that an option names. In a rendered tree an absent file may be on the
 * node ("unseen"), unless it is in a directory that is rendered: there its name is a slip.
 */
export function missingFile(
  files: NodeTree,
  { option, path: { value: path, location }, others = [] }: NamedFile,
): readonly Found[] | "unseen" {
  const file = files.get(path);
  if (file?.unreadable !== undefined) {
    const message = `${option} cannot be read, ${file.unreadable}: ${path}`;
    return [{ message, locations: [location], fix: "Put the right file there" }];
  }
  if (file !== undefined) return [];
  if (path.startsWith("/") && files.list(path) !== undefined)
    return isDirectory(files, option, { path, location });
  const dir = path.slice(0, path.lastIndexOf("/"));
  const names = files.list(dir);
  const free = (names ?? []).filter((name) => !others.includes(`${dir}/${name}`));
  const sibling = nearest(path.slice(dir.length + 1), free);
  const near = sibling === undefined ? nearlyUsual(files, path, others) : `${dir}/${sibling}`;
  if (near !== undefined) {
    const message = `${option} names a file that is not there: ${path} (there is ${near})`;
    return [{ message, locations: [location], fix: `Write ${near}` }];
  }
  if (!path.startsWith("/")) {
    const message = `${option} is no absolute path: "${path}"`;
    return [{ message, locations: [location], fix: "Write the path from / on" }];
  }
  if (files.isComplete) {
    const message = `${option} names a file that is not there: ${path}`;
    return [{ message, locations: [location], fix: "Put the file there, or correct the path" }];
  }
  if (names === undefined || USUAL.has(path)) return "unseen";
  return [
    {
      message: `${option} names a file that nodewright does not put there: ${path}`,
      locations: [location],
      severity: "warning",
      fix: "Correct the path, or add the file under files in nodewright.yaml",
    },
  ];
}

/** A directory in a file's place: scp and docker make one where the target was not there. */
function isDirectory(
  files: NodeTree,
  option: string,
  { path, location }: { readonly path: string; readonly location: SourceLocation },
): readonly Found[] {
  const inside = files.list(path) ?? [];
  const name =
    inside.length === 1 ? inside[0] : nearest(path.slice(path.lastIndexOf("/") + 1), inside);
  const file = name === undefined ? undefined : `${path}/${name}`;
  return [
    {
      message: `${option} names a directory where a file is due: ${path}`,
      locations: [location],
      fix:
        file === undefined || files.get(file) === undefined
          ? `Put the file that is meant in the place of the directory ${path}`
          : `Move the file inside to its place: mv ${file} ${path}.new && rmdir ${path} && mv ${path}.new ${path}`,
    },
  ];
}

/** A slip in the directory: the usual file that the node has, and whose path is nearly this one. */
function nearlyUsual(files: NodeTree, path: string, others: readonly string[]): string | undefined {
  const name = path.slice(path.lastIndexOf("/"));
  const there = [...USUAL].filter(
    (usual) => usual.endsWith(name) && !others.includes(usual) && files.get(usual) !== undefined,
  );
  const near = nearest(path, there);
  return near !== undefined && Math.abs(near.length - path.length) <= 2 ? near : undefined;
}
