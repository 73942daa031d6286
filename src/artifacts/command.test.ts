import { describe, expect, test } from "bun:test";
import { rejectionOf } from "../base/testing/mod.ts";
import { systemCommands } from "./command.ts";

const ENV = { PATH: "/usr/bin:/bin" };

describe("systemCommands", () => {
  test("run() gives both outputs and the exit code", async () => {
    const result = await systemCommands.run(["sh", "-c", "echo a; echo b >&2; exit 3"], {
      env: ENV,
    });
    expect(result).toEqual({ exitCode: 3, stdout: "a\n", stderr: "b\n" });
  });

  test("run() gives the program no environment of ours and no input", async () => {
    const { stdout } = await systemCommands.run(["sh", "-c", "cat; env | grep -c HOME"], {
      env: ENV,
    });
    expect(stdout).toBe("0\n");
  });

  test("run() ends a program that goes on for too long", async () => {
    const { exitCode } = await systemCommands.run(["sleep", "600"], { env: ENV, timeoutMs: 50 });
    expect(exitCode).not.toBe(0);
  });

  test("run() does not wait for what a program leaves behind", async () => {
    const script = "sleep 30 & echo $!";
    const { stdout } = await systemCommands.run(["sh", "-c", script], { env: ENV });
    const pid = Number(stdout);
    expect(pid).toBeGreaterThan(1);
    process.kill(pid, "SIGKILL");
  });

  test("run() keeps no more than a few megabytes", async () => {
    const { stdout } = await systemCommands.run(["head", "-c", "9000000", "/dev/zero"], {
      env: ENV,
    });
    expect(stdout.length).toBeLessThan(5_000_000);
  });

  test("run() rejects for a program that is not there, and when aborted", async () => {
    expect(await rejectionOf(systemCommands.run(["/nonexistent"], { env: ENV }))).toMatchObject({
      message: "Cannot start /nonexistent",
    });
    const stop = new AbortController();
    const running = systemCommands.run(["sleep", "600"], { env: ENV, signal: stop.signal });
    stop.abort(new Error("stopped"));
    expect(await rejectionOf(running)).toEqual(new Error("stopped"));
  });

  test("stream() gives the output, and rejects at its end for an exit code", async () => {
    const parts: string[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of systemCommands.stream(
        ["sh", "-c", "echo out; echo why >&2; exit 2"],
        { env: ENV },
      )) {
        parts.push(Buffer.from(chunk).toString());
      }
    };
    expect(await rejectionOf(read())).toMatchObject({
      message: "Cannot run sh: exit code 2",
      detail: "why",
    });
    expect(parts.join("")).toBe("out\n");
  });
});
