import type { Command } from "@commander-js/extra-typings";
import {
  ContainerState,
  type Image,
  ListContainersResponseSchema,
  ListImagesResponseSchema,
  ListPodSandboxResponseSchema,
  PodSandboxState,
} from "../../cri/mod.ts";
import type { CliContext } from "../context.ts";
import { integerOption, wordOption } from "../option-parsers.ts";
import { addCriOptions, labelOption, regexOption } from "./common-options.ts";
import { inSession } from "./cri-session.ts";
import { ago, humanBytes, shortId } from "./human.ts";
import { messageJson } from "./message-json.ts";
import { OUTPUT_ABOUT, OUTPUT_FLAG, outputOption, printAsData } from "./print-message.ts";

/** `pods`, `ps` and `images`. */
export function defineLists(root: Command, context: CliContext): void {
  definePods(root, context);
  definePs(root, context);
  defineImages(root, context);
}

const POD_STATES = {
  ready: PodSandboxState.SANDBOX_READY,
  notready: PodSandboxState.SANDBOX_NOTREADY,
};

function definePods(root: Command, context: CliContext): void {
  addCriOptions(root.command("pods"))
    .description("list pods")
    .option("-l, --latest", "only the one that was created last, whatever its state")
    .option("-n, --last <n>", "only this many that were created last; 0: all", integerOption(0))
    .option("--id <id>", "only the pod whose ID begins with this")
    .option("--name <regex>", "only pods whose name matches", regexOption)
    .option("--namespace <regex>", "only pods whose namespace matches", regexOption)
    .option("-s, --state <state>", "only pods in this state", wordOption(["ready", "notready"]))
    .option("--label <key=value>", "only pods with this label; also more than once", labelOption)
    .option(OUTPUT_FLAG, OUTPUT_ABOUT, outputOption)
    .option("-q, --quiet", "only IDs")
    .option("--no-trunc", "whole IDs")
    .action((options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const filter = {
          labelSelector: options.label ?? {},
          ...(options.state === undefined ? {} : { state: { state: POD_STATES[options.state] } }),
        };
        const response = await cri.runtime.listPodSandbox({ filter }, signal);
        const found = response.items.filter(
          (pod) =>
            pod.id.startsWith(options.id ?? "") &&
            matches(options.name, pod.metadata?.name) &&
            matches(options.namespace, pod.metadata?.namespace),
        );
        const items = newest(found, options);
        const document = messageJson(ListPodSandboxResponseSchema, { ...response, items }, "pods");
        if (printAsData(context, document, options.output)) return;
        const id = (text: string): string => (options.trunc ? shortId(text) : text);
        if (options.quiet) return printIds(items, context);
        const now = Date.now();
        const rows = items.map((pod) => [
          id(pod.id),
          ago(pod.createdAt, now),
          pod.state === PodSandboxState.SANDBOX_READY ? "Ready" : "NotReady",
          pod.metadata?.name ?? "",
          pod.metadata?.namespace ?? "",
          String(pod.metadata?.attempt ?? 0),
          pod.runtimeHandler === "" ? "(default)" : pod.runtimeHandler,
        ]);
        const header = ["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"];
        context.out.table(header, rows);
      }),
    );
}

const STATES = {
  created: ContainerState.CONTAINER_CREATED,
  running: ContainerState.CONTAINER_RUNNING,
  exited: ContainerState.CONTAINER_EXITED,
  unknown: ContainerState.CONTAINER_UNKNOWN,
};
const STATE_WORDS = ["Created", "Running", "Exited", "Unknown"];

function definePs(root: Command, context: CliContext): void {
  addCriOptions(root.command("ps"))
    .description("list containers; only running ones without -a")
    .option("-a, --all", "all of them")
    .option("-l, --latest", "only the one that was created last, whatever its state")
    .option("-n, --last <n>", "only this many that were created last; 0: all", integerOption(0))
    .option("--id <id>", "only the container whose ID begins with this")
    .option("--name <regex>", "only containers whose name matches", regexOption)
    .option("-p, --pod <id>", "only containers of the pod whose ID begins with this")
    .option(
      "-s, --state <state>",
      "only containers in this state",
      wordOption(["created", "running", "exited", "unknown"]),
    )
    .option(
      "--label <key=value>",
      "only containers with this label; also more than once",
      labelOption,
    )
    .option(OUTPUT_FLAG, OUTPUT_ABOUT, outputOption)
    .option("-q, --quiet", "only IDs")
    .option("--no-trunc", "whole IDs")
    .action((options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const isAll = options.all || options.latest || options.last !== undefined;
        const state = options.state ?? (isAll ? undefined : "running");
        const filter = {
          labelSelector: options.label ?? {},
          ...(state === undefined ? {} : { state: { state: STATES[state] } }),
        };
        const [response, pods] = await Promise.all([
          cri.runtime.listContainers({ filter }, signal),
          cri.runtime.listPodSandbox({}, signal),
        ]);
        const found = response.containers.filter(
          (each) =>
            each.id.startsWith(options.id ?? "") &&
            each.podSandboxId.startsWith(options.pod ?? "") &&
            matches(options.name, each.metadata?.name),
        );
        const containers = newest(found, options);
        const document = messageJson(
          ListContainersResponseSchema,
          { ...response, containers },
          "containers",
        );
        if (printAsData(context, document, options.output)) return;
        if (options.quiet) return printIds(containers, context);
        const id = (text: string): string => (options.trunc ? shortId(text) : text);
        const podNames = new Map(pods.items.map((pod) => [pod.id, pod.metadata?.name ?? ""]));
        const now = Date.now();
        const rows = containers.map((each) => [
          id(each.id),
          imageName(each.image?.image ?? "", options.trunc),
          ago(each.createdAt, now),
          STATE_WORDS[each.state] ?? "Unknown",
          each.metadata?.name ?? "",
          String(each.metadata?.attempt ?? 0),
          id(each.podSandboxId),
          podNames.get(each.podSandboxId) ?? "",
        ]);
        const header = [
          "CONTAINER",
          "IMAGE",
          "CREATED",
          "STATE",
          "NAME",
          "ATTEMPT",
          "POD ID",
          "POD",
        ];
        context.out.table(header, rows);
      }),
    );
}

function defineImages(root: Command, context: CliContext): void {
  addCriOptions(root.command("images"))
    .description("list images")
    .argument("[image]", "only this one")
    .option("--digests", "show digests")
    .option(OUTPUT_FLAG, OUTPUT_ABOUT, outputOption)
    .option("-q, --quiet", "only IDs")
    .option("--no-trunc", "whole IDs")
    .action((image, options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const filter = image === undefined ? {} : { filter: { image: { image } } };
        const response = await cri.image.listImages(filter, signal);
        const document = messageJson(ListImagesResponseSchema, response, "images");
        if (printAsData(context, document, options.output)) return;
        if (options.quiet) return printIds(response.images, context);
        const rows = response.images
          .flatMap((each) => imageRows(each, options))
          .sort((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
        const header = ["IMAGE", "TAG", ...(options.digests ? ["DIGEST"] : []), "IMAGE ID", "SIZE"];
        context.out.table(header, rows);
      }),
    );
}

function imageRows(image: Image, options: { digests?: true; trunc: boolean }): string[][] {
  const digest = image.repoDigests[0] ?? "<none>";
  const names = image.repoTags.length === 0 ? [`${digest.split("@")[0]}:<none>`] : image.repoTags;
  return names.map((name) => {
    const colon = name.lastIndexOf(":");
    return [
      name.slice(0, colon),
      name.slice(colon + 1),
      ...(options.digests ? [imageName(digest.split("@")[1] ?? digest, options.trunc)] : []),
      options.trunc ? shortId(image.id) : image.id,
      humanBytes(image.size),
    ];
  });
}

/** A name as it is; an ID or a digest shortened. */
function imageName(text: string, truncate: boolean): string {
  return truncate && text.startsWith("sha256:") ? shortId(text) : text;
}

/** Newest first, and no more than asked for. */
function newest<T extends { readonly createdAt: bigint }>(
  all: readonly T[],
  { latest, last = 0 }: { readonly latest?: true; readonly last?: number },
): T[] {
  const sorted = all.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const count = latest ? 1 : last;
  return count === 0 ? sorted : sorted.slice(0, count);
}

function printIds(all: readonly { readonly id: string }[], context: CliContext): void {
  for (const { id } of all) context.out.line(id);
}

function matches(pattern: string | undefined, text: string | undefined): boolean {
  return pattern === undefined || new RegExp(pattern).test(text ?? "");
}
