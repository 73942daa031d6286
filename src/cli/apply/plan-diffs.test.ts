import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "../testing/mod.ts";
import { diffOf } from "./plan-diffs.ts";

let dir = "";
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-plan-diffs-"));
  writeFileSync(
    join(dir, "machines.txt"),
    "192.0.2.10 server.k.local server\n192.0.2.11 node-0.k.local node-0 10.200.0.0/24\n",
  );
  expect((await runCommandLine(["pki", dir])).exitCode).toBe(0);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("use 26: a plan shows subject and expiry of a certificate, not its Base64", () => {
  const pem = (name: string): string => readFileSync(join(dir, name), "utf8");
  const file = { path: "/var/lib/kubelet/kubelet.crt", origin: "node-0.crt" };
  const diff = diffOf("node-0", file, { before: pem("ca.crt"), after: pem("node-0.crt") });
  const lines = diff.trimEnd().split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "--- node-0:/var/lib/kubelet/kubelet.crt",
    "+++ node-0:/var/lib/kubelet/kubelet.crt (node-0.crt)",
    "@@ -1,1 +1,1 @@",
  ]);
  expect(lines[3]).toMatch(
    /^-certificate of "CN=.*", expires \d{4}-\d\d-\d\d, SHA-256 [0-9A-F:]{23}\.\.\.$/,
  );
  expect(lines[4]).toMatch(/^\+certificate of "CN=system:node:node-0, O=system:nodes", expires /);
  expect(lines).toHaveLength(5);
});

test("diffOf() is a unified diff of every other text", () => {
  const diff = diffOf("n", { path: "/etc/x", origin: "x" }, { before: "", after: "a\n" });
  expect(diff).toBe("--- /dev/null\n+++ n:/etc/x (x)\n@@ -0,0 +1,1 @@\n+a\n");
});

test("security 13: diffOf() masks what a configuration has of secrets", () => {
  const before = "[x.auth]\npassword = 'SECRET1'\nname = 'a'\n";
  const after = "[x.auth]\npassword = '''\nSECRET2\n'''\nname = 'b'\n";
  const diff = diffOf("n", { path: "/etc/x", origin: "x" }, { before, after });
  expect(diff).not.toContain("SECRET");
  expect(diff).toContain("-name = 'a'\n");
  expect(diff).toContain("+name = 'b'\n");
});
