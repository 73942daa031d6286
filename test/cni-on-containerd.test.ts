/**
 * nodewright's own CNI plugins under real container runtimes: the releases of containerd that
 * Debian's suites have, each on a fresh machine, with real pods through nodewright's own verify.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PLUGIN_NAMES } from "../src/cni/mod.ts";
import { type TestLab, testLab } from "./support/lab.ts";
import { nodewright } from "./support/nodewright.ts";

setDefaultTimeout(300_000);

const NODE = "node-0";
let lab: TestLab;
let dir = "";
beforeAll(async () => {
  lab = await testLab({ nodes: 1 });
  dir = await lab.cluster();
});
afterAll(() => lab[Symbol.asyncDispose]());

/** Takes containerd from another suite, in the lab's settings. */
async function useContainerdOf(suite: string): Promise<void> {
  const path = join(dir, "nodewright.yaml");
  const text = await readFile(path, "utf8");
  await writeFile(
    path,
    text.replace(/^( {2}containerd: ).*$/m, `$1{ source: debian, suite: ${suite} }`),
  );
}

describe.each([
  ["bookworm", "1.6"],
  ["trixie", "1.7"],
  ["forky", "2."],
])("containerd of %s", (suite, release) => {
  test(`${release}x runs pods with them and leaves nothing of a pod`, async () => {
    await lab.reset(NODE);
    await useContainerdOf(suite);
    const applied = await nodewright(["apply", "-C", dir]);
    expect(applied.exitCode, applied.text).toBe(0);
    expect(applied.text).toMatch(/checks passed on real pods/);

    const version = await lab.exec(NODE, ["nodewright", "cri", "version", "--json"]);
    expect(version.stdout, version.stderr).toContain(`"${release}`);
    // One file under all names: what runs pods is this very executable.
    const inodes = await lab.exec(NODE, [
      "stat",
      "-c",
      "%i",
      ...PLUGIN_NAMES.map((name) => `/opt/cni/bin/${name}`),
    ]);
    expect(inodes.exitCode, inodes.stderr).toBe(0);
    expect(new Set(inodes.stdout.trim().split("\n")).size).toBe(1);

    const held = await lab.exec(NODE, [
      "sh",
      "-c",
      "ls /var/lib/cni/networks/*/ | grep -c '^[0-9]*\\.[0-9]*\\.' || true",
    ]);
    expect(held.stdout.trim(), "addresses that nobody has").toBe("0");
    const rules = await lab.exec(NODE, [
      "sh",
      "-c",
      "ip -br link show master cni0; nft list ruleset | grep -c 'id: ' || true",
    ]);
    expect(rules.stdout.trim()).toBe("0");
  });
});
