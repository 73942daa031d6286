/** A file of a node, from wherever it was read. */
export interface NodeFile {
  /** Absolute path on the node. */
  readonly path: string;
  /** The name for locations: the path on the node, or the file of the cluster directory it is made of. */
  readonly shown: string;
  /** Permission bits; undefined where unknown. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly sizeBytes?: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs?: number;
  /** The text; undefined for binaries, files that are too large, and what could not be read. */
  readonly text?: string;
  /** Why there is no text although there should be one: `EACCES`, `larger than 1 MiB`, `a loop of links`. */
  readonly unreadable?: string;
  /** The target of a symbolic link, as it is written. */
  readonly link?: string;
}

/**
 * The files of one node as far as a source knows them: rendered from a cluster directory, below a
 * root directory, or read on a running machine.
 */
export interface NodeTree {
  /** Whether a path that is absent here is absent on the node: false for rendered files. */
  readonly isComplete: boolean;
  /** The file at an absolute path, links followed inside the tree; undefined where there is none. */
  get(path: string): NodeFile | undefined;
  /** Names in a directory, sorted; undefined where there is no such directory. */
  list(dir: string): readonly string[] | undefined;
}

/** What a tree has beside its files. */
export interface TreeOptions {
  readonly isComplete: boolean;
  /** Names in directories whose files are not all at hand. */
  readonly folders?: Readonly<Record<string, readonly string[]>>;
}

/** A tree out of files that are at hand. */
export function treeOf(files: Iterable<NodeFile>, options: TreeOptions): NodeTree {
  const byPath = new Map<string, NodeFile>();
  for (const file of files) byPath.set(file.path, file);
  // Most nodes are never asked for a directory but one.
  let folders: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  return {
    isComplete: options.isComplete,
    get: (path) => byPath.get(path),
    list: (dir) => {
      folders ??= foldersOf(byPath.keys(), options.folders ?? {});
      const names = folders.get(dir);
      return names === undefined ? undefined : [...names].sort();
    },
  };
}

function foldersOf(
  paths: Iterable<string>,
  listed: NonNullable<TreeOptions["folders"]>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const folders = new Map<string, Set<string>>();
  const add = (dir: string, name: string): boolean => {
    const names = folders.get(dir);
    if (names === undefined) folders.set(dir, new Set([name]));
    else if (names.has(name)) return false;
    else names.add(name);
    return true;
  };
  for (const path of paths) {
    for (let rest = path; rest !== "/" && rest !== ""; ) {
      const slash = rest.lastIndexOf("/");
      const parent = slash <= 0 ? "/" : rest.slice(0, slash);
      // Where the name is known, so are all directories above it.
      if (!add(parent, rest.slice(slash + 1))) break;
      rest = parent;
    }
  }
  for (const [dir, names] of Object.entries(listed)) for (const name of names) add(dir, name);
  return folders;
}
