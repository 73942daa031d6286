import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type Netns, withNetns } from "../../netns/mod.ts";
import { CniServer, LabNamespaces, type LabNetns, OwnExecutables } from "../testing/mod.ts";

let own: OwnExecutables;
let namespaces: LabNamespaces;
let host: LabNetns;
let pod: LabNetns;
beforeAll(() => {
  own = new OwnExecutables("client");
  namespaces = new LabNamespaces();
  host = namespaces.create("host");
  pod = namespaces.create("pod");
});
afterAll(() => {
  namespaces[Symbol.dispose]();
  own[Symbol.dispose]();
});

const CONF = JSON.stringify({ cniVersion: "1.0.0", name: "lo", type: "loopback" });

interface Options {
  readonly command?: string;
  readonly netns?: Netns;
  readonly wrapper?: readonly string[];
}

/** Starts loopback in the server's namespace; its standard input is left open. */
function start(server: CniServer, { command = "ADD", netns = host.netns, wrapper = [] }: Options) {
  return withNetns(netns, () =>
    Bun.spawn([...wrapper, join(server.directory, "loopback")], {
      env: {
        PATH: process.env["PATH"],
        CNI_COMMAND: command,
        CNI_PATH: server.directory,
        CNI_CONTAINERID: "c1",
        CNI_IFNAME: "eth0",
        CNI_NETNS: pod.path,
      },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    }),
  );
}

async function answerOf(child: ReturnType<typeof start>) {
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  const json = stdout === "" ? undefined : JSON.parse(stdout);
  return { exitCode, json, stderr };
}

async function call(server: CniServer, options: Options = {}) {
  const child = start(server, options);
  child.stdin.write(CONF);
  await child.stdin.end();
  return answerOf(child);
}

/** A server whose clients cannot fall back: what succeeds was answered by it. */
function alone(): CniServer {
  return new CniServer({ netns: host.netns, installed: own.directory, hasFallback: false });
}

function withFallback(): CniServer {
  return new CniServer({ netns: host.netns, installed: own.directory });
}

/** Waits for what another process is about to do. */
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 1000) throw new Error("It does not become so");
    await Bun.sleep(10);
  }
}

/** The worker that has a call whose standard input is still open. */
async function busyWorker(server: CniServer): Promise<number> {
  await until(() => server.workers().length > 0);
  await Bun.sleep(50);
  const [first] = server.workers();
  if (first === undefined) throw new Error("No worker");
  return first;
}

describe("a call", () => {
  test("is answered by the server as by the program", async () => {
    using server = alone();
    await until(() => server.workers().length > 0);
    const added = await call(server);
    expect(added).toMatchObject({ exitCode: 0, json: { cniVersion: "1.0.0" } });
    expect((await call(server, { command: "VERSION" })).json.supportedVersions).toContain("1.1.0");
    expect(await call(server, { command: "FROB" })).toMatchObject({
      exitCode: 1,
      json: { code: 4 },
    });
    expect((await call(server, { command: "" })).stderr).toContain("versions supported");
  });

  test("falls back where no server is, with its standard input", async () => {
    using server = withFallback();
    await server.stop();
    expect(await call(server)).toMatchObject({ exitCode: 0, json: { cniVersion: "1.0.0" } });
  });

  test("falls back where the server does not take it in time, and is run once", async () => {
    using server = withFallback();
    const worker = await busyWorker(server);
    expect((await call(server)).exitCode).toBe(0);
    process.kill(worker, "SIGSTOP");
    expect((await call(server)).exitCode).toBe(0);
    process.kill(worker, "SIGCONT");
    expect((await call(server)).exitCode).toBe(0);
    expect(server.workers()).toContain(worker);
  });
});

describe("a caller that would mean something else is refused", () => {
  test.each([
    ["in another network namespace", () => ({ netns: pod.netns, command: "VERSION" })],
    ["in another mount namespace", () => ({ wrapper: ["unshare", "--mount"] })],
    ["below another root directory", () => ({ wrapper: ["unshare", "--root=/proc/self/root/."] })],
    ["that is not root", () => ({ wrapper: ["setpriv", "--reuid=65534", "--clear-groups"] })],
  ] as const)("%s", async (what, options) => {
    using server = alone();
    await until(() => server.workers().length > 0);
    const { exitCode, json } = await call(server, options());
    // The same root directory by another way is the same.
    if (what.startsWith("below")) expect(exitCode).toBe(0);
    else expect({ exitCode, code: json.code }).toEqual({ exitCode: 1, code: 5 });
  });
});

describe("a call whose end does not come", () => {
  test("ends with its client, others are served meanwhile", async () => {
    using server = alone();
    const worker = await busyWorker(server);
    const hanging = start(server, {});
    await Bun.sleep(50);
    await until(() => server.workers().length > 0);
    hanging.kill("SIGKILL");
    await hanging.exited;
    await until(() => !server.workers().includes(worker) && server.workers().length > 0);
    expect((await call(server)).exitCode).toBe(0);
  });

  test("is an error where the server ends in the middle of it, and is not run again", async () => {
    using server = withFallback();
    const worker = await busyWorker(server);
    const hanging = start(server, {});
    await Bun.sleep(100);
    process.kill(worker, "SIGKILL");
    const { exitCode, json } = await answerOf(hanging);
    expect({ exitCode, code: json.code }).toEqual({ exitCode: 1, code: 11 });
    await until(() => server.workers().length > 0);
    expect((await call(server)).exitCode).toBe(0);
  });
});

describe("the server", () => {
  test("finishes its calls before it ends", async () => {
    using server = withFallback();
    await busyWorker(server);
    const running = start(server, {});
    await Bun.sleep(100);
    const stopped = server.stop();
    await Bun.sleep(50);
    running.stdin.write(CONF);
    await running.stdin.end();
    expect((await answerOf(running)).exitCode).toBe(0);
    expect(await stopped).toBe(0);
  });

  test("ends where its executable is replaced, and the caller does not notice", async () => {
    using server = withFallback();
    await busyWorker(server);
    copyFileSync(server.program, `${server.program}.new`);
    renameSync(`${server.program}.new`, server.program);
    expect((await call(server)).exitCode).toBe(0);
    expect(await server.ended()).toBe(0);
  });

  test("ends after its idle time", async () => {
    const options = { netns: host.netns, installed: own.directory, idleSeconds: 1 };
    using server = new CniServer(options);
    expect(await server.ended()).toBe(0);
  });

  test("calls never fail while servers come and go", async () => {
    using server = withFallback();
    const results: number[] = [];
    let isOver = false;
    const callers = Array.from({ length: 3 }, async () => {
      while (!isOver) results.push((await call(server, { command: "CHECK" })).exitCode);
    });
    for (let i = 0; i < 3; i++) {
      await Bun.sleep(150);
      await server.stop();
      server.start();
    }
    isOver = true;
    await Promise.all(callers);
    // CHECK without prevResult: an orderly refusal of the plugin each time.
    expect(new Set(results)).toEqual(new Set([1]));
    expect(results.length).toBeGreaterThan(10);
  });

  test("takes no harm from messages of others", async () => {
    using server = alone();
    await busyWorker(server);
    const script = `use Socket; for my $i (0..200) {
      socket(my $s, PF_UNIX, 5, 0) or die; connect($s, sockaddr_un($ARGV[0])) or next;
      my $m = $i % 3 ? join("", map { chr(int(rand(256))) } 0..int(rand(3000))) : "nodewright-cni 1\\0\\x12\\0\\0\\0bridge\\0/\\0CNI_COMMAND=ADD\\0";
      send($s, $m, 0x4000) if $i % 7; shutdown($s, $i % 3) if $i % 5 == 0; close($s);
    }`;
    const child = Bun.spawn(["nsenter", `--net=${host.path}`, "perl", "-e", script, server.socket]);
    expect(await child.exited).toBe(0);
    await until(() => server.workers().length > 0);
    expect((await call(server)).exitCode).toBe(0);
  });
});
