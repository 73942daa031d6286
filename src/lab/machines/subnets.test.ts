import { describe, expect, test } from "bun:test";
import { type Cidr, formatCidr, parseCidr } from "../../ip/mod.ts";
import {
  chooseSubnet,
  jumpboxAddress,
  MOST_MACHINES,
  machineAddress,
  machinePodSubnet,
} from "./subnets.ts";

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe("chooseSubnet()", () => {
  test.each([
    { taken: [], wants: "10.240.0.0/24" },
    { taken: ["192.0.2.0/24"], wants: "10.240.0.0/24" },
    { taken: ["10.240.0.0/24", "10.240.1.128/25"], wants: "10.240.2.0/24" },
    { taken: ["10.0.0.0/8"], wants: "172.31.224.0/24" },
    { taken: ["10.0.0.0/8", "172.16.0.0/12"], wants: "192.168.224.0/24" },
  ])("beside $taken it is $wants", ({ taken, wants }) => {
    const chosen = chooseSubnet(taken.map(cidr));
    expect(chosen.ok && formatCidr(chosen.value)).toBe(wants);
  });

  test("names what is in the way where nothing is free", () => {
    const chosen = chooseSubnet(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(cidr));
    expect(chosen.ok ? "" : chosen.error).toContain("192.168.0.0/16");
  });
});

test("the host and the most machines have different addresses of the subnet", () => {
  const subnet = cidr("10.240.0.0/24");
  const all = [
    jumpboxAddress(subnet),
    ...Array.from({ length: MOST_MACHINES }, (_, i) => machineAddress(subnet, i)),
  ];
  expect(new Set(all).size).toBe(MOST_MACHINES + 1);
  expect(all[1]).toBe("10.240.0.10");
  expect(all.at(-1)).toBe("10.240.0.109");
});

describe("machinePodSubnet()", () => {
  test("gives each machine its /24", () => {
    expect(machinePodSubnet(cidr("10.200.0.0/16"), 0)).toEqual({
      ok: true,
      value: "10.200.0.0/24",
    });
    expect(machinePodSubnet(cidr("10.200.0.0/16"), 99)).toEqual({
      ok: true,
      value: "10.200.99.0/24",
    });
  });
  test.each(["10.200.0.0/17", "fd00::/48"])("refuses %s", (text) => {
    expect(machinePodSubnet(cidr(text), 0).ok).toBe(false);
  });
});
