import { resolve } from "node:path";
import { create, type DescMessage, fromJson, type MessageShape } from "@bufbuild/protobuf";
import type { Command } from "@commander-js/extra-typings";
import { parse } from "yaml";
import { messageOf, NodewrightError } from "../../base/mod.ts";
import {
  ContainerConfigSchema,
  defaultCgroupParent,
  LinuxPodSandboxConfigSchema,
  PodSandboxConfigSchema,
} from "../../cri/mod.ts";
import { readUserText } from "../../sys/mod.ts";
import type { CliContext } from "../context.ts";
import { addCriOptions } from "./common-options.ts";
import { type CriSession, inSession } from "./cri-session.ts";
import { noSuchImage } from "./inspect-commands.ts";
import { resolvePod } from "./resolve-id.ts";

const CONFIG_HELP = "file (JSON or YAML, crictl's own format) or the JSON text itself";

/** `runp`, `create` and `run`, with crictl's configuration files. */
export function defineRuns(root: Command, context: CliContext): void {
  addCriOptions(root.command("runp"))
    .description("run a new pod")
    .argument("<pod-config>", CONFIG_HELP)
    .option("--runtime <handler>", "the runtime handler to use", "")
    .action((podConfig, options, command) =>
      inSession(
        context,
        command,
        async (session) => {
          const config = await readConfig(PodSandboxConfigSchema, podConfig, context);
          print(context, await runPod(session, config, options.runtime));
        },
        { files: { 0: "inline" } },
      ),
    );
  addCriOptions(root.command("create"))
    .description("create a container in a pod")
    .argument("<pod>", "ID or its beginning")
    .argument("<container-config>", CONFIG_HELP)
    .argument("<pod-config>", CONFIG_HELP)
    .action((pod, containerConfig, podConfig, _options, command) =>
      inSession(
        context,
        command,
        async (session) => {
          const podSandboxId = await resolvePod(session.cri, pod);
          const config = await readConfig(ContainerConfigSchema, containerConfig, context);
          const sandboxConfig = await readConfig(PodSandboxConfigSchema, podConfig, context);
          await requireImage(session, config.image?.image ?? "");
          // The runtime places the container by this configuration, not by the pod's at its start.
          await placePod(session, sandboxConfig);
          const request = { podSandboxId, config, sandboxConfig };
          const { containerId } = await session.cri.runtime.createContainer(
            request,
            session.signal,
          );
          print(context, containerId);
        },
        { files: { 1: "inline", 2: "inline" } },
      ),
    );
  addCriOptions(root.command("run"))
    .description("run a new container in a new pod")
    .argument("<container-config>", CONFIG_HELP)
    .argument("<pod-config>", CONFIG_HELP)
    .option("--runtime <handler>", "the runtime handler to use", "")
    .action((containerConfig, podConfig, options, command) =>
      inSession(
        context,
        command,
        async (session) => {
          const config = await readConfig(ContainerConfigSchema, containerConfig, context);
          const sandboxConfig = await readConfig(PodSandboxConfigSchema, podConfig, context);
          await requireImage(session, config.image?.image ?? "");
          print(context, await runContainer(session, config, sandboxConfig, options.runtime));
        },
        { files: { 0: "inline", 1: "inline" } },
      ),
    );
}

/** Gives a pod the cgroup that the runtime's cgroup driver takes, where its configuration names none. */
async function placePod(
  { cri, signal }: CriSession,
  config: MessageShape<typeof PodSandboxConfigSchema>,
): Promise<void> {
  config.linux ??= create(LinuxPodSandboxConfigSchema);
  config.linux.cgroupParent ||= await defaultCgroupParent(cri, signal);
}

async function runPod(
  session: CriSession,
  config: MessageShape<typeof PodSandboxConfigSchema>,
  runtimeHandler: string,
): Promise<string> {
  const { cri, signal } = session;
  await placePod(session, config);
  const response = await cri.runtime.runPodSandbox({ config, runtimeHandler }, signal);
  return response.podSandboxId;
}

/** A pod whose container cannot be started is taken away again. */
async function runContainer(
  session: CriSession,
  config: MessageShape<typeof ContainerConfigSchema>,
  sandboxConfig: MessageShape<typeof PodSandboxConfigSchema>,
  runtimeHandler: string,
): Promise<string> {
  const { cri, signal } = session;
  const podSandboxId = await runPod(session, sandboxConfig, runtimeHandler);
  try {
    const request = { podSandboxId, config, sandboxConfig };
    const { containerId } = await cri.runtime.createContainer(request, signal);
    await cri.runtime.startContainer({ containerId }, signal);
    return containerId;
  } catch (thrown) {
    await cri.runtime.stopPodSandbox({ podSandboxId }).catch(() => {});
    await cri.runtime.removePodSandbox({ podSandboxId }).catch(() => {});
    throw thrown;
  }
}

async function requireImage({ cri, signal }: CriSession, image: string): Promise<void> {
  const status = await cri.image.imageStatus({ image: { image } }, signal);
  if (status.image === undefined) throw noSuchImage(image);
}

/** Reads a configuration in the interface's own field names, snake_case or camelCase. */
async function readConfig<D extends DescMessage>(
  schema: D,
  given: string,
  context: CliContext,
): Promise<MessageShape<D>> {
  const isText = given.startsWith("{");
  const where = isText ? "the configuration given" : given;
  try {
    const text = isText ? given : await readUserText(resolve(context.process.cwd, given));
    return fromJson(schema, parse(text));
  } catch (thrown) {
    const why = messageOf(thrown);
    throw new NodewrightError("config", `Cannot read ${where} as ${schema.name}: ${why}`, {
      cause: thrown,
      fix: "the fields are those of the container runtime interface, as in crictl's examples",
    });
  }
}

function print(context: CliContext, id: string): void {
  if (context.json) context.out.json({ kind: "id", id });
  else context.out.line(id);
}
