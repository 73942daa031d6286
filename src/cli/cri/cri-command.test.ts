import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { parse } from "yaml";
import { CgroupDriver } from "../../cri/gen/runtime_pb.ts";
import { FakeRuntime } from "../../cri/testing/mod.ts";
import { CliContext } from "../context.ts";
import { main } from "../mod.ts";
import { fakeProcess, runCommandLine } from "../testing/mod.ts";
import { addCriOptions, labelOption } from "./common-options.ts";
import { ago, humanBytes, parseSpan, shortId } from "./human.ts";
import { defineLogs } from "./logs-command.ts";
import { remoteCri } from "./remote-cri.ts";
import { resolveId } from "./resolve-id.ts";

const dir = mkdtempSync(join(tmpdir(), "nodewright-cli-cri-"));
const IMAGE = "nodewright.local/busybox:test";
let runtime: FakeRuntime;

beforeAll(async () => {
  runtime = await FakeRuntime.start({
    socketPath: join(dir, "cri.sock"),
    cgroupDriver: CgroupDriver.SYSTEMD,
    exec: ({ argv }) => ({ exitCode: 4, stdout: `ran ${argv.join(" ")}\n`, stderr: "warned\n" }),
  });
  runtime.state.addImage(IMAGE);
});
afterAll(async () => {
  await runtime[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

async function run(...words: string[]) {
  const texts = { out: "", err: "" };
  const sink = (name: "out" | "err") =>
    new Writable({
      write: (chunk, _encoding, done) => {
        texts[name] += String(chunk);
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const [command = "", ...rest] = words;
  const code = await main(
    fakeProcess({
      argv: ["cri", command, "--runtime-endpoint", runtime.endpoint, ...rest],
      cwd: dir,
      stdin: Readable.from([]) as unknown as NodeJS.ReadStream,
      stdout: sink("out"),
      stderr: sink("err"),
    }),
  );
  return { code, ...texts };
}

const POD = JSON.stringify({ metadata: { name: "web", namespace: "default", uid: "u" } });
const CONTAINER = `metadata: {name: main}\nimage: {image: ${IMAGE}}\nlog_path: main/0.log\n`;

describe("nodewright cri", () => {
  test("runs, lists, executes in, stops and removes", async () => {
    writeFileSync(join(dir, "container.yaml"), CONTAINER);
    const id = (await run("run", "container.yaml", POD)).out.trim();
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect((await run("ps", "-q")).out).toBe(`${id}\n`);
    expect((await run("ps")).out).toContain(`${shortId(id)}   ${IMAGE}`);
    expect(JSON.parse((await run("ps", "--json")).out).containers[0].state).toBe(
      "CONTAINER_RUNNING",
    );
    expect(await run("exec", "-s", id.slice(0, 8), "ls", "-l", "--json")).toMatchObject({
      code: 4,
      out: "ran ls -l --json\n",
      err: "warned\n",
    });
    expect((await run("stop", id.slice(0, 8))).out).toBe(`${id}\n`);
    expect((await run("ps", "-q")).out).toBe("");
    expect((await run("ps", "-aq", "--state", "exited")).out).toBe(`${id}\n`);
    expect((await run("rm", id)).code).toBe(0);
    expect((await run("rmp", "--all", "--force")).code).toBe(0);
    expect((await run("pods")).out).toMatch(/^POD ID +CREATED.*\n$/);
  });

  test.each([
    { words: ["inspect", "zzz"], code: 1, err: 'whose ID begins with "zzz"' },
    { words: ["run", '{"bogus":1}', POD], code: 1, err: '"bogus" is unknown' },
    { words: ["run", "none.json", POD], code: 1, err: "Cannot read none.json" },
    { words: ["run", '{"image":{"image":"no"}}', POD], code: 1, err: 'Cannot find the image "no"' },
    { words: ["rm"], code: 2, err: "Expected an ID, or --all" },
    { words: ["ps", "--state", "runing"], code: 2, err: 'Did you mean "running"?' },
    { words: ["logs", "x", "--since", "soon"], code: 2, err: "Expected a span" },
    { words: ["pods", "--label", "x"], code: 2, err: "Expected KEY=VALUE" },
    { words: ["import", "none.tar"], code: 2, err: "Cannot read the archive" },
    { words: ["exec", "x"], code: 2, err: "command" },
    { words: ["stats"], code: 1, err: "UNIMPLEMENTED" },
    { words: ["dance"], code: 2, err: "dance" },
  ])("$words", async ({ words, code, err }) => {
    const ran = await run(...words);
    expect(ran.err).toContain(err);
    expect(ran.code).toBe(code);
  });
});

describe("use missing: crictl's options", () => {
  test.each(["pods", "ps", "images"])(
    "%s -o json and -o yaml are the same document",
    async (command) => {
      const json = JSON.parse((await run(command, "-o", "json")).out);
      expect(parse((await run(command, "-o", "yaml")).out)).toEqual(json);
      expect(JSON.parse((await run(command, "--json")).out)).toEqual(json);
      expect((await run(command, "-o", "jsn")).err).toContain('Did you mean "json"?');
    },
  );

  test("version and inspect take them too", async () => {
    expect(parse((await run("version", "-o", "yaml")).out)).toMatchObject({ runtimeName: "fake" });
    const id = (await run("run", "container.yaml", POD.replace("web", "inspected"))).out.trim();
    expect(parse((await run("inspect", "-o", "yaml", id)).out).status.id).toBe(id);
    expect(JSON.parse((await run("inspect", id)).out).status.id).toBe(id);
    await run("rmp", "-a", "-f");
  });

  test("ps and pods: -l is the newest, -n so many, whatever their states", async () => {
    const ids: string[] = [];
    for (const name of ["one", "two", "three"]) {
      ids.unshift((await run("run", "container.yaml", POD.replace("web", name))).out.trim());
      await Bun.sleep(2);
    }
    await run("stop", ids[0] ?? "");
    expect((await run("ps", "-q", "-l")).out).toBe(`${ids[0]}\n`);
    expect((await run("ps", "-q", "-n", "2")).out).toBe(`${ids[0]}\n${ids[1]}\n`);
    expect((await run("ps", "-q", "-n", "0")).out.trim().split("\n")).toEqual(ids);
    expect((await run("pods", "-l")).out).toContain("three");
    expect((await run("pods", "-n", "2")).out).not.toContain("one");
    expect((await run("ps", "-n", "many")).code).toBe(2);
    await run("rmp", "-a", "-f");
  });

  test.each([
    { words: ["update", "x"], code: 2, err: "no resource is given" },
    { words: ["update", "x", "--cpuset-cpus", "a"], code: 2, err: "0-2,4" },
    { words: ["update", "x", "--memory", "128M"], code: 2, err: "whole number" },
    { words: ["rmi"], code: 2, err: "--prune" },
    { words: ["port-forward", "x"], code: 2, err: "port" },
    { words: ["port-forward", "x", "80:"], code: 2, err: "LOCAL:REMOTE" },
    { words: ["port-forward", "x", "99999"], code: 2, err: "LOCAL:REMOTE" },
    { words: ["port-forward", "x", "0:80", "--node", "n"], code: 2, err: "free port" },
    { words: ["port-forward", "nope", "80"], code: 1, err: "Cannot find a pod" },
    { words: ["events"], code: 1, err: "UNIMPLEMENTED" },
  ])("$words", async ({ words, code, err }) => {
    const ran = await run(...words);
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(err)]);
  });
});

describe("use 5: what travels to a node", () => {
  test.each(["5m", "2h30m", "2026-11-23T10:00:00Z"])(
    "logs --since %s as it was given",
    async (since) => {
      const root = new Command("cri").exitOverride();
      defineLogs(root as Command, new CliContext(fakeProcess()));
      const leaf = root.commands.find((command) => command.name() === "logs");
      if (leaf === undefined) throw new Error("no logs");
      let argv: readonly string[] = [];
      leaf.action(async (..._all: unknown[]) => {
        ({ argv } = await remoteCri(leaf, dir, {}));
      });
      await root.parseAsync(["logs", "--node", "n0", "--since", since, "abc"], { from: "user" });
      expect(argv).toEqual(["cri", "logs", "--since", since, "--", "abc"]);
    },
  );

  test("an option in front of the command's name counts as behind it", async () => {
    const before = await runCommandLine(
      ["cri", "--runtime-endpoint", runtime.endpoint, "pods", "-q"],
      { cwd: dir },
    );
    expect([before.exitCode, before.stderr]).toEqual([0, ""]);
    const node = await runCommandLine(["cri", "--node", "n0", "ps"], { cwd: dir });
    // It gets as far as the inventory.
    expect(node.stderr).toContain("machines.txt");
    const wrong = await runCommandLine(["cri", "--digests", "ps"], { cwd: dir });
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("--digests")]);
    const cni = await runCommandLine(["cni", "--conf-dir", dir, "list"], { cwd: dir });
    expect([cni.exitCode, cni.stderr]).toEqual([0, ""]);
  });

  test("a container gets the cgroup that the runtime's driver takes, as its pod does", async () => {
    const pod = (await run("runp", POD.replace("web", "placed"))).out.trim();
    await run("create", pod, "container.yaml", POD.replace("web", "placed"));
    const parents = runtime.state.cgroupParents;
    expect(parents.slice(-2)).toEqual(["system.slice", "system.slice"]);
    await run("rmp", "--force", pod);
  });
});

describe("resolveId()", () => {
  const all = [
    { id: "abc123", name: "one" },
    { id: "abd456", name: "two" },
    { id: "abc", name: "three" },
  ];
  test.each([
    { wanted: "abd", want: "abd456" },
    { wanted: "abc", want: "abc" },
    { wanted: "abc123", want: "abc123" },
  ])("$wanted is $want", ({ wanted, want }) => {
    expect(resolveId("container", wanted, all)).toBe(want);
  });
  test("refuses an ambiguous beginning with the candidates, and an unknown or empty one", () => {
    expect(() => resolveId("container", "ab", all)).toThrow("3 IDs begin with");
    try {
      resolveId("container", "ab", all);
    } catch (error) {
      expect(error).toMatchObject({
        kind: "usage",
        detail: "abc123  one\nabd456  two\nabc  three",
      });
    }
    expect(() => resolveId("pod", "x", all)).toThrow('Cannot find a pod whose ID begins with "x"');
    expect(() => resolveId("pod", "", all)).toThrow("Cannot find");
  });
});

describe("human()", () => {
  const second = 1000;
  const day = 86_400 * second;
  test.each([
    { ms: 300, want: "Less than a second ago" },
    { ms: 1500, want: "1 second ago" },
    { ms: 59 * second, want: "59 seconds ago" },
    { ms: 60 * second, want: "About a minute ago" },
    { ms: 150 * second, want: "2 minutes ago" },
    { ms: 3600 * second, want: "About an hour ago" },
    { ms: 5 * 3600 * second, want: "5 hours ago" },
    { ms: 47 * 3600 * second, want: "47 hours ago" },
    { ms: 3 * day, want: "3 days ago" },
    { ms: 20 * day, want: "2 weeks ago" },
    { ms: 100 * day, want: "3 months ago" },
    { ms: 900 * day, want: "2 years ago" },
    { ms: -5000, want: "Less than a second ago" },
  ])("$want", ({ ms, want }) => {
    const now = 1_800_000_000_000;
    expect(ago(BigInt(now - ms) * 1_000_000n, now)).toBe(want);
  });
  test.each([
    { bytes: 0n, want: "0B" },
    { bytes: 999n, want: "999B" },
    { bytes: 701_603n, want: "702kB" },
    { bytes: 2_124_448n, want: "2.12MB" },
    { bytes: 999_900n, want: "1MB" },
    { bytes: 5_000_000_000_000n, want: "5000GB" },
  ])("$bytes bytes are $want", ({ bytes, want }) => {
    expect(humanBytes(bytes)).toBe(want);
  });
  test.each([
    { text: "90s", want: 90_000 },
    { text: "1h30m", want: 5_400_000 },
    { text: "1.5m", want: 90_000 },
    { text: "250ms", want: 250 },
    { text: "2d", want: 2 * day },
    { text: "5", want: undefined },
    { text: "m5", want: undefined },
    { text: "", want: undefined },
  ])('the span "$text"', ({ text, want }) => {
    expect(parseSpan(text)).toBe(want as number);
  });
});

describe("remoteCri()", () => {
  /** What a command line becomes for the node. */
  async function remote(words: string[], files: Parameters<typeof remoteCri>[2]["files"] = {}) {
    let made: Promise<unknown> | undefined;
    const root = new Command("cri").enablePositionalOptions();
    const leaf = addCriOptions(root.command("exec"))
      .argument("[words...]")
      .option("-i, --interactive")
      .option("--tail <n>")
      .option("--no-trunc")
      .option("--label <kv>", "", labelOption)
      .option("-C, --directory <dir>", "", ".")
      .passThroughOptions();
    leaf.action((_words, _options, command) => {
      made = remoteCri(command as CommandUnknownOpts, dir, { files, tty: true });
    });
    await root.parseAsync(words, { from: "user" });
    return made;
  }

  test("keeps options and arguments, without those about the way there", async () => {
    const words = [
      "exec",
      "--node",
      "n0",
      "-C",
      "/c",
      "-i",
      "--tail=3",
      "--no-trunc",
      "--label",
      "a=b",
      "--label",
      "c=d",
      "id",
      "ls",
      "--node",
      "x y",
    ];
    expect(await remote(words)).toEqual({
      argv: [
        "cri",
        "exec",
        "--interactive",
        "--tail",
        "3",
        "--no-trunc",
        "--label",
        "a=b",
        "--label",
        "c=d",
        "--",
        "id",
        "ls",
        "--node",
        "x y",
      ],
      tty: true,
    });
  });

  test("carries files of this machine along", async () => {
    writeFileSync(join(dir, "pod.yaml"), "metadata: {name: web}\n");
    await expect(remote(["exec", "pod.yaml", "in.tar"], { 1: "stdin" })).rejects.toThrow("in.tar");
    writeFileSync(join(dir, "in.tar"), "");
    expect(await remote(["exec", "pod.yaml", "in.tar"], { 0: "inline", 1: "stdin" })).toEqual({
      argv: ["cri", "exec", "--", '{"metadata":{"name":"web"}}', "-"],
      tty: true,
      stdinFile: join(dir, "in.tar"),
    });
    expect(await remote(["exec", '{"a":1}', "-"], { 0: "inline", 1: "stdin" })).toEqual({
      argv: ["cri", "exec", "--", '{"a":1}', "-"],
      tty: true,
    });
  });
});
