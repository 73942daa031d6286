import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { OwnExecutables, PluginLab } from "../../cni/testing/mod.ts";
import { withNetns } from "../../netns/mod.ts";

const ROOT = resolve(import.meta.dir, "../../..");

let own: OwnExecutables;
let lab: PluginLab;
beforeAll(() => {
  own = new OwnExecutables();
  lab = new PluginLab();
});
afterAll(() => {
  lab[Symbol.dispose]();
  own[Symbol.dispose]();
});

/** The tutorial's two files, but for where host-local keeps its own. */
function writeTutorial(confDir: string, dataDir: string): void {
  mkdirSync(confDir);
  const bridge = {
    cniVersion: "1.0.0",
    name: "bridge",
    type: "bridge",
    bridge: "cni0",
    isGateway: true,
    ipMasq: true,
    ipam: {
      type: "host-local",
      dataDir,
      ranges: [[{ subnet: "10.200.0.0/24" }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  };
  const loopback = { cniVersion: "1.1.0", name: "lo", type: "loopback" };
  writeFileSync(join(confDir, "10-bridge.conf"), JSON.stringify(bridge));
  writeFileSync(join(confDir, "99-loopback.conf"), JSON.stringify(loopback));
}

/** What differs from run to run is the same for the page and for the trace. */
function wordsOf(text: string): readonly string[] {
  const same = text
    .replaceAll(/cnitool-[0-9a-f]{20}/g, "ID")
    .replaceAll(/veth[0-9a-f]{11}/g, "VETH")
    .replaceAll(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g, "MAC")
    .replaceAll(/inode \d+/g, "inode");
  return same.match(/[^\s,{}[\]]+/g)?.filter((word) => word !== "...") ?? [];
}

test("docs/cni.md shows what a trace prints, in its order", () => {
  const pod = lab.netns("pod");
  // The page's host does not forward yet; a new namespace may have that from this one.
  lab.run(lab.host, ["busybox", "sysctl", "-qw", "net.ipv4.ip_forward=0"]);
  const confDir = join(lab.directory, "conf");
  const dataDir = join(lab.directory, "networks");
  const cacheDir = join(lab.directory, "cache");
  writeTutorial(confDir, dataDir);
  const argv = [process.execPath, join(ROOT, "cmd/nodewright.ts"), "cni", "trace", "bridge"];
  const child = withNetns(lab.host.netns, () =>
    Bun.spawnSync([...argv, pod.path, "--cache-dir", cacheDir], {
      env: { PATH: process.env["PATH"] ?? "", NETCONFPATH: confDir, CNI_PATH: own.directory },
      stdin: "ignore",
    }),
  );
  expect([child.exitCode, child.stderr.toString()]).toEqual([0, ""]);
  const printed = child.stdout
    .toString()
    .replaceAll(confDir, "/etc/cni/net.d")
    .replaceAll(own.directory, "/opt/cni/bin")
    .replaceAll(dataDir, "/var/lib/cni/networks")
    .replaceAll(cacheDir, "/var/lib/cni")
    .replaceAll(pod.path, "/run/netns/pod")
    .replaceAll(pod.name, "pod");
  const trace = wordsOf(printed);
  const page = readFileSync(join(ROOT, "docs/cni.md"), "utf8");
  const blocks = [...page.matchAll(/^```\n(.*?)^```/gms)].map(([, block = ""]) => block);
  let at = 0;
  for (const block of blocks.filter((text) => !text.startsWith("$"))) {
    for (const word of wordsOf(block)) {
      const next = trace.indexOf(word, at);
      expect({ word, line: lineOf(block, word), isThere: next !== -1 }).toMatchObject({
        isThere: true,
      });
      at = next + 1;
    }
  }
  // Skipped is little enough for each word to be the one that is meant.
  expect(blocks.length).toBeGreaterThan(6);
});

function lineOf(block: string, word: string): string {
  return block.split("\n").find((line) => wordsOf(line).includes(word)) ?? "";
}
