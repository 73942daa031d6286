import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type CriClient, createCriClient, findRuntimeEndpoint } from "../../cri/mod.ts";
import type { CliContext } from "../context.ts";
import type { RemoteCri, RemoteHints } from "./remote-command.ts";
import { remoteCri } from "./remote-cri.ts";

/** The options of every `nodewright cri` command. */
export interface CriOptions {
  readonly runtimeEndpoint?: string;
  readonly node?: string;
}

/** One call of a command: the runtime and the way out. */
export interface CriSession {
  readonly cri: CriClient;
  readonly context: CliContext;
  readonly signal: { readonly signal: AbortSignal };
}

/** Runs a command's work here, or with --node the same command on that node. */
export async function inSession(
  context: CliContext,
  command: CommandUnknownOpts,
  work: (session: CriSession) => Promise<void>,
  hints: RemoteHints = {},
): Promise<void> {
  context.afterInterrupt = undefined;
  // cast: addCriOptions gave the command these options
  const options = command.opts() as CriOptions;
  if (options.node !== undefined) {
    const remote: RemoteCri = await remoteCri(command, context.process.cwd, hints);
    // Reaching a node takes most of nodewright; a command on the node itself should start fast.
    const { runOnNode } = await import("./run-on-node.ts");
    context.exitCode = await runOnNode(context, options.node, remote);
    return;
  }
  const endpoint = await findRuntimeEndpoint(options.runtimeEndpoint);
  using cri = createCriClient({ endpoint });
  await work({ cri, context, signal: { signal: context.signal } });
}
