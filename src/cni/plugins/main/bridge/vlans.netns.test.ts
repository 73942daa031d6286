import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Conn } from "../../../../netlink/mod.ts";
import { getLink, listPortVlans } from "../../../../rtnl/mod.ts";
import { lacksVlanFiltering } from "../../../../rtnl/testing/mod.ts";
import { NetworkLab } from "../testing/mod.ts";

const isMissing = lacksVlanFiltering(console.log);
let lab: NetworkLab;
beforeEach(() => {
  lab = new NetworkLab("bridge", { bridge: "cni0" });
});
afterEach(() => lab[Symbol.dispose]());

const conn = (): Conn => lab.host.conn;
const vlansOf = (name: string) => listPortVlans(conn(), getLink(conn(), name).index);

describe.skipIf(!isMissing)("a kernel whose bridges filter no VLANs", () => {
  test.each([{ vlan: 100 }, { vlanTrunk: [{ id: 5 }] }])("is told of: %j", (keys) => {
    expect(lab.try("STATUS", { keys }).error).toMatchObject({ code: 50 });
    const pod = lab.netns("a");
    const words = 'Cannot keep VLANs apart on "cni0"';
    expect(lab.try("ADD", { pod, keys }).error?.msg).toContain(words);
    lab.add(lab.netns("b"));
    expect(lab.try("ADD", { pod, keys }).error?.msg).toContain(words);
    expect(lab.reserved()).toHaveLength(1);
  });
});

describe.skipIf(isMissing)("vlan", () => {
  test("pods of one VLAN reach each other, those of others and without do not", () => {
    const [a, b, c, d] = [lab.netns("a"), lab.netns("b"), lab.netns("c"), lab.netns("d")];
    const result = lab.add(a, { keys: { vlan: 100 } });
    lab.add(b, { keys: { vlan: 100 } });
    lab.add(c, { keys: { vlan: 200 } });
    lab.add(d);
    expect(lab.canPing(a, "10.88.0.3")).toBe(true);
    expect(lab.isSilent(a, "10.88.0.4")).toBe(true);
    expect(lab.isSilent(a, "10.88.0.5")).toBe(true);
    expect(vlansOf(result.interfaces[1]?.name ?? "")).toEqual([
      { id: 100, isPvid: true, isUntagged: true },
    ]);
    expect(lab.check(a, { keys: { vlan: 100 } })).toBe("");
    expect(lab.check(a, { keys: { vlan: 101 } })).toContain("is not in VLAN 101");
  });

  test("preserveDefaultVlan keeps the port in VLAN 1", () => {
    const keys = { vlan: 100, preserveDefaultVlan: true };
    const { interfaces } = lab.add(lab.netns("a"), { keys });
    expect(vlansOf(interfaces[1]?.name ?? "")).toEqual([
      { id: 1, isPvid: false, isUntagged: true },
      { id: 100, isPvid: true, isUntagged: true },
    ]);
  });

  test("vlanTrunk: tagged frames of these VLANs, beside the untagged ones", () => {
    const keys = { vlanTrunk: [{ id: 5 }, { minID: 10, maxID: 12 }] };
    const { interfaces } = lab.add(lab.netns("a"), { keys });
    const tagged = (id: number) => ({ id, isPvid: false, isUntagged: false });
    expect(vlansOf(interfaces[1]?.name ?? "")).toEqual([
      { id: 1, isPvid: true, isUntagged: true },
      ...[5, 10, 11, 12].map(tagged),
    ]);
  });

  test("the gateway of a VLAN is a link of its own, made once, that stays", () => {
    const [a, b] = [lab.netns("a"), lab.netns("b")];
    const keys = { vlan: 100, isGateway: true };
    const result = lab.add(a, { keys });
    lab.add(b, { keys });
    const gateway = getLink(conn(), "cni0.100");
    expect(result.interfaces[3]).toEqual({ name: "cni0.100", mac: gateway.address });
    expect(result.ips.map((ip) => ip.interface)).toEqual([2]);
    expect(lab.canPing(a, "10.88.0.1")).toBe(true);
    expect(lab.canPing(b, "10.88.0.1")).toBe(true);
    expect(lab.run(lab.host, ["ip", "-4", "addr", "show", "cni0"])).toBe("");
    expect(lab.check(a, { keys })).toBe("");
    lab.do("DEL", { pod: a, keys });
    lab.do("DEL", { pod: b, keys });
    expect(getLink(conn(), "cni0.100").isUp).toBe(true);
  });

  test("a bridge that was made without VLANs keeps them apart from then on", () => {
    const [a, b] = [lab.netns("a"), lab.netns("b")];
    lab.add(a);
    lab.add(b, { keys: { vlan: 100 } });
    expect(getLink(conn(), "cni0").vlanFiltering).toBe(true);
    expect(lab.isSilent(a, "10.88.0.3")).toBe(true);
  });
});
