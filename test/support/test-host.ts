import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type CommandOutput, createRunCommand } from "../../src/lab/mod.ts";

const run = createRunCommand({ ...process.env, LC_ALL: "C.UTF-8" });

/**
 * A network and mount namespace that stands for a host: what others do on this machine at the
 * same time is not seen in it, and a firewall can be set up there without cutting anybody off.
 */
export class TestHost implements AsyncDisposable {
  /** The name of the one lab that is made here. */
  readonly labName: string;
  /** A directory for the lab, on a disk. */
  readonly dir: string;
  /** The lab command from source. */
  readonly program: readonly string[] = [
    process.execPath,
    resolve(import.meta.dir, "../../cmd/nodewright.ts"),
    "lab",
  ];
  readonly #holder: Bun.Subprocess;

  private constructor(dir: string, holder: Bun.Subprocess) {
    this.dir = dir;
    this.#holder = holder;
    this.labName = `h-${dir.slice(-6).toLowerCase()}`;
  }

  /** `setUp` is a shell script that runs there first, e.g. to mount something. */
  static async create(setUp = ":"): Promise<TestHost> {
    const dir = await mkdtemp("/var/tmp/nodewright-host-");
    const hold = `set -e; ip link set lo up; ${setUp}; echo ready; exec sleep infinity`;
    const holder = Bun.spawn(
      ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", hold],
      { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
    );
    // cast: the stream of a pipe
    const output = holder.stdout as ReadableStream<Uint8Array>;
    const { done } = await output.getReader().read();
    if (done) throw new Error(`The host could not be set up: ${setUp}`);
    return new TestHost(dir, holder);
  }

  get stateDir(): string {
    return join(this.dir, "nodewright/labs");
  }

  /** The argument list that runs a command there. */
  argv(argv: readonly string[]): string[] {
    const env = ["env", `NODEWRIGHT_LAB_DIR=${this.stateDir}`];
    return ["nsenter", `--target=${this.#holder.pid}`, "--net", "--mount", "--", ...env, ...argv];
  }

  /** The argument list of a lab command there. */
  labArgv(verb: string, ...options: string[]): string[] {
    return this.argv([...this.program, verb, "--name", this.labName, ...options]);
  }

  /** Runs a command there; a non-zero exit is a value. */
  run(argv: readonly string[]): Promise<CommandOutput> {
    return run(this.argv(argv), { allowFailure: true });
  }

  /** Runs a lab command there; a non-zero exit is a value. */
  lab(verb: string, ...options: string[]): Promise<CommandOutput> {
    return run(this.labArgv(verb, ...options), { allowFailure: true });
  }

  /** The standard output of a command there. */
  async says(...argv: string[]): Promise<string> {
    return (await this.run(argv)).stdout;
  }

  /** Everything that a lab could leave on its host. */
  async snapshot(): Promise<Record<string, unknown>> {
    const loops = await this.says("losetup", "--list", "--noheadings", "--output", "BACK-FILE");
    const iptables = await this.says("iptables-save");
    const kept = await readFile("/run/nodewright-labs.json", "utf8").catch(() => "");
    return {
      links: await this.says("ip", "-o", "link"),
      addresses: await this.says("ip", "-o", "address"),
      rules: (await this.says("ip", "rule")) + (await this.says("ip", "-6", "rule")),
      routes4: await this.says("ip", "-4", "route", "show", "table", "all"),
      routes6: await this.says("ip", "-6", "route", "show", "table", "all"),
      nftables: await this.says("nft", "list", "ruleset"),
      // without the time of day and the packet counters
      iptables: iptables.replace(/^#.*\n/gm, "").replace(/\[\d+:\d+\]/g, ""),
      forwarding: await this.says("cat", "/proc/sys/net/ipv4/ip_forward"),
      mounts: await this.#mounts(),
      loops: loops.split("\n").filter((line) => line.includes(this.dir)),
      processes: await this.#processes(),
      cgroups: await this.says(
        "find",
        "/sys/fs/cgroup",
        "-name",
        `nodewright-lab-${this.labName}*`,
      ),
      runtime: await this.says("find", "/run", "-path", `*nwlab-${this.labName}*`),
      files: await readdir(this.dir),
      kept: kept.includes(this.dir),
    };
  }

  /**
   * Without those of other tests' labs: they were copied when this namespace was made, and go when
   * their directory does.
   */
  async #mounts(): Promise<readonly string[]> {
    const lines = (await this.says("cat", "/proc/self/mounts")).split("\n");
    return lines.filter((line) => !line.includes("/nodewright-test-"));
  }

  /** The command lines of the lab's processes; a zombie is over, whoever is PID 1 here reaps it. */
  async #processes(): Promise<string[]> {
    const found: string[] = [];
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
      const read = (name: string) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
      const [words, groups, status] = [
        await read("cmdline"),
        await read("cgroup"),
        await read("status"),
      ];
      const isOurs =
        words.includes(`nwlab-${this.labName}`) ||
        groups.includes(`nodewright-lab-${this.labName}/`);
      if (isOurs && status !== "" && !/^State:\s+Z/m.test(status)) found.push(words);
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab("down");
    this.#holder.kill();
    await this.#holder.exited;
    await rm(this.dir, { recursive: true, force: true });
  }
}
