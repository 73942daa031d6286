import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initCluster } from "./init-cluster.ts";
import { stockFiles } from "./stock-files.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-init-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const outcomes = (results: readonly { path: string; outcome: string }[]) =>
  Object.fromEntries(results.map(({ path, outcome }) => [path, outcome]));

describe("initCluster()", () => {
  test("writes every stock file, and nothing the second time", async () => {
    const target = join(dir, "deep", "cluster");
    const first = await initCluster(target);
    expect(new Set(first.map(({ outcome }) => outcome))).toEqual(new Set(["written"]));
    for (const { path, text } of stockFiles()) {
      expect(readFileSync(join(target, path), "utf8")).toBe(text);
    }
    const second = await initCluster(target);
    expect(new Set(second.map(({ outcome }) => outcome))).toEqual(new Set(["same"]));
    const left = readdirSync(target, { recursive: true }).filter((n) =>
      String(n).includes(".nodewright-"),
    );
    expect(left).toEqual([]);
  });

  test("keeps what is there: other text, a dangling link, a directory", async () => {
    mkdirSync(join(dir, "configs"));
    writeFileSync(join(dir, "machines.txt"), "mine\n");
    symlinkSync("/nowhere", join(dir, "nodewright.yaml"));
    mkdirSync(join(dir, "configs/kubelet-config.yaml"));
    const found = outcomes(await initCluster(dir));
    expect(found["machines.txt"]).toBe("kept");
    expect(found["nodewright.yaml"]).toBe("kept");
    expect(found["configs/kubelet-config.yaml"]).toBe("kept");
    expect(found["configs/kube-proxy-config.yaml"]).toBe("written");
    expect(readFileSync(join(dir, "machines.txt"), "utf8")).toBe("mine\n");
  });

  test("does not put a second network configuration beside the origin's", async () => {
    mkdirSync(join(dir, "configs"));
    writeFileSync(join(dir, "configs/10-bridge.conf"), "{}");
    writeFileSync(join(dir, "configs/99-loopback.conf"), "{}");
    const results = await initCluster(dir);
    expect(outcomes(results)["configs/10-bridge.conflist"]).toBe("kept");
    expect(readdirSync(join(dir, "configs"))).not.toContain("10-bridge.conflist");
    expect(readFileSync(join(dir, "nodewright.yaml"), "utf8")).toContain("\nmasquerade: false\n");
  });

  test("says what is wrong with the place", async () => {
    writeFileSync(join(dir, "file"), "");
    await expect(initCluster(join(dir, "file"))).rejects.toMatchObject({
      kind: "init",
      message: expect.stringMatching(
        /^Cannot write the stock files into ".*file": E(NOTDIR|EXIST)$/,
      ),
    });
    chmodSync(dir, 0o755);
  });
});

describe("stockFiles()", () => {
  test("gives the lab its own pause image", () => {
    const options = { sandboxImage: "nodewright.local/pause:1", restrictOomScoreAdj: true };
    const text = stockFiles(options).find(({ path }) => path.endsWith(".toml"))?.text ?? "";
    expect(text).toContain('\n  sandbox_image = "nodewright.local/pause:1"\n');
    expect(text).toContain("\n  restrict_oom_score_adj = true\n");
  });

  test("gives machines that are containers their host's connection table", () => {
    const proxy = stockFiles({ conntrackMaxPerCore: 0 }).find(({ path }) => path.includes("proxy"));
    expect(proxy?.text).toContain("\nconntrack:\n  maxPerCore: 0\n");
  });
});
