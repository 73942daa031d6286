import { expect, test } from "bun:test";
import { DEFAULT_SOCKET_PATH } from "../ipam-conf.ts";
import { dhcpUnits } from "./dhcp-units.ts";

const units = new Map(dhcpUnits("/opt/cni/bin").map(({ name, text }) => [name, text]));

/** The values of a key, of a whole unit. */
const values = (name: string, key: string): readonly string[] =>
  (units.get(name) ?? "").split("\n").flatMap((line) => {
    const at = line.indexOf("=");
    return line.slice(0, at) === key ? [line.slice(at + 1)] : [];
  });

test("dhcpUnits() listens where plugins look for the daemon", () => {
  expect(values("cni-dhcp.socket", "ListenStream")).toEqual([DEFAULT_SOCKET_PATH]);
  expect(values("cni-dhcp.service", "Requires")).toEqual(["cni-dhcp.socket"]);
});

test("dhcpUnits() starts the plugin as daemon", () => {
  expect(values("cni-dhcp.service", "ExecStart")).toEqual(["/opt/cni/bin/dhcp daemon"]);
});

test("dhcpUnits() has sections and settings alone", () => {
  for (const text of units.values()) {
    expect(
      text
        .trim()
        .split("\n")
        .filter((line) => !/^(?:\[[A-Z][a-z]+\]|[A-Z]\w+=.+|)$/.test(line)),
    ).toEqual([]);
  }
});
