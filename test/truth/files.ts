import type { TruthCase, TruthNode } from "../support/truth-node.ts";

const CONFIG = "/etc/containerd/config.toml";
const said = (node: TruthNode): Promise<string> => node.log();

/** Files that their programs cannot read, or read otherwise than they were meant. */
export const FILE_CASES: readonly TruthCase[] = [
  {
    rule: "NW-M01",
    bad: async (node) => {
      await node.write(
        CONFIG,
        Uint8Array.from({ length: 4096 }, (_, at) => (at * 7) % 256),
      );
      await node.restart();
    },
    see: said,
    says: /failed to load TOML: \/etc\/containerd\/config\.toml/,
  },
  {
    rule: "NW-M02",
    bad: (node) => node.containerd("SystemdCgroup = true", "SystemdCgruop = true"),
    see: (node) => node.inPod("cat /proc/$PID/cgroup"),
    shows: /kubepods-besteffort\.slice:cri-containerd:/,
  },
  {
    rule: "NW-M03",
    bad: (node) => node.containerd("version = 2\n", 'version = 2\noom_score = "low"\n'),
    see: said,
    says: /Can't convert \w+\(string\) to int/,
  },
  {
    rule: "NW-M04",
    bad: async (node) => {
      await node.hide(CONFIG);
      await node.restart();
    },
    see: (node) => node.sh("nodewright cri info | grep -iE '\"(sandboxImage|systemdCgroup)\"'"),
    shows: /registry\.k8s\.io\/pause/,
  },
  {
    rule: "NW-M08",
    bad: async (node) => {
      await node.edit(
        "/etc/systemd/system/containerd.service",
        "ExecStart=/bin/containerd",
        "ExecStart=/bni/containerd",
      );
      await node.restart();
    },
    see: (node) => node.sh("systemctl status containerd"),
    says: /status=203\/EXEC/,
  },
  {
    rule: "NW-M09",
    bad: (node) => node.containerd('bin_dir = "/opt/cni/bin"', 'bin_dir = ""'),
    see: (node) => node.runPod(),
    says: /failed to find plugin/,
  },
];
