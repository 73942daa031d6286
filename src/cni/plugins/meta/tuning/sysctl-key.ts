import { CNI_ERROR, CniError } from "../../../errors.ts";

/** What stands for the interface's name in a key. */
const IF_NAME = "IFNAME";

/**
 * A sysctl's name as a path below /proc/sys, by sysctl(8)'s rule: whichever of "." and "/" comes
 * first separates, and the other one is part of a name (`net/ipv4/conf/eth0.100/forwarding`).
 * The first IFNAME becomes the interface's name. CniError 7 for what is not below net: the rest
 * belongs to the whole machine.
 */
export function sysctlPath(key: string, ifName: string): string {
  const first = /[./]/.exec(key)?.[0];
  const path = first === "." ? swapSeparators(key) : key;
  const parts = path.replace(IF_NAME, () => ifName).split("/");
  const isBelowNet = parts[0] === "net" && parts.length > 1;
  if (isBelowNet && !parts.some((part) => part === "" || part === "." || part === "..")) {
    return parts.join("/");
  }
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `Cannot use "sysctl" of the configuration: "${key}" is no key below net`,
  );
}

function swapSeparators(key: string): string {
  return key.replaceAll(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}
