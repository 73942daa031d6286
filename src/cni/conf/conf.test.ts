import { describe, expect, test } from "bun:test";
import { ConfObject } from "../conf-object.ts";
import { CniError } from "../errors.ts";
import { checkIfName, checkName, checkPluginType } from "./names.ts";
import { parsePluginConf } from "./plugin-conf.ts";

describe("ConfObject", () => {
  const object = new ConfObject(
    JSON.parse(`{
      "text": "a", "Text": "b", "MTU": 1500, "on": true, "none": null, "list": ["a", "b"],
      "mixed": ["a", 1], "half": 0.5, "ipam": {"ranges": [[{"subnet": 1}]], "routes": [{}, 3]},
      "__proto__": {"polluted": true}, "empty": "", "word": "l2"
    }`),
    "top",
  );

  test("reads values of each type; an exact key goes before one in another case", () => {
    expect(object.text("text")).toBe("a");
    expect(object.text("TEXT")).toBe("a");
    expect(object.integer("mtu")).toBe(1500);
    expect(object.boolean("On")).toBe(true);
    expect(object.texts("list")).toEqual(["a", "b"]);
    expect(object.object("ipam")?.path).toBe("top.ipam");
    expect(object.choice("word", ["l2", "l3"])).toBe("l2");
    expect(object.choice("empty", ["l2"])).toBeUndefined();
    expect(object.objects("absent")).toEqual([]);
  });

  test("null is absent, and Object.prototype is no configuration", () => {
    for (const key of ["none", "absent", "toString", "constructor", "hasOwnProperty"]) {
      expect(object.has(key)).toBe(false);
      expect(object.text(key)).toBeUndefined();
    }
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test.each([
    { read: () => object.text("mtu"), says: '"top.mtu" of the configuration: 1500 is not a text' },
    { read: () => object.boolean("text"), says: '"a" is not true or false' },
    { read: () => object.integer("half"), says: "0.5 is not an integer" },
    { read: () => object.integer("mtu", { min: 0, max: 9 }), says: "an integer from 0 to 9" },
    { read: () => object.integer("mtu", { min: 9000 }), says: "an integer of at least 9000" },
    { read: () => object.texts("mixed"), says: '["a",1] is not a list of texts' },
    { read: () => object.object("list"), says: '["a","b"] is not an object' },
    { read: () => object.objects("ipam"), says: "is not a list of objects" },
    { read: () => object.object("ipam")?.objects("routes"), says: '"top.ipam.routes"' },
    { read: () => object.choice("text", ["l2", "l3"]), says: "one of l2, l3" },
  ])("refuses: $says", ({ read, says }) => {
    expect(read).toThrow(CniError);
    expect(read).toThrow(says);
  });

  test("a message shows a part of what is long or deep", () => {
    const long = new ConfObject({ a: "x".repeat(10_000), b: [[[[[[1]]]]]] });
    expect(long.wrong("a", "short").message.length).toBeLessThan(250);
    expect(long.wrong("b", "flat").message).toContain("[[[[[...]]]]]");
  });
});

describe("names", () => {
  test.each(["a", "0", "cni-1.2_3", "A.b-c_d", "a".repeat(300)])("%j is a name", (name) => {
    expect(checkName(name)).toBeUndefined();
  });
  test.each(["", "-a", ".a", "_a", "a b", "a/b", "a\n", "ä", "a:b", "a\0"])(
    "%j is none",
    (name) => {
      expect(checkName(name)).toBeDefined();
    },
  );
  test.each(["eth0", "a", "0123456789abcde", "net.1", "..."])("%j is an interface's", (name) => {
    expect(checkIfName(name)).toBeUndefined();
  });
  test.each([
    "",
    ".",
    "..",
    "a/b",
    "a:b",
    "a b",
    "a\tb",
    "a\u00a0b",
    "0123456789abcdef",
    "äöüäöüäö",
  ])("%j is no interface's", (name) => {
    expect(checkIfName(name)).toBeDefined();
  });
  test.each(["eth%d", "%d", "br%s0", "net1%"])(
    "cni 21: %j would name another link each time",
    (name) => {
      expect(checkIfName(name)).toContain('"%"');
    },
  );
  test.each(["bridge", "host-local", "My Plugin"])("%j is a plugin's type", (type) => {
    expect(checkPluginType(type)).toBeUndefined();
  });
  test.each(["", ".", "..", "../bridge", "/bin/sh", "a\\b", "a\0"])("%j is no type", (type) => {
    expect(checkPluginType(type)).toBeDefined();
  });
});

describe("parsePluginConf()", () => {
  const parse = (more: object) =>
    parsePluginConf(JSON.stringify({ cniVersion: "1.0.0", name: "n", type: "t", ...more }));

  test("reads what every plugin has", () => {
    const conf = parse({
      ipam: { type: "host-local" },
      dns: { nameservers: ["1.1.1.1"] },
      runtimeConfig: { mac: "x" },
      args: { cni: { ips: ["1.2.3.4"] } },
      prevResult: { cniVersion: "1.0.0", ips: [{ address: "10.0.0.2/24" }] },
    });
    expect(conf).toMatchObject({ cniVersion: "1.0.0", name: "n", type: "t" });
    expect(conf.ipamType).toBe("host-local");
    expect(conf.dns).toEqual({ nameservers: ["1.1.1.1"] });
    expect(conf.runtimeConfig.text("mac")).toBe("x");
    expect(conf.cniArgs.texts("ips")).toEqual(["1.2.3.4"]);
    expect(conf.prevResult?.ips).toHaveLength(1);
    expect(conf.validAttachments).toBeUndefined();
  });

  test("what is absent is empty", () => {
    const conf = parsePluginConf('{"name":"n","ipam":{},"args":null,"prevResult":null}');
    expect(conf).toMatchObject({ cniVersion: "0.1.0", type: "", dns: {}, prevResult: undefined });
    expect(conf.ipamType).toBeUndefined();
    expect(conf.runtimeConfig.raw).toEqual({});
    expect(conf.cniArgs.raw).toEqual({});
  });

  test("a prevResult without a version has the configuration's", () => {
    const prevResult = { ip4: { ip: "10.0.0.2/24" } };
    expect(parse({ cniVersion: "0.2.0", prevResult }).prevResult?.ips).toHaveLength(1);
  });

  test("the key of the specification goes before the older library's", () => {
    const old = [{ containerID: "old", ifname: "eth0" }];
    const own = [{ containerID: "own", ifname: "eth0" }];
    const both = { "cni.dev/attachments": old, "cni.dev/valid-attachments": own };
    expect(parse(both).validAttachments).toEqual([{ containerId: "own", ifName: "eth0" }]);
    expect(parse({ "cni.dev/attachments": old }).validAttachments).toHaveLength(1);
    expect(parse({ "cni.dev/valid-attachments": [] }).validAttachments).toEqual([]);
  });
});
