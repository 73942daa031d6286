import type { Answer, Question } from "dns-packet";
import { type ClusterNames, podAddress, TTL, withoutDomain } from "./cluster-names.ts";

/** An answer that the cluster itself gives. */
export interface OwnAnswer {
  readonly exists: boolean;
  readonly answers: readonly Answer[];
  readonly additionals: readonly Answer[];
  readonly authorities: readonly Answer[];
  /** A name outside of the cluster whose records belong to the answer: of an ExternalName. */
  readonly follow?: string;
}

/** Answers a question about the cluster's names; undefined for a name that others know. */
export function answerQuestion(
  { name: asked, type }: Question,
  { names, domain }: { readonly names: ClusterNames; readonly domain: string },
): OwnAnswer | undefined {
  const name = asked.toLowerCase().replace(/\.$/, "");
  const records = names.get(name) ?? podRecords(name, domain);
  const isOwn = withoutDomain(name, domain) !== undefined;
  if (records === undefined && !isOwn) return undefined;
  const answers = (records ?? []).filter((one) => one.type === type || one.type === "CNAME");
  const [first] = answers;
  const target = first?.type === "CNAME" && type !== "CNAME" ? String(first.data) : undefined;
  // The address of a Service that an ExternalName leads to is known here as well.
  const beyond = target === undefined ? undefined : names.get(target);
  if (beyond !== undefined) answers.push(...beyond.filter((one) => one.type === type));
  const isOutside = target !== undefined && withoutDomain(target, domain) === undefined;
  return {
    exists: records !== undefined,
    answers,
    additionals: answers.flatMap((one) => addressesOf(one, names)),
    authorities: answers.length === 0 ? [authority(domain)] : [],
    ...(isOutside ? { follow: target } : {}),
  };
}

function podRecords(name: string, domain: string): readonly Answer[] | undefined {
  const data = podAddress(name, domain);
  if (data === undefined) return undefined;
  return [{ type: data.includes(":") ? "AAAA" : "A", name, ttl: TTL, data }];
}

/** Who is sent to a port of a name will ask for its address next. */
function addressesOf(answer: Answer, names: ClusterNames): readonly Answer[] {
  if (answer.type !== "SRV") return [];
  const records = names.get(answer.data.target) ?? [];
  return records.filter(({ type }) => type === "A" || type === "AAAA");
}

/** How long it may be remembered that there is nothing (RFC 2308). */
function authority(domain: string): Answer {
  return {
    ...{ type: "SOA", name: domain, ttl: TTL },
    data: {
      ...{ mname: `ns.dns.${domain}`, rname: `hostmaster.${domain}`, serial: 1 },
      ...{ refresh: 7200, retry: 1800, expire: 86_400, minimum: TTL },
    },
  };
}
