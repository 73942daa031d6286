import type { Command } from "@commander-js/extra-typings";
import {
  requireNetwork,
  TemporaryNetns,
  traceHtml,
  traceNetwork,
  traceText,
  traceWords,
} from "../../cni/runtime/mod.ts";
import { processId } from "../../sys/mod.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { languageOf, languageOption } from "../output/language.ts";
import { outputFile } from "../output/output-file.ts";
import { openSession, readAttachment } from "./cni-session.ts";
import { type AttachmentOptions, addAttachmentOptions } from "./common-options.ts";
import { refuseTakenName } from "./refuse-taken-name.ts";

/** `trace`: every step of an ADD and a DEL. */
export function defineTrace(root: Command, context: CliContext): void {
  addAttachmentOptions(root.command("trace"))
    .description("attach and detach a namespace, and show every step of it")
    .argument("<network>", "the network's name: `name` in its file")
    .argument(
      "[netns]",
      "the namespace: a path, a name or a process ID (default: one for the trace)",
    )
    .option("--html <file>", "write the report as a page with a picture, too")
    .option(
      "--no-delegates",
      "do not record the calls that plugins make themselves, as to host-local",
    )
    .addOption(languageOption("the report and the page"))
    .action(async (network, netns, options) => {
      const purpose = { what: "the page", example: "trace.html" };
      const page =
        options.html === undefined ? undefined : outputFile(options.html, purpose, context);
      using temporary = netns === undefined ? new TemporaryNetns(processId()) : undefined;
      const place = { netns: netns ?? temporary?.path ?? "", isTemporary: netns === undefined };
      const report = await trace(context, { network, ...place, ...options });
      if (report.add.error !== undefined || report.del.error !== undefined) {
        context.exitCode = EXIT.FAILED;
      }
      const words = traceWords(options.lang ?? languageOf(context.process.env));
      await page?.write(traceHtml(report, words));
      if (context.json) context.out.json({ kind: "cni-trace", ...report });
      else traceText(report, words).forEach(context.out.line);
    });
}

interface TraceOptions extends AttachmentOptions {
  readonly network: string;
  readonly netns: string;
  readonly isTemporary: boolean;
  readonly delegates: boolean;
}

async function trace(context: CliContext, options: TraceOptions) {
  const { confDir, path, cache } = openSession(context, options);
  const file = requireNetwork(confDir, options.network);
  const attachment = readAttachment(context, options.netns, options);
  refuseTakenName(file.list, attachment);
  return await traceNetwork(
    {
      confDir,
      file,
      attachment,
      isTemporary: options.isTemporary,
      path,
      env: context.process.env,
      withDelegates: options.delegates,
      cachePath: cache.pathOf({ ...attachment, network: options.network }),
    },
    (extras) => openSession(context, options, extras).runtime,
  );
}
