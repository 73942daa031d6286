import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { BunPlugin } from "bun";
import { removeSwitches } from "./remove-switches.ts";

const PIECE_BYTES = 2 * 1024 * 1024;

/** What becomes of an executable beside its options, which are the same for all. */
export interface ExecutableSource {
  readonly entrypoint: string;
  readonly plugins?: BunPlugin[];
  /** Modules that are imported dynamically stay apart. */
  readonly splitting?: boolean;
}

/** Compiles a program and puts it in place as a whole; throws where it cannot be bundled. */
export async function compileExecutable(
  path: string,
  { entrypoint, plugins = [], splitting = false }: ExecutableSource,
): Promise<void> {
  // Another build in the same tree has a directory of its own. The file's name is in the executable: the
  // same source gives the same bytes, which nodes that have them are not sent again.
  const directory = mkdtempSync(join(dirname(path), ".compile-"));
  const compiled = join(directory, basename(path));
  const written = `${compiled}.written`;
  const cleanUp = (): void => rmSync(directory, { recursive: true, force: true });
  process.on("exit", cleanUp);
  await Bun.build({
    entrypoints: [entrypoint],
    plugins,
    target: "bun",
    format: "esm",
    minify: true,
    splitting,
    bytecode: true,
    compile: {
      outfile: compiled,
      // A file in the directory that it is started in must not steer a program that is root.
      autoloadDotenv: false,
      autoloadBunfig: false,
      // A plugin is over before compiled code would pay: its threads alone cost half a millisecond.
      // Programs that run longer set the normal policy themselves.
      jitPolicy: 100,
    },
  });
  const bytes = readFileSync(compiled);
  removeSwitches(bytes);
  writeInPieces(written, bytes);
  renameSync(written, path);
  cleanUp();
  process.off("exit", cleanUp);
}

/**
 * Writes a new executable file, as an installation does: in large pieces. The page cache keeps a file in
 * pieces as large as it was written in, where kernel and file system can (ext4 since 6.16, XFS), and a
 * program that is begun out of large ones starts in four fifths of the time.
 */
function writeInPieces(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, "wx", 0o755);
  try {
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(fd, bytes, at, Math.min(PIECE_BYTES, bytes.length - at), at);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
