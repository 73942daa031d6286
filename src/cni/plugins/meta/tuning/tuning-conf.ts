import { parseCniArgs } from "../../../conf/cni-args.ts";
import type { PluginConf } from "../../../conf/plugin-conf.ts";
import type { ConfObject } from "../../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { PluginRequest } from "../../../skel/plugin.ts";
import { normalizeHardwareAddress } from "../../lib/hardware-address.ts";
import type { LinkSettings } from "./link-settings.ts";
import { sysctlPath } from "./sysctl-key.ts";

/** What a configuration asks of tuning. */
export interface TuningConf {
  readonly sysctls: readonly Sysctl[];
  /** What the interface is to be like; what is not there stays as it is. */
  readonly settings: LinkSettings;
}

/** A sysctl that is to have a value. */
export interface Sysctl {
  /** As the configuration writes it. */
  readonly key: string;
  /** Below /proc/sys. */
  readonly path: string;
  readonly value: string;
}

/** The reference's place: gone with a reboot, as the links are. */
const DEFAULT_DATA_DIR = "/run/cni/tuning";

/** The largest MTU and queue length that the kernel's requests have a place for. */
const U32_MAX = 0xffffffff;

/** What of a request says what is to be tuned. */
export type TuningRequest = Pick<PluginRequest, "conf" | "args" | "ifName">;

/** Where backups are: all that DEL and GC need of the configuration. */
export function dataDirOf({ object }: PluginConf): string {
  const dataDir = object.text("dataDir") ?? "";
  return dataDir === "" ? DEFAULT_DATA_DIR : dataDir;
}

/**
 * Reads what is to be tuned. Values of `args.cni` go before those of the configuration itself; of
 * MACs, `args.cni.mac` goes before `runtimeConfig.mac`, MAC of CNI_ARGS and `mac`. CniError 7 for a
 * wrong value, 4 for wrong CNI_ARGS.
 */
export function readTuningConf({ conf, args, ifName }: TuningRequest): TuningConf {
  const { object, cniArgs } = conf;
  const sources = [cniArgs, object];
  const first = <T>(read: (source: ConfObject) => T | undefined): T | undefined => {
    for (const source of sources) {
      const value = read(source);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const mac = readMac(conf, args);
  const mtu = first((source) => source.integer("mtu", { min: 0, max: U32_MAX })) ?? 0;
  const promisc = first((source) => source.boolean("promisc")) ?? false;
  const allmulti = first((source) => source.boolean("allmulti"));
  const txQLen = first((source) => source.integer("txQLen", { min: 0, max: U32_MAX }));
  return {
    sysctls: [
      ...new Map([...readSysctls(object, ifName), ...readSysctls(cniArgs, ifName)]).values(),
    ],
    settings: {
      ...(mac === undefined ? {} : { mac }),
      // false and 0 stand for "as it is", as in the reference.
      ...(promisc ? { promisc } : {}),
      ...(mtu === 0 ? {} : { mtu }),
      ...(allmulti === undefined ? {} : { allmulti }),
      ...(txQLen === undefined ? {} : { txQLen }),
    },
  };
}

/** The sysctls of one source by their paths. */
function readSysctls(source: ConfObject, ifName: string): ReadonlyMap<string, Sysctl> {
  const sysctls = new Map<string, Sysctl>();
  const sysctl = source.object("sysctl");
  if (sysctl === undefined) return sysctls;
  for (const key of Object.keys(sysctl.raw)) {
    const path = sysctlPath(key, ifName);
    const other = sysctls.get(path);
    if (other !== undefined) {
      throw new CniError(
        CNI_ERROR.invalidConfig,
        `Cannot use "${source.pathOf("sysctl")}" of the configuration: "${other.key}" and "${key}" are one sysctl`,
      );
    }
    sysctls.set(path, { key, path, value: sysctl.text(key) ?? "" });
  }
  return sysctls;
}

/** The first of the four sources that is there; one that is empty asks for no change. */
function readMac(conf: PluginConf, args: string): string | undefined {
  const sources: readonly (readonly [string, string | undefined])[] = [
    [conf.cniArgs.pathOf("mac"), conf.cniArgs.text("mac")],
    [conf.runtimeConfig.pathOf("mac"), nonEmpty(conf.runtimeConfig.text("mac"))],
    ["CNI_ARGS MAC", parseCniArgs(args, ["MAC"]).MAC],
    ["mac", conf.object.text("mac")],
  ];
  const [where, text] = sources.find(([, value]) => value !== undefined) ?? [];
  if (where === undefined || text === undefined || text === "") return undefined;
  const mac = normalizeHardwareAddress(text);
  if (mac !== undefined) return mac;
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot use "${where}" of the configuration: "${text}" is not a MAC address`,
  );
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
