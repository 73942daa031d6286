import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** Programs that tests use where they find them; busybox has the rest. */
const TOOLS = [
  "ip",
  "tc",
  "bridge",
  "nft",
  "iptables",
  "iptables-save",
  "iptables-restore",
  "ip6tables",
  "ip6tables-save",
  "ip6tables-restore",
  "conntrack",
  "strace",
];
/** Folders of a kernel's modules that have to do with networks. */
const MODULE_FOLDERS = ["arch", "crypto", "drivers/net", "drivers/virtio", "lib", "net"];
const SEARCHED = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/** What goes into the virtual machine. */
export interface InitramfsContents {
  /** The tree of a kernel package: boot/ and lib/modules/. */
  readonly kernel: string;
  readonly bun: string;
  /** The checkout that is tested. */
  readonly checkout: string;
  /** The tree of Debian's package of the reference plugins; it is at /reference in the machine. */
  readonly reference: string;
  /** What the machine does when it is up, as a shell script that ends with power off. */
  readonly init: string;
}

/** Builds a root file system for a machine that lives in memory, as a cpio archive at `archive`. */
export function buildInitramfs(root: string, contents: InitramfsContents, archive: string): void {
  for (const folder of [
    "bin",
    "sbin",
    "proc",
    "sys",
    "dev",
    "run",
    "tmp",
    "etc",
    "checkout",
    "var",
  ]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  installBusybox(root);
  for (const tool of TOOLS) installTool(root, tool);
  copyProgram(root, contents.bun, "/bin/bun");
  // With their times, so that the executable does not seem older than its source.
  const copied = ["src", "cmd", "native", "test", "docs/plugins", "package.json", "tsconfig.json"];
  for (const path of [...copied, "dist/nodewright"]) {
    const options = { recursive: true, preserveTimestamps: true };
    cpSync(join(contents.checkout, path), join(root, "checkout", path), options);
  }
  cpSync(contents.reference, join(root, "reference"), { recursive: true });
  copyModules(root, contents.kernel);
  writeFileSync(join(root, "init"), contents.init);
  chmodSync(join(root, "init"), 0o755);
  const packed = Bun.spawnSync(
    [
      "sh",
      "-c",
      'find . -print0 | cpio --null --create --format=newc --quiet > "$1"',
      "sh",
      archive,
    ],
    { cwd: root, stderr: "inherit" },
  );
  if (packed.exitCode !== 0) throw new Error(`Cannot pack "${root}" with cpio`);
}

function installBusybox(root: string): void {
  const busybox = find("busybox");
  if (busybox === undefined) throw new Error("Cannot find busybox");
  cpSync(realpathSync(busybox), join(root, "bin/busybox"));
  const applets = Bun.spawnSync([busybox, "--list"]).stdout.toString().trim().split("\n");
  for (const applet of applets.filter((name) => name !== "busybox")) {
    const path = join(root, "bin", applet);
    Bun.spawnSync(["ln", "-sf", "busybox", path]);
  }
  Bun.spawnSync(["ln", "-sf", "/bin/busybox", join(root, "sbin/modprobe")]);
}

/** A tool with its libraries; iptables also loads one library for each match and target. */
function installTool(root: string, name: string): void {
  const path = find(name);
  if (path === undefined) return;
  copyProgram(root, path, `/sbin/${name}`);
  if (!name.startsWith("iptables")) return;
  for (const folder of [
    "/usr/lib/x86_64-linux-gnu/xtables",
    "/usr/lib/aarch64-linux-gnu/xtables",
  ]) {
    if (existsSync(folder)) cpSync(folder, join(root, folder), { recursive: true });
  }
}

function find(name: string): string | undefined {
  return SEARCHED.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function copyProgram(root: string, from: string, to: string): void {
  const real = realpathSync(from);
  // What is chosen by the name it is called by (iptables) keeps its names.
  const program = basename(real).startsWith("xtables") ? `/sbin/${basename(real)}` : to;
  place(root, real, program);
  if (program !== to) Bun.spawnSync(["ln", "-sf", program, join(root, to)]);
  chmodSync(join(root, program), 0o755);
  const libraries = Bun.spawnSync(["ldd", real]).stdout.toString();
  for (const [library] of libraries.matchAll(/\/\S+/g)) place(root, library, library);
}

function place(root: string, from: string, to: string): void {
  const target = join(root, to);
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  cpSync(realpathSync(from), target);
}

function copyModules(root: string, kernel: string): void {
  const [version] = readdirSync(join(kernel, "lib/modules"));
  if (version === undefined) throw new Error(`Cannot find modules in "${kernel}"`);
  const from = join(kernel, "lib/modules", version);
  const to = join(root, "lib/modules", version);
  for (const folder of MODULE_FOLDERS) {
    const source = join(from, "kernel", folder);
    if (existsSync(source)) cpSync(source, join(to, "kernel", folder), { recursive: true });
  }
  for (const list of ["modules.builtin", "modules.builtin.modinfo", "modules.order"]) {
    if (existsSync(join(from, list))) cpSync(join(from, list), join(to, list));
  }
  const depmod = Bun.spawnSync([find("depmod") ?? "depmod", "-b", root, version]);
  if (depmod.exitCode !== 0) throw new Error(`Cannot list modules: ${depmod.stderr.toString()}`);
}
