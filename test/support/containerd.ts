/**
 * A node for tests: a private containerd with runc, CNI plugins and two images, in network, mount,
 * process and host name namespaces of its own. Everything that it writes is on file systems that
 * exist only there, so that its end (also by kill -9 of the test) leaves nothing but cgroups, which
 * its disposal removes, and an empty folder under /tmp.
 */
import { mkdtempSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CriClient, createCriClient } from "../../src/cri/mod.ts";
import { debianFiles } from "./debian-files.ts";
import { ociArchive, type TestImage } from "./oci-archive.ts";

export const BUSYBOX_IMAGE = "nodewright.local/busybox:test";
export const PAUSE_IMAGE = "nodewright.local/pause:test";
const PACKAGES = [
  "busybox-static",
  "catatonit",
  "containerd",
  "containernetworking-plugins",
  "runc",
] as const;

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestNodeOptions {
  readonly name: string;
  /** E.g. `10.240.7.0/24`. */
  readonly podSubnet: string;
  /** Further keys of the bridge plugin's conf. */
  readonly bridge?: Readonly<Record<string, unknown>>;
}

/** A running containerd and the namespaces around it. */
export class TestNode implements AsyncDisposable {
  readonly name: string;
  /** The namespaces' init process, as the host numbers it. */
  readonly pid: number;
  readonly #unshare: Bun.Subprocess;
  /** Empty on the host; inside, the file system that takes what is written is mounted on it. */
  readonly #folder: string;

  private constructor(
    name: string,
    folder: string,
    { unshare, pid }: { unshare: Bun.Subprocess; pid: number },
  ) {
    this.name = name;
    this.pid = pid;
    this.#folder = folder;
    this.#unshare = unshare;
  }

  /** The endpoint as the test process, outside of the namespaces, sees it. */
  get endpoint(): string {
    return `unix:///proc/${this.pid}/root/run/containerd/containerd.sock`;
  }

  /** The command line that runs `argv` inside. */
  argv(argv: readonly string[]): string[] {
    return ["nsenter", "-t", String(this.pid), "-n", "-m", "-p", "-u", "--", ...argv];
  }

  /** Runs a command inside to its end. */
  async run(argv: readonly string[], stdin?: string): Promise<Ran> {
    const child = Bun.spawn(this.argv(argv), {
      stdin: stdin === undefined ? "ignore" : new Blob([stdin]),
      stdout: "pipe",
      stderr: "pipe",
      env: { ...process.env, PATH: toolPath() },
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, stderr };
  }

  /** Runs a command that must succeed; its standard output. */
  async must(argv: readonly string[], stdin?: string): Promise<string> {
    const ran = await this.run(argv, stdin);
    if (ran.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${ran.stderr}${ran.stdout}`);
    return ran.stdout;
  }

  /** Where a file inside is seen from outside. */
  path(inside: string): string {
    return `/proc/${this.pid}/root${inside}`;
  }

  /** Starts containerd (again) and waits until it answers. */
  async startContainerd(): Promise<void> {
    const log = this.path("/run/containerd.log");
    Bun.spawn(this.argv(["sh", "-c", "exec containerd >>/run/containerd.log 2>&1"]), {
      stdio: ["ignore", "ignore", "ignore"],
      env: { ...process.env, PATH: toolPath() },
    });
    for (let i = 0; i < 100; i++) {
      if ((await this.run(["ctr", "version"])).exitCode === 0) return;
      await Bun.sleep(100);
    }
    throw new Error(`containerd does not start:\n${readFileSync(log, "utf8")}`);
  }

  /** Imports both images (again). */
  async importImages(): Promise<void> {
    for (const image of testImages(debianFiles(PACKAGES))) {
      writeFileSync(this.path("/run/image.tar"), ociArchive(image));
      await this.must(["ctr", "-n", "k8s.io", "images", "import", "/run/image.tar"]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ids = (await this.run(["ctr", "-n", "k8s.io", "containers", "ls", "-q"])).stdout;
    // Killing a process namespace's init kills every process in it.
    this.#unshare.kill("SIGKILL");
    try {
      process.kill(this.pid, "SIGKILL");
    } catch {
      // --kill-child was faster
    }
    await this.#unshare.exited;
    rmdirSync(this.#folder);
    await removeCgroups(ids.split("\n").filter((id) => id !== ""));
  }

  /** Makes the namespaces, the files and the images, and starts containerd. */
  static async start(options: TestNodeOptions): Promise<TestNode> {
    const tools = debianFiles(PACKAGES);
    const unshare = Bun.spawn(
      // biome-ignore format: one option a line says less
      ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc",
        "--propagation", "private", join(tools, "usr/bin/catatonit"), "-P"],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    const folder = mkdtempSync(join(tmpdir(), "nodewright-test-node-"));
    const pid = await childOf(unshare.pid);
    const node = new TestNode(options.name, folder, { unshare, pid });
    await node.must(["sh", "-eu", "-c", SETUP, "setup", options.name, folder]);
    writeFileSync(node.path("/etc/containerd/config.toml"), containerdConfig(tools));
    writeFileSync(node.path("/etc/cni/net.d/10-bridge.conf"), bridgeConf(options));
    await node.startContainerd();
    await node.importImages();
    return node;
  }
}

/** A client of the node's containerd; streaming works only inside the node. */
export function containerdClient(node: TestNode): CriClient {
  return createCriClient({ endpoint: node.endpoint });
}

/** Joins two nodes with a cable: `eth0` on both, these addresses (with prefix length), and pod routes. */
export async function connectNodes(
  [a, addressA, subnetA]: readonly [TestNode, string, string],
  [b, addressB, subnetB]: readonly [TestNode, string, string],
): Promise<void> {
  const ip = (node: TestNode, ...words: string[]) =>
    mustRun(["nsenter", "-t", String(node.pid), "-n", "ip", ...words]);
  // biome-ignore format: the ip(8) command as one writes it
  await ip(a, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", String(b.pid));
  for (const [node, address] of [
    [a, addressA],
    [b, addressB],
  ] as const) {
    await ip(node, "address", "add", address, "dev", "eth0");
    await ip(node, "link", "set", "eth0", "up");
  }
  await ip(a, "route", "add", subnetB, "via", addressB.replace(/\/.*/, ""));
  await ip(b, "route", "add", subnetA, "via", addressA.replace(/\/.*/, ""));
}

// Overlays keep what is written to the host's folders inside; containerd's own data cannot be on
// an overlay, as its snapshots are overlays themselves.
const SETUP = `
hostname "$1"
mkdir -p "$2"
mount -t tmpfs tmpfs "$2"
for d in etc var opt; do
  mkdir -p "$2/$d/upper" "$2/$d/work"
  mount -t overlay -o "lowerdir=/$d,upperdir=$2/$d/upper,workdir=$2/$d/work" overlay "/$d"
done
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/containerd /var/lib/containerd /var/lib/cni /etc/containerd /etc/cni/net.d
mount -t tmpfs tmpfs /var/lib/containerd
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
`;

function containerdConfig(tools: string): string {
  return `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  # Processes on some build machines cannot lower their oom_score_adj.
  restrict_oom_score_adj = true
  sandbox_image = "${PAUSE_IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${tools}/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
`;
}

function bridgeConf(options: TestNodeOptions): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    name: "bridge",
    type: "bridge",
    bridge: "cni0",
    isGateway: true,
    ipMasq: true,
    ...options.bridge,
    ipam: {
      type: "host-local",
      ranges: [[{ subnet: options.podSubnet }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  });
}

function testImages(tools: string): TestImage[] {
  const busybox = join(tools, "bin/busybox");
  const applets = Bun.spawnSync([busybox, "--list"]).stdout.toString().trim().split("\n");
  return [
    {
      name: BUSYBOX_IMAGE,
      entrypoint: [],
      cmd: ["/bin/sh"],
      entries: [
        { path: "bin/" },
        { path: "bin/busybox", mode: 0o755, data: readFileSync(busybox) },
        ...applets
          .filter((applet) => applet !== "busybox")
          .map((applet) => ({ path: `bin/${applet}`, linkTo: "busybox", mode: 0o777 })),
        { path: "etc/" },
        { path: "etc/passwd", data: Buffer.from("root:x:0:0:root:/:/bin/sh\n") },
        { path: "tmp/", mode: 0o1777 },
      ],
    },
    {
      name: PAUSE_IMAGE,
      entrypoint: ["/pause", "-P"],
      entries: [
        { path: "pause", mode: 0o755, data: readFileSync(join(tools, "usr/bin/catatonit")) },
      ],
    },
  ];
}

function toolPath(): string {
  const tools = debianFiles(PACKAGES);
  // Another containerd (its usr/bin folder) can be tried with the same tests.
  const other = process.env["NODEWRIGHT_TEST_CONTAINERD"];
  return `${other === undefined ? "" : `${other}:`}${tools}/usr/bin:${tools}/usr/sbin:/usr/sbin:/usr/bin:/sbin:/bin`;
}

async function childOf(pid: number): Promise<number> {
  for (let i = 0; i < 200; i++) {
    const child = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    // The program it executes says that all namespaces and mounts are made.
    if (child !== "" && readFileSync(`/proc/${child}/comm`, "utf8").trim() === "catatonit") {
      return Number(child);
    }
    await Bun.sleep(20);
  }
  throw new Error("unshare does not start");
}

/** A cgroup goes once its last process has been reaped, which takes the kernel a moment. */
async function removeCgroups(ids: readonly string[]): Promise<void> {
  for (const controller of readdirSync("/sys/fs/cgroup")) {
    for (const id of ids) {
      const path = join("/sys/fs/cgroup", controller, "k8s.io", id);
      for (let i = 0; i < 50; i++) {
        try {
          rmdirSync(path);
          break;
        } catch (error) {
          if (!(error instanceof Error && "code" in error && error.code === "EBUSY")) break;
          await Bun.sleep(20);
        }
      }
    }
  }
}

async function mustRun(argv: string[]): Promise<void> {
  const child = Bun.spawn(argv, { stdout: "pipe", stderr: "pipe" });
  const stderr = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
}
