import { describe, expect, test } from "bun:test";
import { formatAddress } from "../../../../ip/mod.ts";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { readSbrConf } from "./sbr-conf.ts";

function read(conf: object) {
  const network = { cniVersion: "1.1.0", name: "net", type: "sbr" };
  const { gateways, ...rest } = readSbrConf(
    parsePluginConf(JSON.stringify({ ...network, ...conf })),
  );
  return { ...rest, gateways: gateways.map(formatAddress) };
}

describe("readSbrConf()", () => {
  test.each([
    [{}, { gateways: [], addSourceHints: false }],
    [{ table: 5001 }, { gateways: [], addSourceHints: false, table: 5001 }],
    [
      { gateways: ["198.51.100.1", "2001:DB8::1"], addSourceHints: true },
      { gateways: ["198.51.100.1", "2001:db8::1"], addSourceHints: true },
    ],
  ])("%j", (conf, want) => {
    expect(read(conf)).toEqual(want);
  });

  test.each([
    [{ table: 0 }, '"table" of the configuration: 0 is not'],
    [{ table: 2 ** 32 }, '"table" of the configuration: 4294967296 is not'],
    [{ table: "100" }, '"table" of the configuration: "100" is not'],
    [{ gateways: "198.51.100.1" }, '"gateways"'],
    [{ gateways: ["198.51.100.1/24"] }, "is not a list of IP addresses: expected"],
    [
      { gateways: ["198.51.100.1", "198.51.100.2"] },
      "is not one of each family at most: 198.51.100.1 and 198.51.100.2 are of one",
    ],
    [{ addSourceHints: "yes" }, '"addSourceHints"'],
  ])("refuses %j", (conf, message) => {
    expect(() => read(conf)).toThrow(message);
    expect(() => read(conf)).toThrow(expect.objectContaining({ code: 7 }));
  });
});
