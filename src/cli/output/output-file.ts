import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { messageOf, NodewrightError, oneLine, shellQuote, UsageError } from "../../base/mod.ts";
import { atomicWriteFile } from "../../sys/mod.ts";
import type { CliContext } from "../context.ts";

/** What an option that names a file is for. */
export interface OutputPurpose {
  /** `the plan` */
  readonly what: string;
  /** A file's name as an example: `nodes.plan`. */
  readonly example: string;
}

/** A file that an option names and that is written when the work is done. */
export interface OutputFile {
  /** Absolute. */
  readonly path: string;
  /** Rejects with kind "output" where it cannot be written after all. */
  readonly write: (text: string, options?: { readonly mode?: number }) => Promise<void>;
}

/**
 * The file that `-o FILE` and options like it name. Throws UsageError where no file can be written
 * there, before a machine is asked for anything.
 */
export function outputFile(
  file: string,
  { what, example }: OutputPurpose,
  { process }: CliContext,
): OutputFile {
  const path = resolve(process.cwd, file);
  const folder = dirname(path);
  const refuse = (why: string, fix: string): never => {
    // A name may have line feeds: it begins no line of its own.
    throw new UsageError(`Cannot save ${what} as ${file}: ${why}`, { fix: oneLine(fix) });
  };
  if (isDirectory(path)) refuse("it is a directory", `Give a file in it: ${join(file, example)}`);
  if (!isDirectory(folder)) {
    const isThere = statusOf(folder) !== undefined;
    if (isThere) refuse(`${folder} is not a directory`, `Give a file in a directory: ${example}`);
    refuse(
      `there is no directory ${folder}`,
      `Make it with mkdir -p ${shellQuote(dirname(file))}, or give a file in a directory that exists: ${example}`,
    );
  }
  return {
    path,
    write: async (text, options) => {
      try {
        await atomicWriteFile(path, text, options);
      } catch (cause) {
        throw new NodewrightError("output", `Cannot save ${what}: ${messageOf(cause)}`, {
          fix: "Give a file in a directory that you may write to, on a disk with room",
          cause,
        });
      }
    },
  };
}

/**
 * The directory that `-o DIR` names, as an absolute path; what is not there is made with the first file in
 * it. Throws UsageError where it cannot be one.
 */
export function outputDirectory(dir: string, { process }: CliContext): string {
  const path = resolve(process.cwd, dir);
  for (let at = path; ; at = dirname(at)) {
    const status = statusOf(at);
    if (status?.isDirectory() === true) return path;
    if (status !== undefined || at === dirname(at)) {
      const shown = at === path ? "it" : at;
      throw new UsageError(`Cannot write into ${dir}: ${shown} is not a directory`, {
        fix: "Give a directory, or a name that is free",
      });
    }
  }
}

function isDirectory(path: string): boolean {
  return statusOf(path)?.isDirectory() === true;
}

/** Undefined where there is nothing; a path below a file is nothing either. */
function statusOf(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
