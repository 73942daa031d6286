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
/** nodewright.yaml: how the machines are reached, and the same with the images that nodes get. */
let ssh: string;
let settings: string;

beforeAll(async () => {
  lab = await testLab({ nodes: 2 });
  dir = join(lab.dir, "origin");
  await cp(ORIGIN, dir, { recursive: true });
  await layOutDownloads(await lab.cluster("stock", "debian"), dir);
  await writeFile(join(dir, "machines.txt"), machinesFile(lab.lab));
  const images = await ensureLabImages(lab.deps, { alsoKnownAs: { pause: [SANDBOX] } });
  ssh = `ssh:
  user: root
  identityFile: ${lab.lab.keyFile}
  knownHostsFile: ${lab.lab.knownHosts}
`;
  settings = `${ssh}images:
  ${SANDBOX}: ${images.pause.path}
  ${images.busybox.reference}: ${images.busybox.path}
verifyImage: ${images.busybox.reference}
`;
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

/** Plans or applies with these files in the place of, or beside, the tutorial's. */
async function run(
  command: "plan" | "apply",
  more: { readonly overrides?: Readonly<Record<string, string>>; readonly images?: boolean },
) {
  const lines = Object.entries(more.overrides ?? {}).map(
    ([target, from]) => `  ${target}: ${from}\n`,
  );
  const files = lines.length === 0 ? "" : `files:\n${lines.join("")}`;
  const own = more.images === false ? ssh : settings;
  await writeFile(join(dir, "nodewright.yaml"), own + files);
  return nodewright([command, "-C", dir]);
}

function apply(overrides: Readonly<Record<string, string>>) {
  return run("apply", { overrides });
}

test("use 1: the tutorial's directory becomes nodes that run pods; all that stands in its way is found before anything changes", async () => {
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
  const hasModules = modprobe.exitCode === 0;
  // A machine in a container without CAP_SYS_RESOURCE.
  const status = await lab.file("node-0", "/proc/1/status");
  const bounding = BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(status)?.[1] ?? "0"}`);
  const lowersScores = ((bounding >> 24n) & 1n) === 1n;
  if (hasModules) console.log("modprobe overlay succeeds on this kernel: nothing stands there");
  if (lowersScores) console.log("the machines have CAP_SYS_RESOURCE: scores can be lowered there");
  const expected = [
    "the node does not have the sandbox image registry.k8s.io/pause:3.6",
    "the node does not have the image of the verification pods",
    ...(hasModules
      ? []
      : [
          "ExecStartPre=/sbin/modprobe overlay would fail",
          "units/containerd.service:7",
          "Write ExecStartPre=-/sbin/modprobe overlay",
        ]),
    ...(lowersScores
      ? []
      : ["may not lower an oom_score_adj", "Set restrict_oom_score_adj = true in [plugins."]),
  ];
  for (const command of ["plan", "apply"] as const) {
    const refused = await run(command, { images: false });
    expect(refused.exitCode).toBe(1);
    for (const says of expected) expect(refused.stderr).toContain(says);
    for (const node of ["node-0", "node-1"]) {
      expect(refused.stderr).toContain(`${node}: failed, nothing was changed`);
      expect(await lab.has(node, "/etc/systemd/system/containerd.service")).toBe(false);
    }
  }
  if (!hasModules) {
    overrides["/etc/systemd/system/containerd.service.d/modprobe.conf"] = "own/modprobe.conf";
  }
  if (!lowersScores) overrides["/etc/containerd/config.toml"] = "own/containerd-config.toml";

  const applied = await apply(overrides);
  expect(applied).toMatchObject({ exitCode: 0 });
  expect(applied.stderr).toContain("kubelet.service is installed but not run");
  for (const node of ["node-0", "node-1"]) {
    expect(applied.stderr).toMatch(new RegExp(`${node}: \\d+ checks passed on real pods`));
  }
  const subnet = lab.worker("node-1").podSubnet;
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
