import type { Command } from "@commander-js/extra-typings";
import { systemClock } from "../../base/mod.ts";
import { type ContainerStats, ListContainerStatsResponseSchema } from "../../cri/mod.ts";
import type { CliContext } from "../context.ts";
import { integerOption } from "../option-parsers.ts";
import { addCriOptions } from "./common-options.ts";
import { inSession } from "./cri-session.ts";
import { humanBytes, shortId } from "./human.ts";
import { messageJson } from "./message-json.ts";
import { OUTPUT_ABOUT, OUTPUT_FLAG, outputOption, printAsData } from "./print-message.ts";
import { resolveContainer } from "./resolve-id.ts";

/** `stats`. */
export function defineStats(root: Command, context: CliContext): void {
  addCriOptions(root.command("stats"))
    .description("what running containers use")
    .argument("[container]", "only this one: ID or its beginning")
    .option(OUTPUT_FLAG, OUTPUT_ABOUT, outputOption)
    .option(
      "-s, --seconds <n>",
      "how long the use of the processor is measured",
      integerOption(1),
      1,
    )
    .action((container, options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const id = container === undefined ? undefined : await resolveContainer(cri, container);
        const list = () =>
          cri.runtime.listContainerStats(id === undefined ? {} : { filter: { id } }, signal);
        const before = await list();
        const document = messageJson(ListContainerStatsResponseSchema, before, "stats");
        if (printAsData(context, document, options.output)) return;
        await systemClock.sleep(options.seconds * 1000, context.signal);
        const after = await list();
        const earlier = new Map(before.stats.map((each) => [each.attributes?.id, each]));
        const rows = after.stats.map((each) => [
          shortId(each.attributes?.id ?? ""),
          each.attributes?.metadata?.name ?? "",
          cpuPercent(earlier.get(each.attributes?.id), each),
          humanBytes(each.memory?.workingSetBytes?.value ?? 0n),
          humanBytes(each.writableLayer?.usedBytes?.value ?? 0n),
          String(each.writableLayer?.inodesUsed?.value ?? 0n),
        ]);
        context.out.table(["CONTAINER", "NAME", "CPU %", "MEM", "DISK", "INODES"], rows);
      }),
    );
}

/** Of one processor, between two readings; both times are nanoseconds. */
function cpuPercent(before: ContainerStats | undefined, after: ContainerStats): string {
  const used =
    (after.cpu?.usageCoreNanoSeconds?.value ?? 0n) -
    (before?.cpu?.usageCoreNanoSeconds?.value ?? 0n);
  const passed = (after.cpu?.timestamp ?? 0n) - (before?.cpu?.timestamp ?? 0n);
  if (before === undefined || passed <= 0n) return "-";
  return ((Number(used) / Number(passed)) * 100).toFixed(2);
}
