import { parseCniArgs } from "../../conf/cni-args.ts";
import type { ConfObject } from "../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../errors.ts";
import type { PluginRequest } from "../../skel/plugin.ts";
import { normalizeHardwareAddress } from "./hardware-address.ts";

/** Ethernet: six bytes with their colons. */
const TEXT_LENGTH = 17;

/**
 * The MAC that somebody asked for, in lower case; undefined where nobody did. The later of these
 * goes before the earlier: `mac` of the configuration where the plugin has that key, MAC of
 * CNI_ARGS, `args.cni.mac`, `runtimeConfig.mac` (CONVENTIONS). What is no MAC is CniError 7, in
 * CNI_ARGS 4.
 */
export function requestedMac(
  request: PluginRequest,
  { hasKey }: { readonly hasKey: boolean },
): string | undefined {
  const { object, cniArgs, runtimeConfig } = request.conf;
  return (
    macOf(runtimeConfig) ??
    macOf(cniArgs) ??
    macOfArgs(request.args) ??
    (hasKey ? macOf(object) : undefined)
  );
}

function macOf(object: ConfObject): string | undefined {
  const text = object.text("mac") ?? "";
  if (text === "") return undefined;
  const mac = normalize(text);
  if (mac === undefined) throw object.wrong("mac", "a MAC address like 02:42:0a:c8:00:01");
  return mac;
}

function macOfArgs(args: string): string | undefined {
  const text = parseCniArgs(args, ["MAC"]).MAC;
  if (text === undefined) return undefined;
  const mac = normalize(text);
  if (mac !== undefined) return mac;
  throw new CniError(
    CNI_ERROR.invalidEnvironment,
    `Cannot use MAC of CNI_ARGS: "${text}" is not a MAC address like 02:42:0a:c8:00:01`,
  );
}

function normalize(text: string): string | undefined {
  const mac = normalizeHardwareAddress(text);
  return mac?.length === TEXT_LENGTH ? mac : undefined;
}
