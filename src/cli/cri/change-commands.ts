import type { Command } from "@commander-js/extra-typings";
import { UsageError } from "../../base/mod.ts";
import { ContainerState, type CriClient, type Image } from "../../cri/mod.ts";
import type { CliContext } from "../context.ts";
import { integerOption } from "../option-parsers.ts";
import { addCriOptions } from "./common-options.ts";
import { inSession } from "./cri-session.ts";
import { noSuchImage } from "./inspect-commands.ts";
import { resolveContainer, resolvePod } from "./resolve-id.ts";

/** `start`, `stop`, `rm`, `stopp`, `rmp`, `pull` and `rmi`. */
export function defineChanges(root: Command, context: CliContext): void {
  defineContainerChanges(root, context);
  definePodChanges(root, context);
  defineImageChanges(root, context);
}

function defineContainerChanges(root: Command, context: CliContext): void {
  addCriOptions(root.command("start"))
    .description("start created containers")
    .argument("<container...>", "ID or its beginning")
    .action((names, _options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        for (const name of names) {
          const containerId = await resolveContainer(cri, name);
          await cri.runtime.startContainer({ containerId }, signal);
          done(context, containerId);
        }
      }),
    );
  addCriOptions(root.command("stop"))
    .description("stop running containers")
    .argument("<container...>", "ID or its beginning")
    .option("-t, --timeout <seconds>", "until the container is killed", integerOption(0), 0)
    .action((names, options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        for (const name of names) {
          const containerId = await resolveContainer(cri, name);
          const timeout = BigInt(options.timeout);
          await cri.runtime.stopContainer({ containerId, timeout }, signal);
          done(context, containerId);
        }
      }),
    );
  addCriOptions(root.command("rm"))
    .description("remove containers")
    .argument("[container...]", "ID or its beginning")
    .option("-a, --all", "all containers")
    .option("-f, --force", "also running ones")
    .action((names, options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const all = options.all ? (await cri.runtime.listContainers({}, signal)).containers : [];
        requireSome(names, options.all);
        for (const name of [...names, ...all.map((each) => each.id)]) {
          const containerId = await resolveContainer(cri, name);
          if (!options.force) await refuseRunning(cri, containerId);
          await cri.runtime.removeContainer({ containerId }, signal);
          done(context, containerId);
        }
      }),
    );
}

function definePodChanges(root: Command, context: CliContext): void {
  addCriOptions(root.command("stopp"))
    .description("stop pods and all in them")
    .argument("<pod...>", "ID or its beginning")
    .action((names, _options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        for (const name of names) {
          const podSandboxId = await resolvePod(cri, name);
          await cri.runtime.stopPodSandbox({ podSandboxId }, signal);
          done(context, podSandboxId);
        }
      }),
    );
  addCriOptions(root.command("rmp"))
    .description("remove pods and all in them")
    .argument("[pod...]", "ID or its beginning")
    .option("-a, --all", "all pods")
    .option("-f, --force", "also running ones")
    .action((names, options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const all = options.all ? (await cri.runtime.listPodSandbox({}, signal)).items : [];
        requireSome(names, options.all);
        for (const name of [...names, ...all.map((each) => each.id)]) {
          const podSandboxId = await resolvePod(cri, name);
          if (options.force) await cri.runtime.stopPodSandbox({ podSandboxId }, signal);
          else await refuseReady(cri, podSandboxId);
          await cri.runtime.removePodSandbox({ podSandboxId }, signal);
          done(context, podSandboxId);
        }
      }),
    );
}

function defineImageChanges(root: Command, context: CliContext): void {
  addCriOptions(root.command("pull"))
    .description("pull an image from its registry")
    .argument("<image>", "name")
    .action((image, _options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const { imageRef } = await cri.image.pullImage({ image: { image } }, signal);
        if (context.json) context.out.json({ kind: "pulled", imageRef });
        else context.out.line(`Image is up to date for ${imageRef}`);
      }),
    );
  addCriOptions(root.command("rmi"))
    .description("remove images")
    .argument("[image...]", "name or ID")
    .option("-a, --all", "all images")
    .option("--prune", "the images that no container uses, besides pinned ones and the pause image")
    .action((names, options, command) =>
      inSession(context, command, async ({ cri, signal }) => {
        const isMany = options.all === true || options.prune === true;
        if (names.length === 0 && !isMany) {
          throw new UsageError("Expected an image, --prune or --all");
        }
        const { images } = isMany ? await cri.image.listImages({}, signal) : { images: [] };
        const isKept = options.prune === true ? await imagesInUse(cri, signal) : () => false;
        const others = images.filter((image) => !isKept(image)).map(({ id }) => id);
        for (const image of new Set([...names, ...others])) await removeImage(image);

        async function removeImage(image: string): Promise<void> {
          const status = await cri.image.imageStatus({ image: { image } }, signal);
          if (status.image === undefined) throw noSuchImage(image);
          await cri.image.removeImage({ image: { image: status.image.id } }, signal);
          const tags = status.image.repoTags.length === 0 ? [image] : status.image.repoTags;
          for (const tag of tags) done(context, tag, "Deleted: ");
        }
      }),
    );
}

/** Whether an image must stay: a container has it, it is pinned, or every pod starts with it. */
async function imagesInUse(
  cri: CriClient,
  signal: { readonly signal: AbortSignal },
): Promise<(image: Image) => boolean> {
  const [{ containers }, { info }] = await Promise.all([
    cri.runtime.listContainers({}, signal),
    cri.runtime.status({ verbose: true }, signal),
  ]);
  const used = new Set(containers.flatMap((each) => [each.imageRef, each.image?.image ?? ""]));
  // containerd 1.6 does not pin the pause image; only its configuration names it.
  const pause = /"sandboxImage":"([^"]+)"/.exec(info["config"] ?? "")?.[1];
  if (pause !== undefined) used.add(pause);
  return (image) =>
    image.pinned || [image.id, ...image.repoTags, ...image.repoDigests].some((n) => used.has(n));
}

function done(context: CliContext, id: string, before = ""): void {
  if (context.json) context.out.json({ kind: "id", id });
  else context.out.line(`${before}${id}`);
}

function requireSome(names: readonly string[], all: true | undefined): void {
  if (names.length === 0 && all !== true) throw new UsageError("Expected an ID, or --all");
}

async function refuseRunning(cri: CriClient, containerId: string): Promise<void> {
  const { status } = await cri.runtime.containerStatus({ containerId });
  if (status?.state !== ContainerState.CONTAINER_RUNNING) return;
  throw new UsageError(`Cannot remove a running container: ${containerId}`, {
    fix: "stop it first, or use --force",
  });
}

async function refuseReady(cri: CriClient, podSandboxId: string): Promise<void> {
  const { status } = await cri.runtime.podSandboxStatus({ podSandboxId });
  if (status?.state !== 0) return;
  throw new UsageError(`Cannot remove a running pod: ${podSandboxId}`, {
    fix: "stop it first with stopp, or use --force",
  });
}
