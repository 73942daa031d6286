import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type IpAddress, parseAddress, parseCidr } from "../ip/mod.ts";
import { Conn, NetlinkError } from "../netlink/mod.ts";
import { Netns, withNetns } from "../netns/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import {
  addAddressRequest,
  addPortVlansRequest,
  appendRouteRequest,
  createLink,
  createLinkRequest,
  deletePortVlansRequest,
  findLink,
  getLink,
  listAddresses,
  listPortVlans,
  setBridgePortRequest,
  setLinkRequest,
} from "./mod.ts";
import { lacksVlanFiltering } from "./testing/mod.ts";

let netns: Netns;
let conn: Conn;
beforeEach(() => {
  netns = Netns.create();
  conn = withNetns(netns, () => Conn.open());
});
afterEach(() => {
  conn[Symbol.dispose]();
  netns[Symbol.dispose]();
});

function ip(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
function cidr(text: string) {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
/** What iproute2 sees in the namespace. */
function iproute(...args: string[]): string {
  const { stdout, stderr, exitCode } = withNetns(netns, () => Bun.spawnSync(args));
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}
const pair = { kind: "veth", name: "v0", peer: { name: "v1" } } as const;

describe("requestAll()", () => {
  test("makes a link, changes it by its name and tells the port's options, in one datagram", () => {
    createLink(conn, { kind: "bridge", name: "br0" });
    const masterIndex = getLink(conn, "br0").index;
    conn.requestAll([
      createLinkRequest({ ...pair, masterIndex, up: true }),
      setLinkRequest("v0", { alias: "pod a" }),
      setBridgePortRequest("v0", { hairpin: true, isolated: true }),
    ]);
    expect(getLink(conn, "v0")).toMatchObject({ alias: "pod a", isUp: true, masterIndex });
    const shown = iproute("bridge", "-d", "link", "show", "dev", "v0");
    expect(shown).toContain("hairpin on");
    expect(shown).toContain("isolated on");
  });

  test("throws the first refusal that is not allowed; what follows is done all the same", () => {
    createLink(conn, pair);
    const { index } = getLink(conn, "v0");
    const address = { linkIndex: index, address: ip("10.0.0.2"), prefixLength: 24 };
    const run = (allowed: readonly number[]) =>
      conn.requestAll([
        { ...createLinkRequest(pair), allowed },
        addAddressRequest(address),
        setLinkRequest(index, { up: true }),
        appendRouteRequest({ destination: cidr("10.9.0.0/16"), gateway: ip("10.0.0.1") }),
      ]);
    run([ERRNO.EEXIST]);
    expect(listAddresses(conn, { linkIndex: index, family: 4 })).toHaveLength(1);
    expect(iproute("ip", "route")).toContain("10.9.0.0/16 via 10.0.0.1");
    const thrown = (() => {
      try {
        run([]);
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(NetlinkError);
    expect(thrown).toMatchObject({ code: "EEXIST", op: 'create the veth link "v0"' });
    // The connection is not out of step.
    expect(getLink(conn, "v0").name).toBe("v0");
    expect(findLink(conn, "none")).toBeUndefined();
  });
});

describe("VLANs of a bridge's port", () => {
  const isMissing = lacksVlanFiltering(console.log);
  test.skipIf(isMissing)("are added and deleted, with ranges, as iproute2 shows them", () => {
    createLink(conn, { kind: "bridge", name: "br0", vlanFiltering: true });
    createLink(conn, { ...pair, masterIndex: getLink(conn, "br0").index });
    const { index } = getLink(conn, "v0");
    expect(listPortVlans(conn, index)).toEqual([{ id: 1, isPvid: true, isUntagged: true }]);
    conn.requestAll([
      addPortVlansRequest(index, [
        { first: 100, isPvid: true, isUntagged: true },
        { first: 200, last: 202 },
      ]),
      deletePortVlansRequest(index, [{ first: 1 }, { first: 999 }]),
    ]);
    const tagged = (id: number) => ({ id, isPvid: false, isUntagged: false });
    expect(listPortVlans(conn, index)).toEqual([
      { id: 100, isPvid: true, isUntagged: true },
      tagged(200),
      tagged(201),
      tagged(202),
    ]);
    const shown = iproute("bridge", "vlan", "show", "dev", "v0");
    expect(shown).toMatch(/100 PVID Egress Untagged/);
    expect(shown).toContain("202");
  });
});
