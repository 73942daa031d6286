import type { SourceLocation } from "../base/mod.ts";
import type { HostFacts } from "./facts/host-facts.ts";
import type { UnitFact } from "./facts/node-facts.ts";
import { flagValue } from "./facts/unit-flags.ts";

/** What a program takes for the name of its node, and where that comes from. */
export interface NodeNameFact {
  readonly value: string;
  /** `--hostname-override`, `the machine's host name`; absent where it is only expected. */
  readonly source?: string;
  readonly location?: SourceLocation;
}

/**
 * The name as the kubelet and kube-proxy make it: the flag, else the host name in lower case.
 * Where the machine was not asked it is expected to have the name it is known by.
 */
export function nodeNameOf(facts: {
  readonly name: string;
  readonly unit: UnitFact | undefined;
  readonly host: HostFacts | undefined;
}): NodeNameFact {
  const flag =
    facts.unit === undefined ? undefined : flagValue(facts.unit.unit, ["--hostname-override"]);
  if (flag !== undefined && flag.value !== "") {
    const value = flag.value.trim().toLowerCase();
    return { value, source: "--hostname-override", location: flag.location };
  }
  if (facts.host !== undefined) {
    return { value: facts.host.hostname.trim().toLowerCase(), source: "the machine's host name" };
  }
  return { value: facts.name };
}

/** The name in /etc/hostname (hostname(5)): its first line that is neither empty nor a comment. */
export function parseHostname(text: string): string | undefined {
  return text
    .split("\n")
    .map((line) => line.trim())
    .find((line) => line !== "" && !line.startsWith("#"));
}

/** `"node-0" (the machine's host name)` */
export function describeNodeName({ value, source }: NodeNameFact): string {
  return source === undefined ? `"${value}"` : `"${value}" (${source})`;
}
