import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SshConnection, type SshTarget } from "./mod.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "nodewright-ssh-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const target: SshTarget = { node: "node-0", host: "10.0.0.5", sudo: "auto", connectTimeoutS: 0 };

/** Connects through a program that stands in for ssh. */
async function connect(script: string, greetingTimeoutMs = 300): Promise<unknown> {
  const ssh = `#!/bin/sh\nif [ "$1" = -G ]; then exit 0; fi\n${script}\n`;
  writeFileSync(join(directory, "ssh"), ssh, { mode: 0o755 });
  const opened = SshConnection.open(target, {
    executables: new Map(),
    env: { PATH: `${directory}:/usr/bin:/bin` },
    signal: new AbortController().signal,
    greetingTimeoutMs,
  });
  return await opened.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

describe("security 8: a machine that", () => {
  test.each([
    ["says nothing", "exec sleep 600"],
    ["prints one line without an end", "exec cat /dev/zero"],
    ["prints lines that are no greeting", "exec yes hello"],
    ["writes errors without an end", "exec yes hello >&2"],
  ])("%s is cut after the greeting's time", async (_name, script) => {
    const error = await connect(script);
    expect(error).toMatchObject({ kind: "ssh", failure: "timeout" });
    expect(String(error)).toContain("no greeting within 0.3 s");
  });

  test("writes megabytes of errors and ends: its first and last words count", async () => {
    const error = await connect(
      "{ echo 'Host key verification failed.'; yes | head -c 50000000; echo last; } >&2; exit 255",
      60_000,
    );
    expect(error).toMatchObject({ failure: "host-key-unknown" });
    expect(JSON.stringify(error).length).toBeLessThan(100_000);
  });
});
