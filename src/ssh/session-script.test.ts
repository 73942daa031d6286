import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { SESSION_SCRIPT } from "./session-script.ts";

const MACHINE = Bun.spawnSync(["uname", "-m"]).stdout.toString().trim();
/** Stands for the executable: says how it was called. */
const PROGRAM = Buffer.from('#!/bin/sh\necho "became $*"\n');
const DIGEST = new Bun.CryptoHasher("sha256").update(PROGRAM).digest("hex");

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-session-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A node of a test's own: the script with its one directory moved. */
function node(name: string) {
  const bin = join(dir, name);
  const script = SESSION_SCRIPT.replace("/var/lib/nodewright/bin", bin);
  const run = (input: string | Uint8Array, machine = MACHINE, sizeBytes = PROGRAM.length) =>
    Bun.spawnSync(["sh", "-c", script, "sh", "N", machine, DIGEST, String(sizeBytes)], {
      stdin: Buffer.from(input),
    })
      .stdout.toString()
      .trim()
      .split("\n");
  return { bin, run };
}

/** One byte of the content changed, the length right: only the checksum tells. */
function damagedZstd(): Uint8Array {
  const whole = zstdCompressSync(PROGRAM, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const at = whole.indexOf("became");
  if (at === -1) throw new Error("The content is not stored as it is");
  whole[at] = 0x42;
  return whole;
}

const send = (encoding: string, bytes: Uint8Array, keptBytes = 0, more = "") =>
  Buffer.concat([
    Buffer.from(`send ${encoding} ${bytes.length} ${keptBytes}\n`),
    bytes,
    Buffer.from(`sent\n${more}`),
  ]);

/** Frames of their own, as a blob's encoded form has them: decoding can begin at each. */
const zstdFrames = (...parts: Uint8Array[]) =>
  parts.map((part) => zstdCompressSync(part, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }));

describe("the session script", () => {
  test("names what it can decode and writes nothing before it is told to", () => {
    const { bin, run } = node("ask");
    const [line] = run("");
    expect(line).toStartWith(`N need ${MACHINE} `);
    expect(line).toContain("identity=0 gzip=0");
    expect(existsSync(bin)).toBe(false);
  });

  test("says which machine type it has no executable for", () => {
    expect(node("other").run("", "vax")).toEqual([`N unsupported ${MACHINE}`]);
  });

  test.each([
    ["identity", PROGRAM],
    ["gzip", gzipSync(PROGRAM)],
    ["zstd", Buffer.concat(zstdFrames(PROGRAM.subarray(0, 8), PROGRAM.subarray(8)))],
  ] as const)("takes the executable as %s and becomes it", (encoding, bytes) => {
    const { bin, run } = node(`take-${encoding}`);
    expect(run(send(encoding, bytes)).slice(1)).toEqual(["N received", "became node serve"]);
    expect(readdirSync(bin)).toEqual([DIGEST]);
    expect(run("start\n")).toEqual([`N have ${MACHINE}`, "became node serve"]);
  });

  test("throws a trial away and goes on", () => {
    const trial = Buffer.concat([Buffer.from("try 1000\n"), Buffer.alloc(1000)]);
    const input = Buffer.concat([trial, send("identity", PROGRAM)]);
    expect(node("trial").run(input).slice(1)).toEqual([
      "N tried",
      "N received",
      "became node serve",
    ]);
  });

  test("leaves what follows the executable to the program", () => {
    const { bin, run } = node("rest");
    const input = send("identity", PROGRAM, 0, "frames of the session");
    expect(run(input).at(-1)).toBe("became node serve");
    expect(readFileSync(join(bin, DIGEST))).toEqual(PROGRAM);
  });

  test("keeps what arrived before the connection was lost, and goes on from there", () => {
    const { bin, run } = node("resume");
    const cut = Buffer.concat([
      Buffer.from(`send identity ${PROGRAM.length} ${PROGRAM.length}\n`),
      PROGRAM.subarray(0, 10),
    ]);
    expect(run(cut)).toHaveLength(1);
    expect(readdirSync(bin)).toEqual([`${DIGEST}.identity.partial`]);
    const rest = send("identity", PROGRAM.subarray(10), 10);
    const said = run(rest);
    expect(said[0]).toContain("identity=10");
    expect(said.slice(1)).toEqual(["N received", "became node serve"]);
  });

  test("keeps what it has decoded, and goes on at a frame", () => {
    const { bin, run } = node("resume-zstd");
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = zstdFrames(
      PROGRAM.subarray(0, 8),
      PROGRAM.subarray(8),
    );
    const cut = [Buffer.from(`send zstd ${first.length + second.length} 0\n`), first];
    expect(run(Buffer.concat([...cut, second.subarray(0, 5)]))).toHaveLength(1);
    expect(readdirSync(bin)).toHaveLength(1);
    const said = run(send("zstd", second, 8));
    expect(said[0]).toContain(" zstd=8 ");
    expect(said.slice(1)).toEqual(["N received", "became node serve"]);
    expect(readFileSync(join(bin, DIGEST))).toEqual(PROGRAM);
    expect(readdirSync(bin)).toEqual([DIGEST]);
  });

  test("checks what it went on from: a power loss may have damaged it", () => {
    const { bin, run } = node("resume-damaged");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, `.${DIGEST}.new.999999999`), Buffer.alloc(8));
    const [rest = Buffer.alloc(0)] = zstdFrames(PROGRAM.subarray(8));
    expect(run(send("zstd", rest, 8)).slice(1)).toEqual(["N damaged"]);
    expect(readdirSync(bin)).toEqual([]);
  });

  test.each([
    ["other bytes", send("identity", Buffer.from("#!/bin/sh\necho evil\n"))],
    ["no gzip", send("gzip", Buffer.from("this is no gzip"))],
    ["no zstd", send("zstd", Buffer.from("this is no zstd"))],
    ["a zstd stream of something else", send("zstd", zstdCompressSync("something else"))],
    ["a damaged zstd stream", send("zstd", damagedZstd())],
  ])("refuses %s and leaves nothing", (_name, input) => {
    const { bin, run } = node("damaged");
    expect(run(input).slice(1)).toEqual(["N damaged"]);
    expect(readdirSync(bin)).toEqual([]);
  });

  test("asks again for a file that a power loss has cut", () => {
    const { bin, run } = node("cut");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, DIGEST), PROGRAM.subarray(0, 5), { mode: 0o755 });
    expect(run("")[0]).toStartWith("N need");
  });

  test("ends at a word that it does not know", () => {
    expect(node("unknown").run("reboot\n")).toHaveLength(1);
  });
});
