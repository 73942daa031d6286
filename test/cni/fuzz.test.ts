import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  type PluginAnswer,
  SUBJECTS,
  type Subject,
  said,
  TestHost,
} from "../../src/cni/conformance/mod.ts";
import type { JsonObject, JsonValue } from "../../src/cni/mod.ts";
import { OwnExecutables } from "../../src/cni/testing/mod.ts";

const TRIES = 40;

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

/** A whole number below `below` that depends on `seed` alone. */
function pick(seed: number, below: number): number {
  return Number(BigInt(Bun.hash(String(seed))) % BigInt(below));
}

/** The same document with one value, somewhere in it, replaced. */
function mutate(value: JsonValue, seed: number): JsonValue {
  if (typeof value !== "object" || value === null || pick(seed, 4) === 0) {
    return STRANGE[pick(seed + 1, STRANGE.length)] ?? null;
  }
  const keys = Object.keys(value);
  const key = keys[pick(seed + 2, Math.max(1, keys.length))];
  if (key === undefined) return STRANGE[pick(seed + 3, STRANGE.length)] ?? null;
  if (Array.isArray(value)) {
    return value.map((child: JsonValue, i) =>
      String(i) === key ? mutate(child, seed + 4) : child,
    );
  }
  // cast: an object that is no list
  const object = value as JsonObject;
  return { ...object, [key]: mutate(object[key] ?? null, seed + 4) };
}

/** A plugin says in CNI's way what it does not like, or does its work. */
function isOrderly({ exitCode, json, stdout }: PluginAnswer): boolean {
  if (exitCode === 0) return true;
  return exitCode === 1 && stdout !== "" && typeof json?.["code"] === "number";
}

test.each(SUBJECTS.map((subject) => [subject.type, subject] as const))(
  "%s: strange configurations and environments get a CNI error",
  async (type, subject) => {
    using host = new TestHost(own.directory);
    const netns = host.addPod();
    subject.prepare?.(host);
    for (let i = 0; i < TRIES; i++) {
      const seed = i * 1000 + type.length;
      const env = environment(netns, i);
      const stdin = strangeInput(host, subject, seed);
      const answer = await host.call({ type, env, stdin });
      expect(isOrderly(answer), `try ${i}, ${stdin.slice(0, 400)}: ${said(answer)}`).toBe(true);
      await host.call({ type, env: { ...env, CNI_COMMAND: "DEL" }, stdin });
    }
  },
);

function strangeInput(host: TestHost, subject: Subject, seed: number): string {
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
  const text = JSON.stringify(mutate(conf, seed));
  // Now and then the text itself is cut or has a wrong byte in it.
  if (pick(seed + 5, 5) === 0) return text.slice(0, pick(seed + 6, text.length));
  return pick(seed + 7, 8) === 0 ? `${text}\u0001` : text;
}

function environment(netns: string, i: number): Readonly<Record<string, string>> {
  const args = ["", "IP", "IP=1", "=", ";;", "IgnoreUnknown=1;X=Y;IP=10.0.0.300", "MAC=zz"];
  return {
    CNI_COMMAND: ["ADD", "CHECK", "DEL", "ADD"][i % 4] ?? "ADD",
    CNI_CONTAINERID: "fuzz",
    CNI_NETNS: i % 7 === 6 ? "/dev/null" : netns,
    CNI_IFNAME: "eth0",
    CNI_ARGS: args[i % args.length] ?? "",
  };
}
