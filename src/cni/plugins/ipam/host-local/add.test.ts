import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { container, failureOf, IpamLab } from "./testing.ts";

let lab: IpamLab;
beforeEach(() => {
  lab = new IpamLab();
});
afterEach(() => lab[Symbol.dispose]());

describe("files", () => {
  test("are those of the reference plugin, to the byte", async () => {
    expect(await lab.add()).toEqual(["10.0.0.2/29"]);
    expect(readdirSync(lab.net).sort()).toEqual(["10.0.0.2", "last_reserved_ip.0", "lock"]);
    expect(lab.content("10.0.0.2")).toBe("c1\r\neth0");
    expect(lab.content("last_reserved_ip.0")).toBe("10.0.0.2");
    expect(lab.content("lock")).toBe("");
    const modes = ["10.0.0.2", "last_reserved_ip.0", "lock"].map(
      (name) => statSync(join(lab.net, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o600, 0o750]);
    expect(statSync(lab.net).mode & 0o777).toBe(0o755);
  });

  test("IPv6 by its short text, each set with its own last address", async () => {
    const ranges = [[{ subnet: "fd00:0:0:1::/64" }], [{ subnet: "10.0.0.0/29" }]];
    expect(await lab.add({ ipam: { ranges } })).toEqual(["fd00:0:0:1::2/64", "10.0.0.2/29"]);
    expect(readdirSync(lab.net).sort()).toEqual(
      ["fd00:0:0:1::2", "10.0.0.2", "last_reserved_ip.0", "last_reserved_ip.1", "lock"].sort(),
    );
    expect(lab.content("last_reserved_ip.0")).toBe("fd00:0:0:1::2");
  });
});

describe("ADD", () => {
  test("goes round: an address that was given back is not the next one", async () => {
    expect(await lab.add({ attachment: container("a") })).toEqual(["10.0.0.2/29"]);
    await lab.call("DEL", { attachment: container("a") });
    expect(await lab.add({ attachment: container("b") })).toEqual(["10.0.0.3/29"]);
    for (const [id, want] of [
      ["c", "10.0.0.4/29"],
      ["d", "10.0.0.5/29"],
      ["e", "10.0.0.6/29"],
      ["f", "10.0.0.2/29"],
    ] as const) {
      expect(await lab.add({ attachment: container(id) })).toEqual([want]);
    }
  });

  test("again for the same attachment gives what it has", async () => {
    const first = await lab.add();
    expect(await lab.add()).toEqual(first);
    expect(await lab.add({ attachment: container("c1", "eth1") })).not.toEqual(first);
    expect(lab.reserved()).toHaveLength(2);
  });

  test("an unfinished reservation, as killed before its second name, is nobody's", async () => {
    await lab.add({ attachment: container("a") });
    unlinkSync(join(lab.net, "10.0.0.2"));
    expect(await lab.add({ attachment: container("a") })).toEqual(["10.0.0.3/29"]);
    await lab.call("DEL", { attachment: container("a") });
    expect(lab.reserved()).toEqual([]);
  });

  test("gives gateway, routes and what resolv.conf says", async () => {
    const resolvConf = join(lab.dataDir, "resolv.conf");
    writeFileSync(resolvConf, "nameserver 192.0.2.1\nsearch example.org\n");
    const ipam = {
      resolvConf,
      subnet: "10.0.0.0/29",
      gateway: "10.0.0.6",
      routes: [{ dst: "0.0.0.0/0" }, { dst: "10.9.0.0/16", gw: "10.0.0.5", mtu: 1400 }],
    };
    const result = await lab.call("ADD", { ipam });
    expect(result?.ips).toHaveLength(1);
    expect(result?.ips[0]?.gateway).toEqual({ family: 4, value: 0x0a000006n });
    expect(result?.routes).toMatchObject([{}, { mtu: 1400, gw: { value: 0x0a000005n } }]);
    expect(result?.dns).toEqual({ nameservers: ["192.0.2.1"], search: ["example.org"] });
    expect(result?.interfaces).toEqual([]);
    const missing = await failureOf(
      lab.call("ADD", { ipam: { ...ipam, resolvConf: join(lab.dataDir, "none") } }),
    );
    expect(missing.code).toBe(5);
    expect(missing.message).toStartWith(`Cannot read "ipam.resolvConf": `);
  });

  test("ranges: those of the runtime, the single one, the list", async () => {
    const ipam = { subnet: "10.1.0.0/24", ranges: [[{ subnet: "10.2.0.0/24" }]] };
    const conf = { runtimeConfig: { ipRanges: [[{ subnet: "10.3.0.0/24" }]] } };
    expect(await lab.add({ ipam, conf })).toEqual(["10.3.0.2/24", "10.1.0.2/24", "10.2.0.2/24"]);
    const two = [[{ subnet: "10.4.0.0/30" }, { subnet: "10.5.0.0/30" }]];
    expect(await lab.add({ ipam: { ranges: two }, attachment: container("b") })).toEqual([
      "10.4.0.2/30",
    ]);
    expect(await lab.add({ ipam: { ranges: two }, attachment: container("c") })).toEqual([
      "10.5.0.2/30",
    ]);
  });

  test("a full set: which, and what to do; nothing stays of the other sets", async () => {
    for (const id of ["a", "b", "c", "d", "e"]) await lab.add({ attachment: container(id) });
    const error = await failureOf(lab.add({ attachment: container("f") }));
    expect(error.code).toBe(11);
    expect(error.message).toBe(
      'no IP addresses available in range set: 10.0.0.1-10.0.0.6 of network "net": all 5 are reserved',
    );
    expect(error.fix).toContain("nodewright cni list net");
    const ranges = [[{ subnet: "10.8.0.0/29" }], [{ subnet: "10.0.0.0/29" }]];
    await failureOf(lab.add({ ipam: { ranges }, attachment: container("f") }));
    expect(lab.reserved()).toHaveLength(5);
    expect(lab.reserved()).not.toContain("10.8.0.2");
  });
});

describe("requested addresses", () => {
  test.each([
    ["CNI_ARGS", { args: "IP=10.0.0.5" }],
    ["CNI_ARGS of a kubelet's runtime", { args: "IgnoreUnknown=1;K8S_POD_NAME=p;IP=10.0.0.5" }],
    ["args.cni.ips", { conf: { args: { cni: { ips: ["10.0.0.5"] } } } }],
    ["with a length", { conf: { args: { cni: { ips: ["10.0.0.5/24"] } } } }],
    ["the capability", { conf: { runtimeConfig: { ips: ["10.0.0.5/24"] } } }],
    ["twice the same", { args: "IP=10.0.0.5", conf: { runtimeConfig: { ips: ["10.0.0.5"] } } }],
  ])("%s", async (_name, call) => {
    expect(await lab.add(call)).toEqual(["10.0.0.5/29"]);
    expect(await lab.add(call)).toEqual(["10.0.0.5/29"]);
    expect(lab.content("last_reserved_ip.0")).toBe("10.0.0.5");
  });

  test("one of each set", async () => {
    const ranges = [[{ subnet: "fd00::/64" }], [{ subnet: "10.0.0.0/29" }]];
    const conf = { runtimeConfig: { ips: ["10.0.0.6", "fd00::9"] } };
    expect(await lab.add({ ipam: { ranges }, conf })).toEqual(["fd00::9/64", "10.0.0.6/29"]);
  });

  test.each([
    ["the gateway", ["10.0.0.1"], 7, "it is the gateway"],
    ["elsewhere", ["10.9.0.1"], 7, "10.9.0.1"],
    ["two of one set", ["10.0.0.5", "10.0.0.6"], 7, "10.0.0.6"],
    ["no address", ["ten"], 7, '"ten"'],
    ["taken", ["10.0.0.2"], 11, 'container "a", interface "eth0", has it'],
  ])("refuses %s", async (_name, ips, code, message) => {
    await lab.add({ attachment: container("a") });
    const error = await failureOf(lab.add({ conf: { runtimeConfig: { ips } } }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(lab.reserved()).toEqual(["10.0.0.2"]);
  });
});

describe("configurations that are refused", () => {
  test.each([
    ["no ranges", { ranges: [] }, {}, ""],
    ["an empty set", { ranges: [[]] }, {}, 'ranges[0]" of the configuration: it has no range'],
    ["no list", { ranges: {} }, {}, ""],
    ["no list of lists", { ranges: [{ subnet: "10.0.0.0/24" }] }, {}, ""],
    [
      "two families in a set",
      { ranges: [[{ subnet: "10.0.0.0/24" }, { subnet: "fd00::/64" }]] },
      {},
      "",
    ],
    [
      "overlap in a set",
      { ranges: [[{ subnet: "10.0.0.0/24" }, { subnet: "10.0.0.0/16" }]] },
      {},
      "",
    ],
    [
      "overlap of sets",
      { ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "10.0.0.0/16" }]] },
      {},
      "",
    ],
    ["a wrong route", { subnet: "10.0.0.0/29", routes: [{ dst: "nowhere" }] }, {}, ""],
    [
      "two IPv4 sets at 0.2.0",
      { ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "10.1.0.0/24" }]] },
      { cniVersion: "0.2.0" },
      "",
    ],
    [
      "the gateway alone",
      { subnet: "10.0.0.0/29", rangeStart: "10.0.0.1", rangeEnd: "10.0.0.1" },
      {},
      "10.0.0.1-10.0.0.1 has no address but the gateway",
    ],
    [
      "the gateway alone, in a list",
      { ranges: [[{ subnet: "10.0.0.0/29", rangeStart: "10.0.0.1", rangeEnd: "10.0.0.1" }]] },
      {},
      "ranges[0]",
    ],
    ["a number for a directory", { subnet: "10.0.0.0/29", dataDir: 1 }, {}, ""],
  ])("cni 21: %s", async (_name, ipam, call, message) => {
    const error = await failureOf(lab.add({ ipam, ...call }));
    expect(error.code).toBe(7);
    expect(error.message).toContain(message);
    expect(lab.reserved()).toEqual([]);
  });

  test("an unknown key of CNI_ARGS", async () => {
    expect(await failureOf(lab.add({ args: "COLOUR=red" }))).toMatchObject({ code: 4 });
  });
});
