import { describe, expect, test } from "bun:test";
import { ifbAlias, isAliasOf, ownIfbName, referenceIfbName } from "./ifb-name.ts";

const attachment = { network: "net1", containerId: "cid1", ifName: "eth1" };

test("referenceIfbName() is what the reference plugin 1.9.1 makes of a network and a container", () => {
  expect(referenceIfbName(attachment)).toBe("bwpe8f6f419596f");
});

test("ownIfbName() tells interfaces, networks and containers apart", () => {
  const names = [
    attachment,
    { ...attachment, ifName: "eth2" },
    { ...attachment, network: "net1c", containerId: "id1" },
    { ...attachment, network: "ne", containerId: "t1cid1" },
  ].flatMap((one) => [ownIfbName(one)]);
  names.push(referenceIfbName(attachment));
  expect(new Set(names).size).toBe(5);
  for (const name of names) expect(name).toMatch(/^bwp[0-9a-f]{12}$/);
});

describe("ifbAlias() and isAliasOf()", () => {
  const long = "n".repeat(250);

  test("says whose it is", () => {
    expect(ifbAlias(attachment)).toBe("cni-bandwidth net1 cid1 eth1");
    expect(isAliasOf("net1", ifbAlias(attachment))).toBe(true);
    expect(isAliasOf("net", ifbAlias(attachment))).toBe(false);
    expect(isAliasOf("net1", "somebody's ifb")).toBe(false);
    expect(isAliasOf("net1", "")).toBe(false);
  });

  test("fits into the kernel's 255 bytes, whatever the names", () => {
    const one = ifbAlias({ ...attachment, network: long });
    const other = ifbAlias({ ...attachment, network: `${long}x` });
    expect(one.length).toBeLessThan(256);
    expect(one).not.toBe(other);
    expect(isAliasOf(long, one)).toBe(true);
    expect(isAliasOf(`${long}x`, one)).toBe(false);
    expect(ifbAlias({ ...attachment, containerId: long })).toMatch(
      /^cni-bandwidth #\w{32} #\w{32} eth1$/,
    );
  });
});
