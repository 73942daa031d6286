import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
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

/** zstd's patch that makes the content of the base. */
function patchFrom(base: string, content: Uint8Array): Uint8Array {
  const [target, patch] = [join(dir, "target"), join(dir, "made")];
  writeFileSync(target, content);
  Bun.spawnSync(["zstd", "-qf", `--patch-from=${base}`, target, "-o", patch]);
  return readFileSync(patch);
}

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
    expect(readdirSync(bin).sort()).toEqual([DIGEST, "checked"]);
    expect(run("start\n")).toEqual([`N have ${MACHINE}`, "became node serve"]);
  });

  test("takes a patch of the executable of another version, and offers only one that is whole", () => {
    const { bin, run } = node("patch");
    const base = Buffer.from("an older version\n".repeat(50));
    const baseDigest = new Bun.CryptoHasher("sha256").update(base).digest("hex");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, baseDigest), "damaged");
    expect(run("")[0]).not.toContain("base=");
    writeFileSync(join(bin, baseDigest), base);
    expect(run("")[0]).toEndWith(` base=${baseDigest}`);
    const bytes = patchFrom(join(bin, baseDigest), PROGRAM);
    const said = run(send(`patch:${baseDigest}`, bytes)).slice(1);
    expect(said).toEqual(["N received", "became node serve"]);
    expect(readFileSync(join(bin, DIGEST))).toEqual(PROGRAM);
  });

  test("refuses a patch that makes something else", () => {
    const { bin, run } = node("bad-patch");
    const base = Buffer.from("an older version\n");
    const baseDigest = new Bun.CryptoHasher("sha256").update(base).digest("hex");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, baseDigest), base);
    const other = Buffer.from(PROGRAM.toString().replace("became", "BECAME"));
    const bytes = patchFrom(join(bin, baseDigest), other);
    expect(run(send(`patch:${baseDigest}`, bytes)).slice(1)).toEqual(["N damaged"]);
    expect(readdirSync(bin)).toEqual([baseDigest]);
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
    expect(readdirSync(bin)).toEqual([expect.stringMatching(/^\.[0-9a-f]{64}\.new\.[0-9]+$/)]);
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
    expect(readdirSync(bin).sort()).toEqual([DIGEST, "checked"]);
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

describe("security 15: the executable is what its digest says, or is sent again", () => {
  const harm: Readonly<Record<string, (file: string) => void>> = {
    "other bytes of the same size": (file) => writeFileSync(file, PROGRAM.toString().toUpperCase()),
    "written through another link": (file) => {
      linkSync(file, `${file}.link`);
      writeFileSync(`${file}.link`, PROGRAM.toString().replace("became", "BECAME"));
      rmSync(`${file}.link`);
    },
    "the same size and the times of before": (file) => {
      const { atime, mtime } = statSync(file);
      writeFileSync(file, PROGRAM.toString().replace("became", "BECAME"));
      utimesSync(file, atime, mtime);
    },
    longer: (file) => appendFileSync(file, "#"),
    empty: (file) => truncateSync(file),
    "a file that replaced it": (file) => {
      rmSync(file);
      writeFileSync(file, PROGRAM.toString().replace("became", "BECAME"), { mode: 0o755 });
    },
  };

  test.each(Object.keys(harm))("%s", (name) => {
    const { bin, run } = node(`harm-${name.replaceAll(" ", "-")}`);
    run(send("identity", PROGRAM));
    expect(run("start\n")).toEqual([`N have ${MACHINE}`, "became node serve"]);
    harm[name]?.(join(bin, DIGEST));
    expect(run("start\n")).toEqual([expect.stringMatching(/^N need/)]);
    expect(run(send("identity", PROGRAM)).at(-1)).toBe("became node serve");
    expect(readFileSync(join(bin, DIGEST))).toEqual(PROGRAM);
  });

  test("a damaged or missing note of the last comparison only costs another one", () => {
    const { bin, run } = node("note");
    run(send("identity", PROGRAM));
    for (const note of ["", `${DIGEST} 1 2 3`, undefined]) {
      rmSync(join(bin, "checked"));
      if (note !== undefined) writeFileSync(join(bin, "checked"), note);
      expect(run("start\n")).toEqual([`N have ${MACHINE}`, "became node serve"]);
    }
  });
});

describe("security 9: two that send to one node at the same time", () => {
  /** A session whose input stays open. */
  function begin(script: string) {
    const argv = ["sh", "-c", script, "sh", "N", MACHINE, DIGEST, String(PROGRAM.length)];
    return Bun.spawn(argv, { stdin: "pipe", stdout: "pipe" });
  }
  const ENCODED = {
    identity: PROGRAM,
    gzip: gzipSync(PROGRAM),
    zstd: Buffer.concat(zstdFrames(PROGRAM.subarray(0, 8), PROGRAM.subarray(8))),
  } as const;
  const names = ["identity", "gzip", "zstd"] as const;
  const pairs = names.flatMap((first) => names.map((second) => [first, second] as const));

  test.each(pairs)("one as %s, one as %s: both arrive whole", async (first, second) => {
    const bin = join(dir, `both-${first}-${second}`);
    const script = SESSION_SCRIPT.replace("/var/lib/nodewright/bin", bin);
    const sessions = [first, second].map((encoding) => ({
      child: begin(script),
      bytes: ENCODED[encoding],
      encoding,
    }));
    for (const { child, bytes, encoding } of sessions) {
      child.stdin.write(`send ${encoding} ${bytes.length} 0\n`);
      child.stdin.write(bytes.subarray(0, 12));
      await child.stdin.flush();
    }
    // Both have begun: each has a file of its own.
    while (!existsSync(bin) || readdirSync(bin).length < 2) await Bun.sleep(2);
    for (const { child, bytes } of sessions) {
      child.stdin.write(bytes.subarray(12));
      child.stdin.write("sent\n");
      await child.stdin.end();
      const said = await new Response(child.stdout).text();
      expect(said.trim().split("\n").slice(1)).toEqual(["N received", "became node serve"]);
    }
    expect(readdirSync(bin).sort()).toEqual([DIGEST, "checked"]);
  });

  test("what a living one has received is copied, not taken; what a dead one left goes", () => {
    const { bin, run } = node("copied");
    mkdirSync(bin, { recursive: true });
    const [living, dead] = [`.${DIGEST}.new.${process.pid}`, `.${DIGEST}.gzip.new.999999999`];
    for (const name of [living, dead]) writeFileSync(join(bin, name), PROGRAM.subarray(0, 10));
    const said = run(send("identity", PROGRAM.subarray(10), 10));
    expect(said[0]).toContain("identity=10 gzip=10");
    expect(said.at(-1)).toBe("became node serve");
    expect(readdirSync(bin).sort()).toEqual([living, DIGEST, "checked"]);
    expect(readFileSync(join(bin, living))).toEqual(PROGRAM.subarray(0, 10));
  });
});
