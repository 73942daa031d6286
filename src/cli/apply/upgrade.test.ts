import { expect, test } from "bun:test";
import type { NodePlan } from "../../plan/mod.ts";
import { runCommandLine } from "../testing/mod.ts";
import { replacedFiles } from "./upgrade.ts";

test("replacedFiles() names executables by their origin, once, and counts the rest", () => {
  const file = (path: string, origin: string, mode: number, text: boolean) => ({
    kind: "write-file" as const,
    file: { path, origin, mode, text, digest: "0".repeat(64), sizeBytes: 1, sensitive: false },
    previous: null,
    foreign: false,
  });
  const plan: NodePlan = {
    node: "node-0",
    baseGeneration: 1,
    steps: [
      file("/bin/containerd", "debian containerd 1.7.24", 0o755, false),
      file("/bin/ctr", "debian containerd 1.7.24", 0o755, false),
      file("/etc/containerd/config.toml", "configs/containerd-config.toml", 0o644, true),
      file("/etc/profile.d/x.sh", "files/x.sh", 0o755, true),
    ],
    notes: [],
    problems: [],
  };
  expect(replacedFiles(plan)).toEqual({ executables: ["debian containerd 1.7.24"], others: 2 });
});

test("upgrade refuses a name that is none, before anything is read", async () => {
  const { exitCode, stderr } = await runCommandLine(["upgrade", "containerdd"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Did you mean "containerd"?');
});
