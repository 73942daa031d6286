import { expect, test } from "bun:test";
import { clientIdOf, ownerKey } from "./client-id.ts";

const OWNER = { containerId: "c1", network: "net1", ifName: "eth0" };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test("clientIdOf() is a zero byte and the owner, as the reference has it", () => {
  expect(clientIdOf(OWNER, false).toHex()).toBe("0063312f6e6574312f65746830");
  expect(ownerKey(OWNER)).toBe("c1/net1/eth0");
});

test("clientIdOf() fits into an option", () => {
  const id = clientIdOf({ ...OWNER, containerId: "c".repeat(300) }, false);
  expect(id).toHaveLength(255);
  expect(text(id.subarray(1))).toBe("c".repeat(254));
});

test("clientIdOf() short is 20 digits that are another's for each owner", () => {
  const short = clientIdOf(OWNER, true);
  expect(text(short.subarray(1))).toMatch(/^[0-9a-f]{20}$/);
  expect(short[0]).toBe(0);
  expect(clientIdOf(OWNER, true)).toEqual(short);
  expect(clientIdOf({ ...OWNER, ifName: "eth1" }, true)).not.toEqual(short);
});
