import type { Command } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "@commander-js/extra-typings";

/** Adds what every `nodewright cri` command has. */
export function addCriOptions<Args extends unknown[], Opts extends Record<string, unknown>>(
  command: Command<Args, Opts>,
) {
  return command
    .option(
      "-r, --runtime-endpoint <endpoint>",
      "the runtime's socket (default: of /etc/crictl.yaml, else unix:///run/containerd/containerd.sock)",
    )
    .option("--node <name>", "run it on this node of the cluster directory");
}

/** A regular expression, compiled while the command line is read. */
export function regexOption(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch {
    throw new InvalidArgumentError("Expected a regular expression.");
  }
}

/** Collects KEY=VALUE words into a record. */
export function labelOption(
  text: string,
  previous: Record<string, string> | undefined,
): Record<string, string> {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("Expected KEY=VALUE.");
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}
