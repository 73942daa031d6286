import { type Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { UsageError } from "../../base/mod.ts";
import type { CliContext } from "../context.ts";
import { integerOption } from "../option-parsers.ts";
import { addCriOptions } from "./common-options.ts";
import { inSession } from "./cri-session.ts";
import { resolveContainer } from "./resolve-id.ts";

/** `update`, with the names that crictl gives the options. */
export function defineUpdate(root: Command, context: CliContext): void {
  addCriOptions(root.command("update"))
    .description("change the resources of running containers")
    .argument("<container...>", "ID or its beginning")
    .option("--cpu-period <us>", "period of the CPU quota, in microseconds", integerOption(1000))
    .option("--cpu-quota <us>", "CPU time in each period, in microseconds", integerOption(1000))
    .option("--cpu-share <n>", "CPU shares, relative to other containers", integerOption(2))
    .option("--cpuset-cpus <list>", "CPUs to run on, such as 0-2,4", cpuList)
    .option("--cpuset-mems <list>", "memory nodes to allocate on, such as 0", cpuList)
    .option("--memory <bytes>", "memory limit, in bytes", integerOption(1))
    .action((names, options, command) => {
      const { cpuPeriod, cpuQuota, cpuShare, cpusetCpus, cpusetMems, memory } = options;
      const given = [cpuPeriod, cpuQuota, cpuShare, cpusetCpus, cpusetMems, memory];
      if (given.every((value) => value === undefined)) {
        throw new UsageError("Cannot update: no resource is given", {
          fix: "Give one, such as --memory 268435456",
        });
      }
      return inSession(context, command, async ({ cri, signal }) => {
        const linux = {
          cpuPeriod: BigInt(cpuPeriod ?? 0),
          cpuQuota: BigInt(cpuQuota ?? 0),
          cpuShares: BigInt(cpuShare ?? 0),
          cpusetCpus: cpusetCpus ?? "",
          cpusetMems: cpusetMems ?? "",
          memoryLimitInBytes: BigInt(memory ?? 0),
        };
        for (const name of names) {
          const containerId = await resolveContainer(cri, name);
          await cri.runtime.updateContainerResources({ containerId, linux }, signal);
          if (context.json) context.out.json({ kind: "id", id: containerId });
          else context.out.line(containerId);
        }
      });
    });
}

function cpuList(text: string): string {
  if (/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a list such as 0-2,4.");
}
