import { describe, expect, test } from "bun:test";
import { formatAddress, type IpAddress, parseAddress } from "../../../../ip/mod.ts";
import { ConfObject } from "../../../conf-object.ts";
import { formatRange, type RangeSet, readAddressRange } from "./address-range.ts";
import { capacityOf, tryCandidates } from "./candidates.ts";

const read = (raw: Record<string, string>) => readAddressRange(new ConfObject(raw, "r"));

describe("readAddressRange()", () => {
  test.each([
    ["defaults of IPv4", { subnet: "10.1.2.0/24" }, "10.1.2.1-10.1.2.254", "10.1.2.1"],
    ["defaults of IPv6", { subnet: "fd00::/64" }, "fd00::1-fd00::ffff:ffff:ffff:ffff", "fd00::1"],
    ["the smallest", { subnet: "10.1.2.4/30" }, "10.1.2.5-10.1.2.6", "10.1.2.5"],
    [
      "all given",
      {
        subnet: "10.1.0.0/16",
        rangeStart: "10.1.2.3",
        rangeEnd: "10.1.2.9",
        gateway: "10.1.0.254",
      },
      "10.1.2.3-10.1.2.9",
      "10.1.0.254",
    ],
    [
      "a gateway elsewhere",
      { subnet: "10.1.2.0/24", gateway: "192.0.2.1" },
      "10.1.2.1-10.1.2.254",
      "192.0.2.1",
    ],
    [
      "empty texts",
      { subnet: "10.1.2.0/24", rangeStart: "", gateway: "" },
      "10.1.2.1-10.1.2.254",
      "10.1.2.1",
    ],
  ])("%s", (_name, raw: Record<string, string>, range, gateway) => {
    const made = read(raw);
    expect([formatRange(made), formatAddress(made.gateway)]).toEqual([range, gateway]);
  });

  test.each([
    ["no subnet", {}, '"r.subnet"'],
    ["a text", { subnet: "ten" }, '"r.subnet" of the configuration: "ten"'],
    ["an address", { subnet: "10.1.2.0" }, '"r.subnet"'],
    ["host bits", { subnet: "10.1.2.3/24" }, "10.1.2.0/24"],
    ["IPv4 written as IPv6", { subnet: "::ffff:10.20.0.0/112" }, "write 10.20.0.0/16"],
    ["/31", { subnet: "10.1.2.0/31" }, "too small"],
    ["/32", { subnet: "10.1.2.0/32" }, "too small"],
    ["/127", { subnet: "fd00::/127" }, "too small"],
    ["a start outside", { subnet: "10.1.2.0/24", rangeStart: "10.1.3.1" }, '"r.rangeStart"'],
    ["an end outside", { subnet: "10.1.2.0/24", rangeEnd: "10.1.1.1" }, '"r.rangeEnd"'],
    ["an end of IPv6", { subnet: "10.1.2.0/24", rangeEnd: "fd00::1" }, '"r.rangeEnd"'],
    [
      "a start after the end",
      { subnet: "10.1.2.0/24", rangeStart: "10.1.2.9", rangeEnd: "10.1.2.8" },
      "before",
    ],
    ["a wrong gateway", { subnet: "10.1.2.0/24", gateway: "10.1.2" }, '"r.gateway"'],
  ])("cni 21: refuses %s", (_name, raw: Record<string, string>, message) => {
    expect(() => read(raw)).toThrow(message);
  });
});

test("tryCandidates() gives the one that is taken", () => {
  const set = [read({ subnet: "10.0.0.0/29" })];
  const free = tryCandidates(set, undefined, ({ value }) => value % 2n === 1n);
  expect(free === undefined ? undefined : formatAddress(free)).toBe("10.0.0.3");
});

describe("tryCandidates()", () => {
  const ip = (text: string) => {
    const parsed = parseAddress(text);
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.value;
  };
  const tried = (set: RangeSet, last: IpAddress | undefined) => {
    const addresses: IpAddress[] = [];
    tryCandidates(set, last, (address) => addresses.push(address) < 0);
    return addresses;
  };
  const of = (set: RangeSet, last?: string) =>
    tried(set, last === undefined ? undefined : ip(last)).map(formatAddress);
  const small = [read({ subnet: "10.0.0.0/29" })];
  const two = [
    read({ subnet: "10.0.0.0/24", rangeStart: "10.0.0.10", rangeEnd: "10.0.0.12" }),
    read({ subnet: "10.0.9.0/30", gateway: "10.0.0.11" }),
  ];

  test("from the start, without the gateway, network and broadcast address", () => {
    expect(of(small)).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
  });

  test("from the one after the last, around, the last one at the end", () => {
    expect(of(small, "10.0.0.4")).toEqual([
      "10.0.0.5",
      "10.0.0.6",
      "10.0.0.2",
      "10.0.0.3",
      "10.0.0.4",
    ]);
    expect(of(small, "10.0.0.6")[0]).toBe("10.0.0.2");
  });

  test("through all ranges of a set; the gateways of all are passed over", () => {
    expect(of(two)).toEqual(["10.0.0.10", "10.0.0.12", "10.0.9.1", "10.0.9.2"]);
    expect(of(two, "10.0.9.1")).toEqual(["10.0.9.2", "10.0.0.10", "10.0.0.12", "10.0.9.1"]);
  });

  test("a last one of somewhere else is none", () => {
    expect(of(small, "192.0.2.1")).toEqual(of(small));
    expect(of(small, "fd00::1")).toEqual(of(small));
  });

  test("every address once, whatever the last one", () => {
    for (const last of [undefined, ...of(two)]) {
      const all = of(two, last);
      expect(new Set(all).size).toBe(all.length);
      expect(BigInt(all.length)).toBe(capacityOf(two));
    }
    expect(capacityOf(small)).toBe(5n);
  });
});
