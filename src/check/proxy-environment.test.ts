import { describe, expect, test } from "bun:test";
import { parseCidr } from "../ip/mod.ts";
import { NoProxy, proxyEnvironment } from "./proxy-environment.ts";

describe("NoProxy coversHost()", () => {
  test.each([
    { noProxy: "*", host: "server.kubernetes.local", want: true },
    { noProxy: "kubernetes.local", host: "server.kubernetes.local", want: true },
    { noProxy: " .kubernetes.local ", host: "SERVER.kubernetes.local", want: true },
    { noProxy: ".kubernetes.local", host: "kubernetes.local", want: false },
    { noProxy: "*.kubernetes.local", host: "server.kubernetes.local", want: true },
    { noProxy: "netes.local", host: "server.kubernetes.local", want: false },
    { noProxy: "192.0.2.0/24", host: "192.0.2.10", want: true },
    { noProxy: "192.0.2.0/24", host: "192.0.3.10", want: false },
    { noProxy: "192.0.2.10", host: "192.0.2.10", want: true },
    { noProxy: "2001:db8::/32", host: "2001:db8::1", want: true },
    { noProxy: "", host: "192.0.2.10", want: false },
  ])("$noProxy for $host: $want", ({ noProxy, host, want }) => {
    expect(new NoProxy(noProxy).coversHost(host)).toBe(want);
  });
});

describe("NoProxy coversSubnet()", () => {
  test.each([
    { noProxy: "10.0.0.0/8", subnet: "10.200.0.0/16", want: true },
    { noProxy: "10.200.0.0/24,10.200.1.0/24", subnet: "10.200.0.0/16", want: false },
    { noProxy: "10.200.0.1", subnet: "10.200.0.0/16", want: false },
    { noProxy: "*", subnet: "fd00::/64", want: true },
  ])("$noProxy for $subnet: $want", ({ noProxy, subnet, want }) => {
    const cidr = parseCidr(subnet);
    if (!cidr.ok) throw new Error(cidr.error);
    expect(new NoProxy(noProxy).coversSubnet(cidr.value)).toBe(want);
  });
});

test("proxyEnvironment() reads upper case first, and takes an empty variable for none", () => {
  const at = (value: string) => ({
    value,
    location: { file: "u", line: 1, column: 1 },
    isDefault: false,
  });
  const variables = new Map([
    ["HTTPS_PROXY", at("")],
    ["https_proxy", at("http://a:1")],
    ["no_proxy", at("b")],
  ]);
  expect(proxyEnvironment(variables)?.proxy.value.value).toBe("http://a:1");
  expect(proxyEnvironment(variables)?.noProxy?.value).toBe("b");
  expect(proxyEnvironment(new Map())).toBeUndefined();
});
