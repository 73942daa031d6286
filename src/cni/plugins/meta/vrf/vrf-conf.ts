import { checkIfName } from "../../../conf/names.ts";
import type { PluginConf } from "../../../conf/plugin-conf.ts";

/** What a configuration asks of vrf. */
export interface VrfConf {
  /** The name of the VRF in the pod. */
  readonly name: string;
  /** Its routing table; undefined where any will do. */
  readonly table?: number;
}

const U32_MAX = 0xffffffff;

/** Reads the configuration; CniError 7 for a wrong value. */
export function readVrfConf({ object }: PluginConf): VrfConf {
  const name = object.text("vrfname") ?? "";
  const wrongName = checkIfName(name);
  if (wrongName !== undefined) throw object.wrong("vrfname", `the name of a link: ${wrongName}`);
  const table = object.integer("table", { min: 0, max: U32_MAX }) ?? 0;
  return { name, ...(table === 0 ? {} : { table }) };
}

/** The VRF's name for DEL, which works with any configuration; undefined where it has none. */
export function vrfNameOf({ object }: PluginConf): string | undefined {
  const name = object.value("vrfname");
  return typeof name === "string" && checkIfName(name) === undefined ? name : undefined;
}
