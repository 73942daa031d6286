import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { elfFile } from "../src/artifacts/testing/mod.ts";
import { nodewright } from "./support/nodewright.ts";
import { digestOf, MACHINES, SoundCluster, snapshot, written } from "./support/sound-cluster.ts";
import { tarArchive } from "./support/tar-archive.ts";

let clusters: SoundCluster;
beforeAll(async () => {
  clusters = await SoundCluster.make();
});
afterAll(() => clusters[Symbol.asyncDispose]());

describe("expired certificates", () => {
  test("stop everything, and one command renews them", async () => {
    const dir = await clusters.copy();
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

/** Binaries that need no file here, so that a command gets as far as the machines. */
const NO_DOWNLOADS = `components:
  containerd: { source: none }
  runc: { source: none }
  cni-plugins: { source: builtin }
  kubelet: { source: builtin }
  kube-proxy: { source: builtin }
`;

describe("a machine that is not there", () => {
  test.each([
    ["plan", ["plan"]],
    ["apply", ["apply"]],
    ["verify", ["verify"]],
    ["status", ["status"]],
    ["reset", ["reset", "--all", "--yes"]],
  ])("%s names it and what to look at, each machine on its own", async (_name, argv) => {
    const dir = await clusters.copy();
    await appendFile(join(dir, "nodewright.yaml"), NO_DOWNLOADS);
    const said = await nodewright([...argv, "-C", dir]);
    expect(said.exitCode).toBe(1);
    for (const node of ["node-0", "node-1"]) expect(said.stderr).toContain(`  node: ${node}\n`);
    expect(said.stderr).toContain("Cannot connect to 127.99.0.12: nothing listens on its SSH port");
    expect(said.stderr).toContain("ssh.port");
    const asJson = await nodewright([...argv, "-C", dir, "--json"]);
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
    const dir = join(clusters.root, "full");
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
    ["render", (dir: string) => ["render", "-C", clusters.sound, "-o", join(dir, "out")]],
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
      expect(sizes).not.toContain(digestOf(new Uint8Array(0)));
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
    const dir = await clusters.copy();
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
  });
});
