import { describe, expect, test } from "bun:test";
import { parsePluginConf } from "../../../conf/plugin-conf.ts";
import { providedValues, readDhcpConf } from "./ipam-conf.ts";

const parse = (ipam: object) =>
  readDhcpConf(
    parsePluginConf(
      JSON.stringify({ cniVersion: "1.1.0", name: "n", ipam: { type: "dhcp", ...ipam } }),
    ),
  );

test("readDhcpConf() of nothing but the type", () => {
  expect(parse({})).toEqual({
    socketPath: "/run/cni/dhcp.sock",
    provide: [],
    request: [1, 121, 33, 3, 6, 15, 119],
    priority: undefined,
    suppressGateway: false,
    shortClientId: false,
  });
});

test("readDhcpConf() of everything", () => {
  const ipam = {
    daemonSocketPath: "/run/other.sock",
    provide: [
      { option: "host-name", value: "web", fromArg: "K8S_POD_NAME" },
      { option: "60", value: "nodewright" },
    ],
    request: [{ option: "121" }, { option: "42" }],
    priority: 5,
    suppress: ["gateway"],
    shortClientId: true,
  };
  expect(parse(ipam)).toEqual({
    socketPath: "/run/other.sock",
    provide: [
      { code: 12, value: "web", fromArg: "K8S_POD_NAME" },
      { code: 60, value: "nodewright", fromArg: "" },
    ],
    request: [1, 121, 33, 3, 6, 15, 119, 42],
    priority: 5,
    suppressGateway: true,
    shortClientId: true,
  });
});

test.each([
  { request: [{ skipDefault: true }], want: [] },
  { request: [{ skipDefault: true, option: "subnet-mask" }, { option: "routers" }], want: [1, 3] },
  { request: [{ skipDefault: false, option: "" }], want: [1, 121, 33, 3, 6, 15, 119] },
  {
    request: [
      { option: "vendor-class-identifier" },
      { option: "user-class" },
      { option: "dhcp-client-identifier" },
    ],
    want: [1, 121, 33, 3, 6, 15, 119, 60, 77, 61],
  },
])("readDhcpConf() of request $request", ({ request, want }) => {
  expect(parse({ request }).request).toEqual(want);
});

test.each([
  { name: "a priority below 0", ipam: { priority: -1 }, error: "ipam.priority" },
  {
    name: "an unknown option",
    ipam: { request: [{ option: "router" }] },
    error: 'ipam.request[0].option" of the configuration: "router" is not 0 to 255',
  },
  {
    name: "an option above 255",
    ipam: { request: [{ option: "256" }] },
    error: "ipam.request[0].option",
  },
  { name: "no option", ipam: { provide: [{ value: "x" }] }, error: "ipam.provide[0].option" },
  {
    name: "an option of the client's",
    ipam: { provide: [{ option: "53", value: "x" }] },
    error: '"53" is not an option that may be provided',
  },
  {
    name: "a value that is too long",
    ipam: { provide: [{ option: "12", value: "ä".repeat(128) }] },
    error: "at most 255 bytes",
  },
  { name: "an unknown thing to suppress", ipam: { suppress: ["dns"] }, error: "ipam.suppress" },
  {
    name: "a socket that is no text",
    ipam: { daemonSocketPath: 1 },
    error: "ipam.daemonSocketPath",
  },
  {
    name: "an inherited name",
    ipam: { request: [{ option: "constructor" }] },
    error: "ipam.request[0].option",
  },
])("readDhcpConf() refuses $name", ({ ipam, error }) => {
  expect(() => parse(ipam)).toThrow(error);
});

describe("providedValues()", () => {
  const provide = [{ code: 12, value: "web", fromArg: "K8S_POD_NAME" }];
  const values = (args: string, options = provide): readonly string[] =>
    [...providedValues(options, args)].map(
      ([code, value]) => `${code}=${new TextDecoder().decode(value)}`,
    );

  test.each([
    { args: "", want: ["12=web"] },
    { args: "IgnoreUnknown=1;K8S_POD_NAME=a=b;x", want: ["12=a=b"] },
    { args: "k8s_pod_name=no", want: ["12=web"] },
    { args: "K8S_POD_NAME=", want: [] },
  ])("of CNI_ARGS $args", ({ args, want }) => {
    expect(values(args)).toEqual(want);
  });

  test("the last one counts, and an argument that is too long is refused", () => {
    const twice = [...provide, { code: 12, value: "db", fromArg: "" }];
    expect(values("", twice)).toEqual(["12=db"]);
    expect(() => values(`K8S_POD_NAME=${"a".repeat(256)}`)).toThrow(
      'option 12 from "K8S_POD_NAME"',
    );
  });
});
