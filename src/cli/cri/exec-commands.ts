import type { Command } from "@commander-js/extra-typings";
import { UsageError } from "../../base/mod.ts";
import { attachStream, ContainerState, execStream, execSync } from "../../cri/mod.ts";
import type { CliContext } from "../context.ts";
import { integerOption } from "../option-parsers.ts";
import { addCriOptions } from "./common-options.ts";
import { type CriSession, inSession } from "./cri-session.ts";
import { resolveContainer } from "./resolve-id.ts";
import { withTerminal } from "./terminal.ts";

/** `exec` and `attach`; their exit code is the command's. */
export function defineExecs(root: Command, context: CliContext): void {
  addCriOptions(root.command("exec"))
    .description("run a command in a running container")
    .argument("<container>", "ID or its beginning")
    .argument("<command...>", "command and its arguments")
    .option("-i, --interactive", "pass standard input on")
    .option("-t, --tty", "give the command a terminal")
    .option("-s, --sync", "without streams: wait, then print the output")
    .option(
      "--timeout <seconds>",
      "end the command after this time (with --sync)",
      integerOption(1),
    )
    .passThroughOptions()
    .action((container, argv, options, command) =>
      inSession(
        context,
        command,
        async (session) => {
          const containerId = await resolveContainer(session.cri, container);
          await requireRunning(session, containerId);
          if (options.sync) return runSync(session, { containerId, argv }, options.timeout);
          context.exitCode = await withTerminal(
            context.process,
            wantedStreams(options, context),
            (streams) => execStream(session.cri, { containerId, argv }, streams, context.signal),
          );
        },
        { tty: options.tty ?? false },
      ),
    );
  addCriOptions(root.command("attach"))
    .description("connect to the main process of a running container")
    .argument("<container>", "ID or its beginning")
    .option("-i, --interactive", "pass standard input on")
    .option("-t, --tty", "the container has a terminal")
    .action((container, options, command) =>
      inSession(
        context,
        command,
        async (session) => {
          const containerId = await resolveContainer(session.cri, container);
          await requireRunning(session, containerId);
          context.exitCode = await withTerminal(
            context.process,
            wantedStreams(options, context),
            (streams) => attachStream(session.cri, containerId, streams, context.signal),
          );
        },
        { tty: options.tty ?? false },
      ),
    );
}

/** A pipe has no end on the other side of a terminal: such a command would never be over. */
function wantedStreams(
  { interactive = false, tty = false }: { interactive?: boolean; tty?: boolean },
  { process, out }: CliContext,
): { readonly stdin: boolean; readonly tty: boolean } {
  const isPipe = interactive && process.stdin.isTTY !== true;
  if (tty && isPipe) out.note("-t ignored: standard input is not a terminal");
  return { stdin: interactive, tty: tty && !isPipe };
}

async function runSync(
  { cri, context }: CriSession,
  command: { containerId: string; argv: readonly string[] },
  timeout: number | undefined,
): Promise<void> {
  const result = await execSync(cri, command, {
    signal: context.signal,
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
  });
  if (context.json) {
    context.out.json({ kind: "exec", ...result });
  } else {
    context.process.stdout.write(result.stdout);
    context.process.stderr.write(result.stderr);
  }
  context.exitCode = result.exitCode;
}

async function requireRunning({ cri }: CriSession, containerId: string): Promise<void> {
  const { status } = await cri.runtime.containerStatus({ containerId });
  if (status?.state === ContainerState.CONTAINER_RUNNING) return;
  throw new UsageError(`Cannot run a command in a container that is not running: ${containerId}`, {
    fix: "see `nodewright cri ps -a` and `nodewright cri logs`",
  });
}
