import { afterAll, beforeAll, test } from "bun:test";
import { type EffectiveRow, expectRow, RuleCases, replacing } from "./testing/mod.ts";

/** Other instances of the kinds of check-effective.test.ts. */
let cases: RuleCases;
beforeAll(async () => {
  cases = await RuleCases.create();
});
afterAll(() => cases[Symbol.asyncDispose]());

type Change = (stock: string) => string;
const KUBELET = "units/kubelet.service";
const PROXY = "units/kube-proxy.service";
const CONTAINERD = "units/containerd.service";
const KUBELET_FILE = "configs/kubelet-config.yaml";
const CONTAINERD_FILE = "configs/containerd-config.toml";
const KUBELET_CONFIG = "/var/lib/kubelet/kubelet-config.yaml";
const PROXY_CONFIG = "/var/lib/kube-proxy/kube-proxy-config.yaml";
const KIND = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
const PROXY_KIND =
  "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig}\n";

const all =
  (...changes: readonly Change[]): Change =>
  (stock) =>
    changes.reduce((text, change) => change(text), stock);
const service = (lines: string): Change => replacing("[Service]\n", `[Service]\n${lines}\n`);
const flags = (text: string): Change => replacing("  --v=2", `  ${text}`);
const appended =
  (text: string): Change =>
  (stock) =>
    `${stock}${text}`;
const kubelet = (change: Change): EffectiveRow["tree"] => ({ files: { [KUBELET]: change } });
const kubeletFlags = (text: string): EffectiveRow["tree"] => ({
  facts: { versions: { kubelet: "1.35.0" } },
  files: { [KUBELET]: flags(text) },
});

/** Variables and environment files. */
const UNITS: Readonly<Record<string, EffectiveRow>> = {
  "check 1.1: all flags in one variable, which is split at blanks": {
    tree: {
      files: {
        [KUBELET]: all(
          service(
            'Environment="ARGS=--config=/etc/kubernetes/k.yaml --kubeconfig=/var/lib/kubelet/kubeconfig"',
          ),
          replacing(/ExecStart=[^#]*/, "ExecStart=/usr/local/bin/kubelet $ARGS\n"),
        ),
        "root/etc/kubernetes/k.yaml": `${KIND}containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\nmaxPods: 900\nmaxPodz: 1\n`,
      },
    },
    finds: [/Unknown key.*maxPodz/, /900/],
  },
  "check 1.1: a specifier in the path": {
    tree: {
      files: {
        [KUBELET]: replacing(`--config=${KUBELET_CONFIG}`, "--config=%E/kubernetes/%p.yaml"),
        "root/etc/kubernetes/kubelet.yaml": `${KIND}containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\ncgroupDriver: cgroupfs\n`,
      },
    },
    finds: [/NW-A01.*cgroupfs/],
  },
  "check 1.1: kube-proxy's configuration in a drop-in's variable": {
    tree: {
      files: {
        [PROXY]: replacing(PROXY_CONFIG, `$\{CONF}`),
        "units/kube-proxy.service.d/10-conf.conf": "[Service]\nEnvironment=CONF=/etc/kp.yaml\n",
        "root/etc/kp.yaml": `${PROXY_KIND}mode: iptabels\n`,
      },
    },
    finds: [/iptabels/],
  },
  "check 1.1: containerd's configuration in a variable": {
    tree: {
      files: {
        [CONTAINERD]: all(
          service("Environment=CONF=/etc/containerd/other.toml"),
          replacing("/bin/containerd\n", `/bin/containerd --config $\{CONF}\n`),
        ),
        "root/etc/containerd/other.toml":
          'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\nSystemdCgroup = false\n',
      },
    },
    finds: [/NW-A01.*SystemdCgroup = false/],
  },
  "check 1.2: a word of its own that is set nowhere is no argument": {
    tree: kubelet(flags("$EXTRA_ARGS")),
    finds: [],
    not: [/NW-B14/, /NW-B15/],
  },
  "check 1.2: a word of its own with a slip": {
    tree: kubelet(all(service("Environment=EXTRA_ARGS=--v=4"), flags("$EXTRA_ARG"))),
    finds: [
      /NW-B14: The variable EXTRA_ARG is set nowhere, and EXTRA_ARGS.* -> Write \$EXTRA_ARGS/,
    ],
  },
  "check 1.2: in a flag of kube-proxy": {
    tree: {
      files: {
        [PROXY]: replacing(PROXY_CONFIG, `${PROXY_CONFIG} --hostname-override=$\{NODE}`),
      },
    },
    finds: [/^error NW-B14: The variable NODE is set nowhere/],
  },
  "check 1.2: set for a shell alone": {
    tree: kubelet(flags("--node-ip=$(hostname -I)")),
    finds: [/^error /],
  },
  "check 1.3: an environment file of containerd": {
    tree: { files: { [CONTAINERD]: service("EnvironmentFile=/etc/sysconfig/containerd") } },
    finds: [/^warning NW-B14: containerd.service does not start without a file/],
  },
  "check 1.3: a pattern that matches nothing": {
    tree: kubelet(service("EnvironmentFile=/etc/kubelet.env.d/*.env")),
    finds: [/^error NW-B14: kubelet.service does not start without a file/],
  },
  "check 1.3: in a drop-in, after another that takes it away": {
    tree: {
      files: {
        [KUBELET]: service("EnvironmentFile=/etc/none.env"),
        "units/kubelet.service.d/10-none.conf": "[Service]\nEnvironmentFile=\n",
      },
    },
    finds: [],
    not: [/NW-B14/],
  },
  "check 1.4: a file made for a shell": {
    tree: {
      files: {
        [KUBELET]: service("EnvironmentFile=/etc/kubelet.env"),
        "root/etc/kubelet.env": "export KUBELET_EXTRA_ARGS=--max-pods=50\nA-B=c\n",
      },
    },
    finds: [
      /^warning NW-B14: systemd ignores this line.*"export KUBELET_EXTRA_ARGS" .* -> Write KUBELET_EXTRA_ARGS= without/,
      /^warning NW-B14: systemd ignores this line.*"A-B" .* -> Correct the name/,
    ],
  },
  "check 1.4: quotes in the middle of a value, CRLF, a lone word": {
    tree: {
      files: {
        [KUBELET]: all(
          service("EnvironmentFile=/etc/kubelet.env"),
          replacing(`--config=${KUBELET_CONFIG}`, `$\{CONF}`),
        ),
        "root/etc/kubelet.env": `just a word\r\nCONF=--config="${KUBELET_CONFIG}"\r\n; CONF=none\r\n`,
      },
    },
    finds: [],
    not: [/NW-C01/, /NW-B14/],
  },
  "check 1.4: the last assignment of a name counts, of several files as well": {
    tree: {
      files: {
        [KUBELET]: all(
          service("EnvironmentFile=/etc/a.env\nEnvironmentFile=-/etc/b.env"),
          flags("$ARGS"),
        ),
        "root/etc/a.env": "ARGS=--max-pods=-1\n",
        "root/etc/b.env": "ARGS='--max-pods=-2'\nARGS=--max-pods=-3 # no comment\n",
      },
    },
    finds: [/NW-B15.*"#"/],
    not: [/-1/, /-2/],
  },
  "check 1.5: kube-proxy's name in an environment file": {
    tree: {
      files: {
        [PROXY]: all(
          service("EnvironmentFile=/etc/kp.env"),
          replacing(PROXY_CONFIG, `${PROXY_CONFIG} $ARGS`),
        ),
        "root/etc/kp.env": "ARGS=--hostname-override=other\n",
      },
    },
    finds: [/NW-E06/],
  },
  "check 1.5: labels that a kubelet may not set, in a variable": {
    tree: kubelet(
      all(
        service("Environment=LABELS=--node-labels=node-role.kubernetes.io/worker="),
        flags("$LABELS"),
      ),
    ),
    finds: [/NW-C19/],
  },
};

/** Flags and file are one configuration. */
const FLAGS: Readonly<Record<string, EffectiveRow>> = {
  "check 2.1: values that the kubelet's validation refuses": {
    tree: kubeletFlags(
      "--max-pods=-1 --image-gc-low-threshold=90 --image-gc-high-threshold=80 --kube-reserved=cpu=1x",
    ),
    finds: [/-1/, /imageGCLowThresholdPercent must be below/, /1x/],
  },
  "check 2.1: a duration without a unit, a number that is none, a taint that is none": {
    tree: kubeletFlags(
      "--node-status-update-frequency=15 --max-pods=many --register-with-taints=a=b",
    ),
    finds: [
      /--node-status-update-frequency|nodeStatusUpdateFrequency/,
      /--max-pods.*many/,
      /taint/,
    ],
  },
  "check 2.1: kube-proxy without its file": {
    tree: {
      files: { [PROXY]: replacing(`--config=${PROXY_CONFIG}`, "--proxy-mode=iptabels") },
    },
    finds: [/NW-C01: kube-proxy is started without --config/],
  },
  "check 2.2: what a flag sets right, the file's value is not judged": {
    tree: {
      files: {
        [KUBELET_FILE]: replacing("cgroupDriver: systemd", "cgroupDriver: cgroupfs"),
        [KUBELET]: flags("--cgroup-driver=systemd"),
      },
    },
    finds: [/NW-B11/],
    not: [/NW-A01/],
  },
  "check 2.2: the resolver of systemd-resolved": {
    tree: {
      facts: { host: {} },
      files: {
        [KUBELET]: flags("--resolv-conf=/run/systemd/resolve/stub-resolv.conf"),
        "root/run/systemd/resolve/stub-resolv.conf": "nameserver 127.0.0.53\n",
      },
    },
    finds: [/127\.0\.0\.53/],
  },
  "check 2.2: the last of a flag counts": {
    tree: kubelet(flags("--anonymous-auth=true --anonymous-auth=false")),
    finds: [],
    not: [/anonymous/],
  },
  'check 2.3: ""': {
    tree: kubelet(flags('--v=2 ""')),
    finds: [/^error NW-B15: .*""/],
  },
  "check 2.3: '' of kube-proxy, which it takes": {
    tree: { files: { [PROXY]: replacing(`${PROXY_CONFIG}\n`, `${PROXY_CONFIG} ''\n`) } },
    finds: [],
    not: [/NW-B15/],
  },
  'check 2.3: an empty variable in "${}" is a word, too': {
    tree: kubelet(all(service("Environment=EXTRA="), flags(`--v=2 $\{EXTRA}`))),
    finds: [/^error NW-B15: .*""/],
  },
  "check 2.3: an empty variable as a word of its own is none": {
    tree: kubelet(all(service("Environment=EXTRA="), flags("--v=2 $EXTRA"))),
    finds: [],
    not: [/NW-B15/, /NW-B14/],
  },
  "check 2.3: a bare word of the kubelet": {
    tree: kubelet(flags("--v=2 serve")),
    finds: [/^error NW-B15: .*"serve"/],
  },
  "check 2.3: --fail-swap-on false": {
    tree: kubelet(flags("--fail-swap-on false --v=2")),
    finds: [/^error NW-B15: .*"false" -> Write --fail-swap-on=false/],
  },
  "check 2.3: a backslash after kube-proxy's last flag": {
    tree: { files: { [PROXY]: replacing(`${PROXY_CONFIG}\n`, `${PROXY_CONFIG} \\\n`) } },
    finds: [/^error NW-B15: .*"Restart=always" -> Remove the backslash/],
  },
  "check 2.4: a tab after a backslash of kube-proxy": {
    tree: { files: { [PROXY]: replacing("kube-proxy \\", "kube-proxy \\\t") } },
    finds: [/a blank follows the backslash/],
    not: [/Unknown key/],
  },
  "check 2.4: a lost backslash in a drop-in": {
    tree: {
      files: {
        "units/kubelet.service.d/10-args.conf": `[Service]\nExecStart=\nExecStart=/usr/local/bin/kubelet --config=${KUBELET_CONFIG}\n  --kubeconfig=/var/lib/kubelet/kubeconfig\n`,
      },
    },
    finds: [/the backslash is missing/],
    not: [/Unknown key/],
  },
  "check 2.5: the system's group, out of a flag": {
    tree: kubeletFlags("--system-reserved-cgroup=/system.slice/ssh.service"),
    finds: [/ssh.service.slice/],
  },
  "check 2.5: a slice is what the driver systemd makes of it": {
    tree: { files: { [KUBELET_FILE]: appended("systemReservedCgroup: /system.slice\n") } },
    finds: [],
    not: [/\.slice\.slice/],
  },
  "check 2.6: kube-proxy reads another file than the directory has": {
    tree: { files: { [PROXY]: replacing(PROXY_CONFIG, "/etc/kubernetes/kp.yaml") } },
    finds: [/^error NW-C01: Nothing reads configs\/kube-proxy-config.yaml/],
  },
  "check 2.6: containerd reads another file than the directory has": {
    tree: {
      files: {
        [CONTAINERD]: replacing("/bin/containerd\n", "/bin/containerd -c /etc/containerd.toml\n"),
      },
    },
    finds: [/^error .*\/etc\/containerd.toml/],
  },
};

const IMPORT = 'imports = ["/etc/containerd/conf.d/*.toml"]\n';
const CRI = 'plugins."io.containerd.grpc.v1.cri"';
const runtime = (isSystemd: boolean): string =>
  `version = 2\n[${CRI}]\nsandbox_image = "registry.k8s.io/pause:3.10.1"\n[${CRI}.containerd]\ndefault_runtime_name = "runc"\n[${CRI}.containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n[${CRI}.containerd.runtimes.runc.options]\nSystemdCgroup = ${isSystemd}\n`;
const containerd = (
  version: string,
  main: string | Change,
  dropIns: Readonly<Record<string, string>>,
) => ({
  facts: { versions: { containerd: version } },
  files: {
    [CONTAINERD_FILE]: main,
    ...Object.fromEntries(
      Object.entries(dropIns).map(([name, text]) => [`root/etc/containerd/${name}`, text]),
    ),
  },
});
const ALL_IN_IMPORT = `version = 2\n${IMPORT}`;
const withImport: Change = (stock) => stock.replace("version = 2\n", ALL_IN_IMPORT);

/** Configuration merged from several files. */
const MERGED: Readonly<Record<string, EffectiveRow>> = {
  "check 3.1: all of CRI in the import, which sets SystemdCgroup": {
    tree: containerd("1.7.24", ALL_IN_IMPORT, { "conf.d/cri.toml": runtime(true) }),
    finds: [],
    not: [/NW-A01/, /NW-A04/, /NW-A05/, /NW-A06/, /NW-A07/, /NW-A08/],
  },
  "check 3.1: all of CRI in the import, which does not": {
    tree: containerd("1.7.24", ALL_IN_IMPORT, { "conf.d/cri.toml": runtime(false) }),
    finds: [/NW-A01.*SystemdCgroup = false/],
  },
  "check 3.1: a relative pattern, from the folder of the main file": {
    tree: containerd("1.7.24", 'version = 2\nimports = ["conf.d/*.toml"]\n', {
      "conf.d/cri.toml": runtime(false),
    }),
    finds: [/NW-A01.*SystemdCgroup = false/],
  },
  "check 3.1: the last import by name counts": {
    tree: containerd("2.1.9", withImport, {
      "conf.d/20-b.toml": `version = 2\n[${CRI}.containerd.runtimes.runc.options]\nSystemdCgroup = true\n`,
      "conf.d/10-a.toml": `version = 2\n[${CRI}.containerd.runtimes.runc.options]\nSystemdCgroup = false\n`,
    }),
    finds: [],
    not: [/NW-A01/],
  },
  "check 3.1: 2.x merges one key of an import": {
    tree: containerd("2.1.9", withImport, {
      "conf.d/a.toml": `version = 2\n[${CRI}.containerd.runtimes.runc.options]\nSystemdCgroup = false\n`,
    }),
    finds: [/NW-A01.*SystemdCgroup = false/],
    not: [/in place of the whole section/],
  },
  "check 3.2: 1.7 loses the section to a runtime in an import": {
    tree: containerd("1.7.24", withImport, {
      "conf.d/nvidia.toml": `version = 2\n[${CRI}.containerd.runtimes.nvidia]\nruntime_type = "io.containerd.runc.v2"\n`,
    }),
    finds: [/in place of the whole section/],
  },
  "check 3.2: an import of another plugin takes nothing": {
    tree: containerd("1.6.20", withImport, {
      "conf.d/gc.toml":
        'version = 2\n[plugins."io.containerd.gc.v1.scheduler"]\npause_threshold = 0.02\n',
    }),
    finds: [],
    not: [/in place of the whole section/],
  },
  "check 3.3: a pattern that leads past the folder": {
    tree: containerd(
      "1.7.24",
      (stock) =>
        stock.replace(
          "version = 2\n",
          'version = 2\nimports = ["/etc/containerd/config.d/*.toml"]\n',
        ),
      {
        "conf.d/a.toml": "version = 2\n",
      },
    ),
    finds: [/^warning .*containerd does not read \/etc\/containerd\/conf.d\/a.toml/],
  },
  "check 3.3: a file that does not match the pattern": {
    tree: containerd("1.7.24", withImport, {
      "conf.d/a.toml":
        'version = 2\n[plugins."io.containerd.gc.v1.scheduler"]\npause_threshold = 0.02\n',
      "config.d/b.toml": "version = 2\n",
    }),
    finds: [/^warning .*containerd does not read \/etc\/containerd\/config.d\/b.toml/],
  },
  "check 3.4: a drop-in that cures": {
    tree: {
      files: {
        [KUBELET_FILE]: replacing("cgroupDriver: systemd", "cgroupDriver: cgroupfs"),
        [KUBELET]: flags("--config-dir=/etc/kubelet.d"),
        "root/etc/kubelet.d/10-a.conf": `${KIND}cgroupDriver: systemd\n`,
      },
    },
    finds: [],
    not: [/NW-A01/, /NW-B11/],
  },
  "check 3.4: the last drop-in by name counts": {
    tree: {
      files: {
        [KUBELET]: flags("--config-dir=/etc/kubelet.d"),
        "root/etc/kubelet.d/20-b.conf": `${KIND}cgroupDriver: systemd\n`,
        "root/etc/kubelet.d/10-a.conf": `${KIND}cgroupDriver: cgroupfs\n`,
      },
    },
    finds: [],
    not: [/NW-A01/],
  },
  "check 3.4: a drop-in without its kind": {
    tree: {
      files: {
        [KUBELET]: flags("--config-dir=/etc/kubelet.d"),
        "root/etc/kubelet.d/10-a.conf": "maxPods: 50\n",
      },
    },
    finds: [/^error .*(?:kind|apiVersion)/],
  },
  "check 3.4: a misspelt key in a drop-in": {
    tree: {
      files: {
        [KUBELET]: flags("--config-dir=/etc/kubelet.d"),
        "root/etc/kubelet.d/10-a.conf": `${KIND}maxPodz: 50\n`,
      },
    },
    finds: [/Unknown key.*maxPodz/],
  },
};

test.each(Object.entries({ ...UNITS, ...FLAGS, ...MERGED }))("%s", (_, row) =>
  expectRow(cases, row),
);
