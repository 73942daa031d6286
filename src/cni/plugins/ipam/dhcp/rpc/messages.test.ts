import { expect, test } from "bun:test";
import { decodeResult } from "../../../../result/decode-result.ts";
import { GobDecoder } from "./gob-decoder.ts";
import { GobEncoder } from "./gob-encoder.ts";
import { gobToResultJson, RESULT, resultToGob } from "./messages.ts";

test.each([
  {
    name: "everything that a lease can have",
    json: {
      cniVersion: "1.1.0",
      ips: [{ address: "192.0.2.100/25", gateway: "192.0.2.1" }],
      routes: [
        { dst: "0.0.0.0/0", gw: "192.0.2.1", priority: 100 },
        { dst: "198.51.100.0/23", gw: "0.0.0.0", scope: 253 },
      ],
      dns: { nameservers: ["192.0.2.53"], domain: "example.test", search: ["a.test", "b.test"] },
    },
  },
  { name: "an address alone", json: { cniVersion: "1.1.0", ips: [{ address: "10.0.0.1/32" }] } },
  { name: "another family", json: { cniVersion: "1.1.0", ips: [{ address: "fd00::1/64" }] } },
])("resultToGob() and gobToResultJson(): $name", ({ json }) => {
  const result = decodeResult(json);
  const decoder = new GobDecoder();
  decoder.push(new GobEncoder().encode(RESULT, resultToGob(result)));
  expect(decodeResult(gobToResultJson(decoder.next() ?? {}))).toEqual(result);
});

test("gobToResultJson() reads addresses as Go has them: in 4 or in 16 bytes", () => {
  const mapped = Uint8Array.fromHex("00000000000000000000ffffc0000264");
  const json = gobToResultJson({
    IPs: [
      { Address: { IP: mapped, Mask: Uint8Array.of(255, 255, 255, 0) } },
      { Address: { IP: mapped, Mask: new Uint8Array(16).fill(255) } },
    ],
  });
  expect(json).toMatchObject({
    ips: [{ address: "192.0.2.100/24" }, { address: "192.0.2.100/32" }],
  });
});
