import { expect, test } from "bun:test";
import { normalizeHardwareAddress } from "./hardware-address.ts";

const INFINIBAND = "80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:01";

test.each([
  ["02:42:0a:c8:00:01", "02:42:0a:c8:00:01"],
  ["02:42:0A:C8:00:01", "02:42:0a:c8:00:01"],
  ["02-42-0a-c8-00-01", "02:42:0a:c8:00:01"],
  ["0242.0ac8.0001", "02:42:0a:c8:00:01"],
  ["02:00:5e:10:00:00:00:01", "02:00:5e:10:00:00:00:01"],
  [INFINIBAND, INFINIBAND],
])("normalizeHardwareAddress() reads %s", (text, want) => {
  expect(normalizeHardwareAddress(text)).toBe(want);
});

test.each([
  "",
  "02",
  "02:42",
  "02:42:0a:c8:00",
  "02:42:0a:c8:00:1",
  "02:42:0a:c8:00:0g",
  "02:42:0a:c8:00:01:",
  "02:42-0a:c8:00:01",
  "02420ac80001",
  "0242.0ac8",
  "02:42:0a:c8:00:01:02",
  " 02:42:0a:c8:00:01",
  "02:42:0a:c8:00:01\n",
])("normalizeHardwareAddress() refuses %j", (text) => {
  expect(normalizeHardwareAddress(text)).toBeUndefined();
});
