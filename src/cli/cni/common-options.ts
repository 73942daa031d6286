import type { Command } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { isJsonObject, type JsonObject, splitCniArgs } from "../../cni/mod.ts";
import { integerOption } from "../option-parsers.ts";

/** Where networks, plugins and the cache are: every `nodewright cni` command that needs them. */
export function addPlaceOptions<Args extends unknown[], Opts extends Record<string, unknown>>(
  command: Command<Args, Opts>,
) {
  return command
    .option("--conf-dir <dir>", "the networks (default: NETCONFPATH, else /etc/cni/net.d)")
    .option(
      "--plugin-dir <dirs>",
      "the plugins, directories with a colon between (default: CNI_PATH, else /opt/cni/bin)",
    )
    .option("--cache-dir <dir>", "the results of attachments", "/var/lib/cni")
    .option("--timeout <seconds>", "until a plugin is killed", integerOption(1), 90);
}

/** Which attachment: what cnitool takes from its environment, and the container's ID. */
export function addAttachmentOptions<Args extends unknown[], Opts extends Record<string, unknown>>(
  command: Command<Args, Opts>,
) {
  return addPlaceOptions(command)
    .option("-i, --ifname <name>", "the pod's interface (default: CNI_IFNAME, else eth0)")
    .option(
      "--container-id <id>",
      "the container (default: cnitool's, made from the namespace's path)",
    )
    .option("--args <pairs>", "K=V;K2=V2 for the plugins (default: CNI_ARGS)", pairsOption)
    .option("--cap-args <json>", "what capabilities get (default: CAP_ARGS)", objectOption);
}

/** The options of addPlaceOptions. */
export interface PlaceOptions {
  readonly confDir?: string;
  readonly pluginDir?: string;
  readonly cacheDir: string;
  readonly timeout: number;
}

/** The options of addAttachmentOptions. */
export interface AttachmentOptions extends PlaceOptions {
  readonly ifname?: string;
  readonly containerId?: string;
  readonly args?: readonly (readonly [string, string])[];
  readonly capArgs?: JsonObject;
}

/** Parses CNI_ARGS. */
export function pairsOption(text: string): readonly (readonly [string, string])[] {
  try {
    return splitCniArgs(text);
  } catch {
    throw new InvalidArgumentError("Expected KEY=VALUE pairs with semicolons between.");
  }
}

/** Parses CAP_ARGS. */
export function objectOption(text: string): JsonObject {
  try {
    const json: unknown = JSON.parse(text);
    if (isJsonObject(json)) return json;
  } catch {}
  throw new InvalidArgumentError('Expected a JSON object, as {"mac": "0a:00:00:00:00:01"}.');
}
