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

/** A shell that has the nonce of the session, greets and then does something. */
function greeting(words: string, then: string): string {
  const nonce = `nonce=$(printf '%s\\n' "$*" | grep -o 'nodewright-[0-9a-f]*' | head -n 1)`;
  return `#!/bin/sh\nif [ "$1" = -G ]; then exit 0; fi\n${nonce}\nprintf "%s ${words}\\n" "$nonce"\n${then}\n`;
}

describe("security 8: a machine that greets and then", () => {
  test.each([
    ["reads nothing", "exec sleep 600", "identity=1"],
    ["takes everything and never says that it has it", "exec cat >/dev/null", "identity=1"],
    ["never ends a trial of its speed", "exec cat >/dev/null", "identity=0"],
    ["prints without an end", "exec yes", "identity=1"],
  ])("%s is cut while nodewright is sent", async (_name, then, offers) => {
    writeFileSync(join(directory, "ssh"), greeting(`need x86_64 ${offers}`, then), { mode: 0o755 });
    const path = join(directory, "executable");
    writeFileSync(path, new Uint8Array(1024 * 1024));
    const connection = await SshConnection.open(target, {
      executables: new Map(),
      env: { PATH: `${directory}:/usr/bin:/bin` },
      signal: new AbortController().signal,
      progressTimeoutMs: 200,
    });
    const rest = async () => ({ path, offset: 0, sizeBytes: 1024 * 1024, keptBytes: 0 });
    const started = connection.start(
      { digest: "", sizeBytes: 1024 * 1024, rest, patch: async () => undefined },
      () => {},
    );
    const error = await started.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "ssh", failure: "timeout", node: "node-0" });
    expect(String(error)).toContain("Cannot send nodewright to the node: no answer within 0.2 s");
    await connection.close();
  });
});

describe("security 11: an ssh that ends under a write is an error of that write alone", () => {
  test.each([
    ["at once", "exit 255"],
    ["after a word", "head -c 6 >/dev/null; exit 255"],
    ["by a signal", "kill -9 $$"],
    ["with its input closed first", "exec <&-; sleep 0.2; exit 255"],
  ])("%s", async (_name, end) => {
    writeFileSync(join(directory, "ssh"), greeting("have x86_64", end), { mode: 0o755 });
    const unhandled: unknown[] = [];
    const note = (thrown: unknown): void => void unhandled.push(thrown);
    process.on("unhandledRejection", note);
    try {
      const connection = await SshConnection.open(target, {
        executables: new Map(),
        env: { PATH: `${directory}:/usr/bin:/bin` },
        signal: new AbortController().signal,
      });
      const unused = () => Promise.reject(new Error("unused"));
      const never = { digest: "", sizeBytes: 0, rest: unused, patch: unused };
      const write = async (): Promise<void> => {
        const stream = await connection.start(never, () => {});
        for (let i = 0; i < 50; i++) await stream.write(new Uint8Array(256 * 1024));
      };
      const error = await write().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ kind: "ssh" });
      await connection.close();
      await Bun.sleep(20);
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  });
});
