import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { RuleId } from "../../check/mod.ts";
import { type CaseTree, describeFinding, judgeCase, RuleCases, replacing } from "./testing/mod.ts";

const CONTAINERD = "configs/containerd-config.toml";
const KUBELET = "configs/kubelet-config.yaml";
const NETWORK = "configs/10-bridge.conflist";
const SETTINGS = "nodewright.yaml";
const KUBELET_UNIT = "units/kubelet.service";
const CONTAINERD_UNIT = "units/containerd.service";
const CRI = 'plugins."io.containerd.grpc.v1.cri"';

let cases: RuleCases;
beforeAll(async () => {
  cases = await RuleCases.create();
});
afterAll(() => cases[Symbol.asyncDispose]());

interface Row extends CaseTree {
  readonly name: string;
  /** Everything that is found, or that these rules find: `error NW-A06: MESSAGE -> FIX`. */
  readonly want: readonly string[];
  readonly rules?: readonly RuleId[];
}

/** The defaults that a containerd writes out, as a node with the systemd driver has them. */
function writtenDefaults(version: string): string {
  const file = new URL(
    `../../config/containerd/fixtures/containerd-${version}-default.toml`,
    import.meta.url,
  );
  return readFileSync(file, "utf8").replace("SystemdCgroup = false", "SystemdCgroup = true");
}

const appended = (text: string) => (stock: string) => `${stock}${text}`;
const before = (text: string) => (stock: string) => `${text}${stock}`;
const kubeletKey = (line: string) => (stock: string) =>
  `${stock.replace(new RegExp(`^${line.split(":")[0]}:.*\n`, "m"), "")}${line}\n`;
const DURATION = 'Expected a duration such as "30s" or "1h30m" at';

const link = (name: string, mac: string, addresses: readonly string[] = []) => {
  return { name, kind: "", mtu: 1500, isUp: true, mac, addresses };
};
const machines = (one: object, other: object) => ({ facts: { host: one, otherHost: other } });
const links = (...all: readonly object[]) => ({ network: { links: all } });

const ROWS: readonly Row[] = [
  {
    name: "4.1: bin_dir = '' beside bin_dirs, as containerd 2.1 writes its defaults out",
    files: { [CONTAINERD]: writtenDefaults("2.1") },
    rules: ["NW-M09", "NW-A07", "NW-D01", "NW-M02", "NW-M03"],
    want: [],
  },
  {
    name: "4.1: the defaults of containerd 1.6 written out",
    files: { [CONTAINERD]: writtenDefaults("1.6") },
    facts: { versions: { containerd: "1.6.20" } },
    rules: ["NW-M09", "NW-A07", "NW-D01", "NW-M02", "NW-M03"],
    want: [],
  },
  {
    name: "4.1: an empty bin_dirs is no default",
    files: {
      [CONTAINERD]: writtenDefaults("2.1").replace(/bin_dirs = \[[^\]]*\]/, "bin_dirs = []"),
    },
    rules: ["NW-M09"],
    want: [
      'error NW-M09: containerd is told to look for plugins nowhere: bin_dirs = [] -> Write bin_dirs = ["/opt/cni/bin"]',
    ],
  },
  {
    name: "4.3: lo has the same address on all machines",
    ...machines(
      links(link("lo", "00:00:00:00:00:00"), link("eth0", "52:54:00:12:34:56")),
      links(link("lo", "00:00:00:00:00:00"), link("eth0", "52:54:00:12:34:57")),
    ),
    rules: ["NW-F04"],
    want: [],
  },
  {
    name: "4.3: a link without a link layer has none",
    ...machines(
      links(link("tun0", "00:00:00:00:00:00"), link("ib0", "")),
      links(link("tun0", "00:00:00:00:00:00"), link("ib0", "")),
    ),
    rules: ["NW-F04"],
    want: [],
  },
  {
    name: "4.3: what stands for a missing identity is none",
    ...machines(
      { machineId: "uninitialized", productUuid: "00000000-0000-0000-0000-000000000000" },
      { machineId: "uninitialized", productUuid: "00000000-0000-0000-0000-000000000000" },
    ),
    rules: ["NW-F04"],
    want: [],
  },
  {
    name: "4.3: firmware of one vendor, with its placeholder",
    ...machines(
      { productUuid: "03000200-0400-0500-0006-000700080009" },
      { productUuid: "03000200-0400-0500-0006-000700080009" },
    ),
    rules: ["NW-F04"],
    want: [],
  },
  {
    name: "4.3: a hardware address that two machines have is found",
    ...machines(links(link("eth0", "52:54:00:12:34:56")), links(link("eth0", "52:54:00:12:34:56"))),
    rules: ["NW-F04"],
    want: [
      "warning NW-F04: Two machines have the same hardware address: node-0 and node-1: 52:54:00:12:34:56 -> On the copies: rm /etc/machine-id; systemd-machine-id-setup; reboot. Hardware addresses are the hypervisor's.",
    ],
  },
  {
    name: "4.4: Node-0 in /etc/hostname",
    files: { "root/etc/hostname": "Node-0\n" },
    facts: { host: {} },
    rules: ["NW-C10", "NW-F02", "NW-E06"],
    want: [],
  },
  {
    name: "4.4: comments and blank lines in /etc/hostname",
    files: { "root/etc/hostname": "# set by the installer\n\n  NODE-0  \n" },
    facts: { host: { hostname: "NODE-0" } },
    rules: ["NW-C10", "NW-F02", "NW-E06"],
    want: [],
  },
  {
    name: "4.4: another name after a reboot is found",
    files: { "root/etc/hostname": "node-7\n" },
    facts: { host: {} },
    rules: ["NW-F02"],
    want: [
      'error NW-F02: The machine is called "node-0" now, and "node-7" after a reboot -> hostnamectl set-hostname node-0',
    ],
  },
  ...[
    "ExecStartPre=mkdir -p /var/lib/kubelet",
    "ExecStartPost=-logger started",
    "ExecReload=kill -HUP 1",
  ].map((line) => ({
    name: `4.5: a bare name: ${line}`,
    files: { [KUBELET_UNIT]: replacing("[Service]\n", `[Service]\n${line}\n`) },
    want: [],
  })),
  {
    name: "4.5: a bare name in ExecStart",
    files: { [CONTAINERD_UNIT]: replacing("ExecStart=/bin/containerd", "ExecStart=containerd") },
    want: [],
  },
  {
    name: "4.6: 00-multus.conf, which multus writes",
    files: {
      "configs/00-multus.conf":
        '{"cniVersion":"0.3.1","name":"multus-cni-network","type":"multus","capabilities":{"portMappings":true},"kubeconfig":"/etc/cni/net.d/multus.d/multus.kubeconfig","delegates":[{"cniVersion":"1.0.0","name":"bridge","type":"bridge"}]}',
    },
    want: [],
  },
  ...[
    ["05-cilium.conf", "cilium-cni"],
    ["10-calico.conf", "calico"],
  ].map(([file, type]) => ({
    name: `4.6: ${file}, which an agent writes`,
    files: { [`configs/${file}`]: `{"cniVersion":"0.3.1","name":"n","type":"${type}"}` },
    rules: ["NW-D05"] as const,
    want: [],
  })),
  {
    name: "4.7: enabled_plugins is not disabled_plugins",
    files: { [CONTAINERD]: before('enabled_plugins = ["cri"]\n') },
    want: ['warning NW-M02: Unknown key in the document: "enabled_plugins" -> remove it'],
  },
  {
    name: "4.7: a key of the opposite sense",
    files: { [CONTAINERD]: replacing("  restrict_oom", "  enable_cgroup = true\n  restrict_oom") },
    want: [`warning NW-M02: Unknown key in ${CRI}: "enable_cgroup" -> remove it`],
  },
  {
    name: "4.7: a key that is there already",
    files: { [KUBELET]: appended("maxPod: 110\n") },
    want: ['error NW-C01: Unknown key in the document: "maxPod" -> remove it'],
  },
  {
    name: "4.7: a key that is misspelt is still told",
    files: { [CONTAINERD]: replacing("restrict_oom_score_adj", "restrict_oom_score_ajd") },
    want: [
      `warning NW-M02: Unknown key in ${CRI}: "restrict_oom_score_ajd" -> write "restrict_oom_score_adj"`,
    ],
  },
  {
    name: "4.8: runtimeRequestTimeout: 15",
    files: { [KUBELET]: kubeletKey("runtimeRequestTimeout: 15") },
    want: [
      `error NW-C01: ${DURATION} runtimeRequestTimeout, found a number: 15 -> write "15s" or "15m"`,
    ],
  },
  {
    name: "4.8: readyTimeout: 60",
    files: { [SETTINGS]: appended("readyTimeout: 60\n") },
    want: [`error NW-M03: ${DURATION} readyTimeout, found a number: 60 -> write "60s" or "60m"`],
  },
  {
    name: "4.8: sudo: true",
    files: { [SETTINGS]: appended("sudo: true\n") },
    want: [
      'error NW-M03: Expected one of "auto", "never", "always" at sudo, found true or false: true -> write always',
    ],
  },
  {
    name: "4.8: sudo: false",
    files: { [SETTINGS]: appended("sudo: false\n") },
    want: [
      'error NW-M03: Expected one of "auto", "never", "always" at sudo, found true or false: false -> write never',
    ],
  },
  {
    name: "4.8: mode: 0600",
    files: { [SETTINGS]: appended("files:\n  /etc/x: { from: machines.txt, mode: 0600 }\n") },
    want: [
      'error NW-M03: Expected text that is not empty at files."/etc/x".mode, found a number: 384 -> write "0600" in quotes',
    ],
  },
  {
    name: "4.8: a duration in words",
    files: { [KUBELET]: kubeletKey('runtimeRequestTimeout: "15 min"') },
    want: [`error NW-C23: ${DURATION} runtimeRequestTimeout: "15 min" -> write "15m"`],
  },
  {
    name: "4.8: a duration of days",
    files: { [KUBELET]: kubeletKey("imageMinimumGCAge: 1d") },
    want: [`error NW-C23: ${DURATION} imageMinimumGCAge: "1d" -> write "24h"`],
  },
  {
    name: "4.8: a word where a list is due",
    files: { [KUBELET]: replacing(/clusterDNS:\n.*\n/, 'clusterDNS: "10.32.0.10"\n') },
    want: [
      'error NW-C01: Expected a list at clusterDNS, found text: "10.32.0.10" -> write ["10.32.0.10"]',
    ],
  },
  {
    name: "4.8: a percentage without its sign",
    files: { [SETTINGS]: appended("maxUnavailable: 25 %\n") },
    rules: ["NW-M03"],
    want: [
      'error NW-M03: Expected a percentage such as "50%" at maxUnavailable: "25 %" -> write "25%"',
    ],
  },
  {
    name: "4.10: subnet beside ranges",
    files: { [NETWORK]: replacing('"ranges":', '"subnet": "SUBNET", "ranges":') },
    want: ["10.200.0.0/24", "10.200.1.0/24"].map(
      (subnet) =>
        `error NW-D08: Two ranges give out the same addresses: ${subnet} and ${subnet} -> Remove "subnet", which "ranges" has as well`,
    ),
  },
  ...['[{ "subnet": "SUBNET" }]', '{ "subnet": "SUBNET" }', '["SUBNET"]', '[["SUBNET"]]'].map(
    (ranges) => ({
      name: `4.10: ranges: ${ranges}`,
      files: { [NETWORK]: replacing(/"ranges": \[[\s\S]*?\}\]\s*\]/, `"ranges": ${ranges}`) },
      want: [
        'error NW-D08: The ranges of host-local are no list of lists -> Write "ranges": [[{"subnet": "SUBNET"}]]',
      ],
    }),
  ),
  {
    name: "4.11: [plugins.cri] in version 2",
    files: {
      [CONTAINERD]: 'version = 2\n[plugins.cri]\n  sandbox_image = "registry.k8s.io/pause:3.9"\n',
    },
    rules: ["NW-A05"],
    want: [
      `error NW-A05: containerd 1.x does not start with a section that version 2 does not have ("invalid plugin key URI"), and 2.x ignores it: plugins."cri" -> Write ${CRI}`,
    ],
  },
  {
    name: "4.11: [plugins.cri] in version 2, read by 1.7",
    files: { [CONTAINERD]: appended("[plugins.cri]\n") },
    facts: { versions: { containerd: "1.7.24" } },
    rules: ["NW-A05"],
    want: [
      `error NW-A05: containerd (1.7.24) does not start with a section that version 2 does not have ("invalid plugin key URI"): plugins."cri" -> Move its keys to ${CRI}, and remove it`,
    ],
  },
  {
    name: "4.11: [plugins.cri] in version 2, read by 2.1",
    files: { [CONTAINERD]: appended("[plugins.cri]\n") },
    facts: { versions: { containerd: "2.1.9" } },
    rules: ["NW-A05"],
    want: [
      `error NW-A05: containerd (2.1.9) ignores a section that version 2 does not have: plugins."cri" -> Move its keys to ${CRI}, and remove it`,
    ],
  },
  {
    name: "4.11: another plugin by its short name",
    files: { [CONTAINERD]: appended('[plugins.devmapper]\n  pool_name = "pool"\n') },
    facts: { versions: { containerd: "1.7.24" } },
    rules: ["NW-A05"],
    want: [
      'error NW-A05: containerd (1.7.24) does not start with a section that version 2 does not have ("invalid plugin key URI"): plugins."devmapper" -> Write plugins."io.containerd.snapshotter.v1.devmapper"',
    ],
  },
  {
    name: "4.12: a dotted key behind another table",
    files: {
      [CONTAINERD]: appended(
        '\n[timeouts]\n  "io.containerd.timeout.shim.load" = "5s"\nplugins."io.containerd.grpc.v1.cri".registry.config_path = "/etc/containerd/certs.d"\n',
      ),
    },
    want: [
      `error NW-M03: Found ${CRI}.registry.config_path in the table [timeouts], since a line belongs to the header above it -> write [${CRI}.registry] above the line, with config_path alone for its key; or move it above the first [table]`,
    ],
  },
  {
    name: "4.12: a dotted key whose table is there already",
    files: {
      [CONTAINERD]: appended(`\n[debug]\n  level = "info"\n${CRI}.cni.max_conf_num = 1\n`),
    },
    want: [
      `warning NW-M02: Found ${CRI}.cni.max_conf_num in the table [debug], since a line belongs to the header above it -> move the line below [${CRI}.cni], with max_conf_num alone for its key`,
    ],
  },
  {
    name: "4.12: a key of the top behind a table",
    files: { [CONTAINERD]: appended('\n[grpc]\n  gid = 0\nroot = "/data/containerd"\n') },
    want: [
      "warning NW-M02: Found root in the table [grpc], since a line belongs to the header above it -> move the line above the first [table]",
    ],
  },
  {
    name: "4.12: a dotted key behind the table of a plugin that has any keys",
    files: {
      [CONTAINERD]: appended(
        '\n[plugins."io.containerd.internal.v1.opt"]\n  path = "/opt/containerd"\nplugins."io.containerd.grpc.v1.cri".registry.config_path = "/etc/containerd/certs.d"\n',
      ),
    },
    want: [
      `warning NW-M02: Found ${CRI}.registry.config_path in the table [plugins."io.containerd.internal.v1.opt"], since a line belongs to the header above it -> write [${CRI}.registry] above the line, with config_path alone for its key; or move it above the first [table]`,
    ],
  },
  ...[
    ["[[x].y]", "[x.y]"],
    ["[[x.y]", "[x.y]"],
    ["[x.y", "[x.y]"],
    ['[plugins."a.b"', '[plugins."a.b"]'],
  ].map(([header = "", closed = ""]) => ({
    name: `4.13: a header that is not closed: ${header}`,
    files: { [CONTAINERD]: appended(`\n${header}\nz = 1\n`) },
    want: [
      `error NW-M01: Cannot parse TOML: the header is not closed: ${header} -> write ${closed}`,
    ],
  })),
  {
    name: "4.14: sandbox_image one table too deep",
    files: {
      [CONTAINERD]: (stock) =>
        stock
          .replace(/^ *sandbox_image.*\n/m, "")
          .replace(
            "    snapshotter",
            '    sandbox_image = "registry.k8s.io/pause:3.9"\n    snapshotter',
          ),
    },
    facts: { versions: { containerd: "2.1.9" } },
    rules: ["NW-M02"],
    want: [
      `warning NW-M02: Unknown key in ${CRI}.containerd: "sandbox_image" -> move it to ${CRI}`,
    ],
  },
  {
    name: "4.14: snapshotter one table too high",
    files: {
      [CONTAINERD]: (stock) =>
        stock
          .replace(/^ *snapshotter.*\n/m, "")
          .replace("  restrict_oom", '  snapshotter = "overlayfs"\n  restrict_oom'),
    },
    want: [`warning NW-M02: Unknown key in ${CRI}: "snapshotter" -> move it to ${CRI}.containerd`],
  },
  {
    name: "4.14: clientCAFile at the top of the kubelet's file",
    files: {
      [KUBELET]: (stock) =>
        `${stock.replace(/^ *clientCAFile.*\n/m, "")}clientCAFile: /var/lib/kubelet/ca.crt\n`,
    },
    rules: ["NW-C01"],
    want: [
      'error NW-C01: Unknown key in the document: "clientCAFile" -> move it to authentication.x509',
    ],
  },
  {
    name: "4.15: a client certificate for node-0",
    files: { "pki.json": JSON.stringify({ "node-0.kubeconfig": { commonName: "node-0" } }) },
    rules: ["NW-C10"],
    want: [
      'error NW-C10: The kubelet runs as "node-0" and has to be the user "system:node:node-0", and its client certificate is for "node-0" -> Reissue it for the node\'s name (nodewright pki --renew NODE), or give the machine the name of the certificate.',
    ],
  },
];

test.each([...ROWS])("check $name", async ({ want, rules, ...tree }) => {
  const found = await judgeCase(cases, tree, rules);
  expect(found.map(describeFinding)).toEqual([...want]);
});
