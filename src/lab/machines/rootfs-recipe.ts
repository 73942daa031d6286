/** A file that is put into the root file system, or a symbolic link where `target` is given. */
export type RecipeEntry =
  | { readonly path: string; readonly content: string; readonly mode?: number }
  | { readonly path: string; readonly target: string };

/** Everything that decides what a machine's root file system holds. */
export interface RootfsRecipe {
  readonly suite: string;
  readonly packages: readonly string[];
  /** Paths that dpkg leaves out: nothing that a node reads. */
  readonly excluded: readonly string[];
  /** Files taken away after the installation; a `*` stands for any part of a name. */
  readonly removed: readonly string[];
  readonly entries: readonly RecipeEntry[];
}

const NETWORK_UNIT = `[Unit]
Description=Address and default route of this lab machine
DefaultDependencies=no
Before=network-pre.target network.target
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
EnvironmentFile=/etc/lab-network
ExecStart=/usr/sbin/ip link set host0 up
ExecStart=/usr/sbin/ip address replace \${ADDRESS} dev host0
ExecStart=/usr/sbin/ip route replace default via \${GATEWAY}

[Install]
WantedBy=sysinit.target
`;

// systemd-nspawn mounts the cgroup v1 controllers read-only; a machine that runs containers
// needs them writable. On cgroup v2 there is nothing to do.
const CGROUPS_UNIT = `[Unit]
Description=Writable cgroup v1 controllers
DefaultDependencies=no
Before=sysinit.target
ConditionPathIsDirectory=/sys/fs/cgroup/memory

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'for c in /sys/fs/cgroup/*/; do if [ ! -w "$c" ]; then mount --bind -o remount,rw "$c"; fi; done'

[Install]
WantedBy=sysinit.target
`;

const masked = (unit: string): RecipeEntry => ({
  path: `/etc/systemd/system/${unit}`,
  target: "/dev/null",
});
const wanted = (unit: string, by: string): RecipeEntry => ({
  path: `/etc/systemd/system/${by}.wants/${unit}`,
  target: `/etc/systemd/system/${unit}`,
});

/**
 * The machines of the lab: Debian 12 as a minimal server has it, plus what a Kubernetes node
 * expects from its distribution. Not containerd, not runc, no CNI plugins: those are installed
 * by `apply`, as on any machine.
 */
export const ROOTFS_RECIPE: RootfsRecipe = {
  suite: "bookworm",
  packages: [
    "ca-certificates",
    "conntrack",
    "dbus",
    "iproute2",
    "ipset",
    "iptables",
    "iputils-ping",
    "kmod",
    "nftables",
    "openssh-server",
    "procps",
    "socat",
    "sudo",
    "systemd",
    "systemd-sysv",
    "udev",
    // an installed Debian or Ubuntu has it for its initramfs
    "zstd",
  ],
  excluded: ["/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/doc/*"],
  removed: [
    // every machine has its own
    "/etc/ssh/ssh_host_*",
    // they set values of the whole kernel, which is the host's
    "/usr/lib/sysctl.d/50-pid-max.conf",
    "/usr/lib/sysctl.d/99-protect-links.conf",
    // work that a machine of a few minutes has no use for
    "/etc/systemd/system/timers.target.wants/*",
    "/etc/systemd/system/getty.target.wants/*",
    "/etc/systemd/system/multi-user.target.wants/e2scrub_reap.service",
    "/etc/systemd/system/multi-user.target.wants/remote-fs.target",
    "/etc/systemd/system/sysinit.target.wants/systemd-pstore.service",
  ],
  entries: [
    { path: "/etc/machine-id", content: "" },
    { path: "/etc/systemd/system/lab-network.service", content: NETWORK_UNIT },
    { path: "/etc/systemd/system/lab-cgroups.service", content: CGROUPS_UNIT },
    wanted("lab-network.service", "sysinit.target"),
    wanted("lab-cgroups.service", "sysinit.target"),
    // the devices are the host's: their events are not for the machines to repeat
    masked("systemd-udev-trigger.service"),
    masked("console-getty.service"),
    masked("getty@.service"),
    { path: "/etc/systemd/system/default.target", target: "/lib/systemd/system/multi-user.target" },
    // /dev/kmsg is the host's; the kubelet reads it, the journal need not
    { path: "/etc/systemd/journald.conf.d/lab.conf", content: "[Journal]\nReadKMsg=no\n" },
    // pam_env complains at every login where it is missing
    { path: "/etc/default/locale", content: "LANG=C.UTF-8\n" },
    { path: "/etc/ssh/sshd_config.d/lab.conf", content: "PasswordAuthentication no\n" },
    { path: "/etc/sudoers.d/debian", content: "debian ALL=(ALL) NOPASSWD: ALL\n", mode: 0o440 },
  ],
};
