import { afterAll, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ContainerdConfig,
  type ContainerdMerge,
  containerdConfigOf,
  loadImports,
  matchesPattern,
  mergeContainerd,
  parseToml,
} from "../src/config/mod.ts";
import { debianFiles, suiteFiles } from "./support/debian-files.ts";

const CRI = 'plugins."io.containerd.grpc.v1.cri"';
const SEED = Number(process.env["NODEWRIGHT_TEST_SEED"] ?? 1);
const COUNT = process.env["NODEWRIGHT_TEST_FULL"] === "1" ? 200 : 15;
const dir = mkdtempSync(join(tmpdir(), "nodewright-imports-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** Numbers below a bound, the same for the same seed. */
function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor(state / 65536) % bound;
  };
}

function makeFile(random: (bound: number) => number, imports: readonly string[]): string {
  const one = <T>(choices: readonly [T, ...T[]]): T =>
    choices[random(choices.length)] ?? choices[0];
  const parts = [
    `oom_score = ${one([-7, 0, 5])}`,
    `required_plugins = ${one(['["io.containerd.grpc.v1.cri"]', "[]"])}`,
    `[grpc]\naddress = "${one(["/run/a.sock", ""])}"\ngid = ${one([0, 7])}`,
    `[${CRI}]\nsandbox_image = "${one(["x/p:1", "y/p:2"])}"\nenable_selinux = ${one([true, false])}`,
    `[${CRI}.containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n[${CRI}.containerd.runtimes.runc.options]\nSystemdCgroup = ${one([true, false])}`,
    `[${CRI}.cni]\nconf_dir = "${one(["/a", "/b"])}"\nmax_conf_num = ${one([1, 0, 3])}`,
  ].filter(() => random(2) === 0);
  const head = imports.length === 0 ? [] : [`imports = ${JSON.stringify(imports)}`];
  return ["version = 2", ...head, ...parts, ""].join("\n");
}

function writeCase(random: (bound: number) => number): void {
  rmSync(dir, { recursive: true });
  mkdirSync(join(dir, "c.d"), { recursive: true });
  const mains = [[`${dir}/c.d/*.toml`], ["c.d/b.toml", "c.d/a.toml"], ["c.d/a.toml"], []];
  writeFileSync(join(dir, "config.toml"), makeFile(random, mains[random(mains.length)] ?? []));
  const inner = [[], ["b.toml"], ["../config.toml"]];
  writeFileSync(join(dir, "c.d/a.toml"), makeFile(random, inner[random(inner.length)] ?? []));
  writeFileSync(join(dir, "c.d/b.toml"), makeFile(random, []));
}

function read(path: string) {
  return existsSync(path) ? parseToml(readFileSync(path, "utf8"), path).value : undefined;
}

function ours(how: ContainerdMerge): ContainerdConfig | undefined {
  const main = read(join(dir, "config.toml"));
  if (main === undefined) return undefined;
  const names = readdirSync(join(dir, "c.d")).sort();
  const { documents } = loadImports(main, join(dir, "config.toml"), {
    read,
    glob: (pattern) =>
      names.map((name) => `${dir}/c.d/${name}`).filter((path) => matchesPattern(path, pattern)),
  });
  const { document } = mergeContainerd([main, ...documents], how);
  return containerdConfigOf({ value: document, problems: [] }).value;
}

function valuesOf(config: ContainerdConfig | undefined, defaultImage: string) {
  const runc = config?.runtimes.find(({ name }) => name.value === "runc");
  return {
    systemdCgroup: runc?.systemdCgroup.value,
    sandboxImage: config?.sandboxImage?.value ?? defaultImage,
    confDir: config?.cniConfDir.value,
    maxConfNum: config?.cniMaxConfNum.value,
    selinux: config?.enableSelinux.value,
    oomScore: config?.reader.number(["oom_score"])?.value ?? 0,
    address: config?.grpcAddress.value,
    gid: config?.reader.number(["grpc", "gid"])?.value ?? 0,
    required: config?.requiredPlugins.map(({ value }) => value),
  };
}

test.each([
  ["1.x", "replace", () => debianFiles(["containerd"]), "registry.k8s.io/pause:3.6"],
  ["2.x", "merge", () => suiteFiles("forky", ["containerd"]), "registry.k8s.io/pause:3.10"],
] as const)(
  `containerd %s dumps the values that we read, seed ${SEED}, ${COUNT} configurations`,
  async (_version, how, files, image) => {
    const containerd = join(await files(), "usr/bin/containerd");
    const random = generator(SEED);
    for (let i = 0; i < COUNT; i++) {
      writeCase(random);
      const { stdout, stderr } = Bun.spawnSync([
        containerd,
        "-c",
        join(dir, "config.toml"),
        "config",
        "dump",
      ]);
      const dump = parseToml(stdout.toString(), "dump");
      const theirs = containerdConfigOf(dump).value;
      expect(valuesOf(ours(how), image), `case ${i}: ${stderr}`).toEqual(valuesOf(theirs, image));
    }
  },
  300_000,
);
