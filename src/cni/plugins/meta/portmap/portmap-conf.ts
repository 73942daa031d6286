import {
  formatAddress,
  type InterfaceAddress,
  type IpAddress,
  parseAddress,
} from "../../../../ip/mod.ts";
import type { PluginConf } from "../../../conf/plugin-conf.ts";
import type { ConfObject } from "../../../conf-object.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import type { CniResult } from "../../../result/types.ts";

export type Protocol = "tcp" | "udp" | "sctp";

/** One port of the host that leads into the pod. */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
  /** Absent: all addresses of the host, of both families. */
  readonly hostIp?: IpAddress;
  /** All addresses of the host, of this family alone: `0.0.0.0` or `::` was given. */
  readonly onlyFamily?: 4 | 6;
}

export type PortmapBackend = "nftables" | "iptables";

/** What the configuration says. */
export interface PortmapConf {
  readonly mappings: readonly PortMapping[];
  /** Absent: nftables where the kernel has it. */
  readonly backend?: PortmapBackend;
  /** Masquerade what the pod could otherwise not answer: its own subnet and localhost. */
  readonly snat: boolean;
  /** Masquerade everything that comes through a mapped port. */
  readonly masqAll: boolean;
  readonly markMasqBit: number;
  readonly externalSetMarkChain?: string;
  /** Further conditions for each family, in the backend's words. */
  readonly conditions: Readonly<Record<4 | 6, readonly string[]>>;
  /** A port that another container has already is an error. */
  readonly refuseConflicts: boolean;
}

/** The mark bit of the reference plugin; Kubernetes has 14 and 15. */
const DEFAULT_MARK_BIT = 13;

/** Reads the plugin's keys; CniError 7 where one is wrong, or two exclude each other. */
export function parsePortmapConf(conf: PluginConf): PortmapConf {
  const { object } = conf;
  const externalSetMarkChain = object.text("externalSetMarkChain");
  if (externalSetMarkChain !== undefined && object.has("markMasqBit")) {
    throw wrongConf("externalSetMarkChain and markMasqBit exclude each other");
  }
  const conditions = {
    4: object.texts("conditionsV4") ?? [],
    6: object.texts("conditionsV6") ?? [],
  };
  const markMasqBit = object.integer("markMasqBit", { min: 0, max: 31 });
  const backend = chooseBackend(object, conditions);
  const mappings = conf.runtimeConfig.objects("portMappings").map(parseMapping);
  checkDoubles(mappings);
  return {
    mappings,
    ...(backend === undefined ? {} : { backend }),
    snat: object.boolean("snat") ?? true,
    masqAll: object.boolean("masqAll") ?? false,
    markMasqBit: markMasqBit ?? DEFAULT_MARK_BIT,
    ...(externalSetMarkChain === undefined ? {} : { externalSetMarkChain }),
    conditions,
    refuseConflicts: object.boolean("refuseConflicts") ?? false,
  };
}

/** Of two mappings of one port of the host to two ports of the pod, only one could ever answer. */
function checkDoubles(mappings: readonly PortMapping[]): void {
  for (const [i, mapping] of mappings.entries()) {
    const other = mappings.slice(0, i).find((one) => isSameHostPort(one, mapping));
    if (other === undefined || other.containerPort === mapping.containerPort) continue;
    throw wrongConf(
      `${mappingText(mapping)} is mapped to two ports of the pod, ${other.containerPort} and ${mapping.containerPort}`,
    );
  }
}

function isSameHostPort(one: PortMapping, other: PortMapping): boolean {
  if (one.protocol !== other.protocol || one.hostPort !== other.hostPort) return false;
  if (one.hostIp === undefined && other.hostIp === undefined) {
    return (one.onlyFamily ?? other.onlyFamily) === (other.onlyFamily ?? one.onlyFamily);
  }
  return one.hostIp?.family === other.hostIp?.family && one.hostIp?.value === other.hostIp?.value;
}

/** Some keys are in the words of one backend: they choose it, and contradict the other one. */
function chooseBackend(
  object: ConfObject,
  conditions: PortmapConf["conditions"],
): PortmapBackend | undefined {
  const named = object.choice("backend", ["nftables", "iptables"] as const);
  const uses: { readonly key: string; readonly backend: PortmapBackend }[] = [];
  for (const key of ["externalSetMarkChain", "markMasqBit"]) {
    // nftables needs no mark: as in the reference, the number is then of no account.
    if (key === "markMasqBit" && named === "nftables") continue;
    if (object.has(key)) uses.push({ key, backend: "iptables" });
  }
  for (const family of [4, 6] as const) {
    const [first] = conditions[family];
    if (first === undefined) continue;
    const backend = /^[-!]/.test(first) ? "iptables" : "nftables";
    uses.push({ key: `conditionsV${family}`, backend });
  }
  const chosen = named ?? uses[0]?.backend;
  for (const { key, backend } of uses) {
    if (backend === chosen) continue;
    const why = named === undefined ? uses[0]?.key : "backend";
    throw wrongConf(`${key} is for ${backend}, ${why} for ${chosen}`);
  }
  return chosen;
}

function parseMapping(object: ConfObject): PortMapping {
  const port = (key: string): number => {
    const value = object.integer(key, { min: 1, max: 65_535 });
    if (value === undefined) throw object.wrong(key, "a port from 1 to 65535");
    return value;
  };
  const mapping = {
    hostPort: port("hostPort"),
    containerPort: port("containerPort"),
    protocol: parseProtocol(object),
  };
  const text = object.text("hostIP") ?? "";
  if (text === "") return mapping;
  const parsed = parseAddress(text);
  if (!parsed.ok) throw object.wrong("hostIP", "an IP address");
  if (parsed.value.value === 0n) return { ...mapping, onlyFamily: parsed.value.family };
  return { ...mapping, hostIp: parsed.value };
}

function parseProtocol(object: ConfObject): Protocol {
  const text = (object.text("protocol") ?? "tcp").toLowerCase();
  if (text === "tcp" || text === "udp" || text === "sctp") return text;
  throw object.wrong("protocol", "one of tcp, udp, sctp");
}

function wrongConf(what: string): CniError {
  return new CniError(CNI_ERROR.invalidConfig, `Cannot use the configuration: ${what}`);
}

/** The mappings that hold for a family. */
export function mappingsOf(mappings: readonly PortMapping[], family: 4 | 6): PortMapping[] {
  return mappings.filter(
    (mapping) => (mapping.hostIp?.family ?? mapping.onlyFamily ?? family) === family,
  );
}

/** A mapping for messages: `tcp 192.0.2.1:8080`. */
export function mappingText({ protocol, hostIp, hostPort }: PortMapping): string {
  const host = hostIp === undefined ? "" : `${formatAddress(hostIp)} `;
  return `${protocol} ${host}port ${hostPort}`;
}

/**
 * The pod's addresses that ports lead to: the first of each family that is at the attachment's
 * interface, or at none in particular.
 */
export function podAddresses(result: CniResult, ifName: string): readonly InterfaceAddress[] {
  const found: { 4?: InterfaceAddress; 6?: InterfaceAddress } = {};
  for (const { address, interface: place } of result.ips) {
    const link = place === undefined ? undefined : result.interfaces[place];
    const isOwn = link === undefined || (link.name === ifName && (link.sandbox ?? "") !== "");
    if (isOwn) found[address.address.family] ??= address;
  }
  const addresses: InterfaceAddress[] = [];
  if (found[4] !== undefined) addresses.push(found[4]);
  if (found[6] !== undefined) addresses.push(found[6]);
  return addresses;
}
