import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { mapPool } from "../../src/base/mod.ts";
import { mutateText, sampled, seededRandom } from "../../src/base/testing/mod.ts";
import {
  isServedByKernel,
  kernelState,
  type PluginAnswer,
  SUBJECTS,
  type Subject,
  said,
  TestAttachment,
  TestHost,
} from "../../src/cni/conformance/mod.ts";
import type { JsonObject, JsonValue } from "../../src/cni/mod.ts";
import { OwnExecutables } from "../../src/cni/testing/mod.ts";

const TRIES = 40;
const DAMAGED_TRIES = 5;
/** A usual run tries one in so many. */
const ONE_IN = 3;
/** Hosts that are tried at once. */
const LANES = 4;

let own: OwnExecutables;
beforeAll(() => {
  own = new OwnExecutables();
});
afterAll(() => own[Symbol.dispose]());

/** Values that nobody expects. */
const STRANGE: readonly JsonValue[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  "",
  "\\u0000",
  "../../etc/passwd",
  "$(id)",
  "a".repeat(5000),
  "fe80::1%eth0",
  "10.0.0.0/33",
  [],
  [[]],
  {},
  { "": {} },
];

type Random = (below: number) => number;

/** The same document with one value, somewhere in it, replaced. */
function mutate(value: JsonValue, random: Random): JsonValue {
  const strange = (): JsonValue => STRANGE[random(STRANGE.length)] ?? null;
  if (typeof value !== "object" || value === null || random(4) === 0) return strange();
  const keys = Object.keys(value);
  const key = keys[random(Math.max(1, keys.length))];
  if (key === undefined) return strange();
  if (Array.isArray(value)) {
    return value.map((child: JsonValue, i) => (String(i) === key ? mutate(child, random) : child));
  }
  // cast: an object that is no list
  const object = value as JsonObject;
  return { ...object, [key]: mutate(object[key] ?? null, random) };
}

/** A plugin says in CNI's way what it does not like, or does its work. */
function isOrderly({ exitCode, json, stdout }: PluginAnswer): boolean {
  if (exitCode === 0) return true;
  return exitCode === 1 && stdout !== "" && typeof json?.["code"] === "number";
}

const TYPES = SUBJECTS.map((subject) => [subject.type, subject] as const);

test.each(TYPES)(
  "%s: strange configurations and environments get a CNI error",
  async (type, subject) => {
    using host = new TestHost(own.directory);
    const random = seededRandom(Bun.hash.crc32(type));
    const netns = host.addPod();
    subject.prepare?.(host);
    const all = Array.from({ length: TRIES }, (_, i) => ({
      i,
      env: environment(netns, random),
      stdin: strangeInput(host, subject, random),
    }));
    for (const { i, env, stdin } of sampled(all, ONE_IN, `strange ${type}`)) {
      const answer = await host.call({ type, env, stdin });
      const why = `try ${i}, ${JSON.stringify(env)}, ${stdin.slice(0, 400)}: ${said(answer)}`;
      expect(isOrderly(answer), why).toBe(true);
      await host.call({ type, env: { ...env, CNI_COMMAND: "DEL" }, stdin });
    }
    expect(halfWritten(host)).toEqual([]);
  },
);

// Much of it is waiting for answers that never come: all plugins at once.
test.concurrent.each(TYPES.filter(([, { needs }]) => needs === undefined))(
  "%s: damaged answers of the kernel get a CNI error",
  async (type, subject) => {
    using host = new TestHost(own.directory);
    if (!isServedByKernel(host, subject)) {
      console.log(`${type}: not tried, this kernel makes no links of kind ${subject.kind}`);
      return;
    }
    await mapPool(
      Array.from({ length: LANES }, (_, lane) => lane),
      LANES,
      (lane) => damagedLives(subject, lane),
    );
  },
);

/** Some ADDs that get damaged answers; DEL, undisturbed, takes away what they left. */
async function damagedLives(subject: Subject, lane: number): Promise<void> {
  using host = new TestHost(own.directory);
  const random = seededRandom(Bun.hash.crc32(subject.type) + lane);
  const pokes = Array.from({ length: DAMAGED_TRIES }, () => {
    // Each datagram is looked at for its length first.
    const at = 2 * (1 + random(MOST_ANSWERS));
    return `poke_exit=@arg2=${damagedHead(random).toHex()}:when=${at}..${at + 1}`;
  });
  let clean: readonly string[] = [];
  // An undisturbed life comes first.
  const lives = [undefined, ...sampled(pokes, ONE_IN, `damaged ${subject.type} ${lane}`)];
  for (const poke of lives) {
    const netns = host.addPod();
    const attachment = new TestAttachment(host, subject, {
      version: "1.1.0",
      containerId: "damaged",
      netns,
    });
    const wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `inject=recvfrom:${poke}`];
    const answer = await attachment.add(poke === undefined ? {} : { wrapper });
    expect(isOrderly(answer), `${poke}: ${said(answer)}`).toBe(true);
    const deleted = await attachment.call("DEL");
    expect(deleted.exitCode, `${poke}: ${said(deleted)}`).toBe(0);
    await attachment.removeBase();
    host.removePod(netns);
    // Base chains stay by design, of the other backend too where the kernel's word about one is damaged.
    if (poke === undefined) clean = kernelState(host);
    const left = kernelState(host).filter((line) => !clean.includes(line) && OWN.test(line));
    expect(left, poke).toEqual([]);
  }
  expect(halfWritten(host)).toEqual([]);
}

/** What belongs to one attachment: its name, addresses, links, files. */
const OWN = /damaged|198\.51\.100\.|(veth|bwp)\*|^file/;
/** Of an operation's answers those that are damaged; more do not come in most. */
const MOST_ANSWERS = 12;

/** The first bytes of a netlink message: its length, type, flags, sequence number, port, and an errno. */
function damagedHead(random: Random): Uint8Array {
  const head = new Uint8Array(20);
  const view = new DataView(head.buffer);
  const pick = <T>(values: readonly T[], otherwise: T): T =>
    values[random(values.length)] ?? otherwise;
  view.setUint32(0, pick([0, 15, 16, 20, 36, 40, 4096, 2 ** 32 - 1], 0), true);
  view.setUint16(4, pick([0, 1, 2, 3, 4, 16, 20, 24, 0xffff], 0), true);
  view.setUint16(6, pick([0, 2, 0x100, 0x200, 0x302, 0xffff], 0), true);
  view.setUint32(8, random(12), true);
  view.setUint32(12, random(2 ** 31), true);
  view.setInt32(16, pick([0, -1, -2, -17, -95, 1, -(2 ** 31)], 0), true);
  return head;
}

/** Files that a call has begun and not finished, or has left empty. */
function halfWritten(host: TestHost): readonly string[] {
  return readdirSync(host.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "lock")
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => /\/\.[^/]*$/.test(path) || statSync(path).size === 0);
}

function strangeInput(host: TestHost, subject: Subject, random: Random): string {
  const conf: JsonObject = {
    cniVersion: "1.1.0",
    name: "fuzz",
    type: subject.type,
    prevResult: {
      cniVersion: "1.1.0",
      interfaces: [{ name: "eth0" }],
      ips: [{ address: "198.51.100.2/24" }],
    },
    ...subject.conf(host),
  };
  const text = JSON.stringify(mutate(conf, random));
  // Now and then it is the text itself that is damaged.
  return random(4) === 0 ? mutateText(text, random) : text;
}

/** What a variable may hold instead; no variable can have a NUL in it. */
const STRANGE_WORDS = [
  "",
  "-",
  "..",
  "/",
  "/dev/null",
  "/proc/self/ns/mnt",
  "a b",
  "a\nb",
  "=",
  ";;",
  "$(id)",
  "\u{1F600}",
  "a".repeat(300),
  "IP",
  "IP=1",
  "IgnoreUnknown=1;X=Y;IP=10.0.0.300",
  "MAC=zz",
];

/** Mostly a good one, so that what comes after it is reached; some variables are strange or missing. */
function environment(netns: string, random: Random): Readonly<Record<string, string>> {
  const good = {
    CNI_COMMAND: ["ADD", "CHECK", "DEL", "GC", "STATUS", "ADD"][random(6)] ?? "ADD",
    CNI_CONTAINERID: "fuzz",
    CNI_NETNS: netns,
    CNI_IFNAME: "eth0",
    CNI_ARGS: "",
    CNI_PATH: own.directory,
  };
  const entries = Object.entries(good).flatMap(([name, value]): [string, string][] => {
    const chance = random(24);
    if (chance === 0) return [];
    const strange = STRANGE_WORDS[random(STRANGE_WORDS.length)] ?? "";
    return [[name, chance === 1 || (name === "CNI_ARGS" && chance < 8) ? strange : value]];
  });
  return Object.fromEntries(entries);
}
