import { writeSysctlIfThere } from "./sysctl.ts";

/**
 * Keeps the host from listening to router advertisements on a link that leads to pods: a pod could
 * make itself the host's router otherwise (CVE-2020-10749).
 */
export function refuseAdvertisements(name: string): void {
  writeSysctlIfThere(`net/ipv6/conf/${name}/accept_ra`, "0");
}
