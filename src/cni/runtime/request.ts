import type { ConfList, ConfListPlugin } from "../conf/conf-list.ts";
import type { Attachment } from "../conf/plugin-conf.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import type { CniCommand } from "../skel/plugin.ts";

/** What an attachment is made with (SPEC 1.1, section 3, "Attachment Parameters"). */
export interface AttachmentSpec extends Attachment {
  /** The path of the pod's network namespace; empty where a DEL has none any more. */
  readonly netns: string;
  /** CNI_ARGS as pairs, in order. */
  readonly args: readonly (readonly [string, string])[];
  /** What the runtime gives for capabilities that plugins declare: `portMappings`, `mac` ... */
  readonly capabilityArgs: JsonObject;
}

/** What a plugin's configuration gets on top of what its file says. */
export interface Injected {
  readonly capabilityArgs?: JsonObject;
  readonly prevResult?: JsonObject | undefined;
  /** GC alone. */
  readonly validAttachments?: readonly Attachment[];
}

/**
 * The configuration that a plugin gets on standard input (SPEC 1.1, section 3, "Deriving execution
 * configuration"): its own object with the list's name and version. What only a runtime may say
 * is taken out of the file's object, and `capabilities` too, which is for the runtime alone.
 */
export function pluginConfig(
  { name, cniVersion }: Pick<ConfList, "name" | "cniVersion">,
  { raw }: ConfListPlugin,
  injected: Injected = {},
): JsonObject {
  const own = Object.entries(raw).filter(
    ([key]) => !key.startsWith("cni.dev/") && key !== "capabilities" && key !== "prevResult",
  );
  const runtimeConfig = declared(raw, injected.capabilityArgs ?? {});
  return {
    ...Object.fromEntries(own),
    cniVersion,
    name,
    ...(Object.keys(runtimeConfig).length === 0 ? {} : { runtimeConfig }),
    ...(injected.prevResult === undefined ? {} : { prevResult: injected.prevResult }),
    ...(injected.validAttachments === undefined ? {} : valid(injected.validAttachments)),
  };
}

/** What the runtime gives of what a plugin declares with `capabilities: {KEY: true}`. */
function declared({ capabilities }: JsonObject, given: JsonObject): JsonObject {
  if (!isJsonObject(capabilities)) return {};
  return Object.fromEntries(Object.entries(given).filter(([key]) => capabilities[key] === true));
}

/** Under the key of the specification, and under the one that plugins of an older library read. */
function valid(attachments: readonly Attachment[]): JsonObject {
  const list = attachments.map(({ containerId, ifName }) => ({
    containerID: containerId,
    ifname: ifName,
  }));
  return { "cni.dev/valid-attachments": list, "cni.dev/attachments": list };
}

const VARIABLES = [
  "CNI_COMMAND",
  "CNI_CONTAINERID",
  "CNI_NETNS",
  "CNI_IFNAME",
  "CNI_ARGS",
  "CNI_PATH",
] as const;

/**
 * The variables that a call sets. GC and STATUS are about no attachment and have none of its;
 * VERSION has placeholders, without which plugins of the first versions refuse it.
 */
export function pluginVariables(
  command: CniCommand,
  path: readonly string[],
  attachment?: AttachmentSpec,
): Readonly<Record<string, string>> {
  if (command === "VERSION") {
    const dummy = { CNI_NETNS: "dummy", CNI_IFNAME: "dummy", CNI_CONTAINERID: "dummy" };
    return { CNI_COMMAND: command, ...dummy, CNI_PATH: path.join(":") };
  }
  return {
    CNI_COMMAND: command,
    ...(attachment === undefined
      ? {}
      : {
          CNI_CONTAINERID: attachment.containerId,
          CNI_NETNS: attachment.netns,
          CNI_IFNAME: attachment.ifName,
          CNI_ARGS: attachment.args.map((pair) => pair.join("=")).join(";"),
        }),
    CNI_PATH: path.join(":"),
  };
}

/** The runtime's whole environment with a call's variables, and no other CNI ones, in it. */
export function pluginEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [key, value] of Object.entries(own)) {
    if (value !== undefined && !VARIABLES.some((name) => name === key)) environment[key] = value;
  }
  return { ...environment, ...variables };
}
