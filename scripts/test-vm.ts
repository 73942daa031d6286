/**
 * Runs kernel tests on Debian's own kernel, in a virtual machine without a disk: for the kinds of
 * links that the kernel of the building machine may lack (vlan, ipvlan, dummy, vrf), for what older
 * kernels do otherwise, and with a network card that tests may move about. Software emulation, so
 * it needs no rights and takes its time.
 *
 * `bun scripts/test-vm.ts [-t PATTERN] [PATH...]` runs only the tests whose path has one of the
 * words in it: `partial-states` tries every fault at every call of the plugins of these links, and
 * takes a quarter of an hour or more; a usual run has a part of them.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { debianFiles } from "../test/support/debian-files.ts";
import { buildInitramfs } from "./vm/initramfs.ts";
import { runMachine } from "./vm/run-machine.ts";

const TIMEOUT_MINUTES = { usual: 15, chosen: 60 };

/** Plugins whose links the kernel at hand may not have; everything else is tested on that one. */
const KINDS = "(dummy|ipvlan|vlan|vrf)";
/** Of the faults that are tried at each call, those that fit in the time of a usual run. */
const USUAL = `(^| )${KINDS}( conforms | works |: (result|theirs|ours))|(ADD|DEL) ended by kill -9 .* ${KINDS}: `;
const USUAL_ONE_IN = 12;
/** The package that tests find where it was unpacked before. */
const REFERENCE = "containernetworking-plugins";

const { values, positionals } = parseArgs({
  options: { "test-name-pattern": { type: "string", short: "t" } },
  allowPositionals: true,
});
const words = positionals;
const timeoutMinutes = TIMEOUT_MINUTES[words.length > 0 ? "chosen" : "usual"];
const wanted = (path: string): boolean =>
  words.length === 0 || words.some((word) => path.includes(word));
/** One folder a pattern: Bun's globs find nothing where an alternative has a "*" and a "/" in it. */
function scan(pattern: string): string[] {
  const found = [...new Bun.Glob(pattern).scanSync(".")].sort();
  if (found.length === 0) throw new Error(`No file matches "${pattern}"`);
  return found.filter(wanted);
}
const kinds = [
  "src/cni/conformance/*.netns.test.ts",
  "src/cni/plugins/docs-examples.netns.test.ts",
  "test/cni/differential.test.ts",
  "test/cni/partial-states.test.ts",
].flatMap(scan);
const tests =
  words.length > 0
    ? scan("src/{cni,nft,conntrack,rtnl,netns}/**/*.netns.test.ts").filter(
        (path) => !kinds.includes(path),
      )
    : scan("src/rtnl/*.netns.test.ts").concat(
        [
          "main/bridge/vlans",
          "main/dummy/*",
          "main/host-device/hardware",
          "main/ipvlan/*",
          "main/macvlan/*",
          "main/vlan/*",
          "meta/vrf/*",
        ].flatMap((path) => scan(`src/cni/plugins/${path}.netns.test.ts`)),
      );

function kernelPackage(): string {
  const asked = Bun.spawnSync(["apt-cache", "depends", "linux-image-cloud-amd64"]);
  const name = /Depends: (linux-image-\S+)/.exec(asked.stdout.toString())?.[1];
  if (name === undefined)
    throw new Error("Cannot find Debian's cloud kernel: apt knows no linux-image-cloud-amd64");
  return debianFiles([name]);
}

/** Of the run outside: whether it tries everything, and by which seed it chooses. */
const passedOn = ["NODEWRIGHT_TEST_FULL", "NODEWRIGHT_TEST_SEED"].flatMap((name) => {
  const value = process.env[name];
  return value === undefined ? [] : [`${name}=${value}`];
});

/** The machine's whole life: mounts, the tests, their report to the second serial port, off. */
function initScript(): string {
  return `#!/bin/sh
export PATH=/sbin:/bin HOME=/tmp NO_COLOR=1 NODEWRIGHT_TEST_EXECUTABLE=/checkout/dist/nodewright BUN_RUNTIME_TRANSPILER_CACHE_PATH=0
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mount -t tmpfs var /var
echo /sbin/modprobe > /proc/sys/kernel/modprobe
ip link set lo up
mkdir -p /tmp/nodewright-test-packages
ln -s /reference /tmp/nodewright-test-packages/${REFERENCE}
cd /checkout
modprobe -a tun virtio_pci virtio_net 2>/dev/null
export NODEWRIGHT_SPARE_CARD=eth0
${runTests(tests, "")}
export ${[`NODEWRIGHT_FAULT_ONE_IN=${words.length > 0 ? 1 : USUAL_ONE_IN}`, ...passedOn].join(" ")}
${runTests(kinds, `-t '${values["test-name-pattern"] ?? (words.length > 0 ? `(^| )${KINDS}(:| )` : USUAL)}'`)}
sync
poweroff -f
`;
}

function runTests(paths: readonly string[], options: string): string {
  if (paths.length === 0) return "";
  const files = paths.map((path) => `./${path}`).join(" ");
  return `bun test --timeout=600000 --only-failures ${options} --reporter=junit --reporter-outfile=/tmp/report.xml ${files} 2>&1
cat /tmp/report.xml > /dev/ttyS1`;
}

function count(report: string): { readonly passed: number; readonly failed: number } {
  const heads = report.match(/<testsuites [^>]*>/g) ?? [];
  if (heads.length < [tests, kinds].filter(({ length }) => length > 0).length) {
    return { passed: 0, failed: 1 };
  }
  const of = (name: string): number =>
    heads.reduce(
      (sum, head) => sum + Number(new RegExp(`${name}="(\\d+)"`).exec(head)?.[1] ?? 0),
      0,
    );
  // Those that a pattern leaves out are no skipped tests.
  return { passed: of("tests") - of("failures") - of("skipped"), failed: of("failures") };
}

if (process.arch !== "x64") {
  console.error(
    `error: Cannot boot the virtual machine: it is one for x86-64, this is ${process.arch}`,
  );
  process.exit(1);
}
const work = mkdtempSync(join(tmpdir(), "nodewright-vm-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
const built = Bun.spawnSync([process.execPath, "scripts/build.ts"], {
  stdout: "inherit",
  stderr: "inherit",
});
if (built.exitCode !== 0) process.exit(1);
const kernel = kernelPackage();
const vmlinuz = readdirSync(join(kernel, "boot")).find((name) => name.startsWith("vmlinuz-"));
if (vmlinuz === undefined) throw new Error(`Cannot find a kernel in "${kernel}"`);
const initramfs = join(work, "initramfs.cpio");
const contents = {
  kernel,
  bun: process.execPath,
  checkout: resolve("."),
  reference: debianFiles([REFERENCE]),
  init: initScript(),
};
buildInitramfs(join(work, "root"), contents, initramfs);
rmSync(join(work, "root"), { recursive: true });
const report = join(work, "report.xml");
const isInTime = await runMachine({
  vmlinuz: join(kernel, "boot", vmlinuz),
  initramfs,
  report,
  timeoutMs: timeoutMinutes * 60_000,
});
if (!isInTime) console.error(`error: the machine did not end within ${timeoutMinutes} minutes`);
const { passed, failed } = count(existsSync(report) ? readFileSync(report, "utf8") : "");
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 && isInTime ? 0 : 1);
