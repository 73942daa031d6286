import { describe, expect, test } from "bun:test";
import { plainAddress } from "./pod-probe.ts";
import { describeResolvConf, parseResolvConf } from "./resolv-conf.ts";
import { parseVerifyOptions, parseVerifyPeers } from "./verify-options.ts";
import { parseSandboxInfo } from "./verify-pods.ts";

describe("parseResolvConf()", () => {
  test.each([
    {
      text: "# comment\nnameserver 10.32.0.10\nsearch default.svc cluster.local\noptions ndots:5\n",
      want: "nameserver 10.32.0.10; search default.svc cluster.local; options ndots:5",
    },
    {
      text: "domain a.test\nsearch b.test ; the last counts\nnameserver 1.1.1.1\nnameserver fd00::1\noptions a\noptions b",
      want: "nameserver 1.1.1.1 fd00::1; search b.test; options a b",
    },
    { text: "\n", want: "(empty)" },
  ])("$want", ({ text, want }) => {
    expect(describeResolvConf(parseResolvConf(text))).toBe(want);
  });
});

describe("parseSandboxInfo()", () => {
  const none = { hostname: undefined, resolvConf: undefined };
  test.each<{
    name: string;
    json: string | undefined;
    want: ReturnType<typeof parseSandboxInfo>;
  }>([
    {
      name: "what a kubelet asked for",
      json: '{"pid":1,"config":{"hostname":"h","dns_config":{"servers":["10.32.0.10"],"searches":["a.test"]}}}',
      want: {
        hostname: "h",
        resolvConf: { servers: ["10.32.0.10"], searches: ["a.test"], options: [] },
      },
    },
    { name: "an empty one", json: '{"config":{"dns_config":{}}}', want: none },
    { name: "another runtime's", json: '{"config":7}', want: none },
    { name: "no JSON", json: "?", want: none },
    { name: "nothing", json: undefined, want: none },
  ])("$name", ({ json, want }) => {
    expect(parseSandboxInfo(json)).toEqual(want);
  });
});

describe("plainAddress()", () => {
  test.each([
    { text: "[::ffff:10.0.0.1]", want: "10.0.0.1" },
    { text: "10.0.0.1", want: "10.0.0.1" },
    { text: "[fd00:0:0::0:5]", want: "fd00::5" },
    { text: "fe80::1%eth0", want: "fe80::1" },
    { text: "what", want: "what" },
  ])("$text", ({ text, want }) => {
    expect(plainAddress(text)).toBe(want);
  });
});

const OPTIONS = {
  node: "n",
  runtimeEndpoint: "unix:///x",
  podSubnets: ["10.1.0.0/24"],
  hostAddress: "10.0.0.1",
  image: "i",
};

describe("parseVerifyOptions()", () => {
  test("takes what it knows and leaves out the rest", () => {
    expect(parseVerifyOptions({ ...OPTIONS, masquerade: true, peers: [] })).toEqual({
      ok: true,
      value: { ...OPTIONS, masquerade: true },
    });
  });
  test.each([
    { value: undefined, names: "object" },
    { value: { ...OPTIONS, node: "" }, names: "node" },
    { value: { ...OPTIONS, masquerade: "yes" }, names: "masquerade" },
    { value: { ...OPTIONS, podSubnets: [] }, names: "podSubnets" },
  ])("names what is wrong: $names", ({ value, names }) => {
    const parsed = parseVerifyOptions(value);
    expect(parsed.ok ? "" : parsed.error).toContain(names);
  });
});

describe("parseVerifyPeers()", () => {
  test("takes what startPods returns, and refuses what is not a list of it", () => {
    const peer = {
      node: "b",
      pods: [{ name: "p", addresses: ["10.1.1.2"] }],
      host: { address: "10.0.0.2", port: 9, problems: [] },
    };
    expect(parseVerifyPeers([peer])).toEqual({ ok: true, value: [peer] });
    expect(parseVerifyPeers([{ ...peer, host: {} }]).ok).toBe(false);
    expect(parseVerifyPeers(undefined).ok).toBe(false);
  });
});
