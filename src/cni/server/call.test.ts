import { describe, expect, test } from "bun:test";
import { seededRandom } from "../../base/testing/mod.ts";
import { decodeCall, encodeAnswer } from "./call.ts";

const utf8 = new TextEncoder();

/** A message as native/cni-client.c writes it. */
function message(strings: readonly string[], mask = 0o022): Uint8Array {
  const [protocol = "", ...rest] = strings;
  const mode = new Uint8Array(new Uint32Array([mask]).buffer);
  const text = (all: readonly string[]): Uint8Array =>
    utf8.encode(all.map((one) => `${one}\0`).join(""));
  return Buffer.concat([text([protocol]), mode, text(rest)]);
}

const GOOD = ["nodewright-cni 1", "/opt/cni/bin/bridge", "/var", "CNI_COMMAND=ADD", "PATH=/bin:=x"];

describe("decodeCall()", () => {
  test("reads mask, name, directory and variables", () => {
    expect(decodeCall(message(GOOD))).toEqual({
      umask: 0o022,
      plugin: "bridge",
      directory: "/var",
      env: { CNI_COMMAND: "ADD", PATH: "/bin:=x" },
    });
  });

  test("of a variable that is there twice the first one counts, as for getenv(3)", () => {
    expect(decodeCall(message([...GOOD, "CNI_COMMAND=DEL"]))?.env["CNI_COMMAND"]).toBe("ADD");
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["another protocol", message(["nodewright-cni 2", ...GOOD.slice(1)])],
    ["no directory", message(GOOD.slice(0, 2))],
    ["a relative directory", message(["nodewright-cni 1", "bridge", "var"])],
    ["a mask that is none", message(GOOD, 0o7777)],
    ["no end", message(GOOD).subarray(0, -1)],
  ])("refuses %s", (_what, bytes) => {
    expect(decodeCall(bytes)).toBeUndefined();
  });

  test("damaged messages are refused or give a call, and never throw", () => {
    const random = seededRandom(14);
    const whole = message(GOOD);
    let refused = 0;
    for (let i = 0; i < 5000; i++) {
      const bytes = whole.slice(0, 1 + random(whole.length));
      for (let hits = random(4); hits >= 0; hits--) bytes[random(bytes.length)] = random(256);
      const call = decodeCall(bytes);
      if (call === undefined) refused++;
      else expect(call.directory).toStartWith("/");
    }
    expect(refused).toBeGreaterThan(2000);
  });
});

describe("encodeAnswer()", () => {
  test("is one message where little is printed", () => {
    const [only, ...more] = encodeAnswer({ exitCode: 1, stdout: "{}", stderr: "e" });
    expect([...(only ?? [])]).toEqual([0, 1, 0, 0, 2, 0, 0, 0, 0x7b, 0x7d, 0x65]);
    expect(more).toEqual([]);
  });

  test.each([
    [100_000, 0],
    [0, 40_000],
    [32_768, 65_536],
    [65_537, 1],
  ])("loses nothing of %d bytes printed and %d logged", (outBytes, errorBytes) => {
    const answer = { exitCode: 0, stdout: "o".repeat(outBytes), stderr: "e".repeat(errorBytes) };
    const messages = encodeAnswer(answer);
    let [stdout, stderr] = ["", ""];
    for (const [i, bytes] of messages.entries()) {
      expect(bytes[0]).toBe(i === messages.length - 1 ? 0 : 1);
      const length = new DataView(bytes.buffer).getUint32(4, true);
      stdout += new TextDecoder().decode(bytes.subarray(8, 8 + length));
      stderr += new TextDecoder().decode(bytes.subarray(8 + length));
    }
    expect({ exitCode: 0, stdout, stderr }).toEqual(answer);
  });
});
