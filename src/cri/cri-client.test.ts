import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rejectionOf } from "../base/testing/mod.ts";
import { type CriClient, createCriClient, execSync } from "./mod.ts";
import { FakeRuntime } from "./testing/mod.ts";
import { runRuntimeContract } from "./testing/runtime-contract.ts";

const dir = mkdtempSync(join(tmpdir(), "nodewright-cri-"));
const IMAGE = "nodewright.local/busybox:test";
let fake: FakeRuntime;
let cri: CriClient;

beforeAll(async () => {
  fake = await FakeRuntime.start({
    socketPath: join(dir, "cri.sock"),
    exec: ({ argv }) => ({ exitCode: argv.length, stdout: argv.join(" "), stderr: "no" }),
  });
  fake.state.addImage(IMAGE);
  cri = createCriClient({ endpoint: fake.endpoint });
});

afterAll(async () => {
  cri[Symbol.dispose]();
  await fake[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

runRuntimeContract("fake runtime", () => ({ cri, image: IMAGE }));

describe("createCriClient()", () => {
  test("gives typed answers", async () => {
    expect(await cri.runtime.version({})).toMatchObject({ runtimeName: "fake" });
    expect((await cri.image.listImages({})).images[0]?.repoTags).toEqual([IMAGE]);
  });

  test("says UNIMPLEMENTED and what to do for a call that the runtime lacks", async () => {
    expect(await rejectionOf(cri.runtime.runtimeConfig({}))).toMatchObject({
      kind: "cri",
      code: "UNIMPLEMENTED",
      method: "RuntimeService/RuntimeConfig",
      fix: expect.stringContaining("cri version"),
    });
    const events = cri.runtime.getContainerEvents({})[Symbol.asyncIterator]();
    expect(await rejectionOf(events.next())).toMatchObject({ code: "UNIMPLEMENTED" });
  });

  test("refuses an endpoint that is no socket path", () => {
    expect(() => createCriClient({ endpoint: "tcp://127.0.0.1:1" })).toThrow("unix:///");
  });

  test.each([
    {
      name: "no socket",
      prepare: () => join(dir, "none.sock"),
      message: "there is no such socket",
    },
    {
      name: "a file",
      prepare: () => {
        writeFileSync(join(dir, "file"), "");
        return join(dir, "file");
      },
      message: "it is not a socket",
    },
    {
      name: "a socket that nobody listens on",
      prepare: async () => {
        const path = join(dir, "dead.sock");
        // A killed process leaves its socket file; a closed server would remove it.
        const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
        await Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "ignore", "ignore"] })
          .exited;
        return path;
      },
      message: "nothing accepts connections on it (ECONNREFUSED)",
    },
  ])("names the fault of $name", async ({ prepare, message }) => {
    const path = await prepare();
    using client = createCriClient({ endpoint: `unix://${path}` });
    expect(await rejectionOf(client.runtime.version({}))).toMatchObject({
      code: "UNAVAILABLE",
      message: `Cannot reach the container runtime at ${path}: ${message}`,
    });
  });

  test("gives up on a runtime that accepts and never answers", async () => {
    const path = join(dir, "silent.sock");
    const silent = createServer(() => {}).listen(path);
    using client = createCriClient({ endpoint: `unix://${path}` });
    expect(await rejectionOf(client.runtime.version({}, { deadlineMs: 50 }))).toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    const abort = new AbortController();
    const call = client.runtime.version({}, { deadlineMs: 0, signal: abort.signal });
    abort.abort(new Error("enough"));
    expect(await rejectionOf(call)).toMatchObject({ message: "enough" });
    silent.close();
  });
});

describe("execSync()", () => {
  test("gives the exit code and both outputs as text", async () => {
    const config = { metadata: { name: "e", uid: "e", namespace: "e", attempt: 0 } };
    const { podSandboxId } = await cri.runtime.runPodSandbox({ config });
    const { containerId } = await cri.runtime.createContainer({
      podSandboxId,
      config: { metadata: { name: "m" }, image: { image: IMAGE } },
    });
    expect(await rejectionOf(execSync(cri, { containerId, argv: ["ls"] }))).toMatchObject({
      code: "UNKNOWN",
    });
    await cri.runtime.startContainer({ containerId });
    expect(await execSync(cri, { containerId, argv: ["ls", "-l"] })).toEqual({
      exitCode: 2,
      stdout: "ls -l",
      stderr: "no",
    });
  });
});
