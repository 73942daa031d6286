import { describe, expect, test } from "bun:test";
import { GobDecoder, GobError } from "./gob-decoder.ts";
import { GobEncoder } from "./gob-encoder.ts";
import { type GobValue, gobStruct } from "./gob-types.ts";
import { gobToResultJson, RESULT, RPC_EMPTY, RPC_REQUEST } from "./messages.ts";

/** The Request of a Go program: the type, then `{ServiceMethod: "DHCP.Allocate"}`. */
const GO_REQUEST =
  "2e7f030101075265717565737401ff80000102010d536572766963654d6574686f64010c00010353657101060000" +
  "0012ff80010d444843502e416c6c6f6361746500";

/**
 * The Response of a Go program to an Allocate: two structs, of which the second has slices of
 * structs, pointers and byte slices in it.
 */
const GO_RESPONSE =
  "397f03010108526573706f6e736501ff80000103010d536572766963654d6574686f64010c00010353657101060001" +
  "054572726f72010c00000012ff80010d444843502e416c6c6f636174650051ff8103010106526573756c7401ff8200" +
  "0105010a434e4956657273696f6e010c00010a496e746572666163657301ff8600010349507301ff8c000106526f75" +
  "74657301ff90000103444e5301ff9200000024ff85020101155b5d2a74797065733130302e496e7465726661636501" +
  "ff860001ff8400004aff83030102ff8400010601044e616d65010c0001034d6163010c0001034d7475010400010753" +
  "616e64626f78010c00010a536f636b657450617468010c0001055063694944010c00000023ff8b020101145b5d2a74" +
  "797065733130302e4950436f6e66696701ff8c0001ff88000033ff87030102ff880001030109496e74657266616365" +
  "01040001074164647265737301ff8a00010747617465776179010a00000023ff890301010549504e657401ff8a0001" +
  "0201024950010a0001044d61736b010a0000001dff8f0201010e5b5d2a74797065732e526f75746501ff900001ff8e" +
  "000050ff8d030102ff8e000107010344737401ff8a0001024757010a0001034d545501040001064164764d53530104" +
  "0001085072696f7269747901040001055461626c65010400010553636f7065010400000046ff9103010103444e5301" +
  "ff92000104010b4e616d657365727665727301ff94000106446f6d61696e010c00010653656172636801ff94000107" +
  "4f7074696f6e7301ff9400000016ff93020101085b5d737472696e6701ff9400010c00004cff8203010201040a6300" +
  "6a0104ffffff000001040a6300010001020101040a4d00000104ffff00000001040a630002030e0001010400000000" +
  "0104000000000001040a630001030e00010000";

function decodeAll(hex: string): readonly { readonly [field: string]: GobValue }[] {
  const decoder = new GobDecoder();
  decoder.push(Uint8Array.fromHex(hex));
  const values = [];
  for (let value = decoder.next(); value !== undefined; value = decoder.next()) values.push(value);
  return values;
}

describe("GobDecoder", () => {
  test("reads what Go has written", () => {
    expect(decodeAll(GO_REQUEST)).toEqual([{ ServiceMethod: "DHCP.Allocate" }]);
    const [response, result] = decodeAll(GO_RESPONSE);
    expect(response).toEqual({ ServiceMethod: "DHCP.Allocate" });
    expect(gobToResultJson(result ?? {})).toEqual({
      cniVersion: "1.1.0",
      ips: [{ address: "10.99.0.106/24", gateway: "10.99.0.1" }],
      routes: [
        { dst: "10.77.0.0/16", gw: "10.99.0.2", priority: 7 },
        { dst: "0.0.0.0/0", gw: "10.99.0.1", priority: 7 },
      ],
      dns: {},
    });
  });

  test("waits for what has not come yet", () => {
    const decoder = new GobDecoder();
    const bytes = Uint8Array.fromHex(GO_RESPONSE);
    const values = [];
    for (const byte of bytes) {
      decoder.push(Uint8Array.of(byte));
      const value = decoder.next();
      if (value !== undefined) values.push(value);
    }
    expect(values).toEqual(decodeAll(GO_RESPONSE) as typeof values);
  });

  test.each([
    { name: "an unknown type", hex: "03ff8200" },
    { name: "a field that the type does not have", hex: `${GO_REQUEST.slice(0, 94)}04ff800700` },
    { name: "a text longer than its message", hex: `${GO_REQUEST.slice(0, 94)}05ff80010d44` },
    { name: "a number of too many bytes", hex: "80" },
    { name: "a message of a terabyte", hex: "fa010000000000" },
    { name: "a type of a kind that is not known", hex: "047f050000" },
  ])("refuses $name", ({ hex }) => {
    expect(() => decodeAll(hex)).toThrow(GobError);
  });

  test("throws nothing else, whatever it gets", () => {
    const good = Uint8Array.fromHex(GO_RESPONSE);
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    let refused = 0;
    for (let i = 0; i < 5000; i++) {
      const bytes = good.slice();
      for (let n = random(4); n >= 0; n--) bytes[random(bytes.length)] = random(256);
      try {
        decodeAll(bytes.toHex());
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(GobError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

describe("GobEncoder", () => {
  test("writes what Go would", () => {
    const bytes = new GobEncoder().encode(RPC_REQUEST, { ServiceMethod: "DHCP.Allocate", Seq: 0 });
    expect(bytes.toHex()).toBe(GO_REQUEST);
  });

  test("describes a type once in a stream", () => {
    const encoder = new GobEncoder();
    const first = encoder.encode(RPC_REQUEST, { ServiceMethod: "a", Seq: 1 });
    const second = encoder.encode(RPC_REQUEST, { ServiceMethod: "b", Seq: 300 });
    expect(second.toHex()).toBe("0aff8001016201fe012c00");
    expect(decodeAll(first.toHex() + second.toHex())).toEqual([
      { ServiceMethod: "a", Seq: 1 },
      { ServiceMethod: "b", Seq: 300 },
    ]);
  });

  test("is read back, with values of each kind", () => {
    const inner = gobStruct("Inner", { Text: "string" });
    const type = gobStruct("All", {
      Yes: "bool",
      Negative: "int",
      Large: "int",
      Count: "uint",
      Bytes: "bytes",
      Inner: inner,
      List: { kind: "slice", name: "[]Inner", element: inner },
    });
    const value = {
      Yes: true,
      Negative: -70_000,
      Large: 2 ** 40,
      Count: 128,
      Bytes: new Uint8Array(100_000).fill(200),
      Inner: {},
      List: [{ Text: "ä" }, {}],
    };
    const bytes = new GobEncoder().encode(type, value);
    expect(decodeAll(bytes.toHex())).toEqual([value]);
  });

  test("an empty struct is a message too", () => {
    expect(decodeAll(new GobEncoder().encode(RPC_EMPTY, {}).toHex())).toEqual([{}]);
  });

  test("refuses values of another type", () => {
    expect(() => new GobEncoder().encode(RESULT, { IPs: 1 })).toThrow(TypeError);
    expect(() => new GobEncoder().encode(RPC_REQUEST, { Seq: -1 })).toThrow(RangeError);
  });
});
