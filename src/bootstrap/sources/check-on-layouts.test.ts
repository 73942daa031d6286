import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAYOUTS } from "../../../test/layouts/layouts.ts";
import { type Files, type Identity, kubeletUnit } from "../../../test/layouts/parts.ts";
import { identityOf, writeLayout } from "../../../test/layouts/write-layout.ts";
import { type CheckReport, check, RULES } from "../../check/mod.ts";
import { groupFindings } from "../../check/report/mod.ts";
import { rootSubject } from "./mod.ts";
import { CASE_TIME, describeFinding, RuleCases } from "./testing/mod.ts";

/** Rules that know the layouts of installers still find what is wrong in them. */
let dir = "";
let identity: Identity;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-on-layouts-"));
  await using cases = await RuleCases.create();
  identity = identityOf(cases);
});
afterAll(() => rmSync(dir, { recursive: true }));

const KUBEADM_UNIT = "/usr/lib/systemd/system/kubelet.service";
const OWN_UNIT = "/etc/systemd/system/kubelet.service";
const DROP_IN = "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf";
const CONTAINERD_UNIT = "/usr/lib/systemd/system/containerd.service";
const CONTAINERD = "/etc/containerd/config.toml";
const NETWORK = "/etc/cni/net.d/10-calico.conflist";
const FLAGS_ONLY =
  "/usr/bin/kubelet --kubeconfig=/var/lib/kubelet/kubeconfig --client-ca-file=/var/lib/kubelet/ca.crt --cluster-dns=10.96.0.10 --cluster-domain=cluster.local --container-runtime-endpoint=unix:///run/containerd/containerd.sock";

type Seed = (files: Files) => Files;
const put =
  (path: string, text: string): Seed =>
  (files) => ({ ...files, [path]: text });
const change =
  (path: string, what: string | RegExp, by: string): Seed =>
  (files) => {
    const text = files[path];
    const changed = text?.replace(what, () => by);
    if (changed === undefined || changed === text)
      throw new TypeError(`Nothing to change: ${path}`);
    return { ...files, [path]: changed };
  };
const without =
  (...paths: readonly string[]): Seed =>
  (files) =>
    Object.fromEntries(
      Object.entries(files).filter(([name]) => !paths.some((path) => name.startsWith(path))),
    );
const all =
  (...seeds: readonly Seed[]): Seed =>
  (files) =>
    seeds.reduce((made, seed) => seed(made), files);

async function judge(layout: string, seed: Seed): Promise<CheckReport> {
  const found = LAYOUTS.find(({ name }) => name === layout);
  if (found === undefined) throw new TypeError(`No such layout: ${layout}`);
  const root = mkdtempSync(join(dir, "root-"));
  writeLayout(root, seed(found.files(identity)));
  return check(RULES, await rootSubject(root, CASE_TIME));
}

interface Row {
  readonly name: string;
  readonly layout?: string;
  readonly seed: Seed;
  /** One for each finding, errors first. */
  readonly finds: readonly RegExp[];
}

const loopback = (file: string): Seed =>
  change(file, /server: https:\/\/[^\s]+/, "server: https://localhost:6443");

const ROWS: readonly Row[] = [
  {
    name: "check 1.6: kubeadm's drop-in over a unit with a command of its own",
    seed: put(
      OWN_UNIT,
      kubeletUnit(
        "/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --kubeconfig=/etc/kubernetes/kubelet.conf",
      ),
    ),
    finds: [/^error NW-B07: A drop-in of kubelet.service sets another ExecStart/],
  },
  {
    name: "check 1.6: kubeadm's drop-in over kubeadm's own unit in /etc",
    seed: all(
      (files) => put(OWN_UNIT, files[KUBEADM_UNIT] ?? "")(files),
      without(KUBEADM_UNIT),
      put(DROP_IN, ""),
      (files) => {
        const kubeadm = LAYOUTS[0]?.files(identity)[DROP_IN] ?? "";
        return put(DROP_IN, kubeadm)(files);
      },
    ),
    finds: [],
  },
  {
    name: "check 1.6: another drop-in over kubeadm's, of a unit in /etc with arguments",
    seed: all(
      put(
        OWN_UNIT,
        kubeletUnit(
          "/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --kubeconfig=/etc/kubernetes/kubelet.conf",
        ),
      ),
      without(DROP_IN),
      put(
        "/etc/systemd/system/kubelet.service.d/20-left.conf",
        "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --kubeconfig=/etc/kubernetes/kubelet.conf --node-ip=192.0.2.11\n",
      ),
    ),
    finds: [/^error NW-B07: .*20-left.conf/],
  },
  {
    name: "check 1.6: a drop-in that a link to /dev/null masks",
    seed: all(
      put(
        "/usr/lib/systemd/system/kubelet.service.d/90-left.conf",
        "[Service]\nEnvironment=KUBELET_CONFIG_ARGS=--config=/nowhere\n",
      ),
      put("/etc/systemd/system/kubelet.service.d/90-left.conf", "-> /dev/null"),
    ),
    finds: [],
  },
  {
    name: "NW-B06: a link to /dev/null masks the kubelet's unit",
    seed: put(OWN_UNIT, "-> /dev/null"),
    finds: [/^error NW-B06: kubelet.service is masked.* -> Run systemctl unmask kubelet.service/],
  },
  {
    name: "NW-B06: an empty file masks containerd's unit",
    seed: put("/etc/systemd/system/containerd.service", ""),
    finds: [/^error NW-B06: containerd.service is masked/],
  },
  {
    name: "check 1.6: a drop-in for all services",
    seed: put("/etc/systemd/system/service.d/10-all.conf", "[Service]\nKUBELET=1\n"),
    finds: [/NW-M05: .*KUBELET/],
  },
  {
    name: "check 2.2: a kubelet with flags alone is judged by them",
    layout: "Ubuntu's containerd",
    seed: all(
      without("/var/lib/kubelet/kubelet-config.yaml"),
      change(
        OWN_UNIT,
        /ExecStart=.*/,
        `ExecStart=${FLAGS_ONLY} --anonymous-auth=true --authorization-mode=AlwaysAllow --cgroup-driver=cgroupfs`,
      ),
    ),
    finds: [/NW-A01: .*cgroupfs/, /NW-C14|anonymous/, /AlwaysAllow/],
  },
  {
    name: "check 2.2: a kubelet with sound flags alone",
    layout: "Ubuntu's containerd",
    seed: all(
      without("/var/lib/kubelet/kubelet-config.yaml"),
      change(
        OWN_UNIT,
        /ExecStart=.*/,
        `ExecStart=${FLAGS_ONLY} --anonymous-auth=false --authorization-mode=Webhook --authentication-token-webhook --cgroup-driver=systemd --rotate-certificates`,
      ),
    ),
    finds: [],
  },
  {
    name: "NW-B01: a kubelet of a package that nothing enables with containerd",
    seed: without("/etc/systemd/system/multi-user.target.wants/containerd.service"),
    finds: [/NW-B01: .*After=/, /NW-B01: .*Wants=/],
  },
  {
    name: "NW-B01: a kubelet that is tied to containerd",
    seed: change(KUBEADM_UNIT, "[Unit]\n", "[Unit]\nBindsTo=containerd.service\n"),
    finds: [/NW-B01: Stopping containerd stops the kubelet/],
  },
  {
    name: "NW-B11: a flag in the unit against the file",
    layout: "Ubuntu's containerd",
    seed: change(OWN_UNIT, "--kubeconfig", "--cluster-domain=other.local --kubeconfig"),
    finds: [/NW-B11: A flag overrides the kubelet's file: --cluster-domain=other.local/],
  },
  {
    name: "NW-B11: what a package's file of flags changes is judged all the same",
    seed: put("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--cgroup-driver=cgroupfs\n"),
    finds: [/^error NW-A01: .*cgroupfs/],
  },
  {
    name: "NW-A19: a mirror in the registry's table",
    seed: put(
      CONTAINERD,
      'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "registry.k8s.io/pause:3.10"\n[plugins."io.containerd.grpc.v1.cri".containerd]\n  default_runtime_name = "runc"\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\n  runtime_type = "io.containerd.runc.v2"\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\n  SystemdCgroup = true\n[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\n  endpoint = ["https://mirror.example.com"]\n',
    ),
    finds: [/^warning NW-A19: .*mirrors/],
  },
  {
    name: "NW-C11: the API server on the node itself, where nothing listens",
    seed: loopback("/etc/kubernetes/kubelet.conf"),
    finds: [/NW-C11: The kubelet looks for the API server on the node itself/],
  },
  {
    name: "NW-C11: kube-proxy as a static pod is no proxy to the API server",
    seed: all(
      loopback("/etc/kubernetes/kubelet.conf"),
      put(
        "/etc/kubernetes/manifests/kube-proxy.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-proxy, namespace: kube-system}\nspec:\n  hostNetwork: true\n  containers:\n  - {name: kube-proxy, image: registry.k8s.io/kube-proxy:v1.36.2}\n",
      ),
    ),
    finds: [/NW-C11: The kubelet looks for the API server on the node itself/],
  },
  {
    name: "NW-C11: Kubespray's nginx-proxy is one",
    layout: "Kubespray",
    seed: loopback("/etc/kubernetes/kubelet.conf"),
    finds: [],
  },
  {
    name: "NW-D05: a single plugin that an administrator has written",
    seed: all(
      without(NETWORK),
      put(
        "/etc/cni/net.d/10-bridge.conf",
        '{"cniVersion":"1.0.0","name":"bridge","type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.85.0.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}}',
      ),
    ),
    finds: [/NW-D05: A single plugin where a list is due/, /NW-D15/, /NW-D16/, /NW-D17/],
  },
];

describe("check --root of an installer's node", () => {
  test.each([...ROWS])("$name", async ({ layout = "kubeadm", seed, finds }) => {
    const { findings } = await judge(layout, seed);
    const lines = groupFindings(findings).map(({ finding }) => describeFinding(finding));
    expect(lines.length, lines.join("\n")).toBe(finds.length);
    for (const wanted of finds) {
      expect(
        lines.filter((line) => wanted.test(line)).length,
        `${wanted} in\n${lines.join("\n")}`,
      ).toBeGreaterThan(0);
    }
  });

  test.each([
    { name: "the kubelet's unit", seed: without(KUBEADM_UNIT), path: OWN_UNIT, rules: 25 },
    {
      name: "containerd's unit and file",
      seed: without(CONTAINERD_UNIT, CONTAINERD),
      path: "/etc/systemd/system/containerd.service",
      rules: 15,
    },
    { name: "networks", seed: without("/etc/cni"), path: "/etc/cni/net.d", rules: 10 },
  ])("check 1.1: what is not asked without $name is named", async ({ seed, path, rules }) => {
    const { unread } = await judge("kubeadm", seed);
    const one = unread.find((entry) => entry.path === path);
    expect(one?.rules.length).toBeGreaterThan(rules);
    expect(one?.fix).toContain("put ");
  });

  test("check 1.1: of a sound node nothing is named", async () => {
    for (const { name } of LAYOUTS)
      expect((await judge(name, (files) => files)).unread).toEqual([]);
  });
});
