import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { elfFile, TempDir } from "../artifacts/testing/mod.ts";

// Several starts of the program from its sources.
setDefaultTimeout(30_000);

const MACHINES = `10.0.0.2 server.example.test server
10.0.0.10 node-0.example.test node-0 10.200.0.0/24
10.0.0.11 node-1.example.test node-1 10.200.1.0/24
`;

const exe = (version: string): Uint8Array => elfFile({ arch: "arm64", rodata: version });

/** A directory with an arm64 node's binaries as the origin lays them down, kube-proxy left out. */
async function clusterDir(dir: TempDir): Promise<string> {
  const path = join(dir.path, "cluster");
  await mkdir(path);
  const files: Record<string, Uint8Array | string> = {
    "machines.txt": MACHINES,
    "nodewright.yaml": "nodes:\n  node-1:\n    components:\n      crictl: { source: none }\n",
    "downloads/worker/containerd": exe("v2.1.0"),
    "downloads/worker/containerd-shim-runc-v2": exe("v2.1.0"),
    "downloads/worker/runc": exe("1.3.0"),
    "downloads/worker/crictl": exe("v1.32.0"),
    "downloads/worker/kubelet": exe("v1.32.3"),
    "downloads/client/kubectl": exe("v1.32.3"),
    "downloads/cni-plugins/bridge": exe("v1.6.2"),
    "downloads/cni-plugins/host-local": exe("v1.6.2"),
    "downloads/cni-plugins/loopback": exe("v1.6.2"),
  };
  for (const [name, content] of Object.entries(files)) await Bun.write(join(path, name), content);
  return path;
}

async function artifacts(dir: TempDir, path: string, ...argv: string[]) {
  const program = join(import.meta.dir, "../../cmd/nodewright.ts");
  const child = Bun.spawn([process.execPath, program, "artifacts", "-C", path, ...argv], {
    env: { PATH: process.env["PATH"] ?? "", NODEWRIGHT_CACHE: join(dir.path, "cache") },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, stdout, stderr };
}

describe("nodewright artifacts", () => {
  test("shows each component once, a node's own settings, and what is not there", async () => {
    await using dir = await TempDir.make();
    const path = await clusterDir(dir);
    const first = await artifacts(dir, path, "--arch", "arm64");
    expect(first.code).toBe(0);
    const rows = first.stdout.split("\n").map((line) => line.split(/ {3,}/));
    expect(rows.map((row) => row.slice(0, 4).join(" "))).toEqual([
      "COMPONENT SOURCE VERSION ARCH",
      "containerd downloads 2.1.0 arm64",
      "runc downloads 1.3.0 arm64",
      "cni-plugins downloads 1.6.2 arm64",
      "crictl downloads 1.32.0 arm64",
      "kubelet downloads 1.32.3 arm64",
      "kube-proxy - - arm64",
      "kubectl downloads 1.32.3 arm64",
      "crictl - - arm64",
      "",
    ]);
    expect(rows[8]?.at(-1)).toBe("for node-1; it is switched off in the settings");
    expect(first.stderr).toContain(
      "warning: Cannot install kube-proxy, it is not in downloads/worker",
    );

    // The architecture is the lock's now.
    const second = await artifacts(dir, path, "--json");
    const document = JSON.parse(second.stdout);
    expect(document.artifacts).toHaveLength(8);
    expect(document.artifacts[1]).toMatchObject({
      arch: "arm64",
      component: "runc",
      files: [{ installPath: "/usr/local/bin/runc", origin: "downloads/worker/runc" }],
    });
  });

  test("fails where a file is of no use, and names it", async () => {
    await using dir = await TempDir.make();
    const path = await clusterDir(dir);
    const { code, stderr } = await artifacts(dir, path, "--arch", "amd64");
    expect(code).toBe(1);
    expect(stderr).toContain(
      'error: Cannot use "downloads/worker/runc" on amd64, it is built for: arm64',
    );
  });

  test("answers an unknown architecture with the known ones", async () => {
    await using dir = await TempDir.make();
    const { code, stderr } = await artifacts(dir, await clusterDir(dir), "--arch", "x86");
    expect([code, stderr]).toEqual([2, expect.stringContaining("Expected one of amd64")]);
  });
});
