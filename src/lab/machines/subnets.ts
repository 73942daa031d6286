import { err, ok, type Result } from "../../base/mod.ts";
import {
  addressAt,
  type Cidr,
  cidrsOverlap,
  formatAddress,
  formatCidr,
  type IpAddress,
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
