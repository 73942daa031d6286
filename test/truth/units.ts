import type { TruthCase } from "../support/truth-node.ts";

const UNIT = "/etc/systemd/system/containerd.service";
const SHIM = "/usr/bin/containerd-shim-runc-v2";
const SOCKET = "/run/containerd/containerd.sock";

/** systemd, its units and the machine's files. */
export const UNIT_CASES: readonly TruthCase[] = [
  {
    rule: "NW-B01",
    needsKubelet: true,
    bad: async (node) => {
      await node.edit(
        "/etc/systemd/system/kubelet.service",
        /^Wants=containerd/m,
        "Requires=containerd",
      );
      await node.restart();
    },
    see: (node) =>
      node.sh(
        "systemctl is-active containerd; systemctl start kubelet; systemctl stop containerd; echo kubelet $(systemctl is-active kubelet); systemctl stop kubelet; systemctl start containerd",
      ),
    shows: /kubelet inactive/,
  },
  {
    rule: "NW-B02",
    bad: async (node) => {
      await node.edit(UNIT, "Type=notify", "Type=simple");
      await node.restart();
    },
    see: (node) =>
      node.sh(
        `systemctl stop containerd; rm -f ${SOCKET}; systemctl start containerd; ls ${SOCKET}`,
      ),
    says: /no such file or directory/i,
  },
  {
    rule: "NW-B03",
    bad: async (node) => {
      await node.edit(UNIT, "KillMode=process\n", "");
      await node.restart();
    },
    see: (node) => node.inPod("systemctl restart containerd; ls -d /proc/$PID"),
    shows: /No such file or directory/,
  },
  {
    rule: "NW-B14",
    bad: (node) =>
      node.dropIn("containerd.service", "[Service]\nEnvironmentFile=/etc/none/containerd.env\n"),
    see: (node) =>
      node.sh("systemctl restart containerd; journalctl -n 20 -o cat -u containerd -r | head -5"),
    says: /Failed to load environment files: No such file or directory/,
  },
  {
    rule: "NW-B05",
    bad: async (node) => {
      await node.dropIn(
        "containerd.service",
        "[Service]\nRestartSec=100ms\nExecStartPre=/bin/false\n",
      );
      await node.sh(
        "systemctl restart containerd --no-block; for i in $(seq 100); do sleep 0.1; systemctl is-failed -q containerd && break; done",
      );
    },
    see: (node) =>
      node.sh("systemctl status containerd; journalctl -n 20 -o cat -u containerd -r | head -3"),
    says: /start-limit-hit|Start request repeated too quickly/,
  },
  {
    rule: "NW-B06",
    bad: (node) => node.edit(UNIT, "RestartSec=5\n", "RestartSec=6\n"),
    see: (node) => node.sh("systemctl status containerd | cat"),
    says: /changed on disk\. Run 'systemctl daemon-reload'/,
  },
  {
    rule: "NW-B07",
    needsKubelet: true,
    bad: (node) =>
      node.dropIn(
        "kubelet.service",
        '[Service]\nEnvironment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf"\nExecStart=\nExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS --config=/var/lib/kubelet/config.yaml\n',
      ),
    see: (node) => node.sh("systemctl cat kubelet"),
    says: /\/var\/lib\/kubelet\/config\.yaml/,
  },
  {
    rule: "NW-B08",
    bad: async (node) => {
      await node.edit(UNIT, "ExecStart=/bin/containerd", "ExecStart=/opt/containerd/containerd");
      await node.restart();
    },
    see: (node) => node.sh("systemctl status containerd"),
    says: /status=203\/EXEC/,
  },
  {
    rule: "NW-B10",
    bad: async (node) => {
      await node.sh(`cp ${SHIM} /root/shim`);
      await node.dropIn(
        "containerd.service",
        `[Service]\nExecStartPre=-/bin/cp /root/shim ${SHIM}\n`,
      );
      await node.restart();
    },
    see: async (node) => {
      await node.runPod();
      await node.sh("systemctl restart containerd");
      return node.log();
    },
    says: /cp: cannot create regular file '.*\/bin\/containerd-shim-runc-v2': Text file busy/,
  },
  {
    rule: "NW-B13",
    bad: async (node) => {
      await node.sh(
        "systemctl stop containerd; mount -t tmpfs -o size=600k tmpfs /var/lib/containerd",
      );
      node.later("systemctl stop containerd; umount -l /var/lib/containerd");
      await node.restart();
      await node.sh("head -c 1000000 /dev/zero >/var/lib/containerd/filler");
    },
    see: (node) =>
      node.sh("cd /var/lib/containerd && dd if=/dev/zero of=room bs=300k count=1; rm -f room"),
    says: /no space left on device/i,
  },
  {
    rule: "NW-M05",
    bad: async (node) => {
      await node.edit(UNIT, "RestartSec=5\n", "RestartSecs=5\n");
      await node.sh("systemctl daemon-reload");
    },
    see: (node) => node.sh(`systemd-analyze verify ${UNIT}`),
    says: /Unknown key '\w+' in section \[Service\], ignoring/,
  },
  {
    rule: "NW-B16",
    bad: async (node) => {
      await node.dropIn("containerd.service", "[Service]\nUser=nobody\n");
      await node.restart();
    },
    see: (node) => node.log(),
    says: /operation not permitted/,
  },
  {
    rule: "NW-B17",
    bad: (node) =>
      node.write("/etc/systemd/system/containerd.service.d/20-memory", "[Service]\nMemoryMax=9G\n"),
    see: (node) =>
      node.sh(
        "systemctl daemon-reload; ls /etc/systemd/system/containerd.service.d; systemctl show -P MemoryMax containerd",
      ),
    shows: /20-memory\ninfinity/,
  },
  {
    rule: "NW-B18",
    needsKubelet: true,
    bad: (node) => node.dropIn("kubelet.service", "[Service]\nPrivateMounts=yes\n"),
    see: (node) =>
      node.sh(
        "systemctl restart kubelet; ns() { readlink /proc/$1/ns/mnt; }; [ $(ns 1) = $(ns $(systemctl show -P MainPID kubelet)) ] || echo another namespace; systemctl stop kubelet",
      ),
    shows: /another namespace/,
  },
];
