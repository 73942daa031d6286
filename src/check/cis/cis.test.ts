import { describe, expect, test } from "bun:test";
import { check } from "../check.ts";
import { FactDeriver } from "../facts/fact-deriver.ts";
import { treeOf } from "../facts/node-tree.ts";
import { CIS_RULES } from "./mod.ts";

const UNIT = "/etc/systemd/system/kubelet.service";
const PROXY_UNIT = "/etc/systemd/system/kube-proxy.service";
const CONFIG = "/var/lib/kubelet/kubelet-config.yaml";
const PROXY_CONFIG = "/var/lib/kube-proxy/kube-proxy-config.yaml";
const KUBECONFIG = "/var/lib/kubelet/kubeconfig";
const PROXY_KUBECONFIG = "/var/lib/kube-proxy/kubeconfig";

const SOUND_KUBELET = `kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous: { enabled: false }
  webhook: { enabled: true }
  x509: { clientCAFile: /var/lib/kubelet/ca.crt }
authorization: { mode: Webhook }
tlsCertFile: /var/lib/kubelet/kubelet.crt
tlsPrivateKeyFile: /var/lib/kubelet/kubelet.key
tlsCipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
podPidsLimit: 4096
seccompDefault: true
`;
const SOUND_PROXY = `kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clientConnection: { kubeconfig: ${PROXY_KUBECONFIG} }
mode: nftables
clusterCIDR: 10.200.0.0/16
`;
const KUBECONFIG_TEXT = "kind: Config\napiVersion: v1\n";

interface Changed {
  readonly text?: string;
  readonly mode?: number;
  readonly uid?: number;
}

/** The numbers of the items that fail on a sound node with these changes. */
function failing(changes: Readonly<Record<string, Changed>> = {}, flags = ""): string[] {
  const start = `[Service]\nExecStart=/usr/local/bin/kubelet --config=${CONFIG} --kubeconfig=${KUBECONFIG}${flags}\nIPAddressDeny=any\n`;
  const sound: Readonly<Record<string, readonly [string, number]>> = {
    [UNIT]: [start, 0o600],
    [PROXY_UNIT]: [
      `[Service]\nExecStart=/usr/local/bin/kube-proxy --config=${PROXY_CONFIG}\n`,
      0o644,
    ],
    [CONFIG]: [SOUND_KUBELET, 0o600],
    [PROXY_CONFIG]: [SOUND_PROXY, 0o644],
    [KUBECONFIG]: [KUBECONFIG_TEXT, 0o600],
    [PROXY_KUBECONFIG]: [KUBECONFIG_TEXT, 0o600],
    "/var/lib/kubelet/ca.crt": ["-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", 0o644],
  };
  const files = Object.entries(sound).map(([path, [text, mode]]) => ({
    ...{ path, shown: path, text, mode, uid: 0, gid: 0 },
    ...changes[path],
  }));
  const now = new Date("2026-12-01T00:00:00Z");
  const deriver = new FactDeriver();
  const node = deriver.derive({ name: "node-0", now, files: treeOf(files, { isComplete: true }) });
  const report = check(CIS_RULES, { now, nodes: [node] });
  return report.findings.map(({ rule }) => rule.replace("CIS-", "")).sort();
}

const changed = (from: string, to: string): Changed => ({ text: SOUND_KUBELET.replace(from, to) });

describe("CIS_RULES", () => {
  test("have the benchmark's numbers, in order, each once", () => {
    const numbers = CIS_RULES.map(({ id }) => id.replace("CIS-", ""));
    expect(numbers).toEqual([
      ...Array.from({ length: 10 }, (_, i) => `4.1.${i + 1}`),
      ...Array.from({ length: 15 }, (_, i) => `4.2.${i + 1}`),
      "4.3.1",
    ]);
  });

  test("a sound node passes", () => expect(failing()).toEqual([]));

  test.each([
    { item: "4.1.1", changes: { [UNIT]: { mode: 0o644 } } },
    { item: "4.1.2", changes: { [UNIT]: { uid: 1000 } } },
    { item: "4.1.3", changes: { [PROXY_KUBECONFIG]: { mode: 0o640 } } },
    { item: "4.1.4", changes: { [PROXY_KUBECONFIG]: { uid: 1000 } } },
    { item: "4.1.5", changes: { [KUBECONFIG]: { mode: 0o604 } } },
    { item: "4.1.6", changes: { [KUBECONFIG]: { uid: 1000 } } },
    { item: "4.1.7", changes: { "/var/lib/kubelet/ca.crt": { mode: 0o664 } } },
    { item: "4.1.8", changes: { "/var/lib/kubelet/ca.crt": { uid: 1000 } } },
    { item: "4.1.9", changes: { [CONFIG]: { mode: 0o700 } } },
    { item: "4.1.10", changes: { [CONFIG]: { uid: 1000 } } },
    {
      item: "4.2.1",
      changes: {
        [CONFIG]: changed("anonymous: { enabled: false }", "anonymous: { enabled: true }"),
      },
    },
    { item: "4.2.2", changes: { [CONFIG]: changed("mode: Webhook", "mode: AlwaysAllow") } },
    { item: "4.2.4", changes: { [CONFIG]: changed("podPids", "readOnlyPort: 10255\npodPids") } },
    {
      item: "4.2.5",
      changes: { [CONFIG]: changed("podPids", "streamingConnectionIdleTimeout: 0s\npodPids") },
    },
    {
      item: "4.2.6",
      changes: { [CONFIG]: changed("podPids", "makeIPTablesUtilChains: false\npodPids") },
    },
    { item: "4.2.8", changes: { [CONFIG]: changed("podPids", "eventRecordQPS: -1\npodPids") } },
    {
      item: "4.2.9",
      changes: { [CONFIG]: changed("tlsCertFile: /var/lib/kubelet/kubelet.crt\n", "") },
    },
    {
      item: "4.2.10",
      changes: { [CONFIG]: changed("podPids", "rotateCertificates: false\npodPids") },
    },
    {
      item: "4.2.11",
      changes: {
        [CONFIG]: changed(
          "podPids",
          "featureGates: { RotateKubeletServerCertificate: false }\npodPids",
        ),
      },
    },
    {
      item: "4.2.12",
      changes: {
        [CONFIG]: changed("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"),
      },
    },
    { item: "4.2.13", changes: { [CONFIG]: changed("podPidsLimit: 4096\n", "") } },
    { item: "4.2.14", changes: { [CONFIG]: changed("seccompDefault: true\n", "") } },
    {
      item: "4.2.15",
      changes: {
        [UNIT]: {
          text: `[Service]\nExecStart=/usr/local/bin/kubelet --config=${CONFIG} --kubeconfig=${KUBECONFIG}\n`,
        },
      },
    },
    {
      item: "4.3.1",
      changes: { [PROXY_CONFIG]: { text: `${SOUND_PROXY}metricsBindAddress: 0.0.0.0:10249\n` } },
    },
  ] as { item: string; changes: Record<string, Changed> }[])(
    "$item fails, and nothing else",
    ({ item, changes }) => {
      expect(failing(changes)).toEqual([item]);
    },
  );

  test("4.2.7 fails with the flag; 4.2.3 without an authority, of which then nothing can be asked", () => {
    expect(failing({}, " --hostname-override=n")).toEqual(["4.2.7"]);
    const without = changed("  x509: { clientCAFile: /var/lib/kubelet/ca.crt }\n", "");
    expect(failing({ [CONFIG]: without })).toEqual(["4.2.3"]);
  });

  test("a flag counts more than the file", () => {
    expect(failing({}, " --read-only-port=10255")).toEqual(["4.2.4"]);
  });
});
