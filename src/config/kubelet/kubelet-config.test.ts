import { describe, expect, test } from "bun:test";
import { parseYaml } from "../document/parse-yaml.ts";
import { kubeletConfiguration, parseKubeletConfig, parseKubeProxyConfig } from "../mod.ts";
import { kubeProxyConfiguration } from "../proxy/kube-proxy-configuration.ts";
import type { SchemaNode } from "../schema/schema.ts";
import { validate } from "../schema/validate.ts";
import { briefly, hardWayFile, mustHave } from "../testing.ts";

const HEAD = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

describe("parseKubeletConfig()", () => {
  test("takes the tutorial's file without a problem", async () => {
    const { value, problems } = parseKubeletConfig(await hardWayFile("kubelet-config.yaml"), "k");
    expect(problems).toEqual([]);
    expect(value).toMatchObject({
      containerRuntimeEndpoint: {
        value: "unix:///var/run/containerd/containerd.sock",
        location: { file: "k", line: 14, column: 27 },
        isDefault: false,
      },
      cgroupDriver: { value: "systemd" },
      port: { value: 10250 },
      failSwapOn: { value: false },
      swapBehavior: { value: "NoSwap" },
      maxPods: { value: 16 },
      resolvConf: { value: "/etc/resolv.conf" },
      clientCAFile: { value: "/var/lib/kubelet/ca.crt", location: { line: 10 } },
      anonymousEnabled: { value: false },
      webhookEnabled: { value: true },
      authorizationMode: { value: "Webhook" },
      tlsCertFile: { value: "/var/lib/kubelet/kubelet.crt" },
      tlsPrivateKeyFile: { value: "/var/lib/kubelet/kubelet.key" },
      healthzPort: { value: 10248, isDefault: true },
      failCgroupV1: { value: true, isDefault: true },
      clusterDNS: [],
      clusterDomain: undefined,
      staticPodPath: undefined,
      podCIDR: undefined,
    });
  });

  test("gives the kubelet's defaults for an empty configuration", () => {
    expect(mustHave(parseKubeletConfig(HEAD, "k"))).toMatchObject({
      containerRuntimeEndpoint: {
        value: "unix:///run/containerd/containerd.sock",
        isDefault: true,
      },
      cgroupDriver: { value: "cgroupfs", isDefault: true },
      healthzPort: { value: 10248 },
      failSwapOn: { value: true },
      maxPods: { value: 110 },
      rotateCertificates: { value: false },
    });
  });

  test.each([
    ["maxPod: 16", 'error unknown-key 3:1 Unknown key in the document: "maxPod"'],
    ["MaxPods: 16", 'error unknown-key 3:1 Unknown key in the document: "MaxPods"'],
    [
      "authentication:\n  x509:\n    clientCaFile: /x",
      'error unknown-key 5:5 Unknown key in authentication.x509: "clientCaFile"',
    ],
    [
      "maxPods: 16\nmaxPods: 17",
      'error duplicate-key 4:1 Duplicate key in the document: "maxPods"',
    ],
    [
      'maxPods: "16"',
      'error wrong-type 3:10 Expected a whole number from 0 to 2147483647 at maxPods, found text: "16"',
    ],
    [
      "cgroupDriver: sytemd",
      'error wrong-value 3:15 Expected one of "", "cgroupfs", "systemd" at cgroupDriver: "sytemd"',
    ],
    ["port: 65536", "error wrong-value 3:7 Expected a whole number from 0 to 65535 at port: 65536"],
    [
      "runtimeRequestTimeout: 15",
      'error wrong-type 3:24 Expected a duration such as "30s" or "1h30m" at runtimeRequestTimeout, found a number: 15',
    ],
    [
      "clusterDNS: 10.32.0.10",
      'error wrong-type 3:13 Expected a list at clusterDNS, found text: "10.32.0.10"',
    ],
    [
      "evictionHard: {memory.availible: 100Mi}",
      'error unknown-key 3:16 Unknown key in evictionHard: "memory.availible"',
    ],
    [
      "kubeReserved: {cpu: 500}",
      'error wrong-type 3:21 Expected a quantity such as "100Mi" or "500m" at kubeReserved.cpu, found a number: 500',
    ],
    [
      "podCIDR: SUBNET",
      'error wrong-value 3:10 Expected a subnet, or an IPv4 and an IPv6 subnet separated by a comma at podCIDR: "SUBNET"',
    ],
    [
      "failSwapOn: no",
      "warning ambiguous-value 3:13 Found a word at failSwapOn that Kubernetes reads as false: no",
    ],
    [
      "streamingConnectionIdleTimeout: 1h",
      "warning deprecated-key 3:1 Found a deprecated key at streamingConnectionIdleTimeout: it no longer has any effect",
    ],
  ])("%j", (body, want) => {
    const { value, problems } = parseKubeletConfig(`${HEAD}${body}\n`, "k");
    expect(briefly(problems)).toEqual([want]);
    expect(value).toBeDefined();
  });

  test.each([
    ["kind: KubeletConfiguration", 'Missing key in the document: "apiVersion"'],
    [
      "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeProxyConfiguration",
      'Expected one of "KubeletConfiguration" at kind: "KubeProxyConfiguration"',
    ],
    [
      "apiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration",
      'Expected one of "kubelet.config.k8s.io/v1beta1" at apiVersion: "kubelet.config.k8s.io/v1"',
    ],
  ])("refuses another kind or version: %j", (text, message) => {
    expect(parseKubeletConfig(text, "k").problems).toMatchObject([{ severity: "error", message }]);
  });

  test("takes JSON as well, and a value in spite of a wrong one elsewhere", () => {
    const json = JSON.stringify({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      port: "x",
      cgroupDriver: "systemd",
    });
    const { value, problems } = parseKubeletConfig(json, "k");
    expect(problems).toHaveLength(1);
    expect(value?.cgroupDriver.value).toBe("systemd");
    expect(value?.port).toMatchObject({ value: 10250, isDefault: true });
  });
});

describe("parseKubeProxyConfig()", () => {
  test("takes the tutorial's file without a problem", async () => {
    const text = await hardWayFile("kube-proxy-config.yaml");
    const { value, problems } = parseKubeProxyConfig(text, "p");
    expect(problems).toEqual([]);
    expect(value).toMatchObject({
      kubeconfig: { value: "/var/lib/kube-proxy/kubeconfig", location: { line: 4, column: 15 } },
      mode: { value: "iptables", isDefault: false },
      clusterCIDR: { value: "10.200.0.0/16", location: { line: 6, column: 14 } },
      healthzBindAddress: { value: "0.0.0.0:10256", isDefault: true },
      metricsBindAddress: { value: "127.0.0.1:10249", isDefault: true },
      detectLocalMode: { value: "ClusterCIDR", isDefault: true },
      hostnameOverride: undefined,
      masqueradeAll: { value: false },
    });
  });

  test.each([
    [
      "mode: iptable",
      'error wrong-value 3:7 Expected one of "", "iptables", "ipvs", "nftables", "kernelspace" at mode: "iptable"',
    ],
    ["clusterCidr: 10.0.0.0/8", 'error unknown-key 3:1 Unknown key in the document: "clusterCidr"'],
    ["conntrack: {maxPerCor: 1}", 'error unknown-key 3:13 Unknown key in conntrack: "maxPerCor"'],
  ])("%j", (body, want) => {
    const head = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";
    expect(briefly(parseKubeProxyConfig(head + body, "p").problems)).toEqual([want]);
  });
});

/** Every schema of a table with its path, to make sure of the whole table. */
function* schemas(schema: SchemaNode, path: string): Generator<readonly [string, SchemaNode]> {
  yield [path, schema];
  if (schema.type === "object") {
    for (const [key, field] of Object.entries(schema.fields))
      yield* schemas(field, `${path}.${key}`);
  } else if (schema.type === "map") yield* schemas(schema.values, `${path}.*`);
  else if (schema.type === "list") yield* schemas(schema.items, `${path}[]`);
}

describe("the tables", () => {
  test("know all 126 keys of KubeletConfiguration of Kubernetes 1.36", () => {
    const fields = kubeletConfiguration.type === "object" ? kubeletConfiguration.fields : {};
    expect(Object.keys(fields)).toHaveLength(126);
  });

  test("know all 26 keys of KubeProxyConfiguration of Kubernetes 1.36", () => {
    const fields = kubeProxyConfiguration.type === "object" ? kubeProxyConfiguration.fields : {};
    expect(Object.keys(fields)).toHaveLength(26);
  });

  test("give only defaults that their own schema takes", () => {
    let count = 0;
    for (const root of [kubeletConfiguration, kubeProxyConfiguration]) {
      for (const [path, schema] of schemas(root, "")) {
        if (schema.default === undefined) continue;
        count++;
        const document = mustHave(parseYaml(JSON.stringify(schema.default), path));
        expect(validate(document, schema)).toEqual([]);
      }
    }
    expect(count).toBeGreaterThan(120);
  });
});
