import { describe, expect, test } from "bun:test";
import type { ApiObject, JsonObject } from "../objects/mod.ts";
import { kubeletAddress } from "./kubelet-address.ts";
import { podPath } from "./pod-path.ts";
import { parseProxyName, podTarget, serviceTarget } from "./proxy-target.ts";
import { rewriteLinks } from "./rewrite-links.ts";

function pod(spec: JsonObject, status: JsonObject = {}): ApiObject {
  const metadata = { name: "p", namespace: "ns", uid: "u" };
  return { apiVersion: "v1", kind: "Pod", metadata, spec, status };
}

const ONE = pod({ containers: [{ name: "c" }] });
const TWO = pod({ containers: [{ name: "a" }, { name: "b" }], initContainers: [{ name: "i" }] });

describe("podPath()", () => {
  test.each([
    { pod: ONE, part: "log", query: "", want: "/containerLogs/ns/p/c" },
    { pod: TWO, part: "log", query: "container=i", want: "/containerLogs/ns/p/i" },
    {
      pod: ONE,
      part: "log",
      query: "follow=true&tailLines=0&limitBytes=9&sinceSeconds=5&timestamps=1&previous=false",
      want: "/containerLogs/ns/p/c?follow=true&timestamps=true&sinceSeconds=5&tailLines=0&limitBytes=9",
    },
    {
      pod: ONE,
      part: "log",
      query: "sinceTime=2026-12-01T00:00:00Z&stream=Stdout",
      want: "/containerLogs/ns/p/c?sinceTime=2026-12-01T00%3A00%3A00Z&stream=Stdout",
    },
    {
      pod: ONE,
      part: "exec",
      query: "command=sh&command=-c&command=a%26b&stdin=true&stdout=true&tty=true",
      want: "/exec/ns/p/c?input=1&output=1&tty=1&command=sh&command=-c&command=a%26b",
    },
    { pod: ONE, part: "attach", query: "stderr=1", want: "/attach/ns/p/c?error=1" },
    { pod: ONE, part: "portforward", query: "", want: "/portForward/ns/p/u" },
    {
      pod: ONE,
      part: "portforward",
      query: "ports=80&ports=81",
      want: "/portForward/ns/p/u?port=80%2C81",
    },
  ])("$part?$query", ({ pod: of, part, query, want }) => {
    expect(podPath(of, part, new URLSearchParams(query))).toBe(want);
  });
  test.each([
    {
      part: "log",
      query: "",
      want: "a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]",
    },
    { part: "log", query: "container=x", want: "container x is not valid for pod p" },
    { part: "log", query: "container=a&tailLines=-1", want: "tailLines: Invalid value" },
    { part: "log", query: "container=a&limitBytes=0", want: "limitBytes: Invalid value" },
    { part: "log", query: "container=a&sinceSeconds=x", want: "sinceSeconds: Invalid value" },
    { part: "log", query: "container=a&sinceTime=x", want: "sinceTime: Invalid value" },
    { part: "log", query: "container=a&stream=x", want: "stream: Invalid value" },
    { part: "log", query: "container=..%2F..%2Fexec", want: "is not valid for pod p" },
    { part: "else", query: "", want: "could not find the requested resource" },
  ])("$part?$query is refused", ({ part, query, want }) => {
    expect(() => podPath(TWO, part, new URLSearchParams(query))).toThrow(want);
  });
});

describe("kubeletAddress()", () => {
  const node = (status: JsonObject): ApiObject => ({
    ...{ apiVersion: "v1", kind: "Node", metadata: { name: "n" }, status },
  });
  const addresses = [
    { type: "Hostname", address: "n.example" },
    { type: "InternalIP", address: "10.0.0.1" },
  ];
  test("prefers the internal address, and port 10250", () => {
    const names = ["n", "n.example", "10.0.0.1"];
    expect(kubeletAddress(node({ addresses }))).toEqual({ host: "10.0.0.1", port: 10250, names });
    const daemonEndpoints = { kubeletEndpoint: { Port: 7 } };
    expect(kubeletAddress(node({ addresses, daemonEndpoints })).port).toBe(7);
  });
  test("a node without addresses cannot be reached", () => {
    expect(() => kubeletAddress(node({}))).toThrow("no preferred addresses found");
  });
});

describe("proxy targets", () => {
  test.each([
    { text: "web", want: { scheme: "http", name: "web", port: "" } },
    { text: "web:80", want: { scheme: "http", name: "web", port: "80" } },
    { text: "https:web:", want: { scheme: "https", name: "web", port: "" } },
    { text: "https:web:443", want: { scheme: "https", name: "web", port: "443" } },
    { text: ":web:named", want: { scheme: "http", name: "web", port: "named" } },
  ])("$text", ({ text, want }) => {
    expect(parseProxyName(text)).toEqual(want as ReturnType<typeof parseProxyName>);
  });
  test.each(["", ":", "ftp:web:1", "a:b:c:d", "::"])("%p is none", (text) => {
    expect(() => parseProxyName(text)).toThrow("invalid proxy request");
  });
  test("a pod is reached at its address, at its first port", () => {
    const spec = { containers: [{ name: "c", ports: [{ containerPort: 8080 }] }] };
    const running = pod(spec, { podIP: "10.200.0.5" });
    expect(podTarget(running, parseProxyName("p"))).toEqual({
      ...{ scheme: "http", host: "10.200.0.5", port: 8080 },
    });
    expect(podTarget(running, parseProxyName("https:p:9")).port).toBe(9);
    expect(() => podTarget(running, parseProxyName("p:0"))).toThrow("invalid port");
  });
  test.each([
    "127.0.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "::1",
    "fe80::1",
    "::ffff:127.0.0.1",
    "evil.example",
    "",
  ])("a pod's status cannot lead to %p", (podIP) => {
    const spec = { containers: [{ name: "c" }] };
    expect(() => podTarget(pod(spec, { podIP }), parseProxyName("p"))).toThrow("not allowed");
  });
  test("a Service is reached at an endpoint that is ready", () => {
    const service: ApiObject = {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name: "web" } },
      spec: {
        ports: [
          { name: "http", port: 80 },
          { name: "admin", port: 81 },
        ],
      },
    };
    const slice: ApiObject = {
      ...{ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: { name: "web-1" } },
      ports: [{ name: "http", port: 8080 }],
      endpoints: [
        { addresses: ["10.1.0.1"], conditions: { ready: false } },
        { addresses: ["10.1.0.2"], conditions: { ready: true } },
        { addresses: ["10.1.0.3"] },
      ],
    };
    const pick = (count: number): number => count - 1;
    const reach = (text: string) =>
      serviceTarget(service, [slice], { ...parseProxyName(text), pick });
    expect(reach("web")).toEqual({ scheme: "http", host: "10.1.0.3", port: 8080 });
    expect(reach("web:http").host).toBe("10.1.0.3");
    expect(reach("web:80").host).toBe("10.1.0.3");
    expect(() => reach("web:admin")).toThrow("no endpoints available");
    expect(() => reach("web:99")).toThrow("no service port");
  });
});

test("rewriteLinks() leads a page's links through the proxy", () => {
  const prefix = "/api/v1/namespaces/ns/pods/p/proxy";
  const page = `<a href="/x?y">a</a><a href="x">b</a><a href="//h/x">c</a><img src='/i.png'><a href="${prefix}/z">d</a><p>/x</p>`;
  expect(rewriteLinks(page, prefix)).toBe(
    `<a href="${prefix}/x?y">a</a><a href="x">b</a><a href="//h/x">c</a><img src="${prefix}/i.png"><a href="${prefix}/z">d</a><p>/x</p>`,
  );
});
