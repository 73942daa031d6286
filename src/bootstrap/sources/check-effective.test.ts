import { afterAll, beforeAll, expect, test } from "bun:test";
import { check, RULES } from "../../check/mod.ts";
import { type EffectiveRow, expectRow, RuleCases, replacing, subjectOf } from "./testing/mod.ts";

let cases: RuleCases;
beforeAll(async () => {
  cases = await RuleCases.create();
});
afterAll(() => cases[Symbol.asyncDispose]());

const KUBELET = "units/kubelet.service";
const PROXY = "units/kube-proxy.service";
const CONFIG = "/var/lib/kubelet/kubelet-config.yaml";
const withFlags = (flags: string) =>
  flags === "--v=2" ? (stock: string) => stock : replacing("  --v=2", `  ${flags}`);
const withService =
  (lines: string, flags = "--v=2") =>
  (stock: string) =>
    replacing("[Service]\n", `[Service]\n${lines}\n`)(withFlags(flags)(stock));

const root = (path: string): string => `root${path}`;
const KIND = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
const ELSEWHERE = "/etc/kubernetes/kubelet.yaml";
const elsewhere = (text: string) =>
  `${KIND}containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n${text}`;

const ROWS: Readonly<Record<string, EffectiveRow>> = {
  "check 1.1: a configuration whose path is in a variable of the unit": {
    tree: {
      files: {
        [KUBELET]: (stock) =>
          replacing(
            `--config=${CONFIG}`,
            `--config=$\{CONF}`,
          )(withService(`Environment=CONF=${ELSEWHERE}`)(stock)),
        [root(ELSEWHERE)]: elsewhere("cgroupDriver: cgroupfs\nmaxPods: 900\nmaxPodz: 1\n"),
      },
    },
    finds: [/Unknown key.*maxPodz/, /cgroupfs/, /900/],
  },
  "check 1.1: a configuration whose path is in an environment file, over Environment=": {
    tree: {
      files: {
        [KUBELET]: (stock) =>
          replacing(
            `--config=${CONFIG}`,
            `--config=$\{CONF}`,
          )(withService("Environment=CONF=/nowhere\nEnvironmentFile=/etc/kubelet.env")(stock)),
        [root("/etc/kubelet.env")]: `CONF = '${ELSEWHERE}'\n`,
        [root(ELSEWHERE)]: elsewhere("maxPodz: 1\n"),
      },
    },
    finds: [/Unknown key.*maxPodz/],
  },
  "check 1.2: a variable that is set nowhere": {
    tree: { files: { [KUBELET]: replacing("/kubeconfig ", `/$\{HOST}.kubeconfig `) } },
    finds: [/^error NW-B14: The variable HOST is set nowhere/],
  },
  "check 1.2: a variable that UnsetEnvironment= takes away": {
    tree: {
      files: {
        [KUBELET]: withService(
          "Environment=IP=192.0.2.11\nUnsetEnvironment=IP",
          `--node-ip=$\{IP}`,
        ),
      },
    },
    finds: [/^error NW-B14: The variable IP is set nowhere/],
  },
  "check 1.3: an environment file that is not there": {
    tree: { files: { [KUBELET]: withService("EnvironmentFile=/etc/kubernetes/kubelet.env") } },
    finds: [/^error NW-B14: kubelet.service does not start without a file/],
  },
  "check 1.3: an environment file that may be absent": {
    tree: { files: { [KUBELET]: withService("EnvironmentFile=-/etc/kubernetes/kubelet.env") } },
    finds: [],
    not: [/NW-B14/],
  },
  "check 1.4: systemd's grammar of environment files": {
    tree: {
      files: {
        [KUBELET]: (stock) =>
          withService(
            "EnvironmentFile=/etc/kubelet.env",
            "$ARGS",
          )(stock)
            .replace(`  --config=${CONFIG} \\\n`, "")
            .replace("  --kubeconfig=/var/lib/kubelet/kubeconfig \\\n", ""),
        [root("/etc/kubelet.env")]:
          `# a comment \\\nARGS=none\nARGS = "--config=${CONFIG} \\\n--kubeconfig=/var/lib/kubelet/kubeconfig\n--v=2"\n`,
      },
    },
    finds: [],
    not: [/NW-C01/, /NW-C11/, /NW-B15/],
  },
  "check 1.5: a flag in an environment file counts for every rule": {
    tree: {
      files: {
        [KUBELET]: withService("EnvironmentFile=/etc/default/kubelet", "$KUBELET_EXTRA_ARGS"),
        [root("/etc/default/kubelet")]: "KUBELET_EXTRA_ARGS=--hostname-override=other\n",
      },
    },
    finds: [/NW-C10/],
  },
  "check 2.1: flags get what the file's keys get": {
    tree: {
      facts: { versions: { kubelet: "1.35.0" } },
      files: {
        [KUBELET]: withFlags(
          "--read-only-port=10255 --feature-gates=NoSuchGate=true --eviction-hard=memory.available --enforce-node-allocatable=pods,kube-reserved",
        ),
      },
    },
    finds: [
      /port 10255/,
      /NoSuchGate/,
      /Cannot parse --eviction-hard/,
      /kubeReservedCgroup is not set/,
    ],
  },
  "check 2.2: the value in effect is judged": {
    tree: {
      files: {
        [KUBELET]: withFlags(
          "--anonymous-auth --authorization-mode AlwaysAllow --cgroup-driver=cgroupfs",
        ),
      },
    },
    finds: [
      /lets anonymous users in.* -> Remove --anonymous-auth from the command line/,
      /AlwaysAllow/,
      /cgroupfs/,
    ],
  },
  "check 2.3: a boolean flag with its value as a word": {
    tree: { files: { [KUBELET]: withFlags("--register-node true") } },
    finds: [/^error NW-B15: .*"true" -> Write --register-node=true/],
  },
  "check 2.3: a bare word of kube-proxy": {
    tree: {
      files: { [PROXY]: replacing("kube-proxy-config.yaml\n", "kube-proxy-config.yaml serve\n") },
    },
    finds: [/^error NW-B15: .*"serve"/],
  },
  "check 2.3: a backslash after the last flag": {
    tree: { files: { [KUBELET]: replacing("  --v=2\n# always", "  --v=2 \\\n# always") } },
    finds: [/^error NW-B15: .*"Restart=always" -> Remove the backslash/],
  },
  "check 2.3: a comment after a flag": {
    tree: { files: { [KUBELET]: withFlags("--v=2 # text") } },
    finds: [/^error NW-B15: .*"#" -> Put the comment/],
  },
  "check 2.4: a blank after a backslash": {
    tree: { files: { [KUBELET]: replacing("kubelet-config.yaml \\", "kubelet-config.yaml \\ ") } },
    finds: [/a blank follows the backslash/],
    not: [/Unknown key/],
  },
  "check 2.4: a lost backslash": {
    tree: { files: { [KUBELET]: replacing("kubelet-config.yaml \\", "kubelet-config.yaml") } },
    finds: [/the backslash is missing/],
    not: [/Unknown key/],
  },
  "check 2.5: a service as a control group with the driver systemd": {
    tree: {
      files: {
        "configs/kubelet-config.yaml": (stock) =>
          `${stock}kubeReservedCgroup: /system.slice/kubelet.service\n`,
      },
    },
    finds: [/kubelet.service.slice/],
  },
  "check 2.6: --config names another file than the directory has": {
    tree: { files: { [KUBELET]: replacing(CONFIG, "/etc/kubernetes/other.yaml") } },
    finds: [/^error NW-C01: Nothing reads configs\/kubelet-config.yaml/],
  },
  "check 3.2: an import of 1.x takes the whole section": {
    tree: {
      facts: { versions: { containerd: "1.6.20" } },
      files: {
        "configs/containerd-config.toml": (stock) =>
          `imports = ["/etc/containerd/conf.d/*.toml"]\n${stock}`,
        [root("/etc/containerd/conf.d/a.toml")]:
          'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\nconfig_path = "/etc/containerd/certs.d"\n',
      },
    },
    finds: [/takes plugins."io.containerd.grpc.v1.cri" of an import in place of the whole section/],
  },
  "check 3.3: a drop-in that nothing imports": {
    tree: { files: { [root("/etc/containerd/conf.d/a.toml")]: "version = 2\n" } },
    finds: [/^warning .*containerd does not read \/etc\/containerd\/conf.d\/a.toml/],
  },
  "check 3.4: a drop-in of the kubelet that contradicts": {
    tree: {
      files: {
        [KUBELET]: withFlags("--config-dir=/etc/kubelet.d"),
        [root("/etc/kubelet.d/10-a.conf")]: `${KIND}cgroupDriver: cgroupfs\n`,
        [root("/etc/kubelet.d/20-b.txt")]: `${KIND}maxPods: -1\n`,
      },
    },
    finds: [/NW-A01.*cgroupfs/],
  },
  "check 3.4: a folder of drop-ins that is not there": {
    tree: {
      files: {
        [KUBELET]: withFlags("--config-dir=/etc/kubelet.d"),
        [root("/etc/hostname")]: "node-0\n",
      },
    },
    finds: [/NW-C01: The kubelet does not start without its folder/],
  },
};

test.each(Object.entries(ROWS))("%s", (_, row) => expectRow(cases, row));

test("check 1.1: what could not be asked is named first", async () => {
  const tree = { files: { [KUBELET]: replacing(CONFIG, "/etc/kubernetes/other.yaml") } };
  const { unread } = check(RULES, await subjectOf(cases, tree));
  expect(unread.map(({ path, fix }) => [path, fix])).toContainEqual([
    "/etc/kubernetes/other.yaml",
    expect.stringContaining("files in nodewright.yaml"),
  ]);
});
