import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Conn, NetlinkError } from "../netlink/mod.ts";
import { Netns, withNetns } from "../netns/mod.ts";
import { ERRNO } from "../sys/mod.ts";
import {
  addClsact,
  addRedirect,
  createLink,
  deleteFilter,
  deleteLink,
  deleteQdisc,
  findQdisc,
  getLink,
  listFilters,
  replaceTokenBucket,
  transmitTicks,
} from "./mod.ts";

const hasTc = Bun.which("tc") !== null;
if (!hasTc) console.log("iproute2's second opinion on qdiscs is skipped: there is no tc");

let netns: Netns;
let conn: Conn;
/** The indices of a veth and of an ifb. */
let veth: number;
let ifb: number;
beforeEach(() => {
  netns = Netns.create();
  conn = withNetns(netns, () => Conn.open());
  createLink(conn, { kind: "veth", name: "v0", peer: { name: "v1" }, up: true });
  createLink(conn, { kind: "ifb", name: "ifb9", up: true });
  veth = getLink(conn, "v0").index;
  ifb = getLink(conn, "ifb9").index;
});
afterEach(() => {
  conn[Symbol.dispose]();
  netns[Symbol.dispose]();
});

function tc(...args: string[]): string {
  const { stdout, stderr, exitCode } = withNetns(netns, () => Bun.spawnSync(["tc", ...args]));
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}
function errnoOf(call: () => unknown): number | undefined {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof NetlinkError) return thrown.errno;
    throw thrown;
  }
  return undefined;
}

describe("replaceTokenBucket()", () => {
  const bucket = {
    rateBytes: 125_000,
    bufferTicks: transmitTicks(10_000, 125_000),
    limitBytes: 20_000,
  };

  test("shapes a link, and changes the bucket that is there", () => {
    replaceTokenBucket(conn, { linkIndex: ifb, ...bucket });
    expect(findQdisc(conn, ifb, "root")).toEqual({
      kind: "tbf",
      handle: 0x10000,
      tokenBucket: bucket,
    });
    const slower = { ...bucket, rateBytes: 12_500 };
    replaceTokenBucket(conn, { linkIndex: ifb, ...slower });
    expect(findQdisc(conn, ifb, "root")?.tokenBucket).toEqual(slower);
  });

  test("takes rates that 32 bits do not hold", () => {
    const fast = { ...bucket, rateBytes: 12_500_000_000 };
    replaceTokenBucket(conn, { linkIndex: ifb, ...fast });
    expect(findQdisc(conn, ifb, "root")?.tokenBucket).toEqual(fast);
  });

  test.skipIf(!hasTc)("is what tc shows", () => {
    replaceTokenBucket(conn, { linkIndex: ifb, ...bucket });
    const shown = tc("qdisc", "show", "dev", "ifb9");
    expect(shown).toContain("qdisc tbf 1: root");
    expect(shown).toContain("rate 1Mbit burst 10000b");
  });
});

describe("qdiscs of a link", () => {
  test("there are none before one was added", () => {
    expect(findQdisc(conn, veth, "root")).toBeUndefined();
    expect(findQdisc(conn, veth, "ingress")).toBeUndefined();
    expect(deleteQdisc(conn, veth, "root")).toBe(false);
    expect(deleteQdisc(conn, veth, "ingress")).toBe(false);
  });

  test("a link that is not there has none", () => {
    expect(findQdisc(conn, 4711, "root")).toBeUndefined();
    expect(deleteQdisc(conn, 4711, "ingress")).toBe(false);
    expect(listFilters(conn, { linkIndex: 4711, under: "clsact" })).toEqual([]);
  });

  test("clsact is added once and deleted", () => {
    addClsact(conn, veth);
    expect(findQdisc(conn, veth, "ingress")?.kind).toBe("clsact");
    expect(errnoOf(() => addClsact(conn, veth))).toBe(ERRNO.EEXIST);
    expect(deleteQdisc(conn, veth, "ingress")).toBe(true);
    expect(findQdisc(conn, veth, "ingress")).toBeUndefined();
  });
});

describe("addRedirect()", () => {
  const place = (): { linkIndex: number; under: "clsact" } => ({
    linkIndex: veth,
    under: "clsact",
  });

  test("is listed with its target and deleted by itself", () => {
    addClsact(conn, veth);
    addRedirect(conn, { ...place(), targetIndex: ifb, priority: 7 });
    addRedirect(conn, { ...place(), targetIndex: getLink(conn, "lo").index, priority: 7 });
    expect(listFilters(conn, { linkIndex: veth, under: "clsact-egress" })).toEqual([]);
    const [first, second] = listFilters(conn, place());
    expect(first).toMatchObject({ kind: "u32", priority: 7, targetIndex: ifb });
    if (first === undefined) throw new Error("no filter");
    expect(deleteFilter(conn, place(), first)).toBe(true);
    expect(deleteFilter(conn, place(), first)).toBe(false);
    expect(listFilters(conn, place())).toEqual(second === undefined ? [] : [second]);
  });

  test("needs the discipline that it says", () => {
    expect(listFilters(conn, place())).toEqual([]);
    const spec = { ...place(), targetIndex: ifb, priority: 1 };
    expect(errnoOf(() => addRedirect(conn, spec))).toBe(ERRNO.EINVAL);
    addClsact(conn, veth);
    expect(errnoOf(() => addRedirect(conn, { ...spec, under: "ingress" }))).toBe(ERRNO.EINVAL);
  });

  test("goes with its target", () => {
    addClsact(conn, veth);
    addRedirect(conn, { ...place(), targetIndex: ifb, priority: 1 });
    deleteLink(conn, "ifb9");
    expect(listFilters(conn, place())[0]?.targetIndex ?? 0).toBe(0);
  });

  test.skipIf(!hasTc)("is what tc shows, and reads what tc made under `ingress`", () => {
    tc("qdisc", "add", "dev", "v0", "ingress");
    expect(findQdisc(conn, veth, "ingress")?.kind).toBe("ingress");
    const all = "protocol all prio 1 u32 match u32 0 0 action mirred egress redirect dev ifb9";
    tc("filter", "add", "dev", "v0", "parent", "ffff:", ...all.split(" "));
    const theirs = listFilters(conn, { linkIndex: veth, under: "ingress" });
    expect(theirs).toMatchObject([{ kind: "u32", priority: 1, targetIndex: ifb }]);
    const spec = { linkIndex: veth, under: "ingress", targetIndex: ifb, priority: 9 } as const;
    addRedirect(conn, spec);
    const shown = tc("filter", "show", "dev", "v0", "parent", "ffff:");
    expect(shown).toMatch(/protocol all pref 9 u32 .*flowid 1:1/);
    expect(shown.match(/mirred \(Egress Redirect to device ifb9\) stolen/g)).toHaveLength(2);
  });
});
