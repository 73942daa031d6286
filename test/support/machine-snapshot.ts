import type { TestLab } from "./lab.ts";

/** What a machine is, as text that can be compared: one entry a line, by what it is about. */
export type MachineSnapshot = Readonly<Record<string, readonly string[]>>;

/** Paths that change by themselves on any machine that runs, each with its reason. */
const NOISE: readonly { readonly path: string; readonly because: string }[] = [
  { path: "/var/log", because: "logs and the journal grow" },
  { path: "/run/log", because: "the journal of this boot grows" },
  { path: "/run/systemd", because: "systemd writes down every unit, session and job" },
  { path: "/run/udev", because: "udev's database has every link that there ever was" },
  { path: "/run/sshd", because: "made by the first connection" },
  { path: "/run/utmp", because: "log-ins are written down there" },
  { path: "/run/motd.dynamic", because: "made by the first log-in" },
  { path: "/run/lock", because: "tools make lock files when they are first run" },
  { path: "/run/xtables.lock", because: "iptables makes it when it is first run" },
  { path: "/var/lib/systemd", because: "random seed, time stamps of timers" },
  { path: "/var/cache", because: "what it holds can be made again" },
  { path: "/var/tmp", because: "systemd makes a private directory for some services" },
  { path: "/tmp", because: "the same" },
];

/** Of the kernel's settings those of the machine's own network; the others are the host's. */
const SYSCTLS = "^net\\.(ipv4|ipv6|bridge)\\.";
/** Settings that the kernel changes by itself. */
const COUNTING_SYSCTLS =
  /^net\.ipv[46]\.(route\.(gc|max_size)|tcp_fastopen_key|neigh\.default\.gc)/;

const COMMANDS: Readonly<Record<string, string>> = {
  tree: `find / /run -xdev ${pruned()} \\( -type f -printf '%p %M %U:%G %s\\n' -o -type l -printf '%p -> %l\\n' -o -printf '%p %M %U:%G\\n' \\)`,
  digests: `find / /run -xdev ${pruned()} -type f -print0 | xargs -0 sha256sum`,
  mounts: "cut -d ' ' -f 5,9 /proc/self/mountinfo",
  links: "ip -brief link | awk '{print $1}'",
  addresses: "ip -oneline address | awk '{print $2, $3, $4}'",
  // The machine's own link-local address comes a second after its link, when nobody else has it.
  routes:
    "{ ip route show table all; ip -6 route show table all; } | grep -v '^local fe80:.* dev host0 '",
  rules: "ip rule; ip -6 rule",
  nftables: "nft --stateless list ruleset",
  iptables:
    "for t in iptables-save ip6tables-save; do $t | grep -v '^#' | sed 's/\\[.*\\]//'; done",
  sysctls: `sysctl -a -r '${SYSCTLS}' 2>/dev/null`,
  units: "systemctl list-unit-files --plain --no-legend",
  // those that only somebody's Wants= names come and go with systemd's memory
  running:
    "systemctl list-units --all --type=service,socket,timer --plain --no-legend | awk '$2 != \"not-found\" {print $1, $2, $3, $4}'",
  namespaces: "ls /run/netns 2>/dev/null",
  processes: "ps -eo args | grep -E 'containerd|nodewright|pause|sleep' | grep -v grep",
};

/** Looks at everything that a reset could leave behind or take too much of. */
export async function machineSnapshot(lab: TestLab, node: string): Promise<MachineSnapshot> {
  const entries: [string, readonly string[]][] = [];
  for (const [what, command] of Object.entries(COMMANDS)) {
    const { stdout } = await lab.exec(node, ["sh", "-c", command]);
    const lines = stdout.split("\n").filter((line) => line !== "" && !COUNTING_SYSCTLS.test(line));
    entries.push([what, [...new Set(lines)].sort()]);
  }
  return Object.fromEntries(entries);
}

/** What is in one snapshot and not in the other; empty where they are the same. */
export function differences(before: MachineSnapshot, after: MachineSnapshot): readonly string[] {
  return Object.keys(before).flatMap((what) => {
    const [old, now] = [new Set(before[what]), new Set(after[what])];
    return [
      ...[...old].filter((line) => !now.has(line)).map((line) => `${what}: gone: ${line}`),
      ...[...now].filter((line) => !old.has(line)).map((line) => `${what}: new: ${line}`),
    ];
  });
}

function pruned(): string {
  const paths = NOISE.map(({ path }) => `-path ${path}`).join(" -o ");
  return `\\( ${paths} \\) -prune -o`;
}
