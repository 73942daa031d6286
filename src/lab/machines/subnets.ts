import { err, ok, type Result } from "../../base/mod.ts";
import {
  addressAt,
  type Cidr,
  cidrsOverlap,
  formatAddress,
  formatCidr,
  type IpAddress,
  parseAddress,
  parseCidr,
} from "../../ip/mod.ts";

/** The control plane's machine. */
const SERVER_OFFSET = 2;
/** The host is .1; machines begin here, so that a reader tells them apart at a glance. */
const FIRST_MACHINE_OFFSET = 10;
/** The machines of one lab, as far as /24 subnets and one host carry them. */
export const MOST_MACHINES = 100;

const PREFIXES: readonly string[] = [
  ...Array.from({ length: 16 }, (_, i) => `10.240.${i}.0/24`),
  ...Array.from({ length: 16 }, (_, i) => `172.31.${224 + i}.0/24`),
  ...Array.from({ length: 16 }, (_, i) => `192.168.${224 + i}.0/24`),
];

/** The first of our private prefixes that overlaps nothing in use, or a sentence naming what is. */
export function chooseSubnet(taken: readonly Cidr[]): Result<Cidr, string> {
  for (const text of PREFIXES) {
    const candidate = parseCidr(text);
    if (candidate.ok && !taken.some((cidr) => cidrsOverlap(cidr, candidate.value))) {
      return candidate;
    }
  }
  return err(`all ${PREFIXES.length} candidates overlap ${taken.map(formatCidr).join(", ")}`);
}

/** The prefixes of `ip -json route show table all` and `ip -json address show`; default routes do not count. */
export function takenPrefixes(routesJson: string, addressesJson: string): Cidr[] {
  // cast: the two documents are iproute2's; fields that are missing are skipped
  const routes = JSON.parse(routesJson || "[]") as { dst?: string }[];
  const links = JSON.parse(addressesJson || "[]") as {
    addr_info?: { local?: string; prefixlen?: number }[];
  }[];
  const texts = [
    ...routes.map((route) => route.dst),
    ...links.flatMap((link) =>
      (link.addr_info ?? []).map((info) => `${info.local ?? ""}/${info.prefixlen ?? ""}`),
    ),
  ];
  return texts.flatMap((text) => {
    const cidr = text === undefined ? undefined : prefixOf(text);
    return cidr === undefined || cidr.family !== 4 || cidr.prefixLength === 0 ? [] : [cidr];
  });
}

/** Reads `ADDRESS` or `ADDRESS/LENGTH`, host bits allowed. */
function prefixOf(text: string): Cidr | undefined {
  const [addressText = "", lengthText] = text.split("/");
  const address = parseAddress(addressText);
  if (!address.ok) return undefined;
  const bits = address.value.family === 4 ? 32 : 128;
  const prefixLength = lengthText === undefined ? bits : Number(lengthText);
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > bits) return undefined;
  const shift = BigInt(bits - prefixLength);
  return {
    family: address.value.family,
    network: (address.value.value >> shift) << shift,
    prefixLength,
  };
}

/** The host's address in a lab's subnet. */
export function jumpboxAddress(subnet: Cidr): string {
  return formatAddress(addressAt(subnet, 1n));
}

/** The address of the machine with this index, from 0. */
export function machineAddress(subnet: Cidr, index: number): string {
  return formatAddress(addressAt(subnet, BigInt(FIRST_MACHINE_OFFSET + index)));
}

/** The address of the control plane's machine. */
export function serverAddress(subnet: Cidr): string {
  return formatAddress(addressAt(subnet, BigInt(SERVER_OFFSET)));
}

/** The /24 of the machine with this index out of the pods' prefix (a /16 or shorter). */
export function machinePodSubnet(podCidr: Cidr, index: number): Result<string, string> {
  if (podCidr.family !== 4 || podCidr.prefixLength > 16) {
    return err(`expected an IPv4 prefix of /16 or shorter, found "${formatCidr(podCidr)}"`);
  }
  const address: IpAddress = addressAt(podCidr, BigInt(index) << 8n);
  return ok(`${formatAddress(address)}/24`);
}
