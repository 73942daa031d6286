import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  isServedByKernel,
  kernelState,
  SUBJECTS,
  type Subject,
  said,
  TestAttachment,
  TestHost,
} from "../../src/cni/conformance/mod.ts";
import type { JsonValue } from "../../src/cni/mod.ts";
import { OwnExecutables } from "../../src/cni/testing/mod.ts";
import { debianFiles } from "../support/debian-files.ts";
import { CHECK_ERRORS, DIFFERENCES, type Difference } from "./differences.ts";

/** What the packaged reference plugins speak. */
const VERSION = "1.0.0";

let own: OwnExecutables;
let reference: string;
beforeAll(() => {
  own = new OwnExecutables();
  reference = join(debianFiles(["containernetworking-plugins"]), "usr/lib/cni");
});
afterAll(() => own[Symbol.dispose]());

/** Tables and base chains without a rule stay by design, of whichever set made them. */
const EMPTY_TABLE =
  /^(ip6?tables-save (\*|:[A-Z]+ ACCEPT|COMMIT)|nft (table |\}|type |chain [A-Z]+ \{))/;

/** Those that can be compared: with addresses that need no server. */
const COMPARED = SUBJECTS.filter(({ needs }) => needs === undefined);

describe("the same input gives what the reference plugins give", () => {
  test.each(COMPARED.map((subject) => [subject.type, subject] as const))(
    "%s: result, links, addresses, routes, rules, files",
    async (type, subject) => {
      const theirs = await observe(reference, subject);
      const ours = await observe(own.directory, subject);
      if (theirs === undefined || ours === undefined) {
        console.log(`${type}: not compared, ${whyNot(subject)}`);
        return;
      }
      const found = [
        ...ours.filter((line) => !theirs.includes(line)).map((line) => `ours: ${line}`),
        ...theirs.filter((line) => !ours.includes(line)).map((line) => `theirs: ${line}`),
      ];
      const expected = DIFFERENCES.filter((difference) => difference.types.includes(type));
      expect(found.filter((line) => !isListed(line, expected))).toEqual([]);
      // A difference that is not there any more must go from the list.
      const unseen = expected.filter(({ line }) => !found.some((text) => line.test(text)));
      expect(unseen.map(({ reason }) => reason)).toEqual([]);
    },
  );
});

describe("a pod can go from one set to the other", () => {
  const cases = COMPARED.flatMap((subject) => [
    [`${subject.type}: theirs adds, ours checks and deletes`, subject, false] as const,
    [`${subject.type}: ours adds, theirs checks and deletes`, subject, true] as const,
  ]);
  test.each(cases)("%s", async (name, subject, isOursFirst) => {
    const [first, second] = isOursFirst ? [own.directory, reference] : [reference, own.directory];
    using host = new TestHost(first);
    if (!canRun(host, subject)) {
      console.log(`${name}: not tried, ${whyNot(subject)}`);
      return;
    }
    const before = await afterOneLife(host, subject);
    const attachment = attach(host, subject);
    const added = await attachment.add();
    expect(added.exitCode, said(added)).toBe(0);
    const checked = await attachment.call("CHECK", { directory: second });
    const expectedError = isOursFirst ? CHECK_ERRORS[subject.type] : undefined;
    if (expectedError === undefined) expect(checked.exitCode, said(checked)).toBe(0);
    else expect(checked.stdout).toContain(expectedError);
    const deleted = await attachment.call("DEL", { directory: second });
    expect(deleted.exitCode, said(deleted)).toBe(0);
    await attachment.removeBase();
    // What only we remember beside the reference's files, GC finds to be of nothing.
    await attach(host, subject, "1.1.0").call("GC", { directory: own.directory });
    const left = kernelState(host).filter(
      (line) => !before.includes(line) && !EMPTY_TABLE.test(line),
    );
    expect(left).toEqual([]);
  });
});

function whyNot({ kind, type }: Subject): string {
  return existsSync(join(reference, type))
    ? `this kernel makes no links of kind ${kind}`
    : "Debian's package has it not";
}

function canRun(host: TestHost, subject: Subject): boolean {
  return existsSync(join(reference, subject.type)) && isServedByKernel(host, subject);
}

function attach(host: TestHost, subject: Subject, version = VERSION): TestAttachment {
  const netns = host.addPod();
  // The package is older than the nftables backends: what both have is compared.
  const conf =
    subject.type === "bridge" || subject.type === "ptp"
      ? { ipMasqBackend: "iptables" }
      : subject.type === "portmap" || subject.type === "firewall"
        ? { backend: "iptables" }
        : {};
  return new TestAttachment(host, subject, { version, containerId: "diff", netns, conf });
}

/** The kernel's state after one attachment has come and gone: what stays by design. */
async function afterOneLife(host: TestHost, subject: Subject): Promise<readonly string[]> {
  const attachment = attach(host, subject);
  await attachment.add();
  await attachment.call("DEL");
  await attachment.removeBase();
  return kernelState(host);
}

/** What an ADD of one set prints and leaves, made comparable; undefined where it cannot run. */
async function observe(
  directory: string,
  subject: Subject,
): Promise<readonly string[] | undefined> {
  using host = new TestHost(directory);
  if (!canRun(host, subject)) return undefined;
  const attachment = attach(host, subject);
  const added = await attachment.add();
  expect(added.exitCode, said(added)).toBe(0);
  const lines = [...flatten(added.json ?? {}, "result"), ...kernelState(host, [attachment.netns])];
  return lines.map((line) => withoutChance(line));
}

/** Every value of a JSON document with the way to it; empty objects and lists are as good as none. */
function flatten(value: JsonValue, path: string): readonly string[] {
  if (typeof value !== "object" || value === null) return [`${path} = ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, child]) => flatten(child, `${path}.${key}`));
}

/** What differs from run to run: MACs, paths of namespaces, generated names. */
function withoutChance(line: string): string {
  return line
    .replaceAll(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g, "MAC")
    .replaceAll(/\/run\/netns\/[\w-]+/g, "NETNS")
    .replaceAll(/\b(veth|bwp)[0-9a-f]{8,}\b/g, "$1*");
}

function isListed(line: string, expected: readonly Difference[]): boolean {
  return expected.some((difference) => difference.line.test(line));
}
