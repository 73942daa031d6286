import { formatAddress, type IpAddress, parseAddress } from "../../../../ip/mod.ts";
import {
  atomicWriteFileSync,
  isTemporaryName,
  listDirectory,
  makeDirectory,
  readText,
  removeFile,
} from "../../../../sys/mod.ts";
import { isJsonObject, type JsonValue } from "../../../json.ts";
import { networkPrefix, type Owner, ownerPrefix } from "../../lib/owner.ts";

/**
 * What an ADD has let through with iptables or firewalld: their rules have addresses and no owner,
 * so DEL without a prevResult and GC have to know from elsewhere. It is no longer true after a
 * reboot, and so is kept where nothing survives one.
 */
export interface FirewallRecord extends Owner {
  readonly backend: "iptables" | "firewalld";
  /** firewalld's; empty with iptables. */
  readonly zone: string;
  readonly addresses: readonly IpAddress[];
}

/** Writes an attachment's record in place of the one before. */
export function writeRecord(dataDir: string, record: FirewallRecord): void {
  const { addresses, ...rest } = record;
  makeDirectory(dataDir, 0o700);
  const json = { ...rest, addresses: addresses.map(formatAddress) };
  atomicWriteFileSync(pathOf(dataDir, record), `${JSON.stringify(json)}\n`, { mode: 0o600 });
}

/** An attachment's record; undefined where it has none, or one that cannot be read. */
export function readRecord(dataDir: string, owner: Owner): FirewallRecord | undefined {
  return readFile(pathOf(dataDir, owner));
}

/** The records of a network. */
export function listRecords(dataDir: string, network: string): readonly FirewallRecord[] {
  let names: readonly string[];
  try {
    names = listDirectory(dataDir);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith(networkPrefix(network)) && !isTemporaryName(name))
    .flatMap((name) => readFile(`${dataDir}/${name}`) ?? [])
    .filter((record) => record.network === network);
}

/** Removes an attachment's record; no error where there is none. */
export function removeRecord(dataDir: string, owner: Owner): void {
  removeFile(pathOf(dataDir, owner));
}

/** By the hashes of names: those may have every character and length. */
function pathOf(dataDir: string, owner: Owner): string {
  return `${dataDir}/${ownerPrefix(owner)}.json`;
}

function readFile(path: string): FirewallRecord | undefined {
  try {
    return parseRecord(JSON.parse(readText(path)));
  } catch {
    return undefined;
  }
}

function parseRecord(json: JsonValue): FirewallRecord | undefined {
  if (!isJsonObject(json)) return undefined;
  const text = (key: string): string => (typeof json[key] === "string" ? json[key] : "");
  const backend = text("backend");
  if (backend !== "iptables" && backend !== "firewalld") return undefined;
  const list = Array.isArray(json["addresses"]) ? json["addresses"] : [];
  const addresses = list.flatMap((one) => {
    const parsed = typeof one === "string" ? parseAddress(one) : undefined;
    return parsed?.ok === true ? [parsed.value] : [];
  });
  return {
    backend,
    zone: text("zone"),
    network: text("network"),
    containerId: text("containerId"),
    ifName: text("ifName"),
    addresses,
  };
}
