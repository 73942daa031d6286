import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { processesOf, RUN_MARK } from "../scripts/test/host-state.ts";
import { endTests, takeDownLabs } from "../scripts/test/take-down.ts";
import { TestHost } from "./support/test-host.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.create();
});
afterAll(() => host[Symbol.asyncDispose]());

const up = (nodes: number) => host.lab("up", "--machines-only", "--nodes", String(nodes));

/** Starts `up` and ends it as soon as it says these words. */
async function interruptedUp(words: string, signal: NodeJS.Signals): Promise<void> {
  const child = Bun.spawn(host.labArgv("up", "--machines-only", "--nodes", "2"), {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const decoder = new TextDecoder();
  let said = "";
  for await (const chunk of child.stderr) {
    said += decoder.decode(chunk, { stream: true });
    if (said.includes(words)) child.kill(signal);
  }
  expect(said).toContain(words);
  await child.exited;
}

describe("lab down", () => {
  test("leaves nothing of a lab", async () => {
    const before = await host.snapshot();
    expect(await up(2)).toMatchObject({ exitCode: 0 });
    const during = await host.snapshot();
    for (const part of ["links", "addresses", "rules", "routes4", "processes", "files", "kept"]) {
      expect({ part, value: during[part] }).not.toEqual({ part, value: before[part] });
    }
    expect(await host.lab("down")).toMatchObject({
      exitCode: 0,
      stdout: `${host.labName}: taken away\n`,
    });
    expect(await host.snapshot()).toEqual(before);
    expect(await host.lab("down")).toMatchObject({
      exitCode: 0,
      stdout: `${host.labName}: there is no such lab\n`,
    });
  });

  test("leaves nothing of a lab with NAT", async () => {
    const before = await host.snapshot();
    expect(await host.lab("up", "--machines-only", "--nodes", "1", "--nat")).toMatchObject({
      exitCode: 0,
    });
    expect((await host.snapshot())["nftables"]).toContain("masquerade");
    expect(await host.lab("down")).toMatchObject({ exitCode: 0 });
    expect(await host.snapshot()).toEqual(before);
  });

  for (const [words, signal] of [
    ["Bridge ", "SIGKILL"],
    ["node-0: Booting", "SIGKILL"],
    ["node-0: Booting", "SIGINT"],
    ["Bridge ", "SIGTERM"],
  ] as const) {
    test(`leaves nothing of an up that ${signal} ended at "${words.trim()}"`, async () => {
      const before = await host.snapshot();
      await interruptedUp(words, signal);
      expect(await host.lab("down")).toMatchObject({ exitCode: 0 });
      expect(await host.snapshot()).toEqual(before);
    });
  }

  test("never removes what is not below the labs' directory", async () => {
    const names = ["..", "../..", "a/b", ""];
    for (const name of names) {
      const refused = await host.run([...host.program, "down", "--name", name]);
      expect(refused).toMatchObject({ exitCode: 2 });
    }
    expect(await stat(host.dir)).toBeDefined();
  });

  test("works where the state file is damaged", async () => {
    const before = await host.snapshot();
    await up(1);
    const state = join(host.stateDir, host.labName, "lab.json");
    await Bun.write(state, "{");
    const refused = await up(1);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("lab down");
    expect(await host.lab("down")).toMatchObject({ exitCode: 0 });
    expect(await host.snapshot()).toEqual(before);
  });
});

describe("lab up", () => {
  test("goes on where an earlier one was killed", async () => {
    await interruptedUp("node-1: Booting", "SIGKILL");
    expect(await up(2)).toMatchObject({ exitCode: 0 });
    expect((await host.says(...host.program, "status")).match(/running/g)).toHaveLength(2);
    await host.lab("down");
  });

  test("gets past a firewall that drops what is forwarded, and takes its rule away", async () => {
    await host.says("iptables", "-P", "FORWARD", "DROP");
    try {
      const before = await host.snapshot();
      expect(await up(2)).toMatchObject({ exitCode: 0 });
      const rules = await host.says("iptables", "-S", "FORWARD");
      expect(rules).toContain(`nodewright-lab:${host.labName}`);
      // the rule is needed: without it the machines do not reach each other
      await host.says("iptables", "-F", "FORWARD");
      const ping = ["node-0", "--", "ping", "-c1", "-W1", "node-1"];
      expect(await host.lab("exec", ...ping)).toMatchObject({ exitCode: 1 });
      expect(await up(2)).toMatchObject({ exitCode: 0 });
      expect(await host.says("iptables", "-S", "FORWARD")).toBe(rules);
      await host.lab("down");
      expect(await host.snapshot()).toEqual(before);
    } finally {
      await host.says("iptables", "-P", "FORWARD", "ACCEPT");
    }
  });

  test("names a firewall that it does not get past", async () => {
    await host.says("nft", "add table inet strict");
    await host.says(
      "nft",
      "add chain inet strict forward { type filter hook forward priority 10; policy drop; }",
    );
    try {
      const refused = await up(2);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain("A firewall of this host drops what passes over the bridge");
    } finally {
      await host.says("nft", "delete table inet strict");
      await host.lab("down");
    }
  });

  test("takes a subnet that the host does not use", async () => {
    await host.says("ip", "route", "add", "blackhole", "10.240.0.0/13");
    try {
      expect(await up(1)).toMatchObject({ exitCode: 0 });
      expect(await host.says(...host.program, "status")).toContain("172.31.224.0/24");
    } finally {
      await host.says("ip", "route", "delete", "blackhole", "10.240.0.0/13");
      await host.lab("down");
    }
  });

  test("leaves a link of another owner alone", async () => {
    const bridge = `nwlab-${host.labName}`;
    await host.says("ip", "link", "add", bridge, "type", "bridge");
    try {
      const refused = await up(1);
      expect(refused).toMatchObject({ exitCode: 1 });
      expect(refused.stderr).toContain(`Cannot make the bridge "${bridge}": a link has that name`);
      await host.lab("down");
      expect(await host.says("ip", "link", "show", bridge)).toContain(bridge);
    } finally {
      await host.says("ip", "link", "delete", bridge);
    }
  });

  for (const { name, mount, says } of [
    {
      name: "a disk without room",
      mount: 'mount -t tmpfs -o size=64m tmpfs "$0"',
      says: "MiB free, 2048 MiB needed",
    },
    {
      name: "a read-only file system",
      mount: 'mount -t tmpfs -o ro tmpfs "$0"',
      says: "Cannot write below",
    },
    {
      name: "a file system that overlayfs cannot be stacked on",
      mount:
        'mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work && mount -t overlay -o lowerdir=/srv,upperdir=/mnt/upper,workdir=/mnt/work overlay "$0"',
      says: "Cannot mount overlayfs below",
    },
  ]) {
    test(`refuses ${name}`, async () => {
      expect(await host.run(["sh", "-c", mount, host.dir])).toMatchObject({ exitCode: 0 });
      try {
        const refused = await up(2);
        expect(refused).toMatchObject({ exitCode: 1 });
        expect(refused.stderr).toContain(says);
        expect(refused.stderr).toContain("fix: ");
      } finally {
        await host.run(["umount", host.dir]);
        await host.run(["umount", "/mnt"]);
      }
    });
  }

  for (const { name, as, says } of [
    {
      name: "a user who is not root",
      as: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"],
      says: "user id 65534 is not root",
    },
    {
      name: "a container without CAP_SYS_ADMIN",
      as: ["setpriv", "--bounding-set=-sys_admin", "--"],
      says: "lacks CAP_SYS_ADMIN",
    },
  ]) {
    test(`refuses ${name}`, async () => {
      const argv = [...host.program, "up", "--name", host.labName, "--machines-only"];
      const refused = await host.run([...as, ...argv]);
      expect(refused).toMatchObject({ exitCode: 1 });
      expect(refused.stderr).toContain(says);
      expect(refused.stderr).toContain("fix: ");
      expect(await stat(join(host.dir, "nodewright")).catch(() => undefined)).toBeUndefined();
    });
  }
});

test("use 22: lab status as a user who may not read the labs names the permission, not that there are none", async () => {
  await using host = await TestHost.create();
  expect(await host.run(["sh", "-c", 'mkdir -p "$0" && chmod 700 "$0"', host.dir])).toMatchObject({
    exitCode: 0,
  });
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
  const refused = await host.run([...nobody, ...host.program, "status"]);
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.stderr).toMatch(/^error: Cannot read .*: EACCES\n {2}fix: Run it as root/);
});

describe("on a host with cgroup v2 alone", () => {
  test("machines boot, own their cgroups, and leave nothing", async () => {
    await using unified = await TestHost.create(
      "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup",
    );
    const before = await unified.snapshot();
    const made = await unified.lab("up", "--machines-only", "--nodes", "1");
    expect(made).toMatchObject({ exitCode: 0 });
    const inside = (...argv: string[]) => unified.lab("exec", "node-0", "--", ...argv);
    const type = await inside("stat", "-f", "-c", "%T", "/sys/fs/cgroup");
    expect(type.stdout).toBe("cgroup2fs\n");
    const child = "mkdir /sys/fs/cgroup/probe && rmdir /sys/fs/cgroup/probe";
    expect(await inside("sh", "-c", child)).toMatchObject({ exitCode: 0 });
    expect(await unified.lab("down")).toMatchObject({ exitCode: 0 });
    expect(await unified.snapshot()).toEqual(before);
  });
});

test("an interrupted run ends its processes, and takes down what those have left", async () => {
  const mark = crypto.randomUUID();
  const child = Bun.spawn(["setsid", "sleep", "600"], {
    env: { ...process.env, [RUN_MARK]: mark },
  });
  const dir = await mkdtemp("/var/tmp/nodewright-test-");
  // No process has this id and this start.
  await writeFile(join(dir, "owner"), `${child.pid} 1`);
  await endTests(mark);
  expect(await child.exited).not.toBe(0);
  await takeDownLabs(mark);
  expect(processesOf(mark)).toEqual([]);
  expect(existsSync(dir)).toBe(false);
});
