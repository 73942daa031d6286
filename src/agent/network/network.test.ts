import { describe, expect, test } from "bun:test";
import type { Pod, PodSpec } from "../api/mod.ts";
import { hostsFile, parseResolvConf, podDns, podHostname, sandboxHostname } from "./mod.ts";

const pod = (spec: Partial<PodSpec> = {}, name = "p"): Pod => ({
  metadata: { name, namespace: "ns", uid: "u" },
  spec: { containers: [], ...spec },
});
const host = parseResolvConf(
  "# c\nnameserver 1.1.1.1\nsearch a.example. b.example\noptions rotate\n",
);
const cluster = { clusterDns: ["10.32.0.10"], clusterDomain: "cluster.local", host };
const SEARCHES = [
  "ns.svc.cluster.local",
  "svc.cluster.local",
  "cluster.local",
  "a.example",
  "b.example",
];

describe("podDns()", () => {
  test.each<{ name: string; spec: Partial<PodSpec>; settings?: object; want: object }>([
    {
      name: "ClusterFirst",
      spec: {},
      want: { servers: ["10.32.0.10"], searches: SEARCHES, options: ["ndots:5"] },
    },
    { name: "ClusterFirst in the host's network", spec: { hostNetwork: true }, want: host },
    {
      name: "ClusterFirstWithHostNet",
      spec: { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" },
      want: { servers: ["10.32.0.10"] },
    },
    { name: "Default", spec: { dnsPolicy: "Default" }, want: host },
    {
      name: "Default without a resolver file",
      spec: { dnsPolicy: "Default" },
      settings: { host: undefined },
      want: { servers: ["127.0.0.1", "::1"], searches: ["."], options: [] },
    },
    {
      name: "None with its own",
      spec: {
        dnsPolicy: "None",
        dnsConfig: {
          nameservers: ["9.9.9.9"],
          searches: ["x"],
          options: [{ name: "ndots", value: "2" }],
        },
      },
      want: { servers: ["9.9.9.9"], searches: ["x"], options: ["ndots:2"] },
    },
    {
      name: "its own beside the cluster's; options replace those of the same name",
      spec: {
        dnsConfig: {
          nameservers: ["10.32.0.10", "2.2.2.2", "3.3.3.3", "4.4.4.4"],
          options: [{ name: "ndots", value: "1" }, { name: "edns0" }],
        },
      },
      want: { servers: ["10.32.0.10", "2.2.2.2", "3.3.3.3"], options: ["ndots:1", "edns0"] },
    },
  ])("$name", ({ spec, settings, want }) => {
    expect(podDns(pod(spec), { ...cluster, ...settings })).toMatchObject(want);
  });
});

describe("podHostname()", () => {
  test.each<{ spec: Partial<PodSpec>; name?: string; want: string }>([
    { spec: {}, want: "p" },
    { spec: { hostname: "h" }, want: "h" },
    { spec: { hostNetwork: true }, want: "" },
    { spec: { hostnameOverride: "db.example", hostname: "h", subdomain: "s" }, want: "db.example" },
    { spec: { subdomain: "s", setHostnameAsFQDN: true }, want: "p.s.ns.svc.cluster.local" },
    { spec: {}, name: `${"a".repeat(62)}-b`, want: "a".repeat(62) },
  ])("of $spec is $want", ({ spec, name, want }) => {
    expect(sandboxHostname(pod(spec, name), "cluster.local")).toBe(want);
  });

  test("has a domain only below a subdomain", () => {
    expect(podHostname(pod({ subdomain: "s" }), "cluster.local").domain).toBe(
      "s.ns.svc.cluster.local",
    );
    expect(podHostname(pod(), "cluster.local").domain).toBe("");
  });
});

test("hostsFile() names the pod, then its aliases", () => {
  const spec = { subdomain: "s", hostAliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }] };
  const options = {
    podIPs: ["10.0.0.2"],
    clusterDomain: "cluster.local",
    nodeHosts: "127.0.0.1 x\n",
  };
  const text = hostsFile(pod(spec), options);
  expect(text).toStartWith("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n");
  expect(text).toEndWith(
    "10.0.0.2\tp.s.ns.svc.cluster.local\tp\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n",
  );
  expect(hostsFile(pod({ hostNetwork: true }), options)).toBe(
    "# Kubernetes-managed hosts file (host network).\n127.0.0.1 x\n",
  );
});
