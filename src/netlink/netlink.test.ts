import { describe, expect, test } from "bun:test";
import { seededRandom } from "../base/testing/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import { Conn, decodeMessages, Encoder, type Message, NetlinkError, NLM_F, NLMSG } from "./mod.ts";
import { ackTo, answerTo, type FakePeer, fakeTransport, refuse } from "./testing/mod.ts";

/** Bytes as written by people: groups of hex digits. */
function hex(text: string): Uint8Array {
  return Uint8Array.fromHex(text.replace(/\s+/g, ""));
}

function first(bytes: Uint8Array): Message {
  const [message] = decodeMessages(bytes).messages;
  if (message === undefined) throw new Error("no message");
  return message;
}

describe("Encoder", () => {
  const NONE = "00000000 00000000"; // sequence and port, filled in later
  test.each<[string, (e: Encoder) => void, string]>([
    ["no payload", (e) => e.message(18, 1), `10000000 12000100 ${NONE}`],
    ["u8 and padding", (e) => e.message(16, 0).u8(2), `11000000 10000000 ${NONE} 02000000`],
    [
      "numbers of a structure",
      (e) => e.message(16, 0).u16(0x0102).u16Be(0x0102).u32(0x01020304).u32Be(0x01020304).i32(-2),
      `20000000 10000000 ${NONE} 02010102 04030201 01020304 feffffff`,
    ],
    [
      "attrU8",
      (e) => e.message(16, 0).attrU8(1, 255),
      `18000000 10000000 ${NONE} 05000100 ff000000`,
    ],
    [
      "attrU16",
      (e) => e.message(16, 0).attrU16(1, 258),
      `18000000 10000000 ${NONE} 06000100 02010000`,
    ],
    [
      "attrU16Be",
      (e) => e.message(16, 0).attrU16Be(1, 258),
      `18000000 10000000 ${NONE} 06000100 01020000`,
    ],
    [
      "attrU32",
      (e) => e.message(16, 0).attrU32(1, 258),
      `18000000 10000000 ${NONE} 08000100 02010000`,
    ],
    [
      "attrU32Be",
      (e) => e.message(16, 0).attrU32Be(1, 258),
      `18000000 10000000 ${NONE} 08000100 00000102`,
    ],
    [
      "attrI32",
      (e) => e.message(16, 0).attrI32(1, -1),
      `18000000 10000000 ${NONE} 08000100 ffffffff`,
    ],
    [
      "attrU64",
      (e) => e.message(16, 0).attrU64(1, 258n),
      `1c000000 10000000 ${NONE} 0c000100 02010000 00000000`,
    ],
    ["attrFlag", (e) => e.message(16, 0).attrFlag(1), `14000000 10000000 ${NONE} 04000100`],
    [
      "attrString with its NUL",
      (e) => e.message(16, 0).attrString(3, "lo"),
      `18000000 10000000 ${NONE} 07000300 6c6f0000`,
    ],
    [
      "attrBytes with padding",
      (e) => e.message(16, 0).attrBytes(1, new Uint8Array([2, 0, 0, 0, 0, 1])),
      `1c000000 10000000 ${NONE} 0a000100 02000000 00010000`,
    ],
    [
      // strace of `ip link add x type dummy`: the IFLA_LINKINFO part
      "nest",
      (e) => e.message(16, 0).nest(18, (n) => n.attrString(1, "dummy")),
      `20000000 10000000 ${NONE} 10001280 0a000100 64756d6d 79000000`,
    ],
    [
      "two messages",
      (e) => e.message(16, 0).u8(1).message(17, 0),
      `11000000 10000000 ${NONE} 01000000 10000000 11000000 ${NONE}`,
    ],
  ])("writes %s", (_name, write, want) => {
    const encoder = new Encoder(1);
    write(encoder);
    expect(encoder.finish().toHex()).toBe(hex(want).toHex());
  });

  test("refuses an attribute that its 16-bit length cannot tell", () => {
    const encoder = new Encoder().message(16, 0);
    expect(() => encoder.attrBytes(1, new Uint8Array(65_532))).toThrow(RangeError);
    expect(() =>
      encoder.nest(1, (e) => {
        for (let i = 0; i < 9000; i++) e.attrU32(1, i);
      }),
    ).toThrow(RangeError);
  });
});

describe("Message and Attributes", () => {
  test("read back what the encoder wrote", () => {
    const encoder = new Encoder()
      .message(16, 7)
      .u8(1)
      .zeros(3)
      .i32(-5)
      .attrString(1, "eth0")
      .attrU32(2, 1500)
      .nest(3, (e) => e.attrU8(1, 9).attrU64(2, 1n << 40n))
      .attrU16Be(4, 8080);
    const message = first(encoder.finish());
    expect([message.type, message.flags, message.u8(0), message.i32(4)]).toEqual([16, 7, 1, -5]);
    const seen: unknown[] = [];
    const attributes = message.attributes(8);
    while (attributes.next()) {
      if (attributes.type === 1) seen.push(attributes.string());
      if (attributes.type === 2) seen.push(attributes.u32());
      if (attributes.type === 3) {
        const nested = attributes.nested();
        while (nested.next()) seen.push(nested.type === 1 ? nested.u8() : nested.u64());
      }
      if (attributes.type === 4) seen.push(attributes.u16Be());
    }
    expect(seen).toEqual(["eth0", 1500, 9, 1n << 40n, 8080]);
    expect(message.error).toBeUndefined();
  });

  const HEAD = "10000000 00000000 00000000"; // type 16 after the length
  test.each([
    [
      "an attribute longer than the message",
      `18000000 ${HEAD} 09000100 01000000`,
      "attribute of 9",
    ],
    [
      "an attribute shorter than its header",
      `18000000 ${HEAD} 03000100 01000000`,
      "attribute of 3",
    ],
    ["bytes after the last attribute", `1a000000 ${HEAD} 08000100 01000000 0400`, "2 bytes after"],
    [
      "a value too short for its type",
      `18000000 ${HEAD} 06000100 01000000`,
      "attribute 1 of 2 bytes",
    ],
    ["a payload without its structure", `10000000 ${HEAD}`, "payload of 0 bytes"],
  ])("keep the first error: %s", (_name, bytes, want) => {
    const message = first(hex(bytes));
    const attributes = message.attributes(_name.includes("structure") ? 4 : 0);
    while (attributes.next()) attributes.u32();
    expect(message.error).toContain(want);
  });

  test("a string without NUL is taken whole, one with NUL up to it", () => {
    const e = new Encoder().message(16, 0).attrBytes(1, hex("6162")).attrBytes(1, hex("61006200"));
    const attributes = first(e.finish()).attributes(0);
    attributes.next();
    expect(attributes.string()).toBe("ab");
    attributes.next();
    expect(attributes.string()).toBe("a");
  });
});

describe("decodeMessages()", () => {
  test.each([
    ["a header cut short", "10000000 1000", "6 bytes after the last message"],
    ["a length below the header", `08000000 10000000 00000000 00000000`, "message of 8 bytes"],
    ["a length beyond the datagram", `14000000 10000000 00000000 00000000`, "message of 20 bytes"],
  ])("reports %s", (_name, bytes, want) => {
    expect(decodeMessages(hex(bytes)).error).toContain(want);
  });

  test("never throws, whatever the bytes: 20000 mutations of a dump", () => {
    const random = seededRandom(0x9e3779b9);
    const template = new Encoder();
    for (let i = 0; i < 3; i++) {
      template.message(16, 2).zeros(16).attrString(3, "cni0").attrU32(4, 1500);
      template.nest(18, (e) => e.attrString(1, "bridge").nest(2, (n) => n.attrU8(7, 1)));
    }
    const whole = template.finish().slice();
    let errors = 0;
    for (let round = 0; round < 20_000; round++) {
      const bytes = whole.slice(0, random(whole.length + 1));
      for (let i = 0; i < 4 && bytes.length > 0; i++) bytes[random(bytes.length)] = random(256);
      const decoded = decodeMessages(bytes);
      for (const message of decoded.messages) {
        walk(message.attributes(16), 0);
        if (message.error !== undefined) errors++;
      }
      if (decoded.error !== undefined) errors++;
    }
    expect(errors).toBeGreaterThan(1000);

    function walk(attributes: ReturnType<Message["attributes"]>, depth: number): void {
      while (attributes.next()) {
        expect(attributes.bytes().length).toBe(attributes.length);
        attributes.string();
        attributes.u64();
        if (depth < 4) walk(attributes.nested(), depth + 1);
      }
    }
  });
});

const OBJECT = 16;
const connTo = (peer: FakePeer): Conn => new Conn(fakeTransport(peer));
const ask = (): Encoder => new Encoder().message(18, 0).zeros(4);

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe("Conn", () => {
  test("request() ends with the kernel's ACK", () => {
    const seen: number[] = [];
    const conn = connTo((request) => {
      seen.push(request.message.flags, request.message.seq);
      return [ackTo(request)];
    });
    conn.request("do it", ask());
    conn.request("do it", ask());
    expect(seen).toEqual([NLM_F.REQUEST | NLM_F.ACK, 1, NLM_F.REQUEST | NLM_F.ACK, 2]);
  });

  test.each([false, true])("request() throws what the kernel says (whole request: %p)", (whole) => {
    const conn = connTo((request) => [
      refuse(request, ERRNO.EEXIST, { text: "Already there", offset: 20, wholeRequest: whole }),
    ]);
    const thrown = thrownBy(() => conn.request('add the link "x"', ask()));
    expect(thrown).toBeInstanceOf(NetlinkError);
    expect(thrown).toMatchObject({
      kind: "netlink",
      op: 'add the link "x"',
      message: 'Cannot add the link "x": EEXIST (Already there)',
      errno: 17,
      code: "EEXIST",
      offset: 20,
      seq: 1,
    });
  });

  test("get() gives the one object; an ACK alone is malformed", () => {
    const conn = connTo((request) => [
      answerTo(request, OBJECT, 0, (e) => e.u32(42)),
      ackTo(request),
    ]);
    expect(conn.get("get", ask(), (message) => message.u32(0))).toBe(42);
    const empty = connTo((request) => [ackTo(request)]);
    expect(thrownBy(() => empty.get("get", ask(), () => 1))).toMatchObject({ code: "EBADMSG" });
  });

  const done = (e: Encoder): void => void e.i32(0);
  test("dump() collects over datagrams and passes over what decode leaves out", () => {
    const conn = connTo((request) => [
      answerTo(request, OBJECT, NLM_F.MULTI, (e) => e.u32(1)),
      answerTo(request, OBJECT, NLM_F.MULTI, (e) => e.u32(2)),
      answerTo(request, OBJECT, NLM_F.MULTI, (e) => e.u32(3)),
      answerTo(request, NLMSG.DONE, NLM_F.MULTI, done),
    ]);
    const odd = conn.dump("list", ask(), (m) => (m.u32(0) % 2 === 1 ? m.u32(0) : undefined));
    expect(odd).toEqual([1, 3]);
  });

  test("dump() asks again when the list changed, and gives up in the end", () => {
    let asked = 0;
    const interruptedUntil = (times: number) =>
      connTo((request) => {
        const flags = ++asked <= times ? NLM_F.MULTI | NLM_F.DUMP_INTR : NLM_F.MULTI;
        return [
          answerTo(request, OBJECT, flags, (e) => e.u32(asked)),
          answerTo(request, NLMSG.DONE, NLM_F.MULTI, done),
        ];
      });
    expect(interruptedUntil(2).dump("list", ask(), (m) => m.u32(0))).toEqual([3]);
    asked = 0;
    const thrown = thrownBy(() => interruptedUntil(1000).dump("list", ask(), (m) => m.u32(0)));
    expect(thrown).toMatchObject({ code: "EINTR" });
    expect(asked).toBe(8);
  });

  test("dump() throws an error that comes with the end of the list", () => {
    const conn = connTo((request) => [
      answerTo(request, NLMSG.DONE, NLM_F.MULTI | NLM_F.ACK_TLVS, (e) =>
        e.i32(-ERRNO.EINVAL).attrString(1, "Invalid filter"),
      ),
    ]);
    const thrown = thrownBy(() => conn.dump("list", ask(), () => 1));
    expect(thrown).toMatchObject({ message: "Cannot list: EINVAL (Invalid filter)" });
  });

  test("a malformed object is an error, and the next request is not disturbed by the rest", () => {
    let short = true;
    const conn = connTo((request) => [
      answerTo(request, OBJECT, NLM_F.MULTI, (e) => (short ? e.u8(1) : e.u32(7))),
      answerTo(request, OBJECT, NLM_F.MULTI, (e) => e.u32(8)),
      answerTo(request, NLMSG.DONE, NLM_F.MULTI, done),
    ]);
    const list = () => conn.dump("list", ask(), (m) => m.u32(0));
    expect(thrownBy(list)).toMatchObject({ code: "EBADMSG", errno: 74 });
    short = false;
    expect(list()).toEqual([7, 8]);
  });

  test("answers to a request that was given up are passed over", () => {
    let late: Uint8Array | undefined;
    const conn = connTo((request) => {
      if (late !== undefined) return [late, ackTo(request)];
      late = refuse(request, ERRNO.EBUSY);
      return [];
    });
    expect(thrownBy(() => conn.request("do it", ask()))).toMatchObject({
      code: "EAGAIN",
      message: "Cannot do it: EAGAIN (the kernel does not answer)",
    });
    conn.request("do it", ask());
  });

  test("batch() waits for every ACK that was asked for and throws the first refusal", () => {
    const batch = (): Encoder => {
      const encoder = new Encoder().message(16, NLM_F.REQUEST);
      for (let i = 0; i < 3; i++) encoder.message(OBJECT, NLM_F.REQUEST | NLM_F.ACK).u32(i);
      return encoder.message(17, NLM_F.REQUEST);
    };
    const answer =
      (refused: number): FakePeer =>
      (request) => {
        if ((request.message.flags & NLM_F.ACK) === 0) return [];
        const bad = request.message.u32(0) === refused;
        return [bad ? refuse(request, ERRNO.ENOENT) : ackTo(request)];
      };
    connTo(answer(9)).batch("commit", batch());
    const conn = connTo(answer(1));
    expect(thrownBy(() => conn.batch("commit", batch()))).toMatchObject({ code: "ENOENT", seq: 3 });
    expect(thrownBy(() => conn.batch("commit", batch()))).toMatchObject({ code: "ENOENT", seq: 8 });
  });
});
