import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../base/mod.ts";
import type { LabDeps } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { ensureRootfs, recipeHash, rootfsPath } from "./rootfs.ts";
import type { RootfsRecipe } from "./rootfs-recipe.ts";
import { createRunCommand, type RunCommand } from "./run-command.ts";

const RECIPE: RootfsRecipe = {
  suite: "testsuite",
  packages: ["systemd"],
  excluded: [],
  removed: ["/etc/ssh/ssh_host_*"],
  entries: [
    { path: "/etc/systemd/system/x.service", target: "/dev/null" },
    { path: "/etc/sudoers.d/debian", content: "rule\n", mode: 0o440 },
  ],
};

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-rootfs-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const real = createRunCommand({ PATH: "/usr/bin:/bin" });
let builds = 0;

/** Stands in for mmdebstrap alone: it makes the directory that it was told to. */
function fakeBootstrap(outcome: "ok" | "fails"): RunCommand {
  return async (argv, options) => {
    if (!argv.includes("mmdebstrap")) return real(argv, options);
    builds++;
    const target = argv.at(-2) ?? "";
    mkdirSync(join(target, "etc/ssh"), { recursive: true });
    for (const name of ["ssh_host_rsa_key", "sshd_config"]) {
      writeFileSync(join(target, "etc/ssh", name), "");
    }
    if (outcome === "fails") throw new LabError("command-failed", "Cannot run mmdebstrap");
    return { exitCode: 0, stdout: "", stderr: "" };
  };
}

function deps(outcome: "ok" | "fails"): LabDeps {
  return {
    run: fakeBootstrap(outcome),
    start: () => ({ pid: 0, exitCode: () => 0 }),
    hasTool: () => true,
    kill: () => {},
    clock: systemClock,
    report: () => {},
    cacheDir: dir,
    stateDir: join(dir, "labs"),
    euid: 0,
  };
}

describe("ensureRootfs()", () => {
  test("builds once, also when asked twice at once, and applies the recipe", async () => {
    builds = 0;
    const both = [1, 2].map(() => ensureRootfs(deps("ok"), { mirror: "http://m" }, RECIPE));
    const [root = ""] = await Promise.all(both);
    expect(builds).toBe(1);
    expect(root).toBe(rootfsPath({ cacheDir: dir }, RECIPE));
    expect(readdirSync(join(root, "etc/ssh"))).toEqual(["sshd_config"]);
    expect(readlinkSync(join(root, "etc/systemd/system/x.service"))).toBe("/dev/null");
    expect(readFileSync(join(root, "etc/sudoers.d/debian"), "utf8")).toBe("rule\n");
    expect(readdirSync(join(dir, "rootfs"))).toEqual([recipeHash(RECIPE)]);
  });

  test("leaves nothing of a build that failed, and removes what a killed one left", async () => {
    await expect(ensureRootfs(deps("fails"), { mirror: "http://m" }, RECIPE)).rejects.toThrow(
      "Cannot build the machines' root from http://m",
    );
    expect(readdirSync(join(dir, "rootfs"))).toEqual([]);
    const left = join(dir, "rootfs", `.building-${recipeHash(RECIPE)}`, "half");
    mkdirSync(left, { recursive: true });
    const root = await ensureRootfs(deps("ok"), { mirror: "http://m" }, RECIPE);
    expect(existsSync(join(root, "half"))).toBe(false);
  });

  test("a changed recipe is another root", () => {
    const more = { ...RECIPE, packages: [...RECIPE.packages, "sudo"] };
    expect(recipeHash(more)).not.toBe(recipeHash(RECIPE));
  });
});
