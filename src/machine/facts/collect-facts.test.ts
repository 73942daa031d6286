import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { collectFacts, type FactsSources, FileTree, NODE_PATH, type NodeFacts } from "./mod.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nodewright-facts-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Files of a machine; `-> TARGET` makes a symbolic link, `!` before the text an executable. */
function machine(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    if (text.startsWith("-> ")) symlinkSync(text.slice(3), full);
    else writeFileSync(full, text.replace(/^!/, ""));
    if (text.startsWith("!")) chmodSync(full, 0o755);
  }
}

const nothing = { links: [], routes: [] };
function collect(sources: Partial<FactsSources> = {}): Promise<NodeFacts> {
  return collectFacts(
    {
      paths: ["/var/lib/containerd"],
      sysctls: ["net.ipv4.ip_forward", "net.ipv4.conf.eth0/1.rp_filter", "no.such.key"],
    },
    {
      tree: new FileTree(root),
      nowMs: () => 1_700_000_000_000,
      network: () => nothing,
      nftChains: () => [],
      exec: async () => {
        throw new Error("not installed");
      },
      path: NODE_PATH,
      ...sources,
    },
  );
}

describe("collectFacts()", () => {
  test("an empty machine gives empty facts, not errors", async () => {
    const facts = await collect();
    expect(facts).toMatchObject({
      hostname: "",
      os: { id: "" },
      machineId: null,
      memory: null,
      swaps: [],
      persistentSwaps: [],
      listeners: [],
      systemd: { isRunning: false, version: null, state: null },
      foreign: [],
      firewall: { iptables: null, forwardPolicy: null, chains: {}, nftForwardDrops: [] },
      selinux: "absent",
      isAppArmorEnabled: false,
      clock: { epochMs: 1_700_000_000_000, isSynchronised: null },
      sysctls: { "net.ipv4.ip_forward": null },
    });
    expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
  });

  test("reads identity, size, time and sysctls", async () => {
    machine({
      "etc/os-release": "ID=debian\nVERSION_ID=12\n",
      "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
      "proc/sys/kernel/hostname": "node-0\n",
      "proc/sys/kernel/osrelease": "6.1.0\n",
      "proc/sys/kernel/random/boot_id": "b-o-o-t\n",
      "proc/uptime": "12.34 20.00\n",
      "proc/meminfo": "MemTotal: 4 kB\nMemAvailable: 2 kB\n",
      "sys/devices/system/cpu/online": "0-3\n",
      "sys/fs/selinux/enforce": "1",
      "sys/module/apparmor/parameters/enabled": "Y\n",
      "run/systemd/timesync/synchronized": "",
      "proc/sys/net/ipv4/ip_forward": "1\n",
      "proc/sys/net/ipv4/conf/eth0.1/rp_filter": "2\n",
      "etc/cni/net.d/10-x.conflist": "{}",
    });
    expect(await collect()).toMatchObject({
      hostname: "node-0",
      kernelRelease: "6.1.0",
      machineId: "0123456789abcdef0123456789abcdef",
      bootId: "b-o-o-t",
      uptimeSeconds: 12.34,
      cpuCount: 4,
      memory: { totalBytes: 4096, availableBytes: 2048 },
      selinux: "enforcing",
      isAppArmorEnabled: true,
      clock: { isSynchronised: true },
      sysctls: {
        "net.ipv4.ip_forward": "1",
        "net.ipv4.conf.eth0/1.rp_filter": "2",
        "no.such.key": null,
      },
      cniConfigFiles: ["10-x.conflist"],
    });
  });

  test("finds swap that would come back, masked units left out", async () => {
    machine({
      "etc/fstab": "UUID=3 none swap sw 0 0\n",
      "usr/lib/systemd/system/a.swap": "",
      "usr/lib/systemd/system/b.swap": "",
      "etc/systemd/system/b.swap": "-> /dev/null",
      "etc/systemd/zram-generator.conf": "[zram0]",
    });
    expect((await collect()).persistentSwaps).toEqual([
      { file: "/etc/fstab", line: 1, what: "UUID=3" },
      { file: "/usr/lib/systemd/system/a.swap", what: "a.swap" },
      { file: "/etc/systemd/zram-generator.conf", what: "swap made at boot" },
    ]);
  });

  test("names the process of a listening port", async () => {
    const row = (local: string, inode: number) =>
      `0: ${local} 00000000:0000 0A 0:0 00:0 0 0 0 ${inode} 1\n`;
    machine({
      "proc/net/tcp": `head\n${row("00000000:280A", 77)}${row("0100007F:2808", 78)}`,
      "proc/42/comm": "kubelet\n",
      "proc/42/fd/0": "-> /dev/null",
      "proc/42/fd/3": "-> socket:[77]",
    });
    expect((await collect()).listeners).toEqual([
      { port: 10248, address: "127.0.0.1", process: null },
      { port: 10250, address: "0.0.0.0", process: { pid: 42, name: "kubelet" } },
    ]);
  });

  test("notices other software by its paths, processes and links", async () => {
    machine({
      "run/docker.sock": "",
      "proc/7/comm": "dockerd\n",
      "etc/kubernetes/kubelet.conf": "",
      "proc/8/comm": "k3s-agent\n",
    });
    const link = { kind: "", mtu: 1500, isUp: true, mac: "", addresses: [] };
    const network = { links: ["flannel.1", "cni0", "eth0"].map((name) => ({ name, ...link })) };
    const facts = await collect({ network: () => ({ ...nothing, ...network }) });
    expect(facts.foreign).toEqual([
      { name: "docker", evidence: ["/run/docker.sock", "process dockerd"] },
      { name: "k3s", evidence: ["process k3s-agent"] },
      { name: "kubeadm", evidence: ["/etc/kubernetes/kubelet.conf"] },
      { name: "flannel", evidence: ["link flannel.1"] },
      { name: "cni-bridge", evidence: ["link cni0"] },
    ]);
  });

  test("asks the programs that are there, and takes no failure for an answer", async () => {
    machine({
      "usr/sbin/iptables": "!",
      "usr/sbin/iptables-save": "!",
      "usr/bin/systemctl": "!",
      "usr/bin/socat": "not executable",
      "run/systemd/system/x": "",
    });
    const answers: Readonly<Record<string, { exitCode: number; stdout: string }>> = {
      "iptables --version": { exitCode: 0, stdout: "iptables v1.8.9 (legacy)\n" },
      "iptables-save": { exitCode: 0, stdout: "*filter\n:FORWARD DROP [0:0]\n" },
      "systemctl --version": { exitCode: 0, stdout: "systemd 252 (252.39-1)\n+PAM" },
      "systemctl is-system-running": { exitCode: 1, stdout: "degraded\n" },
    };
    const asked: string[] = [];
    const facts = await collect({
      exec: async (argv) => {
        asked.push(argv.join(" "));
        const answer = answers[argv.join(" ")];
        if (answer === undefined) throw new Error("not expected");
        return answer;
      },
    });
    expect(asked.sort()).toEqual(Object.keys(answers).sort());
    expect(facts.systemd).toEqual({ isRunning: true, version: 252, state: "degraded" });
    expect(facts.firewall).toEqual({
      iptables: { version: "1.8.9", backend: "legacy" },
      forwardPolicy: "DROP",
      chains: {},
      nftForwardDrops: [],
    });
    expect(facts.commands).toMatchObject({
      iptables: "/usr/sbin/iptables",
      systemctl: "/usr/bin/systemctl",
      socat: null,
    });
  });

  test("looks at the file system of the nearest existing parent", async () => {
    machine({
      "proc/self/mountinfo":
        "1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 8:2 / /var rw,noexec - xfs /dev/sdb ro\n",
      "var/x": "",
    });
    const { disks } = await collect();
    expect(disks["/var/lib/containerd"]).toMatchObject({
      mountPoint: "/var",
      fsType: "xfs",
      isReadOnly: true,
      isNoexec: true,
    });
    expect(disks["/var/lib/containerd"]?.totalBytes).toBeGreaterThan(0);
  });
});
