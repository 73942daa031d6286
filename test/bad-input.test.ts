import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { elfFile } from "../src/bootstrap/artifacts/testing/mod.ts";
import { nodewright } from "./support/nodewright.ts";
import { tarArchive } from "./support/tar-archive.ts";

/** Loopback addresses at whose SSH port nobody listens: a command that gets so far, fails. */
const MACHINES = `127.99.0.10 server.example.test server
127.99.0.11 node-0.example.test node-0 10.200.0.0/24
127.99.0.12 node-1.example.test node-1 10.200.1.0/24
`;
const KUBELET = "configs/kubelet-config.yaml";
const CONTAINERD = "configs/containerd-config.toml";
const BRIDGE = "configs/10-bridge.conflist";

let root = "";
let sound = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "nodewright-bad-input-"));
  sound = join(root, "sound");
  expect((await nodewright(["init", sound])).exitCode).toBe(0);
  await writeFile(join(sound, "machines.txt"), MACHINES);
  await replace(sound, "nodewright.yaml", /^ssh:$/m, "ssh:\n  port: 1");
  expect((await nodewright(["pki", sound])).exitCode).toBe(0);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function replace(dir: string, file: string, what: string | RegExp, by: string) {
  const text = await readFile(join(dir, file), "utf8");
  const changed = text.replace(what, by);
  if (changed === text) throw new Error(`Nothing to replace in ${file}: ${what}`);
  await writeFile(join(dir, file), changed);
}

const written = (file: string, text: string | Uint8Array) => async (dir: string) => {
  await mkdir(dirname(join(dir, file)), { recursive: true });
  await writeFile(join(dir, file), text);
};
const replaced = (file: string, what: string | RegExp, by: string) => (dir: string) =>
  replace(dir, file, what, by);

/** Every file of a directory with its content. */
async function snapshot(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map(async (file) => {
    const path = join(file.parentPath, file.name);
    return [path, Bun.hash(await readFile(path)).toString(16)] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

/** A document that grows without bound where aliases are followed. */
function aliasBomb(): string {
  const names = [..."abcdefghij"];
  return names
    .map((name, i) => {
      const item = i === 0 ? "x" : `*${names[i - 1]}`;
      return `${name}: &${name} [${Array(9).fill(item).join(", ")}]\n`;
    })
    .join("");
}

interface BadInput {
  readonly name: string;
  readonly edit: (dir: string) => Promise<unknown>;
  /** `file:line:column`, as called from beside the cluster directory. */
  readonly at?: string;
  /** What was found, and what was expected. */
  readonly says: readonly string[];
  /** Also refused by `pki`, `status` and `artifacts`: the inventory itself is wrong. */
  readonly inventory?: true;
}

const FILES: readonly BadInput[] = [
  {
    name: "an empty machines.txt",
    edit: written("machines.txt", ""),
    at: "machines.txt:1:1",
    says: ["Cannot find a machine", "IPV4_ADDRESS FQDN HOSTNAME [POD_SUBNET]"],
    inventory: true,
  },
  {
    name: "a binary machines.txt",
    edit: written("machines.txt", elfFile({ arch: "amd64" })),
    at: "machines.txt:1:1",
    says: ["machines.txt: it is not UTF-8 text"],
    inventory: true,
  },
  {
    name: "no machines.txt",
    edit: (dir) => unlink(join(dir, "machines.txt")),
    at: "machines.txt:1:1",
    says: ["Cannot find machines.txt", "nodewright init DIR"],
    inventory: true,
  },
  {
    name: "a host twice",
    edit: replaced("machines.txt", /node-1/g, "node-0"),
    at: "machines.txt:3:33",
    says: ["Two machines have the same name: node-0", "machines.txt:2:33"],
    inventory: true,
  },
  {
    name: "an address twice",
    edit: replaced("machines.txt", "127.99.0.12", "127.99.0.11"),
    at: "machines.txt:3:1",
    says: ["Two machines have the same address: 127.99.0.11"],
    inventory: true,
  },
  {
    name: "a subnet with host bits",
    edit: replaced("machines.txt", "10.200.1.0/24", "10.200.1.7/24"),
    at: "machines.txt:3:40",
    says: ['"10.200.1.7/24" has host bits set; the network is 10.200.1.0/24'],
    inventory: true,
  },
  {
    name: "a missing column",
    edit: replaced("machines.txt", "node-1.example.test node-1 10.200.1.0/24", "node-1"),
    at: "machines.txt:3:",
    says: ["Expected"],
    inventory: true,
  },
  {
    name: "an unknown setting",
    edit: replaced("nodewright.yaml", /^ssh:$/m, "shs:"),
    at: "nodewright.yaml:5:1",
    says: ["shs", "ssh"],
    inventory: true,
  },
  {
    name: "settings with a tab",
    edit: written("nodewright.yaml", "ssh:\n\tuser: root\n"),
    at: "nodewright.yaml:2:1",
    says: ["a tab used as indentation", "indent with spaces"],
    inventory: true,
  },
  {
    name: "settings with an alias bomb",
    edit: written("nodewright.yaml", aliasBomb()),
    at: "nodewright.yaml:2:8",
    says: ["Cannot follow the alias", "write the value out in full"],
    inventory: true,
  },
  {
    name: "a network without the placeholder",
    edit: replaced(BRIDGE, "SUBNET", "10.200.0.0/24"),
    at: `${BRIDGE}:14:24`,
    says: ["Every node would get the same pod subnet", 'Write "SUBNET" in its place'],
  },
  {
    name: "a misspelt placeholder",
    edit: replaced(BRIDGE, "SUBNET", "SUBNTE"),
    at: `${BRIDGE}:14:24`,
    says: ['found "SUBNTE"', 'Write "SUBNET"'],
  },
  {
    name: "a network that is no JSON",
    edit: written(BRIDGE, '{"cniVersion": "1.0.0",'),
    at: `${BRIDGE}:1:24`,
    says: ["Cannot parse JSON"],
  },
  {
    name: "a kubelet's file with a tab",
    edit: replaced(KUBELET, /^authentication:$/m, "authentication:\n\tx: 1"),
    at: `${KUBELET}:`,
    says: ["a tab used as indentation", "indent with spaces"],
  },
  {
    name: "a kubelet's file with an alias bomb",
    edit: written(KUBELET, aliasBomb()),
    at: `${KUBELET}:2:8`,
    says: ["Cannot follow the alias"],
  },
  {
    name: "a misspelt key of the kubelet",
    edit: replaced(KUBELET, /^cgroupDriver:/m, "cgroupDrivr:"),
    at: `${KUBELET}:`,
    says: ['"cgroupDrivr"', "cgroupDriver"],
  },
  {
    name: "a runtime's file without its version",
    edit: replaced(CONTAINERD, /^version = 2$/m, ""),
    at: `${CONTAINERD}:`,
    says: ["version 1 does not read", "write version = 2 at the top"],
  },
  {
    name: "a runtime's file of version 2 called 3",
    edit: replaced(CONTAINERD, /^version = 2$/m, "version = 3"),
    at: `${CONTAINERD}:`,
    says: ["version 3 does not read", 'plugins."io.containerd.cri.v1.runtime"'],
  },
  {
    name: "a runtime's file of a version that does not exist",
    edit: replaced(CONTAINERD, /^version = 2$/m, "version = 9"),
    at: `${CONTAINERD}:`,
    says: ["Expected a version from 1 to 4"],
  },
  {
    name: "a runtime's file that is no TOML",
    edit: replaced(CONTAINERD, /^version = 2$/m, "version 2"),
    at: `${CONTAINERD}:`,
    says: ["Cannot parse TOML"],
  },
  {
    name: "a unit without ExecStart",
    edit: replaced("units/containerd.service", /^ExecStart=.*$/m, ""),
    at: "units/containerd.service:",
    says: ["Missing key in [Service]: ExecStart", "add ExecStart="],
  },
  {
    name: "a missing unit",
    edit: (dir) => unlink(join(dir, "units/containerd.service")),
    at: "units/containerd.service:1:1",
    says: ["Cannot find the file", "nodewright init"],
  },
  {
    name: "a kubeconfig for another node",
    edit: (dir) => cp(join(dir, "node-1.kubeconfig"), join(dir, "node-0.kubeconfig")),
    at: "node-0.kubeconfig:1:1",
    says: ['it is for "system:node:node-1"', "nodewright pki --renew node-0"],
  },
  {
    name: "a key that belongs to another certificate",
    edit: (dir) => cp(join(dir, "node-1.key"), join(dir, "node-0.key")),
    at: "node-0.",
    says: ["key", "nodewright pki --renew node-0"],
  },
];

/** The commands that a kind of input stops, each with what it could change. */
function commandsFor({ inventory }: BadInput): string[][] {
  const all = [["render", "-o", join(root, "out")], ["plan"], ["apply"]];
  return inventory ? [...all, ["pki"], ["status"], ["reset", "--all", "--yes"]] : all;
}

describe("a mistake in the cluster directory", () => {
  test.each([...FILES])("$name is named with its place, and nothing is changed", async (input) => {
    const dir = join(root, "cluster");
    await rm(dir, { recursive: true, force: true });
    await cp(sound, dir, { recursive: true });
    await input.edit(dir);
    const before = await snapshot(root);
    for (const argv of commandsFor(input)) {
      const said = await nodewright(["-C", dir, ...argv], { TZ: "UTC" });
      expect([argv[0], said.exitCode, said.stdout]).toEqual([argv[0], 1, ""]);
      for (const text of input.says) expect(said.stderr).toContain(text);
      if (input.at !== undefined) expect(said.stderr).toContain(`at ${join(dir, input.at)}`);
      expect(said.stderr).not.toMatch(/connecting|TypeError|\n {4}at .*\(/);

      const asJson = await nodewright([...argv, "--json", "-C", dir]);
      expect([argv[0], asJson.exitCode, asJson.stderr]).toEqual([argv[0], 1, ""]);
      const { error } = JSON.parse(asJson.stdout);
      const errors = error.problems.filter((one: { severity: string }) => one.severity === "error");
      expect(error.kind).toBe("problems");
      expect(errors[0].locations[0]).toMatchObject({ file: expect.stringMatching(/^[^/]/) });
    }
    expect(await snapshot(root)).toEqual(before);
  });

  test("every mistake of a file is told at once", async () => {
    const dir = join(root, "cluster");
    await rm(dir, { recursive: true, force: true });
    await cp(sound, dir, { recursive: true });
    await replace(dir, BRIDGE, "SUBNET", "SUBNTE");
    await replace(dir, KUBELET, /^cgroupDriver:/m, "cgroupDrivr:");
    const said = await nodewright(["render", "-C", dir]);
    expect(said.stderr).toContain(`${BRIDGE}:14:24`);
    expect(said.stderr).toContain(`${KUBELET}:`);
  });

  test("Windows line ends are forgiven, with a warning", async () => {
    const dir = join(root, "crlf");
    await cp(sound, dir, { recursive: true });
    await writeFile(join(dir, "machines.txt"), MACHINES.replaceAll("\n", "\r\n"));
    const said = await nodewright(["render", "-C", dir]);
    expect(said.exitCode).toBe(0);
    expect(said.stderr).toMatch(/^warning: Windows line ends/m);
    expect(said.stderr.match(/Windows line ends/g)).toHaveLength(1);
    expect(said.stdout).toContain("node-1 (127.99.0.12, pods 10.200.1.0/24)\n");
    await rm(dir, { recursive: true });
  });
});

describe("bad artifacts", () => {
  const exe = (version: string): Uint8Array => elfFile({ arch: "amd64", rodata: version });
  const cases: readonly [string, string, Uint8Array | string, string][] = [
    [
      "of another architecture",
      "downloads/worker/runc",
      elfFile({ arch: "arm64", rodata: "1.3.0" }),
      "built for: arm64",
    ],
    ["that were cut off", "downloads/worker/runc", exe("1.3.0").subarray(0, 300), "damaged"],
    ["that are empty", "downloads/worker/runc", "", "an empty file"],
    ["that are no programs", "downloads/worker/runc", "<html>404</html>", "an HTML or XML page"],
    ["that are damaged archives", "downloads/worker/runc.tgz", "\x1f\x8b\x08 no gzip", "runc.tgz"],
  ];

  test.each([...cases])("%s are refused by name", async (_name, file, content, says) => {
    const dir = join(root, "artifacts");
    await rm(dir, { recursive: true, force: true });
    await cp(sound, dir, { recursive: true });
    await written(file, content)(dir);
    const said = await nodewright(["artifacts", "--arch", "amd64", "-C", dir]);
    expect(said.exitCode).toBe(1);
    expect(said.stderr).toContain(says);
    expect(said.stderr).toMatch(/^ {2}fix: /m);
    // What is not there at all is told as well.
    expect(said.stderr).toContain("Cannot install containerd, it is not in downloads/worker");
    const asJson = await nodewright(["artifacts", "--arch", "amd64", "-C", dir, "--json"]);
    expect([asJson.exitCode, asJson.stderr]).toEqual([1, ""]);
    expect(JSON.parse(asJson.stdout).problems.length).toBeGreaterThan(1);
  });
});

describe("expired certificates", () => {
  test("stop everything, and one command renews them", async () => {
    const dir = join(root, "expired");
    await cp(sound, dir, { recursive: true });
    const day = 24 * 60 * 60 * 1000;
    await rm(join(dir, "node-0.crt"));
    await rm(join(dir, "node-0.key"));
    await expiredCertificate(dir, new Date(Date.now() - 2 * day), new Date(Date.now() - day));
    const said = await nodewright(["apply", "-C", dir]);
    expect([said.exitCode, said.stdout]).toEqual([1, ""]);
    expect(said.stderr).toContain("expired");
    expect(said.stderr).toContain(`at ${join(dir, "node-0.crt")}:1:1`);
    expect(said.stderr).toContain("nodewright pki --renew node-0");
    const shown = await nodewright(["pki", "-C", dir]);
    expect([shown.exitCode, shown.stdout]).toEqual([
      3,
      expect.stringMatching(/node-0\.crt.*expired/),
    ]);
    expect((await nodewright(["pki", "-C", dir, "--renew", "node-0"])).exitCode).toBe(0);
    expect((await nodewright(["render", "-C", dir])).exitCode).toBe(0);
  });

  async function expiredCertificate(dir: string, from: Date, to: Date): Promise<void> {
    const stamp = (date: Date): string =>
      `${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
    const run = async (...argv: string[]): Promise<void> => {
      const child = Bun.spawn(["openssl", ...argv], { cwd: dir, stderr: "pipe", stdout: "ignore" });
      const text = await new Response(child.stderr).text();
      if ((await child.exited) !== 0) throw new Error(`openssl ${argv[0]}: ${text}`);
    };
    const subject = "/O=system:nodes/CN=system:node:node-0";
    await run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "sec1.key");
    await run("pkcs8", "-topk8", "-nocrypt", "-in", "sec1.key", "-out", "node-0.key");
    await run("req", "-new", "-key", "node-0.key", "-subj", subject, "-out", "node-0.csr");
    await mkdir(join(dir, "ca"), { recursive: true });
    await writeFile(join(dir, "ca/index"), "");
    await writeFile(join(dir, "ca/serial"), "4242\n");
    await writeFile(
      join(dir, "ca/conf"),
      `[ca]
default_ca = d
[d]
dir = ca
database = ca/index
serial = ca/serial
new_certs_dir = ca
default_md = sha256
policy = p
x509_extensions = e
[p]
organizationName = optional
commonName = supplied
[e]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth, serverAuth
subjectAltName = DNS:node-0, DNS:node-0.example.test, IP:127.99.0.11
`,
    );
    const span = ["-startdate", stamp(from), "-enddate", stamp(to)];
    const authority = ["-cert", "ca.crt", "-keyfile", "ca.key"];
    await run(
      "ca",
      "-batch",
      "-notext",
      "-config",
      "ca/conf",
      ...authority,
      ...span,
      "-in",
      "node-0.csr",
      "-out",
      "node-0.crt",
    );
    for (const leftover of ["ca", "sec1.key", "node-0.csr"]) {
      await rm(join(dir, leftover), { recursive: true });
    }
  }
});

describe("a machine that is not there", () => {
  test.each([
    ["plan", ["plan"]],
    ["apply", ["apply"]],
    ["verify", ["verify"]],
    ["status", ["status"]],
    ["reset", ["reset", "--all", "--yes"]],
  ])("%s names it and what to look at, each machine on its own", async (_name, argv) => {
    const said = await nodewright([...argv, "-C", sound]);
    expect(said.exitCode).toBe(1);
    for (const node of ["node-0", "node-1"]) expect(said.stderr).toContain(`  node: ${node}\n`);
    expect(said.stderr).toContain("Cannot connect to 127.99.0.12: nothing listens on its SSH port");
    expect(said.stderr).toContain("ssh.port");
    const asJson = await nodewright([...argv, "-C", sound, "--json"]);
    expect([asJson.exitCode, asJson.stderr]).toEqual([1, ""]);
    const lines = asJson.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const errors = lines.flatMap((line) => (line.error === undefined ? [] : [line.error]));
    expect(errors.map(({ kind, node }) => [kind, node])).toEqual([
      ["ssh", "node-0"],
      ["ssh", "node-1"],
    ]);
  });
});

describe("no space on the jumpbox", () => {
  /** A file system of its own that is as good as full. */
  async function withFullDisk(work: (dir: string) => Promise<void>): Promise<void> {
    const dir = join(root, "full");
    await mkdir(dir);
    const mount = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=32k", "none", dir]);
    if (mount.exitCode !== 0) throw new Error(`Cannot mount a tmpfs: ${mount.stderr}`);
    try {
      await work(dir);
    } finally {
      Bun.spawnSync(["umount", dir]);
      await rm(dir, { recursive: true });
    }
  }

  test.each([
    ["init", (dir: string) => ["init", join(dir, "new")]],
    ["render", (dir: string) => ["render", "-C", sound, "-o", join(dir, "out")]],
  ])("%s says which file could not be written, and leaves no half of one", async (_name, argv) => {
    await withFullDisk(async (dir) => {
      await writeFile(join(dir, "ballast"), new Uint8Array(28 * 1024));
      const said = await nodewright(argv(dir));
      expect(said.exitCode).toBe(1);
      expect(said.stderr).toMatch(/^error: Cannot write "?.*\/full\//m);
      expect(said.stderr).toMatch(/no space|ENOSPC/i);
      const asJson = await nodewright([...argv(dir), "--json"]);
      expect(JSON.parse(asJson.stdout).error.message).toContain("/full/");
      const sizes = Object.values(await snapshot(dir));
      expect(sizes).not.toContain(Bun.hash(new Uint8Array(0)).toString(16));
    });
  });

  test("pki and artifacts keep what there is", async () => {
    await withFullDisk(async (dir) => {
      await writeFile(join(dir, "machines.txt"), MACHINES);
      await writeFile(join(dir, "ballast"), new Uint8Array(24 * 1024));
      const said = await nodewright(["pki", dir]);
      expect([said.exitCode, said.stdout]).toEqual([1, ""]);
      expect(said.stderr).toMatch(/Cannot write .*ENOSPC|no space/i);
      expect(await readFile(join(dir, "machines.txt"), "utf8")).toBe(MACHINES);
    });
  });

  test("a full cache is named, with the way to another one", async () => {
    const dir = join(root, "archives");
    await cp(sound, dir, { recursive: true });
    const program = Buffer.concat([
      elfFile({ arch: "amd64", rodata: "v1.32.0" }),
      crypto.getRandomValues(new Uint8Array(60 * 1024)),
    ]);
    const archive = tarArchive([{ path: "crictl", mode: 0o755, data: program }]);
    await written("downloads/crictl-v1.32.0-linux-amd64.tar.gz", gzipSync(archive))(dir);
    await withFullDisk(async (full) => {
      const cache = join(full, "cache");
      const said = await nodewright(["artifacts", "--arch", "amd64", "-C", dir], {
        NODEWRIGHT_CACHE: cache,
      });
      expect(said.exitCode).toBe(1);
      expect(said.stderr).toContain(cache);
      expect(said.stderr).toContain("NODEWRIGHT_CACHE");
    });
    await rm(dir, { recursive: true });
  });
});
