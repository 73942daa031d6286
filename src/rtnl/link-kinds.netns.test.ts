import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Conn, NetlinkError } from "../netlink/mod.ts";
import { Netns, withNetns } from "../netns/mod.ts";
import {
  createLink,
  findLink,
  getLink,
  hasLinkKind,
  type LinkSpec,
  listLinks,
  setLink,
} from "./mod.ts";
import { lacksKind } from "./testing/mod.ts";

let netns: Netns;
let conn: Conn;
beforeEach(() => {
  netns = Netns.create();
  conn = withNetns(netns, () => Conn.open());
  createLink(conn, { kind: "veth", name: "v0", up: true, peer: { name: "v1" } });
});
afterEach(() => {
  conn[Symbol.dispose]();
  netns[Symbol.dispose]();
});

function ip(...args: string[]): string {
  const { stdout, stderr, exitCode } = withNetns(netns, () => Bun.spawnSync(["ip", ...args]));
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}
function parentIndex(): number {
  return getLink(conn, "v0").index;
}

describe("hasLinkKind()", () => {
  const SPECS: readonly ((parentIndex: number) => LinkSpec)[] = [
    () => ({ kind: "bridge", name: "x" }),
    () => ({ kind: "veth", name: "x", peer: { name: "y" } }),
    (parentIndex) => ({ kind: "macvlan", name: "x", parentIndex, mode: "bridge" }),
    (parentIndex) => ({ kind: "ipvlan", name: "x", parentIndex, mode: "l2" }),
    (parentIndex) => ({ kind: "vlan", name: "x", parentIndex, id: 7 }),
    (parentIndex) => ({ kind: "vxlan", name: "x", parentIndex, id: 7, port: 4789 }),
    () => ({ kind: "dummy", name: "x" }),
    () => ({ kind: "ifb", name: "x" }),
    () => ({ kind: "vrf", name: "x", table: 100 }),
  ];
  const rows = SPECS.map((make) => [make(0).kind, make] as const);
  test.each(rows)("says of %s what createLink() finds, and makes nothing", (_kind, make) => {
    const spec = make(parentIndex());
    if (spec.kind === "wireguard") throw new TypeError("wireguard cannot be asked for");
    const before = listLinks(conn).length;
    const said = hasLinkKind(conn, spec.kind);
    expect(listLinks(conn)).toHaveLength(before);
    let code = "";
    try {
      createLink(conn, spec);
    } catch (thrown) {
      if (!(thrown instanceof NetlinkError)) throw thrown;
      code = thrown.code;
    }
    expect(said ? "" : "EOPNOTSUPP").toBe(code);
  });
});

describe("what links of some kinds have", () => {
  const MODES = ["private", "vepa", "bridge", "passthru"] as const;
  test.each(MODES)("a macvlan's mode: %s", (mode) => {
    createLink(conn, { kind: "macvlan", name: "x", parentIndex: parentIndex(), mode });
    expect(getLink(conn, "x").macvlanMode).toBe(mode);
    expect(getLink(conn, "v0").macvlanMode).toBeUndefined();
  });

  test("a macvlan's queue of broadcast frames", () => {
    const spec = {
      kind: "macvlan",
      name: "x",
      parentIndex: parentIndex(),
      mode: "bridge",
    } as const;
    createLink(conn, { ...spec, broadcastQueueLength: 2345 });
    expect(ip("-d", "link", "show", "x")).toContain("bcqueuelen 2345");
  });

  const withIpvlan = test.skipIf(lacksKind("ipvlan", console.log));
  withIpvlan.each(["l2", "l3", "l3s"] as const)("an ipvlan's mode: %s", (mode) => {
    createLink(conn, { kind: "ipvlan", name: "x", parentIndex: parentIndex(), mode });
    expect(getLink(conn, "x").ipvlanMode).toBe(mode);
  });

  const withVlan = test.skipIf(lacksKind("vlan", console.log));
  withVlan.each([0, 1, 4094])("a vlan's number: %d", (id) => {
    createLink(conn, { kind: "vlan", name: "x", parentIndex: parentIndex(), id });
    expect(getLink(conn, "x").vlanId).toBe(id);
  });
});

test("a link is found by an alternative name, short or long", () => {
  const long = "a-name-that-is-longer-than-others";
  ip("link", "property", "add", "dev", "v0", "altname", "short0", "altname", long);
  for (const name of ["short0", long]) expect(getLink(conn, name).name).toBe("v0");
  setLink(conn, long, { mtu: 1400 });
  expect(getLink(conn, "v0").mtu).toBe(1400);
  expect(findLink(conn, `${long}-not`)).toBeUndefined();
});

test("setLink() moves a link, renames it, gives it an alias and takes it up in one request", () => {
  using pod = Netns.create();
  using inside = withNetns(pod, () => Conn.open());
  // Neither its own name nor the one it gets may be in its way on the other side.
  createLink(inside, { kind: "bridge", name: "v0" });
  createLink(conn, { kind: "bridge", name: "net1" });
  setLink(conn, getLink(conn, "v0").index, { netns: pod, name: "net1", alias: "v0", up: true });
  const moved = getLink(inside, "net1");
  expect(moved).toMatchObject({ kind: "veth", alias: "v0", isUp: true });
  expect(findLink(conn, "v0")).toBeUndefined();
  setLink(inside, moved.index, { netns, name: "v0", alias: "" });
  const back = getLink(conn, "v0");
  expect(back).toMatchObject({ kind: "veth", isUp: false });
  expect(back.alias).toBeUndefined();
});
