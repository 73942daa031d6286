import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { machinesFile } from "../src/lab/cluster-directory.ts";
import { ensureLabImages } from "../src/lab/mod.ts";
import { layOutDownloads } from "./support/downloads.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { nodewright } from "./support/nodewright.ts";

setDefaultTimeout(180_000);

const ORIGIN = join(import.meta.dir, "../src/bootstrap/render/fixtures/origin");
/** What Debian's containerd 1.6 starts sandboxes with where its configuration is silent. */
const SANDBOX = "registry.k8s.io/pause:3.6";
/** As upstream has it in the names of its archives. */
const ARCH = process.arch === "x64" ? "amd64" : process.arch;
const DROP_IN = "[Service]\nExecStartPre=\nExecStartPre=-/sbin/modprobe overlay\n";

let lab: TestLab;
/** The tutorial's directory, byte for byte, with binaries in its downloads/. */
let dir: string;
let settings: string;

beforeAll(async () => {
  lab = await testLab({ nodes: 2 });
  dir = join(lab.dir, "origin");
  await cp(ORIGIN, dir, { recursive: true });
  await layOutDownloads(await lab.cluster("stock", "debian"), dir);
  await writeFile(join(dir, "machines.txt"), machinesFile(lab.lab));
  const images = await ensureLabImages(lab.deps, { alsoKnownAs: { pause: [SANDBOX] } });
  settings = `ssh:
  user: root
  identityFile: ${lab.lab.keyFile}
  knownHostsFile: ${lab.lab.knownHosts}
images:
  ${SANDBOX}: ${images.pause.path}
  ${images.busybox.reference}: ${images.busybox.path}
verifyImage: ${images.busybox.reference}
`;
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

/** Applies with these files in the place of, or beside, the tutorial's. */
async function apply(overrides: Readonly<Record<string, string>> = {}) {
  const lines = Object.entries(overrides).map(([target, from]) => `  ${target}: ${from}\n`);
  const files = lines.length === 0 ? "" : `files:\n${lines.join("")}`;
  await writeFile(join(dir, "nodewright.yaml"), settings + files);
  return nodewright(["apply", "-C", dir]);
}

test("the tutorial's directory becomes nodes that run pods; what stands in its way is named with its line", async () => {
  await mkdir(join(dir, "own"));
  await writeFile(join(dir, "own/modprobe.conf"), DROP_IN);
  const config = await Bun.file(join(dir, "configs/containerd-config.toml")).text();
  const section = '[plugins."io.containerd.grpc.v1.cri"]\n';
  expect(config).toContain(section);
  await writeFile(
    join(dir, "own/containerd-config.toml"),
    config.replace(section, `${section}  restrict_oom_score_adj = true\n`),
  );
  const overrides: Record<string, string> = {};

  // A kernel with overlay built in, and without the folder of its modules, as in a container.
  const modprobe = await lab.exec("node-0", ["/sbin/modprobe", "overlay"]);
  if (modprobe.exitCode !== 0) {
    const refused = await apply(overrides);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(
      "Cannot run containerd.service: ExecStartPre=/sbin/modprobe overlay at units/containerd.service:7 ended with 1",
    );
    expect(refused.stderr).toContain("write ExecStartPre=-/sbin/modprobe overlay");
    expect(refused.stderr).toContain("node-0: failed, taken back to how it was before nodewright");
    expect(await lab.has("node-0", "/etc/systemd/system/containerd.service")).toBe(false);
    overrides["/etc/systemd/system/containerd.service.d/modprobe.conf"] = "own/modprobe.conf";
  } else console.log("modprobe overlay succeeds on this kernel: nothing stands in the way there");

  // A machine in a container without CAP_SYS_RESOURCE.
  const status = await lab.file("node-0", "/proc/1/status");
  const bounding = BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(status)?.[1] ?? "0"}`);
  if (((bounding >> 24n) & 1n) === 0n) {
    const refused = await apply(overrides);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("may not lower an oom_score_adj");
    expect(refused.stderr).toContain("restrict_oom_score_adj = true");
    overrides["/etc/containerd/config.toml"] = "own/containerd-config.toml";
  } else console.log("the machines have CAP_SYS_RESOURCE: scores can be lowered there");

  const applied = await apply(overrides);
  expect(applied).toMatchObject({ exitCode: 0 });
  expect(applied.stderr).toContain("kubelet.service is installed but not run");
  for (const node of ["node-0", "node-1"]) {
    expect(applied.stderr).toMatch(new RegExp(`${node}: \\d+ checks passed on real pods`));
  }
  const subnet = lab.machine("node-1").podSubnet;
  const template = await Bun.file(join(ORIGIN, "configs/10-bridge.conf")).text();
  expect(await lab.file("node-1", "/etc/cni/net.d/10-bridge.conf")).toBe(
    template.replace("SUBNET", subnet),
  );
  expect(await lab.file("node-1", "/etc/systemd/system/containerd.service")).toBe(
    await Bun.file(join(ORIGIN, "units/containerd.service")).text(),
  );
  expect((await apply(overrides)).stdout).toContain("0 changed, 2 unchanged, 0 failed");

  // The same binaries as upstream packs them: nothing is different on the nodes.
  await packAsUpstream();
  const packed = await apply(overrides);
  expect(packed.stdout).toContain("0 changed, 2 unchanged, 0 failed");
  const listed = await nodewright(["artifacts", "-v", "-C", dir]);
  expect(listed.stdout).toContain(`containerd-1.6.20-linux-${ARCH}.tar.gz`);
  expect(listed.stdout).toContain(`cni-plugins-linux-${ARCH}-v1.1.1.tgz`);
});

/** downloads/ with what upstream publishes in place of the unpacked files. */
async function packAsUpstream(): Promise<void> {
  const downloads = join(dir, "downloads");
  const worker = join(downloads, "worker");
  const bin = join(lab.dir, "pack/bin");
  await mkdir(bin, { recursive: true });
  for (const name of ["containerd", "containerd-shim-runc-v2", "ctr"]) {
    await rename(join(worker, name), join(bin, name));
  }
  await tar(join(downloads, `containerd-1.6.20-linux-${ARCH}.tar.gz`), join(bin, ".."), "bin");
  const plugins = join(downloads, "cni-plugins");
  await tar(join(downloads, `cni-plugins-linux-${ARCH}-v1.1.1.tgz`), plugins, ".");
  await rm(plugins, { recursive: true });
  await rename(join(worker, "runc"), join(downloads, `runc.${ARCH}`));
}

async function tar(archive: string, from: string, what: string): Promise<void> {
  await lab.deps.run(["tar", "-czf", archive, "-C", from, what]);
}
