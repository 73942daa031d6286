import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { NodewrightError } from "../base/mod.ts";
import { requireSupportFiles } from "./require-support-files.ts";
import {
  FORMS,
  MISTAKES,
  RENDERED,
  runCommandLine,
  type Spoil,
  SpoiltClusters,
  SUPPORT,
  VERSIONS,
} from "./testing/mod.ts";

let clusters: SpoiltClusters;
let root = "";
beforeAll(async () => {
  clusters = await SpoiltClusters.create();
  root = clusters.root;
});
afterAll(() => clusters[Symbol.dispose]());

const spoilt = (file: string, spoil: Spoil): string => clusters.spoilt(file, spoil);

/** The errors that a command finds, as one document. */
async function errorsOf(
  dir: string,
): Promise<readonly { message: string; locations: { file: string }[] }[]> {
  const said = await runCommandLine(["render", "--json", "-C", dir]);
  expect(said.stderr).toBe("");
  const { error, problems = [] } = JSON.parse(said.stdout);
  const all = error === undefined ? problems : (error.problems ?? [error]);
  return all.filter((one: { severity?: string }) => one.severity !== "warning");
}

async function supportError(dir: string): Promise<NodewrightError> {
  const thrown = await requireSupportFiles(dir).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(NodewrightError);
  // cast: just looked at
  return thrown as NodewrightError;
}

describe("a file of the cluster directory", () => {
  for (const file of RENDERED) {
    test.each(Object.entries(MISTAKES))(
      `${file}: %s is one error that names it`,
      async (mistake, spoil) => {
        // Every key of it has a default.
        if (file === "nodewright.yaml" && mistake === "0 bytes") return;
        const errors = await errorsOf(spoilt(file, spoil));
        expect(errors.map(({ message }) => message)).toHaveLength(1);
        const [only] = errors;
        const named = `${only?.message} ${only?.locations.map((at) => at.file).join(" ")}`;
        expect(named).toContain(basename(file));
        expect(only?.message).not.toMatch(/\n|ENOENT|EISDIR|TypeError/);
      },
    );

    test.each(Object.entries(FORMS))(
      `${file}: %s is forgiven, or one error`,
      async (_name, spoil) => {
        const errors = await errorsOf(spoilt(file, spoil));
        expect(errors.length).toBeLessThan(2);
        for (const { message, locations } of errors) {
          expect(`${message} ${locations[0]?.file}`).toContain(file);
        }
      },
    );
  }

  for (const file of SUPPORT) {
    test.each(Object.entries(MISTAKES))(
      `${file}: %s stops a change before it begins`,
      async (_name, spoil) => {
        const error = await supportError(spoilt(file, spoil));
        const places = error.locations.map((at) => at.file).join(" ");
        expect(`${error.message} ${places}`).toContain(file);
        expect(error.message).not.toContain("\n");
        expect(error.kind).not.toBe("internal");
      },
    );
  }

  test("admin.kubeconfig: check names it with a fix, and render says so beside the nodes' files", async () => {
    const dir = spoilt("admin.kubeconfig", (path) => writeFileSync(path, ""));
    const said = await runCommandLine(["check", "-C", dir], { cwd: dir });
    expect(said.exitCode).toBe(3);
    expect(said.stdout).toContain("Cannot use admin.kubeconfig: it is empty (0 bytes)");
    expect(said.stdout).toContain("at admin.kubeconfig:1:1");
    expect(said.stdout).toContain("fix: Restore its contents, or remove it");
    const rendered = await runCommandLine(["render", "-C", dir], { cwd: dir });
    expect(rendered.exitCode).toBe(0);
    expect(rendered.stderr).toContain("warning: Cannot use admin.kubeconfig");
    expect(rendered.stdout).toContain("/var/lib/kubelet/kubeconfig");
  });

  // Keys and certificates of the control plane are read by pki alone.
  for (const file of [
    ...["machines.txt", "ca.crt", "ca.key", "node-0.crt", "node-0.key", "node-0.kubeconfig"],
    ...["kube-scheduler.crt", "kube-api-server.key", "service-accounts.key"],
    ...["admin.kubeconfig", "kube-controller-manager.kubeconfig", "encryption-config.yaml"],
  ]) {
    test.each(Object.entries(MISTAKES))(
      `pki --check: ${file}: %s is named`,
      async (mistake, spoil) => {
        // A comment in front of PEM is none of its business.
        if (mistake === "Latin-1" && /\.(crt|key|yaml)$/.test(file)) return;
        const dir = spoilt(file, spoil);
        const { exitCode, stdout, stderr } = await runCommandLine(["pki", "--check", "-C", dir]);
        expect(exitCode).not.toBe(0);
        expect(stdout + stderr).toContain(file);
        expect(stdout + stderr).toContain("fix: ");
        expect(stdout + stderr).not.toMatch(/ENOENT|EISDIR|ELOOP|TypeError/);
        expect(stdout + stderr).not.toContain("Unexpected error");
      },
    );
  }

  const NOBODY = 65_534;
  const cannotTry =
    process.getuid?.() === 0
      ? undefined
      : "only root can become a user who may not read a file that it has made";
  if (cannotTry !== undefined) console.log(`skipped: no permission: ${cannotTry}`);
  test.skipIf(cannotTry !== undefined).each([
    ["machines.txt", "check"],
    ["nodewright.yaml", "check"],
    ["configs/kubelet-config.yaml", "render"],
    ["units/kubelet.service", "check"],
    ["node-0.key", "check"],
    ["node-0.kubeconfig", "render"],
    ["ca.key", "pki"],
    ["encryption-config.yaml", "pki"],
    ["nodewright.lock", "check"],
  ])("%s without permission: %s names it, with a fix", async (file, command) => {
    const dir = spoilt(file, (path) => chmodSync(path, 0));
    chmodSync(root, 0o755);
    for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
      chownSync(join(dir, name), NOBODY, NOBODY);
    }
    chownSync(dir, NOBODY, NOBODY);
    process.seteuid?.(NOBODY);
    const said = await runCommandLine([command, "-C", dir]).finally(() => process.seteuid?.(0));
    expect(said.exitCode).not.toBe(0);
    expect(said.stdout + said.stderr).toContain("no permission to read it");
    expect(said.stdout + said.stderr).toContain(file);
    expect(said.stdout + said.stderr).toContain("fix: Let this user read the file");
  });

  test.each(VERSIONS)(
    "%s of another version of its format is one error",
    async (file, from, to) => {
      const dir = spoilt(file, (path, bytes) => {
        const text = bytes.toString();
        expect(text).toContain(from);
        writeFileSync(path, text.replace(from, to));
      });
      if (file === "nodewright.lock")
        expect((await supportError(dir)).message).toContain("lockVersion");
      else {
        const errors = await errorsOf(dir);
        expect(errors).toHaveLength(1);
        expect(errors[0]?.locations[0]?.file).toBe(file);
      }
    },
  );

  test("use 4: conflict markers in nodewright.lock are named with their line", async () => {
    const markers =
      "lockVersion: 1\n<<<<<<< HEAD\narches: {}\n=======\narches: {}\n>>>>>>> other\n";
    const dir = spoilt("nodewright.lock", (path) => writeFileSync(path, markers));
    const error = await supportError(dir);
    expect(error.message).toBe(
      "Cannot read the lock file nodewright.lock: it has the markers of a merge conflict",
    );
    expect(error.locations[0]).toMatchObject({ line: 2 });
  });

  test.each(["nodewright.yml", "nodewright.json"])("use 7: %s is not passed over", async (name) => {
    const dir = spoilt("nodewright.yaml", (path, bytes) => {
      rmSync(path);
      writeFileSync(join(path, "..", name), bytes);
    });
    const errors = await errorsOf(dir);
    expect(errors).toMatchObject([
      { message: `Cannot use ${name}: the settings are read from nodewright.yaml` },
    ]);
    const both = spoilt("nodewright.yaml", (path, bytes) =>
      writeFileSync(join(path, "..", name), bytes),
    );
    expect(await errorsOf(both)).toHaveLength(1);
  });

  test("a folder that is a dangling link, or a file, is named", async () => {
    for (const make of [
      (path: string) => symlinkSync("nowhere", path),
      (path: string) => writeFileSync(path, "x"),
    ]) {
      const dir = spoilt("machines.txt", () => {});
      rmSync(join(dir, "configs"), { recursive: true });
      make(join(dir, "configs"));
      const errors = await errorsOf(dir);
      expect(errors).toMatchObject([{ message: expect.stringContaining("Cannot read configs: ") }]);
    }
  });
});
