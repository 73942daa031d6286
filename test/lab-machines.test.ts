import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { labStatus, labUp } from "../src/lab/mod.ts";
import { testLab } from "./support/lab.ts";

const MIB = 1024 * 1024;

describe("lab machines", () => {
  test("are Debian machines with systemd, sshd with a checked host key, and each other's names", async () => {
    await using lab = await testLab({ nodes: 2 });

    expect((await lab.ssh("node-0", ["systemctl", "is-system-running"])).stdout).toBe("running\n");
    expect((await lab.ssh("node-1", ["hostname", "-f"])).stdout).toBe("node-1.kubernetes.local\n");
    const sudo = await lab.ssh("node-0", ["sudo", "-n", "id", "-u"], { user: "debian" });
    expect(sudo.stdout).toBe("0\n");
    expect((await lab.ssh("node-0", ["ping", "-c1", "-W2", "node-1"])).exitCode).toBe(0);
    expect((await lab.ssh("node-0", ["ping", "-c1", "-W2", "server"])).exitCode).toBe(0);
    // every word arrives as it is
    expect((await lab.ssh("node-0", ["printf", "%s", "a  'b' $c"])).stdout).toBe("a  'b' $c");

    // the host key of the other machine is not accepted
    const known = await Bun.file(lab.lab.knownHosts).text();
    const [one = "", two = ""] = known.trim().split("\n");
    const key = (line: string): string => line.slice(line.indexOf(" "));
    const name = (line: string): string => line.slice(0, line.indexOf(" "));
    await writeFile(lab.lab.knownHosts, `${name(one)}${key(two)}\n${two}\n`);
    const refused = await lab.ssh("node-0", ["true"]);
    expect(refused.exitCode).toBe(255);
    expect(refused.stderr).toContain("Host key verification failed");
  });

  test("have what a container runtime needs: writable cgroups, plain file systems for the runtime", async () => {
    await using lab = await testLab({ nodes: 1 });
    const script =
      'for c in /sys/fs/cgroup /sys/fs/cgroup/*/; do if [ -e "$c/cgroup.procs" ]; then mkdir "$c/probe" && rmdir "$c/probe" || exit 1; fi; done';
    expect(await lab.exec("node-0", ["sh", "-c", script])).toMatchObject({ exitCode: 0 });
    const type = await lab.exec("node-0", ["stat", "-f", "-c", "%T", "/var/lib/containerd"]);
    expect(type.stdout.trim()).not.toBe("overlayfs");
    expect(await lab.has("node-0", "/dev/net/tun")).toBe(true);
    expect(await lab.has("node-0", "/dev/kmsg")).toBe(true);
  });

  test("do not see each other's cgroups", async () => {
    await using lab = await testLab({ nodes: 2 });
    const groups = "find /sys/fs/cgroup -maxdepth 3 -type d -name mine";
    const made = "for c in /sys/fs/cgroup/memory /sys/fs/cgroup; do mkdir $c/mine 2>&-; done";
    await lab.exec("node-0", ["sh", "-c", made]);
    expect((await lab.exec("node-0", ["sh", "-c", groups])).stdout).not.toBe("");
    expect((await lab.exec("node-1", ["sh", "-c", groups])).stdout).toBe("");
  });

  test("a second up changes nothing; with more nodes it adds machines that all know", async () => {
    await using lab = await testLab({ nodes: 1 });
    const pids = async () =>
      (await labStatus(lab.deps)).flatMap((one) =>
        one.machines.map((m) => (m.state === "running" ? m.leaderPid : 0)),
      );
    const before = await pids();
    await labUp(lab.deps, { name: lab.lab.name, nodes: 1 });
    expect(await pids()).toEqual(before);

    const grown = await labUp(lab.deps, { name: lab.lab.name, nodes: 2 });
    expect(grown.machines.map((one) => one.podSubnet)).toEqual(["10.200.0.0/24", "10.200.1.0/24"]);
    expect((await pids())[0]).toBe(before[0]);
    expect((await lab.exec("node-0", ["ping", "-c1", "-W2", "node-1"])).exitCode).toBe(0);
  });

  test("keep their files over reboot and power loss, and lose them by reset alone", async () => {
    await using lab = await testLab({ nodes: 1 });
    const boot = async () => (await lab.file("node-0", "/proc/sys/kernel/random/boot_id")).trim();
    await lab.ssh("node-0", [
      "sh",
      "-c",
      "echo kept > /root/mine; echo kept > /var/lib/mine; sync",
    ]);
    const first = await boot();

    await lab.reboot("node-0");
    const second = await boot();
    expect(second).not.toBe(first);
    expect(await lab.file("node-0", "/root/mine")).toBe("kept\n");

    await lab.kill("node-0");
    const [status] = await labStatus(lab.deps);
    expect(status?.machines.map((one) => one.state)).toEqual(["stopped"]);
    expect((await lab.ssh("node-0", ["true"])).exitCode).toBe(255);
    await lab.start("node-0");
    expect(await lab.file("node-0", "/var/lib/mine")).toBe("kept\n");

    await lab.reset("node-0");
    expect(await lab.has("node-0", "/root/mine")).toBe(false);
    expect(await lab.has("node-0", "/var/lib/mine")).toBe(false);
    // the same host key: known_hosts still holds
    expect((await lab.ssh("node-0", ["true"])).exitCode).toBe(0);
  });

  test("with a disk of their own are full when it is full", async () => {
    await using lab = await testLab({ nodes: 2, disks: { "node-1": 128 * MIB } });
    const fill = async (node: string, path: string) =>
      lab.exec(node, ["dd", "if=/dev/zero", `of=${path}`, "bs=1M", "count=160"]);
    expect((await fill("node-0", "/var/big")).exitCode).toBe(0);
    for (const path of ["/var/big", "/opt/big"]) {
      const full = await fill("node-1", path);
      expect(full.stderr).toContain("No space left on device");
    }
    await lab.exec("node-1", ["rm", "/var/big", "/opt/big"]);
    await lab.reboot("node-1");
    expect((await lab.exec("node-1", ["touch", "/var/small"])).exitCode).toBe(0);
    await lab.reset("node-1");
    expect(await lab.has("node-1", "/var/small")).toBe(false);
  });

  test("can be cut off the network and joined again", async () => {
    await using lab = await testLab({ nodes: 2 });
    const ping = ["ping", "-c1", "-W1", "node-1"];
    await lab.setNetwork("node-1", "down");
    expect((await lab.exec("node-0", ping)).exitCode).toBe(1);
    await lab.setNetwork("node-1", "up");
    expect((await lab.exec("node-0", ping)).exitCode).toBe(0);
  });

  test("of two labs live beside each other", async () => {
    await using one = await testLab({ nodes: 1 });
    await using two = await testLab({ nodes: 1 });
    expect(one.lab.subnet).not.toBe(two.lab.subnet);
    expect((await one.ssh("node-0", ["true"])).exitCode).toBe(0);
    expect((await two.ssh("node-0", ["true"])).exitCode).toBe(0);
  });

  test("a cluster directory names them as machines.txt does", async () => {
    await using lab = await testLab({ nodes: 1 });
    const dir = await lab.cluster();
    const machines = await Bun.file(join(dir, "machines.txt")).text();
    const { address } = lab.machine("node-0");
    expect(machines).toContain(`\n${address} node-0.kubernetes.local node-0 10.200.0.0/24\n`);
    const { pause } = await lab.images();
    expect(await Bun.file(join(dir, "configs/containerd-config.toml")).text()).toContain(
      `sandbox_image = "${pause.reference}"`,
    );
  });
});
