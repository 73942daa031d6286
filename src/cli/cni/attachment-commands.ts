import type { Command } from "@commander-js/extra-typings";
import { printableJson } from "../../base/mod.ts";
import type { CliContext } from "../context.ts";
import { attachedNetwork, networkOf, openSession, readAttachment } from "./cni-session.ts";
import { addAttachmentOptions } from "./common-options.ts";
import { refuseTakenName } from "./refuse-taken-name.ts";

const NETWORK = "the network's name: `name` in its file";
const NETNS = "the pod's namespace: a path, a name of `ip netns`, or a process ID";

/** `add`, `check` and `del`. */
export function defineAttachments(root: Command, context: CliContext): void {
  defineAdd(root, context);
  defineCheck(root, context);
  defineDel(root, context);
}

function defineAdd(root: Command, context: CliContext): void {
  addAttachmentOptions(root.command("add"))
    .description("attach a network namespace to a network, and print the result")
    .argument("<network>", NETWORK)
    .argument("<netns>", NETNS)
    .option("--rollback", "take away what a failed ADD left, with DEL")
    .action(async (name, netns, options) => {
      const session = openSession(context, options);
      const attachment = readAttachment(context, netns, options);
      const list = networkOf(session, name, context);
      const rollback = options.rollback ?? false;
      if (rollback) refuseTakenName(list, attachment);
      const result = await session.runtime.add(list, attachment, { rollback });
      if (context.json) context.out.json({ kind: "cni-result", ...result });
      else context.out.line(printableJson(result, { indent: 4 }));
    });
}

function defineCheck(root: Command, context: CliContext): void {
  addAttachmentOptions(root.command("check"))
    .description("look whether an attachment still is as ADD left it")
    .argument("<network>", NETWORK)
    .argument("<netns>", NETNS)
    .action(async (name, netns, options) => {
      const session = openSession(context, options);
      const given = { name, attachment: readAttachment(context, netns, options) };
      const { list, attachment } = attachedNetwork(session, given, context);
      const isChecked = await session.runtime.check(list, attachment);
      if (context.json) context.out.json({ ...done("CHECK", name, attachment), isChecked });
      else if (isChecked) context.out.note(`"${netns}" is attached to "${name}" as ADD left it`);
    });
}

function defineDel(root: Command, context: CliContext): void {
  addAttachmentOptions(root.command("del"))
    .description("detach a network namespace, there or gone, from a network")
    .argument("<network>", NETWORK)
    .argument("<netns>", NETNS)
    .option("--keep-going", "call the other plugins although one has failed")
    .action(async (name, netns, options) => {
      const session = openSession(context, options);
      const given = { name, attachment: readAttachment(context, netns, options) };
      const { list, attachment } = attachedNetwork(session, given, context);
      await session.runtime.del(list, attachment, { keepGoing: options.keepGoing ?? false });
      if (context.json) context.out.json(done("DEL", name, attachment));
    });
}

function done(
  command: string,
  network: string,
  { containerId, ifName }: { readonly containerId: string; readonly ifName: string },
) {
  return { kind: "cni-done", command, network, containerId, ifName };
}
