import { createInterface } from "node:readline/promises";
import { NodewrightError, UsageError } from "../../base/mod.ts";
import type { CliContext } from "../context.ts";

/** Asks on the terminal; rejects on anything but yes, and where there is no terminal to ask on. */
export async function confirm(context: CliContext, consequence: string): Promise<void> {
  const { stdin, stderr } = context.process;
  if (stdin.isTTY !== true) {
    throw new UsageError("Cannot ask for confirmation: standard input is not a terminal", {
      fix: "Give --yes",
    });
  }
  const terminal = createInterface({ input: stdin, output: stderr });
  // Ctrl-D closes the terminal, Ctrl-C there is a key: both are an interruption.
  const left = new AbortController();
  terminal.once("close", () => left.abort());
  terminal.once("SIGINT", () => left.abort());
  try {
    const signal = AbortSignal.any([context.signal, left.signal]);
    const question = `${consequence} Go on? [y/N] `;
    const answer = await terminal.question(question, { signal }).catch((cause: unknown) => {
      stderr.write("\n");
      throw new NodewrightError("interrupted", "Nothing was done: not confirmed", { cause });
    });
    if (!/^y(es)?$/i.test(answer.trim())) {
      throw new NodewrightError("declined", "Nothing was done: not confirmed");
    }
  } finally {
    terminal.close();
  }
}
