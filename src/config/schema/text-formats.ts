import { parseAddress, parseCidr } from "../../ip/mod.ts";

/** A form that a text must have, with the words for a person who wrote it otherwise. */
interface FormatRule {
  readonly expected: string;
  readonly isValid: (text: string) => boolean;
}

const DURATION = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/;
const QUANTITY = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;
const PERCENT = /^\d+(?:\.\d+)?%$/;
const isIp = (text: string): boolean => parseAddress(text).ok;
const isCidr = (text: string): boolean => parseCidr(text).ok;

/** `10.0.0.1:80`, `[::1]:80`, `:80` or, with a host name allowed, `localhost:80`. */
function isHostPort(text: string): boolean {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[3]) > 65535) return false;
  const host = match[1] ?? match[2] ?? "";
  return host === "" || isIp(host) || (match[1] === undefined && /^[\w.-]+$/.test(host));
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== "";
}

/** Every form by name; a schema names one of them. */
const RULES = {
  /** Go's time.ParseDuration. */
  duration: { expected: 'a duration such as "30s" or "1h30m"', isValid: (t) => DURATION.test(t) },
  /** A Kubernetes resource quantity. */
  quantity: { expected: 'a quantity such as "100Mi" or "500m"', isValid: (t) => QUANTITY.test(t) },
  "quantity-or-percent": {
    expected: 'a quantity such as "100Mi" or a percentage such as "10%"',
    isValid: (t) => QUANTITY.test(t) || PERCENT.test(t),
  },
  percent: { expected: 'a percentage such as "50%"', isValid: (t) => PERCENT.test(t) },
  ip: { expected: "an IP address", isValid: isIp },
  cidr: { expected: "a subnet such as 10.200.0.0/16, without host bits", isValid: isCidr },
  "cidr-list": {
    expected: "a subnet, or an IPv4 and an IPv6 subnet separated by a comma",
    isValid: (t) => t.split(",").length <= 2 && t.split(",").every((part) => isCidr(part.trim())),
  },
  "cidr-or-primary": {
    expected: 'a subnet or the word "primary"',
    isValid: (t) => t === "primary" || isCidr(t),
  },
  "ip-or-host-port": {
    expected: "an address with a port such as 0.0.0.0:10256",
    isValid: (t) => isIp(t) || isHostPort(t),
  },
  "absolute-path": { expected: "an absolute path", isValid: (t) => t.startsWith("/") },
  "unix-socket-url": {
    expected: 'a socket such as "unix:///run/containerd/containerd.sock"',
    isValid: (t) => /^(?:unix|npipe|tcp):\/\//.test(t) || t.startsWith("/"),
  },
  url: { expected: "a URL such as https://server:6443", isValid: isHttpUrl },
  base64: {
    expected: "base64 text",
    isValid: (t) => /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(t),
  },
} satisfies { readonly [name: string]: FormatRule };

/** The names of the forms that a text schema can ask for. */
export type TextFormat = keyof typeof RULES;

/** What a person is told was expected. */
export function expectedText(format: TextFormat): string {
  return RULES[format].expected;
}

/** True where a text has the form. */
export function hasFormat(format: TextFormat, value: string): boolean {
  return RULES[format].isValid(value);
}

const UNIT_MS: { readonly [unit: string]: number } = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  "\u03bcs": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration such as `1h30m`; undefined where it is not one. */
export function parseDurationMs(value: string): number | undefined {
  if (!DURATION.test(value)) return undefined;
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+\.?\d*|\.\d+)([a-z\u00b5\u03bc]+)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return value.startsWith("-") ? -total : total;
}
