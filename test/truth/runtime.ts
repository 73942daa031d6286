import type { TruthCase, TruthNode } from "../support/truth-node.ts";

const CONFIG = "/etc/containerd/config.toml";
const RUNC = '  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]';

/** Another runtime class, with these lines. */
function withRuntime(name: string, lines: string): [string, string] {
  const table = `[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.${name}]`;
  return [RUNC, `${table}\n${lines}\n${RUNC}`];
}

const dump = (node: TruthNode): Promise<string> =>
  node.sh(`containerd --config ${CONFIG} config dump | grep -E "SystemdCgroup|sandbox_image"`);
const askCri = (node: TruthNode): Promise<string> => node.sh("nodewright cri version");
const makePod = (node: TruthNode): Promise<string> => node.runPod();

/** The kubelet gives a pod's parent in the words of its own driver. */
async function podOfKubelet(node: TruthNode): Promise<string> {
  const config = await node.sh("cat /var/lib/kubelet/kubelet-config.yaml");
  const isSystemd = config.includes("cgroupDriver: systemd");
  return node.runPod(isSystemd ? {} : { cgroupParent: "/kubepods/besteffort" });
}

/** containerd and what it starts. */
export const RUNTIME_CASES: readonly TruthCase[] = [
  {
    rule: "NW-A01",
    needsKubelet: true,
    bad: (node) =>
      node.edit(
        "/var/lib/kubelet/kubelet-config.yaml",
        "cgroupDriver: systemd",
        "cgroupDriver: cgroupfs",
      ),
    see: podOfKubelet,
    says: /expected cgroupsPath to be of format \\?"slice:prefix:name\\?" for systemd cgroups/,
  },
  {
    rule: "NW-A03",
    bad: (node) =>
      node.containerd(...withRuntime("second", 'runtime_type = "io.containerd.runc.v2"')),
    see: (node) => node.inPod("cat /proc/$PID/cgroup", { runtime: "second" }),
    shows: /kubepods-besteffort\.slice:cri-containerd:/,
  },
  {
    rule: "NW-A04",
    bad: (node) => node.containerd("version = 2\n", ""),
    see: dump,
    shows: /SystemdCgroup = false|registry\.k8s\.io\/pause/,
  },
  {
    rule: "NW-A05",
    bad: (node) =>
      node.containerd(/io\.containerd\.grpc\.v1\.cri/g, "io.containerd.cri.v1.runtime"),
    see: dump,
    shows: /sandbox_image = "registry\.k8s\.io\/pause/,
  },
  {
    rule: "NW-A06",
    bad: (node) =>
      node.containerd(
        "version = 2\n",
        'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n',
      ),
    see: askCri,
    says: /unknown service runtime\.v1\.RuntimeService/,
  },
  {
    rule: "NW-A07",
    bad: (node) =>
      node.containerd('default_runtime_name = "runc"', 'default_runtime_name = "crun"'),
    see: (node) => node.log(),
    says: /failed to load plugin .*invalid plugin config/,
  },
  {
    rule: "NW-A08",
    needsKubelet: true,
    bad: (node) =>
      node.containerd(
        "version = 2\n",
        'version = 2\n[grpc]\naddress = "/run/containerd/other.sock"\n',
      ),
    see: (node) =>
      node.sh(
        "ls -l $(sed -n 's/^containerRuntimeEndpoint: \"unix:..\\(.*\\)\"/\\1/p' /var/lib/kubelet/kubelet-config.yaml)",
      ),
    says: /no such file or directory/i,
  },
  {
    rule: "NW-A13",
    bad: async (node) => {
      await node.hide("/usr/bin/containerd");
      await node.sh(
        "cd /usr/bin; sed 's/GLIBC_2\\.34/GLIBC_2.99/g' containerd.hidden >containerd; chmod 755 containerd",
      );
      await node.restart();
    },
    see: (node) => node.log(),
    says: /\/bin\/containerd: \S+\/libc\.so\.6: version `GLIBC_2\.\d+' not found/,
  },
  {
    rule: "NW-A14",
    bad: async (node) => {
      await node.hide("/opt/cni/bin/bridge");
      // Byte 18 of an ELF file is the machine that it is for: 183 is aarch64.
      await node.sh(
        "cd /opt/cni/bin; head -c 65536 bridge.hidden >bridge; printf '\\267' | dd of=bridge bs=1 seek=18 conv=notrunc; chmod 755 bridge",
      );
    },
    see: makePod,
    says: /fork\/exec \/opt\/cni\/bin\/bridge: exec format error/,
  },
  {
    rule: "NW-A15",
    bad: async (node) => {
      await node.dropIn("containerd.service", "[Service]\nEnvironment=PATH=/usr/bin\n");
      await node.restart();
    },
    see: makePod,
    says: /exec: \\?"runc\\?": executable file not found in \$PATH/,
  },
  {
    rule: "NW-A16",
    bad: (node) =>
      node.containerd(...withRuntime("second", "privileged_without_host_devices = true")),
    see: (node) => node.runPod({ runtime: "second" }),
    says: /container\.Runtime\.Name must be set/,
  },
  {
    rule: "NW-A17",
    bad: (node) => node.containerd('snapshotter = "overlayfs"', 'snapshotter = "overlay"'),
    see: (node) => node.log(),
    says: /failed to find snapshotter \\?"overlay\\?"/,
  },
  {
    rule: "NW-A18",
    bad: (node) =>
      node.containerd(/sandbox_image = ".*"/, 'sandbox_image = "127.0.0.1:1/pause:3.8"'),
    see: makePod,
    says: /failed to get sandbox image \\?".*pause:3\.8\\?": failed to pull image/,
  },
  {
    rule: "NW-A22",
    bad: async (node) => {
      await node.hide("/etc/cni/net.d/10-bridge.conflist");
      await node.restart();
    },
    see: (node) => node.sh("nodewright cri info"),
    says: /cni plugin not initialized/,
  },
  {
    rule: "NW-A23",
    bad: (node) =>
      node.containerd(
        "version = 2\n",
        'version = 2\nrequired_plugins = ["io.containerd.grpc.v1.cri"]\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n',
      ),
    see: (node) => node.log(),
    says: /required plugin \[io\.containerd\.grpc\.v1\.cri\] not included/,
  },
  {
    rule: "NW-A24",
    bad: (node) => node.containerd("version = 2\n", 'version = 2\nstate = "state"\n'),
    see: makePod,
    says: /failed to create shim task: mkdir state\/io\.containerd\.runtime\.v2\.task\//,
  },
];
