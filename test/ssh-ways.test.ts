import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestLab, testLab } from "./support/lab.ts";
import { nodewright } from "./support/nodewright.ts";

setDefaultTimeout(180_000);

let lab: TestLab;
let dir: string;
let settings: string;

beforeAll(async () => {
  lab = await testLab({ nodes: 2 });
  dir = await lab.cluster();
  settings = await readFile(join(dir, "nodewright.yaml"), "utf8");
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

/** Runs a command with settings in which words have been replaced, and lines added at the end. */
async function runWith(
  changes: Readonly<Record<string, string>>,
  argv: readonly string[],
  more = "",
) {
  let text = settings;
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`The lab's settings have no "${from}"`);
    text = text.replace(from, to);
  }
  await writeFile(join(dir, "nodewright.yaml"), text + more);
  return nodewright([...argv, "-C", dir]);
}

async function shell(node: string, script: string): Promise<string> {
  const done = await lab.exec(node, ["sh", "-ec", script]);
  if (done.exitCode !== 0) throw new Error(`${script}: ${done.stderr}`);
  return done.stdout;
}

describe("ways to a machine", () => {
  test("a user with sudo makes a node of it, and the files are root's", async () => {
    const applied = await runWith({ "user: root": "user: debian" }, ["apply"]);
    expect(applied).toMatchObject({ exitCode: 0 });
    expect(applied.stderr).toMatch(/node-1: \d+ checks passed on real pods/);
    const owner = await shell(
      "node-0",
      "stat -c %U:%G /etc/containerd/config.toml /opt/cni/bin/bridge",
    );
    expect(owner).toBe("root:root\nroot:root\n");
    expect(
      await shell("node-0", "find /home/debian -newer /etc/containerd/config.toml -type f"),
    ).toBe("");
    // What root has made is the same node to the user, and the other way round.
    const asRoot = await runWith({}, ["apply"]);
    expect(asRoot.stdout).toContain("0 changed, 2 unchanged, 0 failed");
  });

  test("a user without the right to sudo, or one who would be asked for a password, is refused", async () => {
    const never = await runWith(
      { "user: root": "user: debian" },
      ["apply", "node-0"],
      "sudo: never\n",
    );
    expect(never.exitCode).toBe(1);
    expect(never.stderr).toContain("debian");

    await shell(
      "node-0",
      "grep -rl NOPASSWD /etc/sudoers.d /etc/sudoers | xargs sed -i 's/NOPASSWD://'",
    );
    const asked = await runWith({ "user: root": "user: debian" }, ["apply"]);
    expect(asked.exitCode).toBe(1);
    expect(asked.stderr).toContain("node: node-0");
    expect(asked.stderr).toMatch(/sudo.*password/i);
    expect(asked.stdout).toContain("0 changed, 1 unchanged, 1 failed");
  });

  test("a port of its own, and a jump through the other machine", async () => {
    await shell(
      "node-1",
      "echo 'Port 2222' > /etc/ssh/sshd_config.d/port.conf; systemctl restart ssh",
    );
    const { address } = lab.machine("node-1");
    const known = await readFile(lab.lab.knownHosts, "utf8");
    const line = known.split("\n").find((text) => text.includes(address)) ?? "";
    const key = line.split(" ").slice(1).join(" ");
    await writeFile(join(dir, "known"), `${known}[${address}]:2222 ${key}\n`);
    const changes = {
      [`knownHostsFile: ${JSON.stringify(lab.lab.knownHosts)}`]: "knownHostsFile: known",
    };

    const closed = await runWith(changes, ["status", "node-1"]);
    expect(closed.exitCode).toBe(1);
    expect(closed.stderr).toMatch(/refused/);
    const port = "nodes:\n  node-1:\n    ssh: { port: 2222 }\n";
    const open = await runWith(changes, ["apply", "node-1"], port);
    expect(open.stdout).toContain("1 unchanged");

    const jump = lab.machine("node-0").address;
    await shell(
      "node-1",
      `nft add table inet way; nft add chain inet way in '{ type filter hook input priority 0 ; }'; nft add rule inet way in ip saddr ${lab.lab.jumpboxAddress} drop`,
    );
    const blocked = await runWith(
      { ...changes, 'IdentitiesOnly: "yes"': 'IdentitiesOnly: "yes"\n  connectTimeout: 2s' },
      ["status", "node-1"],
      port,
    );
    expect(blocked.exitCode).toBe(1);
    const jumped = await runWith(
      changes,
      ["apply", "node-1"],
      `nodes:\n  node-1:\n    ssh: { port: 2222, jumpHost: "root@${jump}" }\n`,
    );
    expect(jumped).toMatchObject({ exitCode: 0 });
    await shell("node-1", "nft delete table inet way");
  });
});
