import { type Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { NodewrightError, systemClock } from "../../base/mod.ts";
import { ContainerState, readLogs } from "../../cri/mod.ts";
import type { CliContext } from "../context.ts";
import { integerOption } from "../option-parsers.ts";
import { addCriOptions } from "./common-options.ts";
import { inSession } from "./cri-session.ts";
import { parseSpan } from "./human.ts";
import { resolveContainer } from "./resolve-id.ts";

/** `logs`. */
export function defineLogs(root: Command, context: CliContext): void {
  addCriOptions(root.command("logs"))
    .description("print a container's log, also what was rotated away")
    .argument("<container>", "ID or its beginning")
    .option("-f, --follow", "print what is written later, too")
    .option("--tail <lines>", "only this many from the end", integerOption(0))
    .option("--since <when>", "only from this time on: 5m, 2h30m, or an RFC 3339 time", sinceOption)
    .option("-t, --timestamps", "print the time of each line")
    .action((container, options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const containerId = await resolveContainer(cri, container);
        const { status } = await cri.runtime.containerStatus({ containerId }, signal);
        const path = status?.logPath ?? "";
        if (path === "") {
          throw new NodewrightError("cri", `Cannot read the log of ${containerId}: it has none`, {
            fix: "it was created without a log path; those of pods always have one",
          });
        }
        const isLive = async (): Promise<boolean> => {
          const now = await cri.runtime
            .containerStatus({ containerId }, signal)
            .catch(() => undefined);
          return now?.status?.state === ContainerState.CONTAINER_RUNNING;
        };
        const lines = readLogs(path, {
          clock: systemClock,
          follow: options.follow ?? false,
          isLive,
          ...signal,
          ...(options.tail === undefined ? {} : { tail: options.tail }),
          ...(options.since === undefined ? {} : { sinceMs: sinceMs(options.since) }),
        });
        for await (const line of lines) {
          if (context.json) {
            context.out.json({ kind: "log", ...line });
            continue;
          }
          const stamp = options.timestamps ? `${line.timestamp} ` : "";
          const stream = line.stream === "stdout" ? context.process.stdout : context.process.stderr;
          stream.write(`${stamp}${line.text}${line.isComplete ? "\n" : ""}`);
        }
      }),
    );
}

/** Milliseconds since the epoch; a span counts back from now. NaN where the text is neither. */
function sinceMs(text: string): number {
  const span = parseSpan(text);
  return span === undefined ? Date.parse(text) : Date.now() - span;
}

/** The text itself, once it is known to be a time: with --node it travels as it was given. */
function sinceOption(text: string): string {
  if (!Number.isNaN(sinceMs(text))) return text;
  throw new InvalidArgumentError(
    "Expected a span such as 5m, or a time such as 2026-11-23T10:00:00Z.",
  );
}
