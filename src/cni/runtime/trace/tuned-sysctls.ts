import type { ConfList } from "../../conf/conf-list.ts";
import { ConfObject } from "../../conf-object.ts";
import { isJsonObject } from "../../json.ts";
import { sysctlPath } from "../../plugins/meta/tuning/sysctl-key.ts";

/** The sysctls that a network's plugins are to set for an interface, as paths below `net`. */
export function tunedSysctls({ plugins }: ConfList, ifName: string): readonly string[] {
  return plugins.flatMap(({ raw }) => {
    const sysctl = new ConfObject(raw).value("sysctl");
    return isJsonObject(sysctl) ? Object.keys(sysctl).flatMap((key) => pathOf(key, ifName)) : [];
  });
}

function pathOf(key: string, ifName: string): readonly string[] {
  try {
    return [sysctlPath(key, ifName).slice("net/".length)];
  } catch {
    // The plugin refuses it, and says so.
    return [];
  }
}
