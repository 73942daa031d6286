import { describe, expect, test } from "bun:test";
import { CniError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { SPEC_VERSIONS } from "../version.ts";
import { decodeResult, parseResult } from "./decode-result.ts";
import { encodeResult, printResult } from "./encode-result.ts";
// What the reference library (1.3.0) makes of each input in each version. Host bits of routes and
// capital letters of MAC addresses are left out of the inputs: see the tests of their own.
import rows from "./fixtures/conversions.json";

interface Row {
  readonly input: JsonObject;
  readonly error?: string;
  readonly to?: Readonly<Record<string, JsonObject>>;
}
// cast: the fixture's rows differ in their keys, and a union of them all is no use
const ROWS = rows as unknown as readonly Row[];

const good = ROWS.flatMap(({ input, to }, i) =>
  Object.entries(to ?? {}).map(([version, want]) => ({ i, input, version, want })),
);

describe("decodeResult() and encodeResult()", () => {
  test("the fixture has every pair of versions", () => {
    const pairs = new Set(
      good.map(({ input, version }) => `${input["cniVersion"] ?? "0.1.0"} ${version}`),
    );
    const old = SPEC_VERSIONS.flatMap((from) => SPEC_VERSIONS.map((to) => `${from} ${to}`));
    expect(old.filter((pair) => !pairs.has(pair))).toEqual([]);
  });

  test.each(good)("$i to $version as the reference", ({ input, version, want }) => {
    if (want["error"] === undefined) {
      expect(encodeResult(decodeResult(input), version)).toEqual(want);
      return;
    }
    const convert = () => encodeResult(decodeResult(input), version);
    const links = input["interfaces"] ?? [];
    // Of nothing, nothing is lost: only links or routes without an address are refused.
    if (JSON.stringify(links) === "[]") {
      expect(convert()).toEqual({ cniVersion: version, dns: {} });
    } else expect(convert).toThrow(CniError);
  });

  test.each(ROWS.filter(({ error }) => error !== undefined))("refuses $error", ({ input }) => {
    expect(() => decodeResult(input)).toThrow(CniError);
  });

  test("a result without a version has that of the configuration", () => {
    const lists = { ips: [{ address: "10.0.0.2/24" }] };
    expect(decodeResult(lists, "1.0.0").ips).toHaveLength(1);
    expect(decodeResult(lists, "0.2.0").ips).toHaveLength(0);
    expect(decodeResult({ ...lists, cniVersion: "" }, "1.1.0").ips).toHaveLength(1);
  });

  test("cni 21: host bits of a route go, MAC addresses are in lower case", () => {
    const { routes, interfaces } = encodeResult(
      decodeResult({
        cniVersion: "1.1.0",
        interfaces: [{ name: "a", mac: "AA:BB:CC:00:11:22" }],
        routes: [{ dst: "10.9.3.7/16" }, { dst: "2001:DB8::1/32" }],
      }),
      "1.1.0",
    );
    expect(routes).toEqual([{ dst: "10.9.0.0/16" }, { dst: "2001:db8::/32" }]);
    expect(interfaces).toEqual([{ name: "a", mac: "aa:bb:cc:00:11:22" }]);
  });

  test("a mapped address with a prefix beyond IPv4 stays IPv6", () => {
    const { ips } = decodeResult({ cniVersion: "1.0.0", ips: [{ address: "::ffff:1.2.3.4/64" }] });
    expect(ips[0]?.address.address.family).toBe(6);
  });

  test.each([
    { json: [], code: 6, says: "it is not a JSON object" },
    { json: "text", code: 6, says: "it is not a JSON object" },
    { json: null, code: 6, says: "it is not a JSON object" },
    { json: { cniVersion: 1 }, code: 6, says: '"result.cniVersion"' },
    { json: { cniVersion: "0.9.0" }, code: 1, says: 'version "0.9.0"' },
    { json: { cniVersion: "1.0.0", ips: {} }, code: 6, says: '"result.ips"' },
    { json: { cniVersion: "1.0.0", ips: [1] }, code: 6, says: "a list of objects" },
    { json: { cniVersion: "1.0.0", ips: [{}] }, code: 6, says: "result.ips[0].address" },
    {
      json: { cniVersion: "1.0.0", ips: [{ address: "1.2.3.4/24", interface: 0.5 }] },
      code: 6,
      says: "an integer",
    },
    { json: { cniVersion: "0.2.0", ip4: { ip: "1.2.3.4" } }, code: 6, says: "result.ip4.ip" },
    {
      json: { cniVersion: "1.1.0", routes: [{ dst: "0.0.0.0/0", scope: 256 }] },
      code: 6,
      says: "from 0 to 255",
    },
    {
      json: { cniVersion: "1.1.0", dns: { nameservers: "1.1.1.1" } },
      code: 6,
      says: "nameservers",
    },
  ])("refuses $json", ({ json, code, says }) => {
    const decode = () => decodeResult(json);
    expect(decode).toThrow(says);
    try {
      decode();
    } catch (thrown) {
      expect(thrown).toMatchObject({ code });
    }
  });

  test("is not confused by keys of Object.prototype", () => {
    const result = parseResult('{"cniVersion":"1.0.0","__proto__":{"ips":[1]},"constructor":1}');
    expect(result).toEqual({ interfaces: [], ips: [], routes: [], dns: {} });
  });
});

describe("printResult()", () => {
  test("is indented by four spaces", () => {
    const result = parseResult('{"cniVersion":"1.1.0","interfaces":[{"name":"lo"}]}');
    expect(printResult(result, "1.0.0")).toBe(
      '{\n    "cniVersion": "1.0.0",\n    "interfaces": [\n        {\n            "name": "lo"\n        }\n    ]\n}\n',
    );
  });
});

describe("parseResult()", () => {
  test.each(["", "{", "nul", "\u0000"])("refuses %j", (text) => {
    expect(() => parseResult(text)).toThrow("Cannot read the result: ");
  });
});
