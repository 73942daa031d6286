import type { Command } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { Attachment } from "../../cni/mod.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { networkOf, openSession } from "./cni-session.ts";
import { addPlaceOptions } from "./common-options.ts";
import { planNetworkGc, printGcPlan, readKeep } from "./network-gc.ts";

const NETWORK = "the network's name: `name` in its file";

/** `gc`, `status` and `version`. */
export function defineNetworks(root: Command, context: CliContext): void {
  defineGc(root, context);
  defineStatus(root, context);
  defineVersion(root, context);
}

function defineGc(root: Command, context: CliContext): void {
  addPlaceOptions(root.command("gc"))
    .description("release what belongs to no valid attachment of a network")
    .argument("<network>", NETWORK)
    .option("--keep <container/interface>", "a valid attachment; also more than once", keepOption)
    .option("--keep-live", "valid is every attachment whose namespace is not known to be gone")
    .option("--keep-none", "no attachment is valid: release everything")
    .option("--dry-run", "only print what would go and what would stay")
    .action(async (name, options) => {
      const session = openSession(context, options);
      const list = networkOf(session, name, context);
      const plan = planNetworkGc(session, list, readKeep(options));
      const isDryRun = options.dryRun ?? false;
      if (!context.json) printGcPlan(context, plan, isDryRun);
      const valid = plan.kept.map(({ containerId, ifName }) => ({ containerId, ifName }));
      const isDone = !isDryRun && (await session.runtime.gc(list, valid));
      if (context.json) {
        context.out.json({
          kind: "cni-done",
          command: "GC",
          network: name,
          valid,
          ...plan,
          isDryRun,
          isDone,
        });
      } else if (isDone) {
        const count = `kept: ${valid.length}`;
        context.out.note(`Released what was left over in "${name}"; valid attachments ${count}`);
      }
    });
}

function keepOption(text: string, previous: readonly Attachment[] | undefined) {
  const slash = text.lastIndexOf("/");
  if (slash <= 0 || slash === text.length - 1) {
    throw new InvalidArgumentError("Expected CONTAINER/INTERFACE, as 4f1c/eth0.");
  }
  const kept = { containerId: text.slice(0, slash), ifName: text.slice(slash + 1) };
  return [...(previous ?? []), kept];
}

function defineStatus(root: Command, context: CliContext): void {
  addPlaceOptions(root.command("status"))
    .description("ask the plugins of a network whether they could attach a pod")
    .argument("<network>", NETWORK)
    .argument("[netns]", "not needed: taken as cnitool takes it")
    .action(async (name, _netns, options) => {
      const session = openSession(context, options);
      const isAsked = await session.runtime.status(networkOf(session, name, context));
      if (context.json)
        context.out.json({ kind: "cni-done", command: "STATUS", network: name, isAsked });
      else if (isAsked) context.out.note(`"${name}" is ready`);
    });
}

function defineVersion(root: Command, context: CliContext): void {
  addPlaceOptions(root.command("version"))
    .description("the versions of the specification that the plugins of a network speak")
    .argument("<network>", NETWORK)
    .argument("[netns]", "not needed: taken as cnitool takes it")
    .action(async (name, _netns, options) => {
      const session = openSession(context, options);
      const list = networkOf(session, name, context);
      const plugins = await session.runtime.versions(list);
      if (plugins.some(({ isSupported }) => !isSupported)) context.exitCode = EXIT.FAILED;
      if (context.json) {
        context.out.json({
          kind: "cni-version",
          network: name,
          cniVersion: list.cniVersion,
          plugins,
        });
        return;
      }
      context.out.line(`"${name}" is of version ${list.cniVersion}`);
      const rows = plugins.map((plugin) => [
        plugin.type,
        plugin.isSupported ? "yes" : "no",
        plugin.supportedVersions.join(" "),
        plugin.path,
      ]);
      context.out.table(["PLUGIN", "SPEAKS IT", "VERSIONS", "EXECUTABLE"], rows);
    });
}
