import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_RUNTIME_ENDPOINT, findRuntimeEndpoint, parseRuntimeEndpoint } from "./mod.ts";

describe("parseRuntimeEndpoint()", () => {
  test.each([
    { input: "unix:///run/containerd/containerd.sock", want: "/run/containerd/containerd.sock" },
    { input: "unix:/run/c.sock", want: "/run/c.sock" },
    { input: "/run/c.sock", want: "/run/c.sock" },
    { input: "tcp://127.0.0.1:9", want: undefined },
    { input: "run/c.sock", want: undefined },
    { input: "unix://", want: undefined },
    { input: "", want: undefined },
  ])("$input", ({ input, want }) => {
    const parsed = parseRuntimeEndpoint(input);
    expect(parsed.ok ? parsed.value : undefined).toBe(want);
  });
});

describe("findRuntimeEndpoint()", () => {
  test.each([
    {
      name: "what was asked for",
      asked: "/a.sock",
      file: "runtime-endpoint: /b.sock",
      want: "/a.sock",
    },
    {
      name: "crictl's file",
      asked: undefined,
      file: "runtime-endpoint: /b.sock\ntimeout: 2",
      want: "/b.sock",
    },
    {
      name: "the default without the key",
      asked: undefined,
      file: "timeout: 2",
      want: DEFAULT_RUNTIME_ENDPOINT,
    },
    { name: "the default with an empty file", asked: "", file: "", want: DEFAULT_RUNTIME_ENDPOINT },
    {
      name: "the default without a file",
      asked: undefined,
      file: undefined,
      want: DEFAULT_RUNTIME_ENDPOINT,
    },
    { name: "an error for what is no YAML", asked: undefined, file: "a: [", want: "error" },
  ])("takes $name", async ({ asked, file, want }) => {
    const dir = mkdtempSync(join(tmpdir(), "nodewright-crictl-"));
    const path = join(dir, "crictl.yaml");
    if (file !== undefined) writeFileSync(path, file);
    const found = await findRuntimeEndpoint(asked, path).catch((error: unknown) => {
      expect(error).toMatchObject({ kind: "config", message: `Cannot read ${path}: not YAML` });
      return "error";
    });
    rmSync(dir, { recursive: true });
    expect(found).toBe(want);
  });
});
