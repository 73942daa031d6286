import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shellQuote } from "../../src/base/mod.ts";
import { labDeps } from "../../src/cli/lab/lab-deps.ts";
import {
  type CommandOutput,
  ensureLabImages,
  execInMachine,
  killMachine,
  type Lab,
  type LabCni,
  type LabDeps,
  type LabMachine,
  type LabWorker,
  labDown,
  labNames,
  labUp,
  labWorkers,
  machineRoot,
  rebootMachine,
  resetMachine,
  setMachineNetwork,
  sshArgs,
  startMachine,
  writeClusterDirectory,
} from "../../src/lab/mod.ts";

/** What a test wants to have. */
export interface TestLabOptions {
  readonly nodes: number;
  readonly nat?: boolean;
  /** Sizes of disks in bytes, by machine name. */
  readonly disks?: Readonly<Record<string, number>>;
  /** Called for every step and warning; silent by default. */
  readonly report?: LabDeps["report"];
}

/** Below it every test process has a directory of its own; /var/tmp, because overlays need a disk. */
const PARENT = "/var/tmp";
const PREFIX = "nodewright-test-";
const OWNER = "owner";

/**
 * A lab of a test's own: its name, subnet and directory are nobody else's, and it is gone when
 * the test's scope ends. What a test process that died has left is taken away by the next one.
 */
export async function testLab(options: TestLabOptions): Promise<TestLab> {
  const dir = await claimTestDirectory();
  const deps = testLabDeps(dir, options.report);
  const name = `t-${dir.slice(-6).toLowerCase()}`;
  try {
    const { nodes, nat, disks } = options;
    const lab = await labUp(deps, {
      name,
      nodes,
      ...(nat === undefined ? {} : { nat }),
      ...(disks === undefined ? {} : { disks }),
    });
    return new TestLab(deps, lab, dir);
  } catch (thrown) {
    await labDown(deps, name);
    await rm(dir, { recursive: true, force: true });
    throw thrown;
  }
}

/** A directory of this process alone; first, what processes that died have left is taken away. */
export async function claimTestDirectory(): Promise<string> {
  await removeAbandoned();
  const dir = await mkdtemp(join(PARENT, PREFIX));
  await writeFile(join(dir, OWNER), await identityOf(process.pid));
  return dir;
}

/** The lab's dependencies with a state directory of a test's own; the cache is the user's. */
export function testLabDeps(dir: string, report: LabDeps["report"] = () => {}): LabDeps {
  const env = { ...process.env, NODEWRIGHT_LAB_DIR: join(dir, "labs") };
  return labDeps({ env, report });
}

/** Machines for a whole-system test. `await using lab = await testLab({ nodes: 2 })`. */
export class TestLab implements AsyncDisposable {
  readonly deps: LabDeps;
  readonly lab: Lab;
  /** A directory for the test's own files, gone with the lab. */
  readonly dir: string;

  constructor(deps: LabDeps, lab: Lab, dir: string) {
    this.deps = deps;
    this.lab = lab;
    this.dir = dir;
  }

  get machines(): readonly LabMachine[] {
    return this.lab.machines;
  }

  /** A machine by its name; TypeError where there is none. */
  machine(name: string): LabMachine {
    const found = this.lab.machines.find((one) => one.name === name);
    if (found === undefined) throw new TypeError(`No such machine: ${name}`);
    return found;
  }

  /** A machine that becomes a worker node, by its name; TypeError where there is none. */
  worker(name: string): LabWorker {
    const found = labWorkers(this.lab).find((one) => one.name === name);
    if (found === undefined) throw new TypeError(`No such worker: ${name}`);
    return found;
  }

  /** Runs a command through ssh, each word as it is; a non-zero exit is a value. */
  ssh(
    node: string,
    argv: readonly string[],
    options: { user?: string; input?: string } = {},
  ): Promise<CommandOutput> {
    const { input, ...user } = options;
    const command = argv.map(shellQuote).join(" ");
    return this.deps.run([...sshArgs(this.lab, this.machine(node), user), command], {
      allowFailure: true,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** Runs a command inside a machine, past its network and sshd; a non-zero exit is a value. */
  exec(node: string, argv: readonly string[]): Promise<CommandOutput> {
    return execInMachine(this.deps, this.machine(node), argv, { allowFailure: true });
  }

  /** A text file of a machine; rejects where it cannot be read. */
  async file(node: string, path: string): Promise<string> {
    const argv = ["cat", "--", path];
    return (await execInMachine(this.deps, this.machine(node), argv)).stdout;
  }

  /** True where a path (or a dangling link) exists on a machine. */
  async has(node: string, path: string): Promise<boolean> {
    const argv = ["sh", "-c", '[ -e "$0" ] || [ -L "$0" ]', path];
    return (await this.exec(node, argv)).exitCode === 0;
  }

  /** The host's path to a running machine's root. Absolute links in it point into the host. */
  root(node: string): Promise<string> {
    return machineRoot(this.machine(node));
  }

  /** Takes a machine back to its first boot: about two seconds, same keys, same names. */
  reset(node: string): Promise<void> {
    return resetMachine(this.deps, this.lab, this.machine(node));
  }
  /** Takes all machines back to their first boot. */
  async resetAll(): Promise<void> {
    await Promise.all(this.machines.map(({ name }) => this.reset(name)));
  }
  reboot(node: string): Promise<void> {
    return rebootMachine(this.deps, this.machine(node));
  }
  /** Power loss. `start` boots it again with the files that it had. */
  kill(node: string): Promise<void> {
    return killMachine(this.deps, this.lab, this.machine(node));
  }
  start(node: string): Promise<void> {
    return startMachine(this.deps, this.lab, this.machine(node));
  }
  setNetwork(node: string, state: "up" | "down"): Promise<void> {
    return setMachineNetwork(this.deps, this.lab, this.machine(node), state);
  }

  /** The lab's images in files, built where the cache does not have them. */
  images() {
    return ensureLabImages(this.deps);
  }

  /** Writes a cluster directory of this lab below `dir` and returns its path. */
  async cluster(name = "cluster", cni: LabCni = "builtin"): Promise<string> {
    const path = join(this.dir, name);
    await mkdir(path, { recursive: true });
    const parts = { images: await this.images(), cni };
    await writeClusterDirectory(this.lab, parts, path);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await labDown(this.deps, this.lab.name);
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** Takes away what test processes that no longer run have left. */
export async function removeAbandoned(): Promise<void> {
  for (const entry of await readdir(PARENT)) {
    if (!entry.startsWith(PREFIX)) continue;
    const dir = join(PARENT, entry);
    const owner = await readFile(join(dir, OWNER), "utf8").catch(() => undefined);
    // Without the file it is about to be written.
    if (owner === undefined || owner === (await identityOf(Number.parseInt(owner, 10)))) continue;
    const deps = testLabDeps(dir);
    for (const name of await labNames(deps)) await labDown(deps, name);
    await rm(dir, { recursive: true, force: true });
  }
}

/** A pid and when it started (proc_pid_stat(5), field 22): a pid alone is given out again. */
async function identityOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The second field is a name in parentheses that may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return `${pid} ${fields[19] ?? ""}`;
}
