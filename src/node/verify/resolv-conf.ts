import { readResolvConf } from "../../base/mod.ts";
import type { ResolvConf } from "./verify-options.ts";

/** Reads resolv.conf(5); what is not nameserver, search, domain or options is left out. */
export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const { keyword, values } of readResolvConf(text.replaceAll(/[#;].*/g, ""))) {
    if (keyword === "nameserver" && values[0] !== undefined) servers.push(values[0]);
    // The last search or domain line counts.
    if (keyword === "search" || keyword === "domain") searches = [...values];
    if (keyword === "options") options = [...options, ...values];
  }
  return { servers, searches, options };
}

/** One line that says all of it. */
export function describeResolvConf(conf: ResolvConf): string {
  const part = (name: string, values: readonly string[]): string[] =>
    values.length === 0 ? [] : [`${name} ${values.join(" ")}`];
  const parts = [
    ...part("nameserver", conf.servers),
    ...part("search", conf.searches),
    ...part("options", conf.options),
  ];
  return parts.length === 0 ? "(empty)" : parts.join("; ");
}
