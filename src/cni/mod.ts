/**
 * The Container Network Interface: configuration, results, the plugin side (skel), the runtime
 * side, and the plugins. SPEC 1.1.0 and every version before it. Plugins are programs of few
 * modules: they import from each other's files, not from here.
 *
 * @module
 */
export { parseCniArgs, splitCniArgs } from "./conf/cni-args.ts";
export type { ConfList, ConfListPlugin } from "./conf/conf-list.ts";
export { checkIfName, checkName, checkPluginType } from "./conf/names.ts";
export { type Attachment, type PluginConf, parsePluginConf } from "./conf/plugin-conf.ts";
export { ConfObject } from "./conf-object.ts";
export { CNI_ERROR, CniError, type CniErrorObject, joinErrors, toCniError } from "./errors.ts";
export { findPlugin, isSameFile } from "./exec/find-plugin.ts";
export { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
export { dhcpUnits, UNIT_DIRECTORY } from "./plugins/ipam/dhcp/units/dhcp-units.ts";
export { PLUGIN_NAMES } from "./plugins/plugin-names.ts";
export { decodeResult, parseResult } from "./result/decode-result.ts";
export { encodeResult, printResult } from "./result/encode-result.ts";
export {
  type CniDns,
  type CniInterface,
  type CniIp,
  type CniResult,
  type CniRoute,
  EMPTY_RESULT,
} from "./result/types.ts";
export { type CniCommand, COMMANDS } from "./skel/plugin.ts";
export {
  CURRENT_VERSION,
  compareVersions,
  DEFAULT_VERSION,
  isAtLeast,
  parseVersion,
  SPEC_VERSIONS,
  selectVersion,
} from "./version.ts";
