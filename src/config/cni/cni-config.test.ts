import { describe, expect, test } from "bun:test";
import { parseCniConfig } from "../mod.ts";
import { briefly, hardWayFile } from "../testing.ts";

const conf = (fields: object): string =>
  JSON.stringify({ cniVersion: "1.0.0", name: "n", type: "bridge", ...fields });

describe("parseCniConfig()", () => {
  test("takes the tutorial's files without a problem", async () => {
    const template = await hardWayFile("10-bridge.conf");
    const text = template.replaceAll("SUBNET", "10.200.0.0/24");
    const { value, problems } = parseCniConfig(text, "10-bridge.conf");
    expect(problems).toEqual([]);
    expect(value).toMatchObject({
      isList: false,
      name: { value: "bridge" },
      cniVersion: { value: "1.0.0", location: { line: 2, column: 17 } },
      subnets: [{ value: "10.200.0.0/24", location: { line: 11, column: 19 } }],
      unknownKeys: [],
      plugins: [
        {
          type: { value: "bridge" },
          ipamType: { value: "host-local" },
          bridge: { value: "cni0", isDefault: false },
          isGateway: { value: true },
          ipMasq: { value: true },
          hairpinMode: { value: false, isDefault: true },
          dataDir: { value: "/var/lib/cni/networks", isDefault: true },
        },
      ],
    });
    const loopback = await hardWayFile("99-loopback.conf");
    expect(parseCniConfig(loopback, "99-loopback.conf")).toMatchObject({
      value: { subnets: [], plugins: [{ type: { value: "loopback" }, ipamType: undefined }] },
      problems: [],
    });
  });

  test("says that a template's placeholder is not a subnet", async () => {
    const { problems } = parseCniConfig(await hardWayFile("10-bridge.conf"), "10-bridge.conf");
    expect(briefly(problems)).toEqual([
      'error wrong-value 11:19 Expected a subnet such as 10.200.0.0/16, without host bits at ipam.ranges[0][0].subnet: "SUBNET"',
    ]);
  });

  test("reads a list: every plugin's subnets, both stacks, capabilities, versions", () => {
    const list = {
      cniVersion: "1.1.0",
      cniVersions: ["1.0.0", "1.1.0"],
      name: "pods",
      disableCheck: true,
      plugins: [
        {
          type: "bridge",
          isDefaultGateway: true,
          mtu: 1400,
          ipam: {
            type: "host-local",
            subnet: "10.0.0.0/24",
            ranges: [
              [{ subnet: "10.1.0.0/24" }, { subnet: "10.2.0.0/24" }],
              [{ subnet: "fd00::/64" }],
            ],
          },
        },
        { type: "portmap", capabilities: { portMappings: true }, snat: true },
      ],
    };
    const { value, problems } = parseCniConfig(JSON.stringify(list), "10.conflist");
    expect(problems).toEqual([]);
    expect(value?.subnets.map((subnet) => subnet.value)).toEqual([
      "10.0.0.0/24",
      "10.1.0.0/24",
      "10.2.0.0/24",
      "fd00::/64",
    ]);
    expect(value).toMatchObject({
      isList: true,
      disableCheck: { value: true },
      cniVersions: [{ value: "1.0.0" }, { value: "1.1.0" }],
      unknownKeys: [{ value: "snat" }],
      plugins: [
        { path: ["plugins", 0], mtu: { value: 1400 }, isDefaultGateway: { value: true } },
        {
          type: { value: "portmap" },
          capabilities: [{ value: "portMappings" }],
          bridge: undefined,
        },
      ],
    });
  });

  test.each([
    [
      conf({ isGateway: "true" }),
      'error wrong-type 1:62 Expected true or false at isGateway, found text: "true"',
    ],
    [
      conf({ hairpinmode: true }),
      'warning unknown-key 1:50 Unknown key in the document: "hairpinmode"',
    ],
    [
      conf({ ipam: { type: "host-local", range: [] } }),
      'warning unknown-key 1:78 Unknown key in ipam: "range"',
    ],
    [
      conf({ ipam: { type: "host-local", subnet: "10.0.0.1/24" } }),
      'error wrong-value 1:87 Expected a subnet such as 10.200.0.0/16, without host bits at ipam.subnet: "10.0.0.1/24"',
    ],
    [conf({ ipam: {} }), 'error missing-key 1:57 Missing key in ipam: "type"'],
    [
      '{"name": "n", "type": "x"}',
      'error missing-version 1:1 Missing key in the document: "cniVersion"',
    ],
    [
      '{"cniVersion": "1.0.0", "type": "x"}',
      'error missing-key 1:1 Missing key in the document: "name"',
    ],
    [
      '{"cniVersion": "1.0.0", "name": "n"}',
      'error missing-key 1:1 Missing key in the document: "type"',
    ],
    [
      '{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "x"}]}',
      "error wrong-form 1:38 Found a list of plugins in a file that is read as a single plugin's",
    ],
    ["[]", "error wrong-type 1:1 Expected a map of keys and values at the document, found a list"],
    ["", "error syntax 1:1 Cannot parse JSON: the file is empty"],
  ])("%s", (text, want) => {
    expect(briefly(parseCniConfig(text, "10.conf").problems)).toEqual([want]);
  });

  test("a single plugin in a .conflist is an error", () => {
    const { problems } = parseCniConfig(conf({}), "10.conflist");
    expect(problems).toMatchObject([{ code: "wrong-form", severity: "error" }]);
  });
});
