import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createRunCommand } from "../src/lab/mod.ts";

/**
 * Everything here happens in a network and mount namespace of the test's own, which stands for a
 * host: what others do on this machine at the same time is not seen, and a firewall can be set
 * up without cutting anybody off.
 */
const NAME = `l-${process.pid}`;
const run = createRunCommand({ ...process.env, LC_ALL: "C.UTF-8" });
const program = [process.execPath, resolve("cmd/nodewright.ts"), "lab"];
let dir = "";
let host: Bun.Subprocess;

beforeAll(async () => {
  dir = await mkdtemp("/var/tmp/nodewright-host-");
  const hold = "ip link set lo up; echo ready; exec sleep infinity";
  host = Bun.spawn(["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", hold], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  // cast: the stream of a pipe
  for await (const _ of host.stdout as ReadableStream<Uint8Array>) break;
});

afterAll(async () => {
  await lab("down");
  host.kill();
  await host.exited;
  await rm(dir, { recursive: true, force: true });
});

function onHost(argv: readonly string[]): string[] {
  const env = ["env", `NODEWRIGHT_LAB_DIR=${join(dir, "nodewright/labs")}`];
  return ["nsenter", `--target=${host.pid}`, "--net", "--mount", "--", ...env, ...argv];
}

async function hostSays(...argv: string[]): Promise<string> {
  return (await run(onHost(argv), { allowFailure: true })).stdout;
}

async function lab(verb: string, ...options: string[]) {
  const argv = [...program, verb, "--name", NAME, ...options];
  return run(onHost(argv), { allowFailure: true });
}

const up = (nodes: number) => lab("up", "--machines-only", "--nodes", String(nodes));

/** Everything that a lab could leave on its host. */
async function snapshot(): Promise<Record<string, unknown>> {
  const processes: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const groups = await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
    // A zombie is over; whoever is PID 1 here takes its entry away.
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State:\tZ");
    if (/^State:\s+Z/m.test(status)) continue;
    if (words.includes(`nwlab-${NAME}`) || groups.includes(`nodewright-lab-${NAME}`)) {
      processes.push(words);
    }
  }
  const loops = await hostSays("losetup", "--list", "--noheadings", "--output", "BACK-FILE");
  return {
    links: await hostSays("ip", "-o", "link"),
    addresses: await hostSays("ip", "-o", "address"),
    rules: (await hostSays("ip", "rule")) + (await hostSays("ip", "-6", "rule")),
    routes4: await hostSays("ip", "-4", "route", "show", "table", "all"),
    routes6: await hostSays("ip", "-6", "route", "show", "table", "all"),
    nftables: await hostSays("nft", "list", "ruleset"),
    iptables: (await hostSays("iptables-save")).replace(/^#.*\n/gm, "").replace(/\[\d+:\d+\]/g, ""),
    mounts: await hostSays("cat", "/proc/self/mounts"),
    loops: loops.split("\n").filter((line) => line.includes(dir)),
    processes,
    cgroups: await hostSays("find", "/sys/fs/cgroup", "-name", `nodewright-lab-${NAME}*`),
    runtime: await hostSays("find", "/run", "-path", `*nwlab-${NAME}*`),
    files: await readdir(dir),
    kept: (await readFile("/run/nodewright-labs.json", "utf8").catch(() => "")).includes(dir),
  };
}

/** Starts `up` and ends it as soon as it says these words. */
async function interruptedUp(words: string, signal: NodeJS.Signals): Promise<void> {
  const argv = [...program, "up", "--machines-only", "--name", NAME, "--nodes", "2"];
  const child = Bun.spawn(onHost(argv), { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
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
    const before = await snapshot();
    expect(await up(2)).toMatchObject({ exitCode: 0 });
    const during = await snapshot();
    for (const part of ["links", "addresses", "rules", "routes4", "processes", "files", "kept"]) {
      expect({ part, value: during[part] }).not.toEqual({ part, value: before[part] });
    }
    expect(await lab("down")).toMatchObject({ exitCode: 0, stdout: `${NAME}: taken away\n` });
    expect(await snapshot()).toEqual(before);
    expect(await lab("down")).toMatchObject({
      exitCode: 0,
      stdout: `${NAME}: there is no such lab\n`,
    });
  });

  test("leaves nothing of a lab with NAT", async () => {
    const before = await snapshot();
    const forwarding = await hostSays("cat", "/proc/sys/net/ipv4/ip_forward");
    expect(await lab("up", "--machines-only", "--nodes", "1", "--nat")).toMatchObject({
      exitCode: 0,
    });
    expect((await snapshot())["nftables"]).toContain("masquerade");
    expect(await lab("down")).toMatchObject({ exitCode: 0 });
    expect(await snapshot()).toEqual(before);
    expect(await hostSays("cat", "/proc/sys/net/ipv4/ip_forward")).toBe(forwarding);
  });

  for (const [words, signal] of [
    ["Bridge ", "SIGKILL"],
    ["node-0: Booting", "SIGKILL"],
    ["node-0: Booting", "SIGINT"],
    ["Bridge ", "SIGTERM"],
  ] as const) {
    test(`leaves nothing of an up that ${signal} ended at "${words.trim()}"`, async () => {
      const before = await snapshot();
      await interruptedUp(words, signal);
      expect(await lab("down")).toMatchObject({ exitCode: 0 });
      expect(await snapshot()).toEqual(before);
    });
  }

  test("works where the state file is damaged", async () => {
    const before = await snapshot();
    await up(1);
    const state = join(dir, "nodewright/labs", NAME, "lab.json");
    await Bun.write(state, "{");
    const refused = await up(1);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("lab down");
    expect(await lab("down")).toMatchObject({ exitCode: 0 });
    expect(await snapshot()).toEqual(before);
  });
});

describe("lab up", () => {
  test("goes on where an earlier one was killed", async () => {
    await interruptedUp("node-1: Booting", "SIGKILL");
    expect(await up(2)).toMatchObject({ exitCode: 0 });
    expect((await hostSays(...program, "status")).match(/running/g)).toHaveLength(2);
    await lab("down");
  });

  test("gets past a firewall that drops what is forwarded, and takes its rule away", async () => {
    await hostSays("iptables", "-P", "FORWARD", "DROP");
    try {
      const before = await snapshot();
      expect(await up(2)).toMatchObject({ exitCode: 0 });
      const rules = await hostSays("iptables", "-S", "FORWARD");
      expect(rules).toContain(`nodewright-lab:${NAME}`);
      // the rule is needed: without it the machines do not reach each other
      await hostSays("iptables", "-F", "FORWARD");
      const ping = [
        ...program,
        "exec",
        "--name",
        NAME,
        "node-0",
        "--",
        "ping",
        "-c1",
        "-W1",
        "node-1",
      ];
      expect(await run(onHost(ping), { allowFailure: true })).toMatchObject({ exitCode: 1 });
      expect(await up(2)).toMatchObject({ exitCode: 0 });
      expect(await hostSays("iptables", "-S", "FORWARD")).toBe(rules);
      await lab("down");
      expect(await snapshot()).toEqual(before);
    } finally {
      await hostSays("iptables", "-P", "FORWARD", "ACCEPT");
    }
  });

  test("names a firewall that it does not get past", async () => {
    await hostSays("nft", "add table inet strict");
    await hostSays(
      "nft",
      "add chain inet strict forward { type filter hook forward priority 10; policy drop; }",
    );
    try {
      const refused = await up(2);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain("A firewall of this host drops what passes over the bridge");
    } finally {
      await hostSays("nft", "delete table inet strict");
      await lab("down");
    }
  });

  test("takes a subnet that the host does not use", async () => {
    await hostSays("ip", "route", "add", "blackhole", "10.240.0.0/13");
    try {
      expect(await up(1)).toMatchObject({ exitCode: 0 });
      expect(await hostSays(...program, "status")).toContain("172.31.224.0/24");
    } finally {
      await hostSays("ip", "route", "delete", "blackhole", "10.240.0.0/13");
      await lab("down");
    }
  });

  test("leaves a link of another owner alone", async () => {
    const bridge = `nwlab-${NAME}`;
    await hostSays("ip", "link", "add", bridge, "type", "bridge");
    try {
      const refused = await up(1);
      expect(refused).toMatchObject({ exitCode: 1 });
      expect(refused.stderr).toContain(`Cannot make the bridge "${bridge}": a link has that name`);
      await lab("down");
      expect(await hostSays("ip", "link", "show", bridge)).toContain(bridge);
    } finally {
      await hostSays("ip", "link", "delete", bridge);
    }
  });

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
      const argv = [...as, ...program, "up", "--name", NAME, "--machines-only"];
      const refused = await run(onHost(argv), { allowFailure: true });
      expect(refused).toMatchObject({ exitCode: 1 });
      expect(refused.stderr).toContain(says);
      expect(refused.stderr).toContain("fix: ");
      expect(await stat(join(dir, "nodewright")).catch(() => undefined)).toBeUndefined();
    });
  }
});
