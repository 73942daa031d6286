import { messageOf } from "../../base/mod.ts";
import type { Check } from "./check.ts";
import { protocolChecks } from "./protocol-checks.ts";
import { isServedByKernel, type Subject } from "./subjects.ts";
import { TestHost } from "./test-host.ts";
import { verbChecks } from "./verb-checks.ts";

/** What was found out about one plugin of a directory. */
export interface Conformance {
  readonly type: string;
  readonly checks: readonly Check[];
  /** Why not everything was looked at; undefined where it was. */
  readonly reason: string | undefined;
}

/**
 * Holds a plugin of a directory against the specification from outside: by its executable,
 * environment, standard streams and what it does to a host's network. Needs root; touches only
 * namespaces of its own.
 */
export async function checkConformance(directory: string, subject: Subject): Promise<Conformance> {
  using host = new TestHost(directory);
  const { type } = subject;
  if (!host.has(type)) return { type, checks: [], reason: `there is no ${type} in ${directory}` };
  const checks = [...(await protocolChecks(host, subject))];
  const reason = whyNotWhole(host, subject);
  if (reason !== undefined) return { type, checks, reason };
  for (const version of subject.versions) checks.push(...(await verbLife(host, subject, version)));
  return { type, checks, reason: undefined };
}

function whyNotWhole(host: TestHost, subject: Subject): string | undefined {
  if (subject.needs !== undefined) return `ADD needs ${subject.needs}`;
  return isServedByKernel(host, subject)
    ? undefined
    : `this kernel makes no links of kind ${subject.kind}`;
}

async function verbLife(
  host: TestHost,
  subject: Subject,
  version: string,
): Promise<readonly Check[]> {
  try {
    return await verbChecks(host, subject, version);
  } catch (thrown) {
    const failure = messageOf(thrown);
    return [{ id: `${subject.type} ${version}: its whole life`, failure }];
  }
}
