/**
 * nodewright as a person uses it on two fresh machines: from a shell, in a pipe, on a terminal,
 * on a node. One story, in order.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestLab, testLab } from "./support/lab.ts";
import { nodewright, nodewrightPath, startNodewright } from "./support/nodewright.ts";

setDefaultTimeout(120_000);

const IMAGE = "nodewright.local/busybox";
let lab: TestLab;
let dir = "";
beforeAll(async () => {
  lab = await testLab({ nodes: 2 });
  dir = await lab.cluster();
  // A machine's namespace begins with what its host has.
  await lab.exec("node-0", ["sysctl", "-w", "net.ipv4.ip_forward=0"]);
});
afterAll(() => lab[Symbol.asyncDispose]());

/** One parsed line for each line; rejects the run where a line is no JSON. */
function jsonLines(text: string): { kind?: string; [key: string]: unknown }[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Types a command at a shell on a terminal of its own and gives all that was written there. */
async function onTerminal(command: string, keys = ""): Promise<{ text: string; exitCode: number }> {
  // A terminal that script(1) makes has no size.
  const line = `stty rows 40 cols 120; ${command}`;
  const child = Bun.spawn(["script", "--quiet", "--return", "--command", line, "/dev/null"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, TERM: "xterm", COLUMNS: "120" },
  });
  child.stdin.write(keys);
  child.stdin.flush();
  const text = await new Response(child.stdout).text();
  child.stdin.end();
  return { text, exitCode: await child.exited };
}

describe("from plain machines to nodes", () => {
  test("plan says what would change, in the order of the nodes, and exits with 4 where asked to", async () => {
    const said = await nodewright(["plan", "--detailed-exitcode", "-C", dir]);
    expect(said.exitCode).toBe(4);
    expect(said.stdout).toMatch(/^node-0:\n {2}set net\.ipv4\.ip_forward = 1 \(was 0\)$/m);
    expect(said.stdout).toContain("  write /bin/containerd (new)\n");
    expect(said.stdout).toContain(
      "+++ node-0:/etc/containerd/config.toml (configs/containerd-config.toml)",
    );
    expect(said.stdout.indexOf("node-0:\n")).toBeLessThan(said.stdout.indexOf("node-1:\n"));
    // Once, in the plan, and not again among the words about the work.
    expect(said.text.match(/note: kubelet\.service is installed but not run/g)).toHaveLength(2);
    expect(await lab.has("node-0", "/bin/containerd")).toBe(false);
  });

  test("apply installs, starts and verifies, and says so; warnings come once", async () => {
    const machines = await readFile(join(dir, "machines.txt"), "utf8");
    await writeFile(join(dir, "machines.txt"), machines.replaceAll("\n", "\r\n"));
    const said = await nodewright(["-C", dir, "apply"]);
    await writeFile(join(dir, "machines.txt"), machines);
    expect([said.exitCode, said.stdout]).toEqual([0, "nodes: 2 changed, 0 unchanged, 0 failed\n"]);
    expect(said.stderr.match(/Windows line ends/g)).toHaveLength(1);
    expect(said.stderr).toMatch(/^node-1: \d+ checks passed on real pods$/m);
    expect(said.stderr).toMatch(/^node-1: done, generation 1 in \d+\.\d s$/m);
  });

  test("a second apply and plan have nothing to do", async () => {
    const again = await nodewright(["apply", "-C", dir]);
    expect([again.exitCode, again.stdout]).toEqual([
      0,
      "nodes: 0 changed, 2 unchanged, 0 failed\n",
    ]);
    const plan = await nodewright(["plan", "--detailed-exitcode", "-C", dir, "node-1"]);
    expect(plan.exitCode).toBe(0);
    expect(plan.stdout).toStartWith("node-1: up to date\n");
    expect(plan.stdout).not.toContain("node-0");
  });

  test("--json gives one document a line, and nothing else", async () => {
    for (const argv of [["apply"], ["plan"], ["status"], ["reset", "--dry-run", "--all"]]) {
      const said = await nodewright([...argv, "--json", "-C", dir]);
      expect([argv[0], said.exitCode, said.stderr]).toEqual([argv[0], 0, ""]);
      expect(jsonLines(said.stdout).length).toBeGreaterThan(1);
    }
    const { stdout } = await nodewright(["--json", "verify", "-C", dir]);
    const summary = jsonLines(stdout).at(-1);
    expect(summary).toMatchObject({ kind: "summary", nodes: 2, failedNodes: 0, failedChecks: 0 });
    expect(summary?.["checks"]).toBeGreaterThan(10);
  });

  test("status tells generation, units and drift", async () => {
    await lab.exec("node-1", ["sh", "-c", "echo '# mine' >>/etc/containerd/config.toml"]);
    const said = await nodewright(["status", "-C", dir]);
    expect(said.exitCode).toBe(0);
    expect(said.stdout).toMatch(/^node-0: generation 1 of /m);
    expect(said.stdout).toMatch(/^ {2}containerd\.service +active \(running\), enabled$/m);
    expect(said.stdout).toMatch(/^ {2}drift: \/etc\/containerd\/config\.toml: /m);
  });

  test("a saved plan is carried out only if nothing has changed since", async () => {
    const file = join(dir, "mend.plan");
    const planned = await nodewright(["plan", "-o", file, "-C", dir]);
    expect(planned.stdout).toEndWith("nodes: 1 to change (3 steps), 1 up to date, 0 failed\n");
    await lab.exec("node-1", ["sh", "-c", "echo '# mine too' >>/etc/containerd/config.toml"]);
    const stale = await nodewright(["apply", file, "-C", dir]);
    expect(stale.exitCode).toBe(1);
    expect(stale.stderr).toContain("node-1 is not as planned: its steps are different: write ");
    expect((await nodewright(["plan", "-o", file, "-C", dir])).exitCode).toBe(0);
    const mended = await nodewright(["apply", file, "-C", dir]);
    expect(mended.stdout).toBe("nodes: 1 changed, 1 unchanged, 0 failed\n");
    const again = await nodewright(["apply", file, "-C", dir]);
    expect(again.stderr).toContain("it is at generation 2, and the plan starts from generation 1");
  });

  test("verify sums up nodes and checks; a node that fails is told with its cause", async () => {
    const sound = await nodewright(["verify", "-C", dir]);
    expect(sound.exitCode).toBe(0);
    expect(sound.stdout).toMatch(/^node-0: ok: pod-to-peer-pod \(node-1\): /m);
    expect(sound.stdout).toMatch(/^2 of 2 nodes passed, (\d+) of \1 checks$/m);
    await lab.exec("node-1", ["systemctl", "stop", "containerd"]);
    const broken = await nodewright(["verify", "-C", dir]);
    await lab.exec("node-1", ["systemctl", "start", "containerd"]);
    expect(broken.exitCode).toBe(1);
    expect(broken.stdout).toMatch(/^1 of 2 nodes passed, /m);
    expect(broken.stderr).toMatch(/^ {2}node: node-1$/m);
  });
});

describe("on a terminal", () => {
  test("progress is live and leaves only lines that are true afterwards", async () => {
    await lab.exec("node-0", ["sh", "-c", "echo '# mine' >>/etc/crictl.yaml"]);
    const said = await onTerminal(`${nodewrightPath()} apply -C ${dir}`);
    expect(said.exitCode).toBe(0);
    expect(said.text).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    // What stands there in the end: everything that was not erased again.
    const lines = said.text.split("\n");
    expect(lines.filter((line) => /node-0: done, generation/.test(line))).toHaveLength(1);
    expect(lines.at(-2)?.trim()).toEndWith("nodes: 1 changed, 1 unchanged, 0 failed");
    const plain = await onTerminal(`${nodewrightPath()} apply --no-color -C ${dir}`);
    expect(plain.text).not.toContain("\u001b");
  });

  test("reset asks, and takes anything but yes for no", async () => {
    const said = await onTerminal(`${nodewrightPath()} reset -C ${dir} node-0`, "n\r");
    expect(said.text).toContain("All pods on node-0 end");
    expect(said.text).toContain("Nothing was done: not confirmed");
    expect(said.exitCode).toBe(1);
    expect(await lab.has("node-0", "/bin/containerd")).toBe(true);
  });

  test("Ctrl-C ends an apply in order, with 130 and the way to go on", async () => {
    await lab.exec("node-0", ["sh", "-c", "echo '# mine' >>/etc/containerd/config.toml"]);
    const child = startNodewright(["apply", "-C", dir, "-v"]);
    const reader = child.stderr.getReader();
    const decoder = new TextDecoder();
    let stderr = "";
    let isAsked = false;
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      stderr += decoder.decode(chunk.value);
      // Once: a second one would not wait for the order.
      if (!isAsked && stderr.includes("node-0: applying")) child.kill("SIGINT");
      isAsked ||= stderr.includes("node-0: applying");
    }
    expect(await child.exited).toBe(130);
    expect(stderr).toMatch(/error: Interrupted\n {2}fix: run the same command again/);
    const again = await nodewright(["apply", "-C", dir]);
    expect(again.exitCode).toBe(0);
    expect((await nodewright(["status", "-C", dir])).stdout).not.toContain("drift:");
  });
});

describe("wrong users", () => {
  /** The cluster with another user. */
  async function as(user: string): Promise<string> {
    const path = join(lab.dir, `as-${user}`);
    await mkdir(path);
    for (const name of ["machines.txt", "configs", "units"]) {
      await symlink(join(dir, name), join(path, name));
    }
    const settings = await readFile(join(dir, "nodewright.yaml"), "utf8");
    await writeFile(join(path, "nodewright.yaml"), settings.replace("user: root", `user: ${user}`));
    return path;
  }

  test("a user that SSH refuses", async () => {
    const said = await nodewright(["plan", "-C", await as("nobody-here"), "node-0"]);
    expect(said.exitCode).toBe(1);
    expect(said.stderr).toContain("the user or key was refused");
    expect(said.stderr).toContain("nobody-here");
  });

  test("a user whose sudo asks for a password, then one whose does not", async () => {
    const keys = "/home/alice/.ssh";
    const script = `useradd -m -s /bin/sh alice && mkdir ${keys} &&
      cp /root/.ssh/authorized_keys ${keys} && chown -R alice ${keys}`;
    expect((await lab.exec("node-0", ["sh", "-c", script])).exitCode).toBe(0);
    const path = await as("alice");
    const refused = await nodewright(["apply", "-C", path, "node-0"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("sudo asks for a password");
    expect(refused.stderr).toContain("NOPASSWD");
    const rule = "echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/alice";
    await lab.exec("node-0", ["sh", "-c", rule]);
    const allowed = await nodewright(["apply", "-C", path, "node-0"]);
    expect([allowed.exitCode, allowed.stdout]).toEqual([
      0,
      "nodes: 0 changed, 1 unchanged, 0 failed\n",
    ]);
  });
});

describe("cri", () => {
  const at = (node: string): string[] => ["--node", node, "-C", dir];
  const cri = (...words: string[]) => nodewright(["cri", ...words]);
  let container = "";

  test("answers on the node by name, and from the jumpbox", async () => {
    const there = await lab.ssh("node-0", ["nodewright", "cri", "version"]);
    expect([there.exitCode, there.stdout]).toEqual([
      0,
      expect.stringMatching(/^RuntimeName: {2}containerd$/m),
    ]);
    const here = await cri("version", ...at("node-0"));
    expect(here.stdout).toBe(there.stdout);
    expect((await cri("info", ...at("node-0"))).stdout).toContain('"RuntimeReady"');
    const images = await cri("images", ...at("node-0"));
    expect(images.stdout).toMatch(/^IMAGE +TAG +IMAGE ID +SIZE\n/);
    expect(images.stdout).toContain(IMAGE);
    expect(
      JSON.parse((await nodewright(["--json", "cri", "images", ...at("node-0")])).stdout),
    ).toHaveProperty("images");
  });

  test("runs a pod from files of the jumpbox, shows it, and runs commands in it", async () => {
    const [tag] = (await cri("images", ...at("node-0"))).stdout.match(/(?<=busybox +)\S+/) ?? [];
    const pod = join(lab.dir, "pod.yaml");
    await writeFile(
      pod,
      "metadata: {name: web, namespace: default, uid: u1}\nlog_directory: /var/log/pods/web\nlinux: {}\n",
    );
    const config = join(lab.dir, "container.json");
    const script =
      "echo hello; echo bad >&2; i=0; while sleep 0.2; do i=$((i+1)); echo line $i; done";
    await writeFile(
      config,
      JSON.stringify({
        metadata: { name: "sh" },
        image: { image: `${IMAGE}:${tag}` },
        command: ["/bin/sh", "-c", script],
        log_path: "sh.log",
        linux: {},
      }),
    );
    const run = await cri("run", ...at("node-0"), config, pod);
    expect([run.exitCode, run.stderr]).toEqual([0, ""]);
    container = run.stdout.trim();
    expect(container).toMatch(/^[0-9a-f]{64}$/);
    expect((await cri("ps", ...at("node-0"))).stdout).toMatch(/ Running +sh +0 +\w+ +web$/m);
    expect((await cri("pods", "-q", ...at("node-0"))).stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect((await cri("inspect", container.slice(0, 8), ...at("node-0"))).stdout).toContain(
      container,
    );
    expect((await cri("stats", ...at("node-0"))).stdout).toMatch(/^CONTAINER +NAME +CPU % +MEM/);
  });

  test("exec keeps streams and exit code apart, and passes standard input on", async () => {
    const said = await cri(
      "exec",
      ...at("node-0"),
      container,
      "sh",
      "-c",
      "echo out; echo err >&2; exit 7",
    );
    expect([said.exitCode, said.stdout, said.stderr]).toEqual([7, "out\n", "err\n"]);
    const bytes = Buffer.alloc(3_000_000, "0123456789abcdef\n");
    const child = Bun.spawn(
      [nodewrightPath(), "cri", "exec", "-i", ...at("node-0"), container, "md5sum"],
      { stdin: bytes, stdout: "pipe" },
    );
    const sum = new Bun.CryptoHasher("md5").update(bytes).digest("hex");
    expect(await new Response(child.stdout).text()).toBe(`${sum}  -\n`);
    const terminal = await onTerminal(
      `${nodewrightPath()} cri exec -it ${at("node-0").join(" ")} ${container} tty`,
    );
    expect(terminal.text).toContain("/dev/pts/");
  });

  test("logs ends where told to, follows, and stops at the reader's end", async () => {
    const tail = await cri("logs", "--tail", "1", ...at("node-0"), container);
    expect(tail.stdout).toMatch(/^line \d+\n$/);
    const all = await cri("logs", ...at("node-0"), container);
    expect([all.stdout.split("\n")[0], all.stderr]).toEqual(["hello", "bad\n"]);
    const follow = startNodewright([
      "cri",
      "logs",
      "-f",
      "--tail",
      "0",
      ...at("node-0"),
      container,
    ]);
    const reader = follow.stdout.getReader();
    let seen = "";
    while ((seen.match(/line/g)?.length ?? 0) < 3) {
      const { value, done } = await reader.read();
      if (done) break;
      seen += new TextDecoder().decode(value);
    }
    follow.kill("SIGINT");
    expect(await follow.exited).toBe(130);
    expect(seen.match(/^line \d+$/gm)?.length).toBeGreaterThanOrEqual(3);
    expect(await new Response(follow.stderr).text()).toBe("");
  });

  test("an unknown ID, an ambiguous one, an unknown node and a missing file are told", async () => {
    const unknown = await cri("exec", ...at("node-0"), "zzz", "ls");
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      1,
      expect.stringContaining('whose ID begins with "zzz"'),
    ]);
    expect(unknown.stderr).toContain("nodewright cri ps -a");
    const inUse = await cri("rm", ...at("node-0"), container);
    expect([inUse.exitCode, inUse.stderr]).toEqual([2, expect.stringContaining("--force")]);
    const node = await cri("ps", ...at("node-9"));
    expect([node.exitCode, node.stderr]).toEqual([2, expect.stringContaining('"node-9"')]);
    const file = join(lab.dir, "missing.tar");
    const archive = await cri("import", ...at("node-0"), file);
    expect([archive.exitCode, archive.stderr]).toEqual([2, expect.stringContaining(file)]);
    expect(await Bun.file(file).exists()).toBe(false);
    const bad = await cri("import", ...at("node-0"), join(dir, "machines.txt"));
    expect([bad.exitCode, bad.stderr]).toEqual([
      1,
      expect.stringContaining("Cannot import the archive"),
    ]);
    const local = await cri("ps", "-r", `unix://${lab.dir}/no.sock`);
    expect([local.exitCode, local.stderr]).toEqual([
      1,
      expect.stringContaining("there is no such socket"),
    ]);
  });

  test("stop, rm and rmp leave nothing; an archive of the jumpbox is imported", async () => {
    expect((await cri("stop", ...at("node-0"), container)).exitCode).toBe(0);
    expect((await cri("ps", "-a", ...at("node-0"))).stdout).toContain("Exited");
    expect((await cri("rm", ...at("node-0"), container)).stdout).toBe(`${container}\n`);
    expect((await cri("rmp", "-f", "-a", ...at("node-0"))).exitCode).toBe(0);
    expect((await cri("pods", "-q", ...at("node-0"))).stdout).toBe("");
    const { pause } = await lab.images();
    const imported = await cri("import", ...at("node-0"), pause.path);
    expect(imported.stdout).toBe(`Imported: ${pause.reference}\n`);
  });
});

describe("reset", () => {
  test("says what it would take away, takes it away, and has nothing left to do", async () => {
    const dry = await nodewright(["reset", "--dry-run", "-C", dir, "node-0"]);
    expect(dry.exitCode).toBe(0);
    expect(dry.stdout).toContain("  remove /usr/local/bin/nodewright\n");
    expect(await lab.has("node-0", "/usr/local/bin/nodewright")).toBe(true);
    const said = await nodewright(["reset", "--yes", "-C", dir, "--all"]);
    expect([said.exitCode, said.stderr]).toEqual([0, ""]);
    expect(said.stdout).toMatch(/^node-1: \d+ removed, \d+ restored$/m);
    for (const path of ["/bin/containerd", "/usr/local/bin/nodewright", "/var/lib/nodewright"]) {
      expect([path, await lab.has("node-0", path)]).toEqual([path, false]);
    }
    const again = await nodewright(["reset", "--yes", "-C", dir, "node-0"]);
    expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining("node-0: ")]);
    expect((await nodewright(["status", "-C", dir, "node-0"])).stdout).toContain(
      "not made by nodewright yet",
    );
  });
});
