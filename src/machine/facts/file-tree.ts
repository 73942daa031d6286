import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from "node:fs";
import { join } from "node:path";

/**
 * Reads of a machine's files that answer undefined (or nothing) where there is nothing to read:
 * facts are about what is there. With another root than `/` a directory tree can stand in for
 * the machine.
 */
export class FileTree {
  readonly root: string;

  constructor(root = "/") {
    this.root = root;
  }

  /** Where a path of the machine is for node:fs. */
  resolve(path: string): string {
    return join(this.root, path);
  }

  /** The file's text. */
  text(path: string): string | undefined {
    try {
      return readFileSync(this.resolve(path), "utf8");
    } catch {
      return undefined;
    }
  }

  /** The file's text without white space around it; undefined also where that is empty. */
  word(path: string): string | undefined {
    const text = this.text(path)?.trim();
    return text === "" ? undefined : text;
  }

  /** The directory's names, sorted. */
  names(path: string): readonly string[] {
    try {
      return readdirSync(this.resolve(path)).sort();
    } catch {
      return [];
    }
  }

  /** What a symbolic link points to. */
  target(path: string): string | undefined {
    try {
      return readlinkSync(this.resolve(path));
    } catch {
      return undefined;
    }
  }

  exists(path: string): boolean {
    return existsSync(this.resolve(path));
  }

  isExecutable(path: string): boolean {
    try {
      accessSync(this.resolve(path), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }
}
