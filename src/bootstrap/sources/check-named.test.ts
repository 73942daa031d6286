import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { check, RULES, type RuleId } from "../../check/mod.ts";
import { groupFindings } from "../../check/report/mod.ts";
import { rootSubject } from "./mod.ts";
import {
  CASE_TIME,
  type CaseTree,
  describeFinding,
  judgeCase,
  RuleCases,
  replacing,
} from "./testing/mod.ts";

const CONTAINERD = "configs/containerd-config.toml";
const KUBELET_UNIT = "units/kubelet.service";
const SETTINGS = "nodewright.yaml";

let cases: RuleCases;
let dir = "";
beforeAll(async () => {
  cases = await RuleCases.create();
  dir = mkdtempSync(join(tmpdir(), "nodewright-named-"));
});
afterAll(async () => {
  await cases[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

interface DirectoryRow extends CaseTree {
  readonly name: string;
  readonly rules?: readonly RuleId[];
  readonly want: readonly string[];
}

/** As a shell has it. */
const variable = (name: string) => `$\{${name}}`;
const appended = (text: string) => (stock: string) => `${stock}${text}`;
const proxyServer = (server: string) => ({
  files: { "pki.json": JSON.stringify({ "kube-proxy.kubeconfig": { server } }) },
  rules: ["NW-E08", "NW-C11", "NW-F03", "NW-M03"] as const,
});

const DIRECTORY: readonly DirectoryRow[] = [
  {
    name: "5.1: a runtime that no cluster directory installs",
    files: {
      [KUBELET_UNIT]: replacing("[Service]", "Requires=docker.service\n\n[Service]"),
    },
    rules: ["NW-M04"],
    want: [
      "warning NW-M04: kubelet.service is never started where a unit is not there that nodewright does not install: Requires=docker.service -> Remove docker.service from Requires=, or install what brings that unit",
    ],
  },
  {
    name: "5.4: kube-proxy's API server on the node itself",
    ...proxyServer("https://127.0.0.1:6443"),
    want: [
      "warning NW-E08: kube-proxy looks for the API server on the node itself: 127.0.0.1:6443 -> Write the name or address of the control plane, unless a proxy on each node listens there",
    ],
  },
  {
    name: "5.4: kube-proxy's API server without TLS",
    ...proxyServer("http://server.kubernetes.local:6443"),
    want: [
      "error NW-E08: kube-proxy talks to the API server without TLS: http://server.kubernetes.local:6443 -> Write https://server.kubernetes.local:6443",
    ],
  },
  {
    name: "5.4: kube-proxy's API server at a name that no machine has",
    ...proxyServer("https://sever.kubernetes.local:6443"),
    want: [
      "warning NW-E08: kube-proxy looks for the API server at a name that no machine has: sever.kubernetes.local, machines.txt has server.kubernetes.local -> Write https://server.kubernetes.local:6443",
    ],
  },
  {
    name: "5.4: no port",
    ...proxyServer("https://server.kubernetes.local"),
    want: [
      "warning NW-E08: kube-proxy looks for the API server on port 443, since its URL names none: https://server.kubernetes.local -> Write https://server.kubernetes.local:6443, or the port that the API server has",
    ],
  },
  {
    name: "5.4: kube-proxy at another machine than the kubelet",
    ...proxyServer("https://192.0.2.77:6443"),
    want: Array(2).fill(
      "warning NW-E08: kube-proxy and the kubelet of one node look for the API server at different places: 192.0.2.77:6443, server.kubernetes.local:6443 -> Write the same server in both: https://server.kubernetes.local:6443",
    ),
  },
  {
    name: "5.4: a variable that nothing expands",
    ...proxyServer(`https://${variable("LOADBALANCER")}:6443`),
    want: [
      `error NW-M03: Found a variable at clusters[0].cluster.server, which nothing expands: ${variable("LOADBALANCER")} -> write the value of ${variable("LOADBALANCER")} in its place`,
    ],
  },
  ...[
    [
      "configs/kubelet-config.yaml",
      /clusterDomain: .*/,
      `clusterDomain: ${variable("DOMAIN")}`,
      "clusterDomain",
      variable("DOMAIN"),
    ],
    ["configs/10-bridge.conflist", '"cni0"', '"{{ bridge }}"', "plugins[0].bridge", "{{ bridge }}"],
    [
      CONTAINERD,
      '"registry.k8s.io/pause:3.10.1"',
      '"$REGISTRY/pause:3.10.1"',
      'plugins."io.containerd.grpc.v1.cri".sandbox_image',
      "$REGISTRY",
    ],
    [
      "configs/kube-proxy-config.yaml",
      /clusterCIDR: .*/,
      'clusterCIDR: "$(POD_CIDR)"',
      "clusterCIDR",
      "$(POD_CIDR)",
    ],
  ].map(([file, from, to, path, found]) => ({
    name: `5.4: a variable in ${file}`,
    files: { [String(file)]: replacing(from ?? "", String(to)) },
    rules: ["NW-M03", "NW-C01", "NW-D08", "NW-C23"] as const,
    want: [
      `error NW-M03: Found a variable at ${path}, which nothing expands: ${found} -> write the value of ${found} in its place`,
    ],
  })),
  {
    name: "5.4: nodes that lead to different servers",
    files: {
      "pki.json": JSON.stringify({
        "node-1.kubeconfig": { server: "https://other.kubernetes.local:6443" },
      }),
    },
    rules: ["NW-F03"],
    want: [
      "warning NW-F03: Nodes lead to different API servers: node-1 to other.kubernetes.local:6443, node-0 to server.kubernetes.local:6443 -> Write https://server.kubernetes.local:6443, unless both are API servers of this cluster",
    ],
  },
  {
    name: "5.7: an image archive that is missing",
    files: {
      [SETTINGS]: appended("images:\n  registry.k8s.io/pause:3.10.1: /nowhere/pause.tar\n"),
    },
    want: [
      "error NW-M04: Cannot find the archive of registry.k8s.io/pause:3.10.1: /nowhere/pause.tar -> Put the archive there (ctr images export), or take the image out of images",
    ],
  },
  {
    name: "5.7: an identityFile that is missing",
    files: { [SETTINGS]: replacing("  user: root", "  user: root\n  identityFile: /nowhere/id") },
    want: [
      "error NW-M04: Cannot find the key that ssh is to use: /nowhere/id -> Write the path of the private key, or leave identityFile out",
    ],
  },
  {
    name: "5.7: a node's own identityFile that is a directory",
    files: {
      [SETTINGS]: appended("nodes:\n  node-1:\n    ssh: { identityFile: /etc }\n"),
    },
    want: [
      "error NW-M04: Cannot find the key that ssh is to use: /etc, which is a directory -> Write the path of the private key, or leave identityFile out",
    ],
  },
  {
    name: "5.7: a list of URLs that is missing",
    files: {
      [SETTINGS]: appended("components:\n  runc: { source: upstream, list: /nowhere/urls.txt }\n"),
    },
    want: [
      "error NW-M04: Cannot find the list of URLs: /nowhere/urls.txt -> Put the list there: a URL a line",
    ],
  },
  ...["runc", "containerd", "kubectl"].map((component) => ({
    name: `5.7: ${component}: {source: builtin}`,
    files: { [SETTINGS]: appended(`components:\n  ${component}: { source: builtin }\n`) },
    want: [
      `error NW-M03: nodewright is no ${component} itself: source: builtin -> Write downloads, debian or upstream as its source`,
    ],
  })),
];

test.each([...DIRECTORY])("check $name", async ({ want, rules, ...tree }) => {
  const found = await judgeCase(cases, tree, rules);
  expect(found.map(describeFinding)).toEqual([...want]);
});

interface RootRow {
  readonly name: string;
  /** By absolute path; `-> TARGET` is a symbolic link. */
  readonly files: Readonly<Record<string, string>>;
  readonly rules: readonly RuleId[];
  readonly want: readonly string[];
}

const unit = (lines: string) => `[Unit]\n${lines}\n[Service]\nExecStart=/usr/bin/kubelet\n`;
const KUBELET_SERVICE = "/etc/systemd/system/kubelet.service";
const KUBELET_CONFIG = "/var/lib/kubelet/kubelet-config.yaml";
const KIND = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
const CONFIG = "/etc/containerd/config.toml";
const RUNTIME = 'plugins."io.containerd.grpc.v1.cri".containerd.runtimes';
const runtimes = (lines: string) =>
  `version = 2\n[${RUNTIME}.runc]\nruntime_type = "io.containerd.runc.v2"\n${lines}`;
const PROGRAMS = {
  "/etc/systemd/system/containerd.service": "[Service]\nExecStart=/usr/bin/containerd\n",
  "/usr/bin/containerd": "#!/bin/sh\n",
  "/usr/bin/containerd-shim-runc-v2": "#!/bin/sh\n",
  "/usr/sbin/runc": "#!/bin/sh\n",
};
const cannot = "error NW-A07: The CRI plugin does not load:";

const ROOTS: readonly RootRow[] = [
  {
    name: "5.1: Requires=docker.service without Docker",
    files: { [KUBELET_SERVICE]: unit("Requires=docker.service") },
    rules: ["NW-M04"],
    want: [
      "error NW-M04: kubelet.service is never started, since a unit that it requires is not there: Requires=docker.service -> Remove docker.service from Requires=, or install what brings that unit",
    ],
  },
  {
    name: "5.1: Requires=docker.service with Docker",
    files: {
      [KUBELET_SERVICE]: unit("Requires=docker.service"),
      "/usr/lib/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/dockerd\n",
    },
    rules: ["NW-M04"],
    want: [],
  },
  {
    name: "5.1: BindsTo= a socket in a drop-in",
    files: {
      [KUBELET_SERVICE]: unit(""),
      [`${KUBELET_SERVICE}.d/10-cri.conf`]: "[Unit]\nBindsTo=cri-docker.socket\n",
    },
    rules: ["NW-M04"],
    want: [
      "error NW-M04: kubelet.service is never started, since a unit that it requires is not there: BindsTo=cri-docker.socket -> Remove cri-docker.socket from BindsTo=, or install what brings that unit",
    ],
  },
  {
    name: "5.1: an instance, and what systemd makes itself",
    files: {
      [KUBELET_SERVICE]: unit("Requires=mount@data.service var-lib-kubelet.mount network.target"),
      "/etc/systemd/system/mount@.service": "[Service]\nExecStart=/bin/true\n",
    },
    rules: ["NW-M04"],
    want: [],
  },
  {
    name: "5.1: Wants= a unit that is not there is no mistake",
    files: { [KUBELET_SERVICE]: unit("Wants=docker.service") },
    rules: ["NW-M04"],
    want: [],
  },
  {
    name: "5.2: base_runtime_spec is not there",
    files: { [CONFIG]: runtimes('base_runtime_spec = "/etc/containerd/base.json"\n') },
    rules: ["NW-A07"],
    want: [
      `${cannot} base_runtime_spec names a file that is not there: /etc/containerd/base.json -> Put the file there, or correct the path`,
    ],
  },
  ...[
    ["", "but empty"],
    ["{", "but no JSON"],
    ["[]", "but another value than a map"],
  ].map(([text = "", why]) => ({
    name: `5.2: base_runtime_spec is ${why}`,
    files: {
      [CONFIG]: runtimes('base_runtime_spec = "/etc/containerd/base.json"\n'),
      "/etc/containerd/base.json": text,
    },
    rules: ["NW-A07"] as const,
    want: [
      `${cannot} base_runtime_spec is no OCI runtime specification, ${why}: /etc/containerd/base.json -> Write it again, ctr oci spec > /etc/containerd/base.json, or remove base_runtime_spec`,
    ],
  })),
  {
    name: "5.2: base_runtime_spec is sound",
    files: {
      [CONFIG]: runtimes('base_runtime_spec = "/etc/containerd/base.json"\n'),
      "/etc/containerd/base.json": '{"ociVersion":"1.1.0"}',
    },
    rules: ["NW-A07"],
    want: [],
  },
  {
    name: "5.2: the streaming server's certificate is a directory",
    files: {
      [CONFIG]: `version = 2\n[plugins."io.containerd.grpc.v1.cri"]\nenable_tls_streaming = true\n[plugins."io.containerd.grpc.v1.cri".x509_key_pair_streaming]\ntls_cert_file = "/etc/containerd/tls"\n`,
      "/etc/containerd/tls/tls.crt": "x",
    },
    rules: ["NW-A07"],
    want: [
      `${cannot} tls_cert_file names a directory where a file is due: /etc/containerd/tls -> Move the file inside to its place: mv /etc/containerd/tls/tls.crt /etc/containerd/tls.new && rmdir /etc/containerd/tls && mv /etc/containerd/tls.new /etc/containerd/tls`,
    ],
  },
  {
    name: "5.3: BinaryName is not there",
    files: {
      ...PROGRAMS,
      [CONFIG]: runtimes(`[${RUNTIME}.runc.options]\nBinaryName = "/usr/local/sbin/runc"\n`),
    },
    rules: ["NW-A15"],
    want: [
      'error NW-A15: containerd needs /usr/local/sbin/runc, which is nowhere on the node -> Provide /usr/local/sbin/runc, or remove the runtime "runc"',
    ],
  },
  {
    name: "5.3: io.containerd.runsc.v1 without its shim",
    files: {
      ...PROGRAMS,
      [CONFIG]: runtimes(`[${RUNTIME}.gvisor]\nruntime_type = "io.containerd.runsc.v1"\n`),
    },
    rules: ["NW-A15"],
    want: [
      'error NW-A15: containerd needs containerd-shim-runsc-v1, which is nowhere on the node -> Provide containerd-shim-runsc-v1, or remove the runtime "gvisor"',
    ],
  },
  {
    name: "5.3: io.containerd.runsc.v1 with its shim",
    files: {
      ...PROGRAMS,
      "/usr/local/bin/containerd-shim-runsc-v1": "#!/bin/sh\n",
      [CONFIG]: runtimes(`[${RUNTIME}.gvisor]\nruntime_type = "io.containerd.runsc.v1"\n`),
    },
    rules: ["NW-A15"],
    want: [],
  },
  {
    name: "5.3: a further runtime whose program is not there",
    files: {
      ...PROGRAMS,
      [CONFIG]: runtimes(
        `[${RUNTIME}.nvidia]\nruntime_type = "io.containerd.runc.v2"\n[${RUNTIME}.nvidia.options]\nBinaryName = "/usr/bin/nvidia-container-runtime"\n`,
      ),
    },
    rules: ["NW-A15"],
    want: [
      'error NW-A15: containerd needs /usr/bin/nvidia-container-runtime, which is nowhere on the node -> Provide /usr/bin/nvidia-container-runtime, or remove the runtime "nvidia"',
    ],
  },
  ...[
    ["/etc/fstab", "/dev/sda2 none swap sw 0 0\n", "/dev/sda2"],
    ["/etc/fstab", "/swap.img\tnone\tswap\tsw\t0\t0\n", "/swap.img"],
  ].map(([file = "", text = "", what]) => ({
    name: `5.5: swap after a reboot: ${what}`,
    files: { [KUBELET_CONFIG]: `${KIND}failSwapOn: true\n`, [file]: text },
    rules: ["NW-C04"] as const,
    want: [
      `warning NW-C04: The kubelet does not start where swap is on (failSwapOn: true), and swap comes at the next boot: ${what} -> Take it out of ${file}; or set failSwapOn: false`,
    ],
  })),
  {
    name: "5.5: a swap unit",
    files: {
      [KUBELET_CONFIG]: KIND,
      "/etc/systemd/system/swapfile.swap": "[Swap]\nWhat=/swapfile\n",
    },
    rules: ["NW-C04"],
    want: [
      "warning NW-C04: The kubelet does not start where swap is on (failSwapOn is not set, which means true), and swap comes at the next boot: swapfile.swap -> systemctl mask swapfile.swap; or set failSwapOn: false",
    ],
  },
  {
    name: "5.5: a masked swap unit, and a comment in fstab",
    files: {
      [KUBELET_CONFIG]: KIND,
      "/etc/fstab": "# /dev/sda2 none swap sw 0 0\n",
      "/etc/systemd/system/swapfile.swap": "-> /dev/null",
    },
    rules: ["NW-C04"],
    want: [],
  },
  ...[
    ["k3s-agent", "k3s"],
    ["rke2-agent", "rke2"],
    ["k0sworker", "k0s"],
  ].map(([unitName, name]) => ({
    name: `5.6: an enabled ${unitName}.service beside a kubelet`,
    files: {
      [KUBELET_SERVICE]: unit(""),
      [`/etc/systemd/system/multi-user.target.wants/${unitName}.service`]: `-> /etc/systemd/system/${unitName}.service`,
    },
    rules: ["NW-A20"] as const,
    want: [
      `error NW-A20: The machine is a node of ${name} already, or has been one: ${unitName}.service is enabled -> Uninstall ${name} completely, or use another machine`,
    ],
  })),
  {
    name: "5.6: a k3s agent alone is what the machine is",
    files: {
      "/etc/systemd/system/multi-user.target.wants/k3s-agent.service":
        "-> /etc/systemd/system/k3s-agent.service",
    },
    rules: ["NW-A20"],
    want: [],
  },
  {
    name: "4.9: the kubeconfig's path is a directory",
    files: {
      [KUBELET_SERVICE]:
        "[Service]\nExecStart=/usr/bin/kubelet --kubeconfig=/var/lib/kubelet/kubeconfig\n",
      "/var/lib/kubelet/kubeconfig/node-0.kubeconfig": "x",
    },
    rules: ["NW-C11"],
    want: [
      "error NW-C11: --kubeconfig names a directory where a file is due: /var/lib/kubelet/kubeconfig -> Move the file inside to its place: mv /var/lib/kubelet/kubeconfig/node-0.kubeconfig /var/lib/kubelet/kubeconfig.new && rmdir /var/lib/kubelet/kubeconfig && mv /var/lib/kubelet/kubeconfig.new /var/lib/kubelet/kubeconfig",
    ],
  },
  {
    name: "4.9: the authority's path is a directory",
    files: {
      [KUBELET_CONFIG]: `${KIND}authentication:\n  x509:\n    clientCAFile: /etc/ca.crt\n`,
      "/etc/ca.crt/README": "x",
      "/etc/ca.crt/ca.pem": "x",
    },
    rules: ["NW-C08"],
    want: [
      "error NW-C08: authentication.x509.clientCAFile names a directory where a file is due: /etc/ca.crt -> Put the file that is meant in the place of the directory /etc/ca.crt",
    ],
  },
];

test.each([...ROOTS])("check $name", async ({ name, files, rules, want }) => {
  const root = join(dir, name.replace(/\W+/g, "-"));
  for (const [path, text] of Object.entries(files)) {
    const local = join(root, path);
    mkdirSync(dirname(local), { recursive: true });
    const target = /^-> (.*)$/.exec(text)?.[1];
    if (target === undefined) writeFileSync(local, text, { mode: 0o755 });
    else symlinkSync(target, local);
  }
  const { findings } = check(RULES, await rootSubject(root, CASE_TIME), { rules: new Set(rules) });
  const found = groupFindings(findings).map(({ finding }) => describeFinding(finding));
  expect(found).toEqual([...want]);
});
