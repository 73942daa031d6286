import { messageOf } from "../../base/mod.ts";
import { ConfObject } from "../conf-object.ts";
import { CNI_ERROR, CniError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { decodeDns, decodeResult } from "../result/decode-result.ts";
import type { CniDns, CniResult } from "../result/types.ts";
import { DEFAULT_VERSION } from "../version.ts";
import { checkName } from "./names.ts";

/** One container's interface in a network: what ADD makes and DEL takes away. */
export interface Attachment {
  readonly containerId: string;
  readonly ifName: string;
}

/**
 * A plugin's configuration as it comes on standard input: the plugin object of a list with `name`,
 * `cniVersion`, `runtimeConfig` and `prevResult` put in by the runtime (SPEC 1.1, section 3).
 */
export interface PluginConf {
  readonly cniVersion: string;
  readonly name: string;
  readonly type: string;
  /** All keys of it. */
  readonly object: ConfObject;
  readonly ipam: ConfObject | undefined;
  /** The `type` of `ipam`; undefined where there is none or it is empty. */
  readonly ipamType: string | undefined;
  readonly dns: CniDns;
  /** What the runtime answers to the declared capabilities; empty where it gave nothing. */
  readonly runtimeConfig: ConfObject;
  /** `args.cni` (CONVENTIONS); empty where it is absent. */
  readonly cniArgs: ConfObject;
  readonly prevResult: CniResult | undefined;
  /** GC alone: `cni.dev/valid-attachments`; undefined where the runtime said nothing. */
  readonly validAttachments: readonly Attachment[] | undefined;
}

/** Parses what a plugin got; CniError 6 where it is not JSON, 7 where a value is wrong. */
export function parsePluginConf(text: string): PluginConf {
  let json: JsonObject;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    const why = messageOf(thrown);
    throw new CniError(CNI_ERROR.decodingFailure, `Cannot read the configuration: ${why}`);
  }
  if (!isJsonObject(json)) {
    throw new CniError(
      CNI_ERROR.decodingFailure,
      "Cannot read the configuration: it is not a JSON object",
    );
  }
  return readPluginConf(new ConfObject(json));
}

function readPluginConf(object: ConfObject): PluginConf {
  const cniVersion = object.text("cniVersion") ?? "";
  const name = object.text("name") ?? "";
  const wrongName = checkName(name);
  if (wrongName !== undefined) {
    throw new CniError(
      CNI_ERROR.invalidConfig,
      `Cannot use the network name "${name}": ${wrongName}`,
    );
  }
  const version = cniVersion === "" ? DEFAULT_VERSION : cniVersion;
  const ipam = object.object("ipam");
  const prevResult = object.object("prevResult");
  const ipamType = ipam?.text("type") ?? "";
  return {
    cniVersion: version,
    name,
    type: object.text("type") ?? "",
    object,
    ipam,
    ipamType: ipamType === "" ? undefined : ipamType,
    dns: decodeDns(object.object("dns")),
    runtimeConfig: object.object("runtimeConfig") ?? new ConfObject({}, "runtimeConfig"),
    cniArgs: object.object("args")?.object("cni") ?? new ConfObject({}, "args.cni"),
    prevResult: prevResult === undefined ? undefined : decodeResult(prevResult.raw, version),
    validAttachments: readValidAttachments(object),
  };
}

/** The key of the specification goes before the one that an older library wrote. */
function readValidAttachments(object: ConfObject): readonly Attachment[] | undefined {
  const names = ["cni.dev/valid-attachments", "cni.dev/attachments"] as const;
  const key = object.has(names[0]) ? names[0] : names[1];
  if (!object.has(key)) return undefined;
  return object.objects(key).map((attachment) => ({
    containerId: attachment.text("containerID") ?? "",
    ifName: attachment.text("ifname") ?? "",
  }));
}
