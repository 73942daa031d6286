import type { Located } from "../config/mod.ts";
import { type Cidr, cidrContains, cidrContainsCidr, parseAddress, parseCidr } from "../ip/mod.ts";

/** What a program is told about proxies by its environment. */
export interface ProxyEnvironment {
  /** The variable that sends HTTPS over a proxy: its name as written, and its value. */
  readonly proxy: { readonly name: string; readonly value: Located<string> };
  readonly noProxy: Located<string> | undefined;
}

/** Reads the variables as Go does, upper case first; undefined where there is no proxy. */
export function proxyEnvironment(
  variables: ReadonlyMap<string, Located<string>>,
): ProxyEnvironment | undefined {
  const get = (name: string) => {
    const found = [name, name.toLowerCase()].find((key) => variables.get(key)?.value);
    const value = found === undefined ? undefined : variables.get(found);
    return found === undefined || value === undefined ? undefined : { name: found, value };
  };
  const proxy = get("HTTPS_PROXY") ?? get("HTTP_PROXY");
  return proxy === undefined ? undefined : { proxy, noProxy: get("NO_PROXY")?.value };
}

function entriesOf(noProxy: string): readonly string[] {
  return noProxy
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "");
}

/** A subnet that an entry of NO_PROXY stands for: `10.0.0.0/8`, `192.0.2.10`; undefined for names. */
function subnetOf(entry: string): Cidr | undefined {
  const cidr = parseCidr(entry);
  if (cidr.ok) return cidr.value;
  const address = parseAddress(entry);
  if (!address.ok) return undefined;
  const host = parseCidr(`${entry}/${address.value.family === 4 ? 32 : 128}`);
  return host.ok ? host.value : undefined;
}

/** Whether a host goes past the proxy: names by themselves or as a domain, addresses also by subnet. */
export function bypassesHost(noProxy: string, host: string): boolean {
  const wanted = host.toLowerCase();
  const address = parseAddress(wanted);
  return entriesOf(noProxy).some((entry) => {
    if (entry === "*") return true;
    if (address.ok) {
      const subnet = subnetOf(entry);
      return subnet !== undefined && cidrContains(subnet, address.value);
    }
    const domain = entry.replace(/^\*?\./, "");
    // ".example.com" is for names below it, "example.com" for itself as well.
    return (domain === entry && wanted === domain) || wanted.endsWith(`.${domain}`);
  });
}

/** Whether every address of a subnet goes past the proxy. */
export function bypassesSubnet(noProxy: string, subnet: Cidr): boolean {
  return entriesOf(noProxy).some((entry) => {
    if (entry === "*") return true;
    const own = subnetOf(entry);
    return own !== undefined && cidrContainsCidr(own, subnet);
  });
}
