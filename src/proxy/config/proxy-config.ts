import type { Problem } from "../../base/mod.ts";
import {
  type ConfigReader,
  type KubeProxyConfig,
  type Located,
  parseDurationMs,
} from "../../config/mod.ts";
import { type Cidr, parseAddress, parseCidr } from "../../ip/mod.ts";

/** How the proxy tells packets of this node's pods from others (`detectLocalMode`). */
export type LocalDetection =
  | { readonly mode: "ClusterCIDR"; readonly cidrs: readonly Cidr[] }
  | { readonly mode: "NodeCIDR" }
  | { readonly mode: "BridgeInterface"; readonly name: string }
  | { readonly mode: "InterfaceNamePrefix"; readonly prefix: string };

/** An address to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** What the kernel's connection tracking is set to; undefined leaves it as it is. */
export interface ConntrackSettings {
  readonly maxPerCore: number;
  readonly min: number;
  readonly tcpEstablishedSeconds?: number;
  readonly tcpCloseWaitSeconds?: number;
  readonly tcpBeLiberal: boolean;
  readonly udpSeconds?: number;
  readonly udpStreamSeconds?: number;
}

/** The effective KubeProxyConfiguration: times in milliseconds, addresses parsed. */
export interface ProxyConfig {
  readonly mode: ProxyMode;
  /** Undefined: the proxy runs in a pod of the cluster, which is not supported yet. */
  readonly kubeconfig?: string;
  readonly hostnameOverride?: string;
  /** `bindAddress`: this node's own address where it is not the wildcard. */
  readonly nodeAddress?: string;
  /** Undefined: not served. */
  readonly healthz?: ListenAddress;
  readonly metrics?: ListenAddress;
  readonly bindAddressHardFail: boolean;
  readonly masqueradeBit: number;
  readonly masqueradeAll: boolean;
  readonly syncPeriodMs: number;
  readonly minSyncPeriodMs: number;
  readonly localDetection: LocalDetection;
  /** Empty: all addresses in the iptables mode, the primary one in the nftables mode. */
  readonly nodePortAddresses: "primary" | readonly Cidr[];
  /** `iptables.localhostNodePorts`: false in the other modes. */
  readonly localhostNodePorts: boolean;
  readonly oomScoreAdj: number;
  readonly conntrack: ConntrackSettings;
  readonly verbosity: number;
}

/** The modes that this proxy has. */
export type ProxyMode = "iptables" | "nftables";

/** The configuration with what keeps it from being used; undefined only with an error among them. */
export interface ReadProxyConfig {
  readonly config: ProxyConfig | undefined;
  readonly problems: readonly Problem[];
}

/** Reads the effective configuration out of the file's model. Fields that cannot work are errors. */
export function readProxyConfig(model: KubeProxyConfig): ReadProxyConfig {
  const { reader } = model;
  const mode = modeOf(model);
  const problems = findUnsupported(model);
  if (mode === undefined) return { config: undefined, problems };
  const table = mode;
  const kubeconfig = model.kubeconfig?.value;
  const hostnameOverride = model.hostnameOverride?.value;
  const healthz = listenAddress(model.healthzBindAddress.value, 10_256);
  const metrics = listenAddress(model.metricsBindAddress.value, 10_249);
  const bind = parseAddress(model.bindAddress.value);
  const config: ProxyConfig = {
    mode,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(hostnameOverride === undefined ? {} : { hostnameOverride }),
    ...(bind.ok && bind.value.value !== 0n ? { nodeAddress: model.bindAddress.value } : {}),
    ...(healthz === undefined ? {} : { healthz }),
    ...(metrics === undefined ? {} : { metrics }),
    bindAddressHardFail: flag(reader, ["bindAddressHardFail"]),
    masqueradeBit: integer(reader, [table, "masqueradeBit"]),
    masqueradeAll: flag(reader, [table, "masqueradeAll"]),
    syncPeriodMs: milliseconds(reader, [table, "syncPeriod"]),
    minSyncPeriodMs: milliseconds(reader, [table, "minSyncPeriod"]),
    localDetection: localDetection(model),
    nodePortAddresses: nodePortAddresses(reader, mode),
    localhostNodePorts: mode === "iptables" && flag(reader, ["iptables", "localhostNodePorts"]),
    oomScoreAdj: integer(reader, ["oomScoreAdj"]),
    conntrack: conntrack(reader),
    verbosity: integer(reader, ["logging", "verbosity"]),
  };
  return { config, problems };
}

/** The mode, where this proxy has it; iptables where none is set, as with kube-proxy on Linux. */
function modeOf({ mode }: KubeProxyConfig): ProxyMode | undefined {
  if (mode.value === "") return "iptables";
  return mode.value === "iptables" || mode.value === "nftables" ? mode.value : undefined;
}

/** What the file asks for and this proxy has not. */
function findUnsupported(model: KubeProxyConfig): Problem[] {
  const { reader, mode } = model;
  const problems: Problem[] = [];
  const refuse = (at: Located<unknown> | undefined, message: string, fix: string): void => {
    if (at === undefined) return;
    const locations = [at.location];
    problems.push({ code: "unsupported", severity: "error", message, locations, fix });
  };
  if (modeOf(model) === undefined) {
    refuse(
      mode,
      `The proxy has no mode "${mode.value}"`,
      "write mode: nftables or mode: iptables, or take the official kube-proxy (components: kube-proxy: downloads)",
    );
  }
  const set = (path: readonly string[]): Located<boolean> | undefined => {
    const found = reader.boolean(path);
    return found?.value === true ? found : undefined;
  };
  refuse(set(["enableProfiling"]), "enableProfiling needs Go's profiler", "remove the key");
  refuse(set(["windowsRunAsService"]), "windowsRunAsService is for Windows", "remove the key");
  const json = reader.text(["logging", "format"]);
  refuse(
    json?.value === "json" ? json : undefined,
    "The proxy writes its log as text only",
    "write format: text",
  );
  return problems;
}

/** `0.0.0.0:10256`, `[::]:10256` or an address alone; undefined for an empty text. */
function listenAddress(text: string, defaultPort: number): ListenAddress | undefined {
  if (text === "") return undefined;
  if (parseAddress(text).ok) return { host: text, port: defaultPort };
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, colon);
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  return { host: bare === "" ? "::" : bare, port: Number(text.slice(colon + 1)) };
}

function localDetection(model: KubeProxyConfig): LocalDetection {
  const { reader } = model;
  switch (model.detectLocalMode.value) {
    case "NodeCIDR":
      return { mode: "NodeCIDR" };
    case "BridgeInterface":
      return {
        mode: "BridgeInterface",
        name: reader.textOrDefault(["detectLocal", "bridgeInterface"])?.value ?? "",
      };
    case "InterfaceNamePrefix":
      return {
        mode: "InterfaceNamePrefix",
        prefix: reader.textOrDefault(["detectLocal", "interfaceNamePrefix"])?.value ?? "",
      };
    default:
      return { mode: "ClusterCIDR", cidrs: cidrs((model.clusterCIDR?.value ?? "").split(",")) };
  }
}

function nodePortAddresses(
  reader: ConfigReader,
  mode: ProxyMode,
): ProxyConfig["nodePortAddresses"] {
  const texts = reader.texts(["nodePortAddresses"]).map(({ value }) => value);
  if (texts.includes("primary")) return "primary";
  if (texts.length > 0) return cidrs(texts);
  return mode === "nftables" ? "primary" : cidrs(["0.0.0.0/0", "::/0"]);
}

function cidrs(texts: readonly string[]): Cidr[] {
  return texts.flatMap((text) => {
    const cidr = parseCidr(text.trim());
    return cidr.ok ? [cidr.value] : [];
  });
}

function conntrack(reader: ConfigReader): ConntrackSettings {
  /** A time of 0 leaves the kernel's own. */
  const seconds = (name: string): number | undefined => {
    const ms = milliseconds(reader, ["conntrack", name]);
    return ms === 0 ? undefined : Math.floor(ms / 1000);
  };
  const tcpEstablishedSeconds = seconds("tcpEstablishedTimeout");
  const tcpCloseWaitSeconds = seconds("tcpCloseWaitTimeout");
  const udpSeconds = seconds("udpTimeout");
  const udpStreamSeconds = seconds("udpStreamTimeout");
  return {
    maxPerCore: integer(reader, ["conntrack", "maxPerCore"]),
    min: integer(reader, ["conntrack", "min"]),
    tcpBeLiberal: flag(reader, ["conntrack", "tcpBeLiberal"]),
    ...(tcpEstablishedSeconds === undefined ? {} : { tcpEstablishedSeconds }),
    ...(tcpCloseWaitSeconds === undefined ? {} : { tcpCloseWaitSeconds }),
    ...(udpSeconds === undefined ? {} : { udpSeconds }),
    ...(udpStreamSeconds === undefined ? {} : { udpStreamSeconds }),
  };
}

function flag(reader: ConfigReader, path: readonly string[]): boolean {
  return reader.boolean(path)?.value ?? false;
}

function integer(reader: ConfigReader, path: readonly string[]): number {
  return reader.number(path)?.value ?? 0;
}

function milliseconds(reader: ConfigReader, path: readonly string[]): number {
  return parseDurationMs(reader.text(path)?.value ?? "0") ?? 0;
}
