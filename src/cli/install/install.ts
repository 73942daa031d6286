import { access, constants, copyFile, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { messageOf, NodewrightError, UsageError } from "../../base/mod.ts";
import { atomicWriteFile, fsyncDirectory } from "../../sys/mod.ts";
import type { DefineCommand } from "../command.ts";
import { type CommandTable, commandTable } from "../command-table.ts";
import type { CliContext } from "../context.ts";
import { isExecutable } from "../node-executables.ts";
import { completionScript } from "./completion.ts";
import { manPages } from "./man-page.ts";

/** A file that `install` puts below the prefix; without a text it is the executable. */
interface Piece {
  readonly path: string;
  readonly text?: string;
}

type Outcome = "installed" | "replaced" | "unchanged" | "removed" | "missing";

export const define: DefineCommand = (root, context, wholeProgram) => {
  root
    .option("--prefix <dir>", "where bin/ and share/ are", "/usr/local")
    .option("--dry-run", "only list the files")
    .option("--remove", "remove what install put there")
    .action(async (options) => {
      const self = context.process.execPath;
      if (!isExecutable(self)) {
        throw new UsageError("Cannot install nodewright: this is its source, not its executable", {
          fix: "npm run build, then dist/nodewright install",
        });
      }
      const prefix = resolve(context.process.cwd, options.prefix);
      const table = commandTable(await wholeProgram());
      const files: { path: string; outcome: Outcome }[] = [];
      for (const piece of piecesOf(prefix, table)) {
        context.signal.throwIfAborted();
        const outcome =
          options.dryRun === true
            ? await foresee(piece, self, options.remove === true)
            : await attempt(piece, options.remove === true ? removePiece : placePiece, context);
        files.push({ path: piece.path, outcome });
      }
      report(files, { prefix, isDryRun: options.dryRun === true, context });
    });
};

/** The executable first: what follows describes it. */
function piecesOf(prefix: string, table: CommandTable): readonly Piece[] {
  const share = join(prefix, "share");
  return [
    { path: join(prefix, "bin/nodewright") },
    {
      path: join(share, "bash-completion/completions/nodewright"),
      text: completionScript("bash", table),
    },
    { path: join(share, "zsh/site-functions/_nodewright"), text: completionScript("zsh", table) },
    {
      path: join(share, "fish/vendor_completions.d/nodewright.fish"),
      text: completionScript("fish", table),
    },
    ...manPages(table).map(({ name, text }) => ({ path: join(share, "man/man1", name), text })),
  ];
}

async function attempt(
  piece: Piece,
  act: (piece: Piece, self: string) => Promise<Outcome>,
  { process }: CliContext,
): Promise<Outcome> {
  try {
    return await act(piece, process.execPath);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    const isDenied = code === "EACCES" || code === "EPERM" || code === "EROFS";
    throw new NodewrightError("file", `Cannot write "${piece.path}": ${messageOf(thrown)}`, {
      cause: thrown,
      ...(isDenied
        ? { fix: `Run it as root, or install for yourself: --prefix ${join(homedir(), ".local")}` }
        : {}),
    });
  }
}

/** Replaces a file by rename, so that whatever runs or links to the old one keeps it. */
async function placePiece(piece: Piece, self: string): Promise<Outcome> {
  const state = await stateOf(piece, self);
  if (state === "unchanged") return "unchanged";
  await mkdir(dirname(piece.path), { recursive: true, mode: 0o755 });
  if (piece.text !== undefined) await atomicWriteFile(piece.path, piece.text, { mode: 0o644 });
  else await copyByRename(self, piece.path);
  return state === "missing" ? "installed" : "replaced";
}

async function copyByRename(from: string, to: string): Promise<void> {
  const temporary = join(dirname(to), `.${basename(to)}.new`);
  await rm(temporary, { force: true });
  try {
    await copyFile(from, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await using file = await open(temporary, "r");
    await file.chmod(0o755);
    await file.sync();
    await rename(temporary, to);
  } finally {
    await rm(temporary, { force: true });
  }
  fsyncDirectory(dirname(to));
}

async function removePiece(piece: Piece, self: string): Promise<Outcome> {
  if ((await stateOf(piece, self)) === "missing") return "missing";
  await rm(piece.path);
  return "removed";
}

async function foresee(piece: Piece, self: string, isRemoval: boolean): Promise<Outcome> {
  const state = await stateOf(piece, self);
  if (isRemoval) return state === "missing" ? "missing" : "removed";
  return state === "missing" ? "installed" : state;
}

async function stateOf(
  { path, text }: Piece,
  self: string,
): Promise<"missing" | "unchanged" | "replaced"> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return "missing";
  const [present, wanted] = await Promise.all([
    readFile(path),
    text === undefined ? readFile(self) : Buffer.from(text),
  ]);
  return present.equals(wanted) ? "unchanged" : "replaced";
}

function report(
  files: readonly { readonly path: string; readonly outcome: Outcome }[],
  { prefix, isDryRun, context }: { prefix: string; isDryRun: boolean; context: CliContext },
): void {
  if (context.json) {
    context.out.json({ kind: "install", prefix, dryRun: isDryRun, files });
    return;
  }
  for (const { path, outcome } of files) {
    if (outcome !== "missing") context.out.line(`${outcome.padEnd(9)}  ${path}`);
  }
  if (files.every(({ outcome }) => outcome === "missing")) {
    context.out.line("nothing to remove");
  }
  if (isDryRun) context.out.note("Nothing was changed: --dry-run");
  const bin = join(prefix, "bin");
  const path = (context.process.env["PATH"] ?? "").split(delimiter);
  const isPlaced = files.some(({ outcome }) => outcome === "installed" || outcome === "replaced");
  if (isPlaced && !isDryRun && !path.includes(bin)) {
    context.out.note(`${bin} is not in PATH: export PATH=${bin}:$PATH`);
  }
}
