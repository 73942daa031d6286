import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProbeReport, runProbeInChild } from "./mod.ts";

/** Stands in for the executable: gets `node probe DIRECTORY` as its arguments. */
const PROGRAM = `
  const { probeCommand } = await import(${JSON.stringify(join(import.meta.dir, "mod.ts"))});
  const [node, probe, ...rest] = process.argv.slice(2);
  if (node !== "node" || probe !== "probe") process.exit(2);
  process.stdout.write(probeCommand(rest.at(-1), rest.includes("--all")));
`;

let dir = "";
let command: string[] = [];
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-probe-"));
  writeFileSync(join(dir, "program.ts"), PROGRAM);
  command = [process.execPath, join(dir, "program.ts")];
});
afterAll(() => rmSync(dir, { recursive: true }));

const stateOf = (report: ProbeReport, feature: string) =>
  report.features.find((result) => result.feature === feature)?.state;

describe("runProbeInChild()", () => {
  test("says of every feature whether it works, and leaves nothing", async () => {
    const links = () => Bun.spawnSync(["ip", "-o", "link"]).stdout.toString();
    const mounts = () => readFileSync("/proc/self/mounts", "utf8");
    const before = { links: links(), mounts: mounts() };
    const containerdRoot = join(dir, "not", "there", "yet");
    const report = await runProbeInChild(command, { containerdRoot });
    expect(stateOf(report, "overlayfs")).toBe("yes");
    expect(stateOf(report, "veth")).toBe("yes");
    expect(stateOf(report, "namespace-net")).toBe("yes");
    const features = report.features.map((result) => result.feature);
    expect(new Set(features).size).toBe(features.length);
    expect(report.features.every((result) => result.detail !== "")).toBe(true);
    expect(report.cgroup.controllers).toHaveLength(8);
    expect(report.limits["kernel.pid_max"]).toBeGreaterThan(0);
    expect({ links: links(), mounts: mounts() }).toEqual(before);
    expect(readdirSync(dir)).toEqual(["program.ts"]);
  });

  test("tries what only some nodes need where asked to, and agrees with iproute2", async () => {
    const needed = await runProbeInChild(command, { containerdRoot: dir });
    expect(stateOf(needed, "wireguard")).toBeUndefined();
    expect(stateOf(needed, "ip-vs")).toBeUndefined();
    const report = await runProbeInChild(command, { containerdRoot: dir, all: true });
    expect(stateOf(report, "ip-vs")).toBeDefined();
    for (const kind of ["bridge", "dummy", "ifb", "vrf", "wireguard"]) {
      const extra = kind === "vrf" ? ["table", "1000"] : [];
      const argv = ["ip", "link", "add", "x", "type", kind, ...extra];
      const theirs = Bun.spawnSync(["unshare", "-n", ...argv]).exitCode === 0;
      expect([kind, stateOf(report, kind)]).toEqual([kind, theirs ? "yes" : "no"]);
    }
  });

  test("agrees with mount(8) and nft(8) about swap and addresses", async () => {
    const report = await runProbeInChild(command, { containerdRoot: dir });
    const works = (argv: readonly string[]) =>
      Bun.spawnSync(["unshare", "-nm", ...argv]).exitCode === 0 ? "yes" : "no";
    const tmpfs = works(["mount", "-t", "tmpfs", "-o", "noswap", "tmpfs", dir]);
    expect(stateOf(report, "tmpfs-noswap")).toBe(tmpfs);
    const rules =
      "add table ip t; add chain ip t c { type nat hook postrouting priority 100; }; " +
      "add rule ip t c fib daddr type local";
    expect(stateOf(report, "nft-fib")).toBe(works(["nft", rules]));
  });

  test("removes what a killed probe has left", async () => {
    // No process has this number: pid_max is below it.
    const left = join(dir, ".nodewright-probe-99999999");
    writeFileSync(left, "");
    await runProbeInChild(command, { containerdRoot: dir });
    expect(readdirSync(dir)).toEqual(["program.ts"]);
  });

  test("an overlay upon an overlay is told", async () => {
    const script =
      "mount -t tmpfs none $1 && mkdir $1/l $1/u $1/w $1/m && " +
      "mount -t overlay none -olowerdir=$1/l,upperdir=$1/u,workdir=$1/w $1/m && " +
      'shift && exec "$@"';
    const base = mkdtempSync(join(tmpdir(), "nodewright-overlay-"));
    try {
      const inside = ["unshare", "-m", "sh", "-c", script, "sh", base, ...command];
      const report = await runProbeInChild(inside, { containerdRoot: join(base, "m") });
      expect(stateOf(report, "overlayfs")).toBe("no");
    } finally {
      rmSync(base, { recursive: true });
    }
  });

  test("without root the error says so", async () => {
    const inside = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", ...command];
    const failed = runProbeInChild(inside, { containerdRoot: dir });
    await expect(failed).rejects.toMatchObject({
      kind: "probe",
      detail: expect.stringContaining("EPERM"),
    });
  });

  test("ends with the signal's reason", async () => {
    const signal = AbortSignal.abort(new Error("Interrupted"));
    const failed = runProbeInChild(command, { containerdRoot: dir, signal });
    await expect(failed).rejects.toThrow("Interrupted");
  });
});
