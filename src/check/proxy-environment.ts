import type { Located } from "../config/mod.ts";
import {
  type Cidr,
  cidrContains,
  cidrContainsCidr,
  type IpAddress,
  parseAddress,
  parseCidr,
} from "../ip/mod.ts";

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

/** NO_PROXY as Go reads it: what is asked directly. */
export class NoProxy {
  readonly #isAll: boolean;
  readonly #subnets: readonly Cidr[];
  /** `kubernetes.local`, and `.kubernetes.local` for names below alone. */
  readonly #domains: readonly string[];

  constructor(text: string) {
    const entries = text
      .split(",")
      .map((entry) => entry.trim().toLowerCase())
      .filter((entry) => entry !== "");
    this.#isAll = entries.includes("*");
    this.#subnets = entries.flatMap((entry) => subnetOf(entry) ?? []);
    this.#domains = entries.map((entry) => entry.replace(/^\*\./, "."));
  }

  /** Addresses go by subnet or by themselves. */
  coversAddress(address: IpAddress): boolean {
    return this.#isAll || this.#subnets.some((subnet) => cidrContains(subnet, address));
  }

  /** Names go by themselves or as a domain; an address is taken as one. */
  coversHost(host: string): boolean {
    const address = parseAddress(host);
    if (address.ok) return this.coversAddress(address.value);
    const name = host.toLowerCase();
    return (
      this.#isAll ||
      this.#domains.some((domain) =>
        domain.startsWith(".")
          ? name.endsWith(domain)
          : name === domain || name.endsWith(`.${domain}`),
      )
    );
  }

  /** Whether every address of a subnet is asked directly. */
  coversSubnet(subnet: Cidr): boolean {
    return this.#isAll || this.#subnets.some((own) => cidrContainsCidr(own, subnet));
  }
}

/** A subnet that an entry stands for: `10.0.0.0/8`, `192.0.2.10`; undefined for names. */
function subnetOf(entry: string): Cidr | undefined {
  const cidr = parseCidr(entry);
  if (cidr.ok) return cidr.value;
  const address = parseAddress(entry);
  if (!address.ok) return undefined;
  const host = parseCidr(`${entry}/${address.value.family === 4 ? 32 : 128}`);
  return host.ok ? host.value : undefined;
}
