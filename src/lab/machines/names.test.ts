import { describe, expect, test } from "bun:test";
import { bridgeMac, bridgeName, machineNames, validateLabName } from "./names.ts";

describe("validateLabName()", () => {
  test.each(["default", "a", "0", "t-ab12cd", "x".repeat(20)])("takes %j", (name) => {
    expect(validateLabName(name)).toEqual({ ok: true, value: name });
  });
  test.each(["", "-a", "a-", "A", "a_b", "a/b", "..", "a b", "ä", "x".repeat(21)])(
    "refuses %j",
    (name) => {
      expect(validateLabName(name).ok).toBe(false);
    },
  );
});

describe("bridgeName()", () => {
  test.each(["a", "default", "123456789", "1234567890", "x".repeat(20)])(
    "is a link name for %j",
    (name) => {
      expect(bridgeName(name)).toMatch(/^nwlab-[a-z0-9-]{1,9}$/);
    },
  );
  test("tells long names with one beginning apart", () => {
    expect(bridgeName("a-long-name-1")).not.toBe(bridgeName("a-long-name-2"));
  });
});

test("bridgeMac() is locally administered, unicast, and the lab's own", () => {
  expect(bridgeMac("default")).toMatch(/^02:6e:77(:[0-9a-f]{2}){3}$/);
  expect(bridgeMac("default")).not.toBe(bridgeMac("other"));
});

test("machineNames() counts from 0", () => {
  expect(machineNames(3)).toEqual(["node-0", "node-1", "node-2"]);
});
