import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CliContext } from "../context.ts";
import { createProgress } from "../output/progress.ts";
import { fakeProcess, runCommandLine } from "../testing/mod.ts";
import { jsonFault } from "./json-fault.ts";

let dir = "";
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-cli-json-"));
  await runCommandLine(["init", dir]);
  await Bun.write(
    join(dir, "machines.txt"),
    "10.0.0.2 server.example.test server\n10.0.0.10 node-0.example.test node-0 10.200.0.0/24\n",
  );
  await runCommandLine(["pki", dir]);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("use 17: --json", () => {
  // runCommandLine holds each line to its schema.
  test.each([
    { argv: ["init"], kinds: ["init"] },
    { argv: ["pki"], kinds: ["pki"] },
    { argv: ["render"], kinds: ["render"] },
    { argv: ["check"], kinds: ["check"] },
    { argv: ["explain"], kinds: ["overview"] },
    { argv: ["explain", "NW"], kinds: ["rules"] },
    { argv: ["explain", "NW-A01"], kinds: ["rule"] },
    { argv: ["explain", "maxPods"], kinds: ["option"] },
    { argv: ["explain", "machines.txt"], kinds: ["file"] },
    { argv: ["version", "--all"], kinds: ["version"] },
    { argv: ["completion", "fish"], kinds: ["completion"] },
    { argv: ["cni", "list", "--conf-dir", "none", "--cache-dir", "none"], kinds: ["cni-holdings"] },
    { argv: ["cni", "cache", "--conf-dir", "none", "--cache-dir", "none"], kinds: ["cni-cache"] },
    { argv: ["plan"], kinds: ["error"] },
    { argv: ["status", "nope"], kinds: ["error"] },
    { argv: ["nope"], kinds: ["error"] },
  ])("$argv", async ({ argv, kinds }) => {
    const { stdout, stderr } = await runCommandLine([...argv, "--json"], { cwd: dir });
    const documents = stdout.split("\n").filter((line) => line !== "");
    expect(documents.map((line) => JSON.parse(line).kind)).toEqual([...kinds]);
    expect(stderr).toBe("");
  });

  test("render has the contents of texts, never of secrets; mode is octal text", async () => {
    const { stdout } = await runCommandLine(["render", "--json"], { cwd: dir });
    const files: { path: string; mode: string; content?: string; sensitive: boolean }[] =
      JSON.parse(stdout).nodes[0].files;
    const unit = files.find(({ path }) => path.endsWith("/containerd.service"));
    expect(unit).toMatchObject({ mode: "0644", content: expect.stringContaining("ExecStart=") });
    const secrets = files.filter(({ sensitive }) => sensitive);
    expect(secrets.length).toBeGreaterThan(0);
    expect(secrets.filter(({ content }) => content !== undefined)).toEqual([]);
  });

  test("a step's mode is the same octal text as a rendered file's", () => {
    const lines: string[] = [];
    // cast: of the stream only write is used
    const stdout = { write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
    const context = new CliContext(fakeProcess({ stdout }));
    context.configure({ json: true });
    const file = { path: "/x", digest: "d", mode: 0o600 };
    context.out.json({
      kind: "plan",
      node: "n",
      baseGeneration: null,
      steps: [{ kind: "write-file", file }],
      notes: [],
      diffs: [],
    });
    const document = JSON.parse(lines[0] ?? "");
    expect(document.steps[0].file.mode).toBe("0600");
    expect(jsonFault(document)).toBeUndefined();
    createProgress(context).onEvent({
      kind: "check",
      node: "n",
      check: { node: "n", check: "pod-address", expected: "10.0.0.1", ok: true, found: "10.0.0.1" },
    });
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ kind: "verify", node: "n" });
  });

  test.each([
    { document: { files: [] }, fault: "without a kind" },
    { document: { kind: "strange" }, fault: "without a schema: strange" },
    { document: { kind: "reset", node: 1 }, fault: "reset: " },
    {
      document: {
        kind: "render",
        nodes: [
          {
            node: "n",
            address: "",
            podSubnets: [],
            files: [{ path: "/x", mode: 420, sizeBytes: 1 }],
          },
        ],
        problems: [],
      },
      fault: "mode",
    },
  ])("the schemas refuse $fault", ({ document, fault }) => {
    expect(jsonFault(document)).toContain(fault);
  });
});
