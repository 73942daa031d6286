import type { Command } from "@commander-js/extra-typings";
import { ContainerEventResponseSchema, ContainerEventType } from "../../cri/mod.ts";
import type { CliContext } from "../context.ts";
import { addCriOptions } from "./common-options.ts";
import { inSession } from "./cri-session.ts";
import { shortId } from "./human.ts";
import { messageJson } from "./message-json.ts";

const WORDS: Readonly<Partial<Record<ContainerEventType, string>>> = {
  [ContainerEventType.CONTAINER_CREATED_EVENT]: "created",
  [ContainerEventType.CONTAINER_STARTED_EVENT]: "started",
  [ContainerEventType.CONTAINER_STOPPED_EVENT]: "stopped",
  [ContainerEventType.CONTAINER_DELETED_EVENT]: "deleted",
};

/** `events`, until Ctrl-C. */
export function defineEvents(root: Command, context: CliContext): void {
  addCriOptions(root.command("events"))
    .description("print what happens to containers and pods, until interrupted")
    .action((_options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        for await (const event of cri.runtime.getContainerEvents({}, signal)) {
          if (context.json) {
            context.out.json(messageJson(ContainerEventResponseSchema, event, "event"));
            continue;
          }
          const { containerId, containerEventType, createdAt, podSandboxStatus } = event;
          const pod = podSandboxStatus?.metadata;
          const status = event.containersStatuses.find(({ id }) => id === containerId);
          const what = containerId === podSandboxStatus?.id ? "pod" : "container";
          const name = status?.metadata?.name ?? "";
          context.out.line(
            [
              new Date(Number(createdAt / 1_000_000n)).toISOString(),
              (WORDS[containerEventType] ?? "unknown").padEnd(7),
              what.padEnd(9),
              shortId(containerId),
              `${pod?.namespace ?? "?"}/${pod?.name ?? "?"}${name === "" ? "" : ` ${name}`}`,
            ].join("  "),
          );
        }
      }),
    );
}
