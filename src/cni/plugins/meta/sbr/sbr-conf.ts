import { formatAddress, type IpAddress, parseAddress } from "../../../../ip/mod.ts";
import type { PluginConf } from "../../../conf/plugin-conf.ts";

/** What a configuration asks of sbr. */
export interface SbrConf {
  /** The routing table of all rules; undefined where each address gets a free one. */
  readonly table?: number;
  /** Used instead of those of the addresses; one of a family at most. */
  readonly gateways: readonly IpAddress[];
  /** Keep the routes in the main table, with the interface's address as their source. */
  readonly addSourceHints: boolean;
}

const U32_MAX = 0xffffffff;

/** Reads the configuration; CniError 7 for a wrong value. */
export function readSbrConf({ object }: PluginConf): SbrConf {
  const table = object.integer("table", { min: 1, max: U32_MAX });
  const gateways: IpAddress[] = [];
  for (const text of object.texts("gateways") ?? []) {
    const gateway = parseAddress(text);
    if (!gateway.ok) throw object.wrong("gateways", `a list of IP addresses: ${gateway.error}`);
    const other = gateways.find(({ family }) => family === gateway.value.family);
    if (other !== undefined) {
      const both = `${formatAddress(other)} and ${formatAddress(gateway.value)}`;
      throw object.wrong("gateways", `one of each family at most: ${both} are of one`);
    }
    gateways.push(gateway.value);
  }
  return {
    gateways,
    addSourceHints: object.boolean("addSourceHints") ?? false,
    ...(table === undefined ? {} : { table }),
  };
}
