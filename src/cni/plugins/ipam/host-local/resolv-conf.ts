import { readResolvConf } from "../../../../base/resolv-conf.ts";
import type { CniDns } from "../../../result/types.ts";

/** Reads what resolv.conf(5) says: name servers, domain, search list and options. */
export function parseResolvConf(text: string): CniDns {
  const nameservers: string[] = [];
  const search: string[] = [];
  const options: string[] = [];
  let domain: string | undefined;
  for (const { keyword, values } of readResolvConf(text)) {
    const [first] = values;
    if (first === undefined) continue;
    if (keyword === "nameserver") nameservers.push(first);
    else if (keyword === "domain") domain = first;
    else if (keyword === "search") search.push(...values);
    else if (keyword === "options") options.push(...values);
  }
  return {
    ...(nameservers.length === 0 ? {} : { nameservers }),
    ...(domain === undefined ? {} : { domain }),
    ...(search.length === 0 ? {} : { search }),
    ...(options.length === 0 ? {} : { options }),
  };
}
