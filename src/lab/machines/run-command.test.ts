import { describe, expect, test } from "bun:test";
import { systemClock } from "../../base/mod.ts";
import { holdLock } from "./lab-lock.ts";
import { createRunCommand } from "./run-command.ts";

const run = createRunCommand({ PATH: "/usr/bin:/bin", MINE: "yes" });

describe("createRunCommand()", () => {
  test("gives words as they are, input, and exactly its environment", async () => {
    const said = await run(
      ["sh", "-c", 'cat; printf "%s|" "$@"; env | grep -c .', "sh", "a b", "$c"],
      {
        input: "in\n",
      },
    );
    // PATH and MINE, and what sh adds: PWD, and _ in some shells
    expect(said.stdout).toMatch(/^in\na b\|\$c\|[34]\n$/);
  });
  test("tells the lines of standard error as they come", async () => {
    const lines: string[] = [];
    await run(["sh", "-c", "printf 'one\\ntwo\\nrest' >&2"], {
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(["one", "two"]);
  });
  test("rejects with the end of standard error, or returns the code where allowed", async () => {
    const argv = ["sh", "-c", "echo because >&2; exit 3"];
    await expect(run(argv)).rejects.toMatchObject({ kind: "command-failed", detail: "because" });
    expect((await run(argv, { allowFailure: true })).exitCode).toBe(3);
  });
  test("names a program that does not exist", async () => {
    await expect(run(["no-such-program"])).rejects.toMatchObject({
      kind: "command-failed",
      message: 'Cannot start "no-such-program"',
    });
  });
  test("ends the program when it is aborted", async () => {
    const abort = new AbortController();
    const running = run(["sleep", "600"], { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
  });
});

describe("holdLock()", () => {
  const name = `test-${process.pid}`;
  test("makes the second wait until the first is done", async () => {
    const order: string[] = [];
    const first = await holdLock(name, { clock: systemClock, onWait: () => order.push("no") });
    const second = holdLock(name, { clock: systemClock, onWait: () => order.push("waits") }).then(
      (lock) => {
        order.push("second");
        return lock;
      },
    );
    order.push("first");
    first[Symbol.dispose]();
    (await second)[Symbol.dispose]();
    expect(order).toEqual(["waits", "first", "second"]);
  });
  test("stops waiting when it is aborted", async () => {
    const abort = new AbortController();
    using _first = await holdLock(name, { clock: systemClock, onWait: () => {} });
    const second = holdLock(name, {
      clock: systemClock,
      signal: abort.signal,
      onWait: () => abort.abort(new Error("enough")),
    });
    await expect(second).rejects.toThrow("enough");
  });
});
