/** The client, the command and the streams against a real containerd. Needs root. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import {
  BUSYBOX_IMAGE,
  containerdClient,
  type Ran,
  TestNode,
} from "../../test/support/containerd.ts";
import { ociArchive } from "../../test/support/oci-archive.ts";
import { pollUntil, systemClock } from "../base/mod.ts";
import { ContainerState, type CriClient } from "./mod.ts";
import { runRuntimeContract } from "./testing/runtime-contract.ts";

setDefaultTimeout(60_000);

const MAIN = resolve(import.meta.dir, "../../cmd/nodewright.ts");
let node: TestNode;
let client: CriClient;
let container: string;

/** `nodewright cri ...` inside the node, where the streaming server can be reached. */
function cri(args: readonly string[], stdin?: string): Promise<Ran> {
  return node.run([process.execPath, MAIN, "cri", ...args], stdin);
}

const pod = (name: string) =>
  JSON.stringify({
    metadata: { name, uid: name, namespace: "default" },
    log_directory: `/var/log/pods/${name}`,
    linux: {},
  });
const containerOf = (command: string) =>
  JSON.stringify({
    metadata: { name: "main" },
    image: { image: BUSYBOX_IMAGE },
    command: ["/bin/sh", "-c", command],
    log_path: "main/0.log",
    linux: {},
  });

beforeAll(async () => {
  node = await TestNode.start({ name: "cri", podSubnet: "10.240.9.0/24" });
  client = containerdClient(node);
  const loop =
    "trap exit TERM; echo started; echo trouble >&2; while :; do sleep 1 & wait $!; done";
  const ran = await cri(["run", containerOf(loop), pod("long")]);
  expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  container = ran.stdout.trim();
});
afterAll(async () => {
  client?.[Symbol.dispose]();
  await node?.[Symbol.asyncDispose]();
});

runRuntimeContract("containerd", () => ({ cri: client, image: BUSYBOX_IMAGE }));

describe("exec over SPDY", () => {
  test.each<{ name: string; args: string[]; stdin?: string; want: Partial<Ran> }>([
    {
      name: "keeps the outputs apart and gives the exit code",
      args: ["SHELL", "echo out; echo err >&2; exit 7"],
      want: { exitCode: 7, stdout: "out\n", stderr: "err\n" },
    },
    { name: "succeeds silently", args: ["true"], want: { exitCode: 0, stdout: "", stderr: "" } },
    {
      name: "passes stdin on to its end",
      args: ["-i", "SHELL", "wc -c; echo done"],
      stdin: "x".repeat(3_000_000),
      want: { exitCode: 0, stdout: "3000000\ndone\n" },
    },
    {
      name: "carries much output whole",
      args: [
        "SHELL",
        "head -c 5000000 /dev/zero | tr '\\0' y | wc -c; head -c 100000 /dev/zero | tr '\\0' z",
      ],
      want: { exitCode: 0, stdout: `5000000\n${"z".repeat(100_000)}` },
    },
    {
      name: "ends although the command never reads its stdin",
      args: ["-i", "true"],
      // As much as a pipe holds. With more, containerd 1.6 itself waits for ever.
      stdin: "x".repeat(30_000),
      want: { exitCode: 0 },
    },
    {
      name: "gives a terminal and its size",
      args: ["-t", "SHELL", "tty; until stty size 2>/dev/null | grep .; do :; done"],
      // Another test's terminal may still have the first number.
      want: { exitCode: 0, stdout: expect.stringMatching(/^\/dev\/pts\/\d+\r\n24 80\r\n$/) },
    },
    {
      name: "works without streams",
      args: ["-s", "SHELL", "echo out; echo err >&2; exit 9"],
      want: { exitCode: 9, stdout: "out\n", stderr: "err\n" },
    },
  ])("$name", async ({ args, stdin, want }) => {
    // SHELL stands for: in the container, by its shell.
    const words = args.flatMap((word) => (word === "SHELL" ? ["/bin/sh", "-c"] : [word]));
    const options = words.filter((word) => /^-[ist]$/.test(word));
    const command = words.filter((word) => !/^-[ist]$/.test(word));
    const ran = await cri(["exec", ...options, container.slice(0, 12), ...command], stdin);
    expect(ran).toMatchObject(want);
  });

  test("a command that does not exist is an error, not an exit code", async () => {
    const ran = await cri(["exec", container, "/no/such/program"]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("error: Cannot run the command:");
  });

  test("a local terminal is raw meanwhile, tells its size and is given back", async () => {
    const inner = `until stty size | grep -x '33 101'; do :; done; read line; echo "got $line"`;
    const command = [
      process.execPath,
      MAIN,
      "cri",
      "exec",
      "-it",
      container,
      "/bin/sh",
      "-c",
      `"$INNER"`,
    ];
    const script = `stty rows 33 cols 101; ${command.join(" ")}; echo "code $?"; stty -a | grep -o ' .icanon'`;
    const ran = await node.run(
      ["env", `INNER=${inner}`, "script", "-qec", script, "/dev/null"],
      "typed\r",
    );
    expect(ran.stdout).toContain("33 101");
    expect(ran.stdout).toContain("got typed");
    expect(ran.stdout).toContain("code 0");
    expect(ran.stdout).not.toContain("-icanon");
  });

  test("attach shows what the main process prints from now on", async () => {
    const made = await cri([
      "run",
      containerOf('read line; echo "got $line"; exit 5').replace(
        '"linux"',
        '"stdin":true,"stdin_once":true,"linux"',
      ),
      pod("attached"),
    ]);
    const ran = await cri(["attach", "-i", made.stdout.trim()], "hello\n");
    expect(ran).toMatchObject({ exitCode: 0, stdout: "got hello\n" });
    // The session's end and the container's are two events.
    const ended = await pollUntil(systemClock, { timeoutMs: 10_000, intervalMs: 50 }, async () => {
      const { status } = await client.runtime.containerStatus({ containerId: made.stdout.trim() });
      return status?.state === ContainerState.CONTAINER_EXITED ? status : undefined;
    });
    expect(ended?.exitCode).toBe(5);
  });
});

describe("nodewright cri", () => {
  test("lists with crictl's columns, and as JSON", async () => {
    const ps = (await cri(["ps", "--name", "main", "--pod", ""])).stdout.split("\n");
    expect(ps[0]).toMatch(/^CONTAINER +IMAGE +CREATED +STATE +NAME +ATTEMPT +POD ID +POD$/);
    expect(ps.find((line) => line.startsWith(container.slice(0, 13)))).toMatch(
      /nodewright.local\/busybox:test +.* ago +Running +main +0 +[0-9a-f]{13} +long$/,
    );
    expect((await cri(["pods"])).stdout).toMatch(
      /^POD ID +CREATED +STATE +NAME +NAMESPACE +ATTEMPT +RUNTIME\n/,
    );
    const json = JSON.parse((await cri(["pods", "--json", "--name", "^long$"])).stdout);
    expect(json.items).toMatchObject([{ metadata: { name: "long" }, state: "SANDBOX_READY" }]);
    expect((await cri(["images"])).stdout).toMatch(
      /nodewright.local\/busybox +test +[0-9a-f]{13} +\S+MB\n/,
    );
    expect((await cri(["ps", "-q", "--no-trunc"])).stdout).toContain(container);
  });

  test("inspects with the runtime's own information opened", async () => {
    const inspected = JSON.parse((await cri(["inspect", container])).stdout);
    expect(inspected.status.logPath).toBe("/var/log/pods/long/main/0.log");
    expect(inspected.info.info.runtimeSpec.process.args[0]).toBe("/bin/sh");
    const info = JSON.parse((await cri(["info"])).stdout);
    expect(info.info.config.containerd.defaultRuntimeName).toBe("runc");
    expect((await cri(["version"])).stdout).toContain("RuntimeName:  containerd\n");
  });

  test("measures", async () => {
    const [header, row] = (await cri(["stats", container.slice(0, 10)])).stdout.split("\n");
    expect(header).toMatch(/^CONTAINER +NAME +CPU % +MEM +DISK +INODES$/);
    expect(row).toMatch(/^[0-9a-f]{13} +main +\d+\.\d\d +\d/);
  });

  test("reads a log, and follows it across a rotation of the runtime", async () => {
    const path = "/var/log/pods/long/main/0.log";
    const outside = node.path(path);
    expect(await cri(["logs", container])).toMatchObject({
      stdout: "started\n",
      stderr: "trouble\n",
    });
    const following = Bun.spawn(
      node.argv([process.execPath, MAIN, "cri", "logs", "-f", container]),
      {
        stdout: "pipe",
        stderr: "ignore",
      },
    );
    const read = following.stdout.getReader();
    let text = "";
    const until = async (word: string): Promise<void> => {
      while (!text.includes(word)) {
        const { done, value } = await read.read();
        if (done) throw new Error(`the log ended before "${word}": ${text}`);
        text += Buffer.from(value).toString();
      }
    };
    await until("started");
    renameSync(outside, `${outside}.20261123-101010`);
    const late = "2026-11-23T10:10:10.000000000Z stdout F late\n";
    appendFileSync(`${outside}.20261123-101010`, late);
    await client.runtime.reopenContainerLog({ containerId: container });
    expect(readFileSync(outside, "utf8")).toBe("");
    await until("late");
    writeFileSync(outside, late.replace("late", "new file"));
    await until("new file");
    // nsenter passes no signal on, but its child's exit code back.
    const child = readFileSync(`/proc/${following.pid}/task/${following.pid}/children`, "utf8");
    process.kill(Number(child), "SIGTERM");
    expect(await following.exited).toBe(130);
    expect((await cri(["logs", "--tail", "2", container])).stdout).toBe("late\nnew file\n");
  });

  test.each([
    { name: "a plain archive by its path", file: "/run/in.tar", pack: (tar: Buffer) => tar },
    { name: "a compressed one", file: "/run/in.tar.gz", pack: (tar: Buffer) => gzipSync(tar) },
  ])("imports $name", async ({ file, pack }) => {
    const name = `nodewright.local/imported:${file.length}`;
    const tar = ociArchive({ name, entrypoint: ["/x"], entries: [{ path: "x", mode: 0o755 }] });
    writeFileSync(node.path(file), pack(tar));
    const ran = await cri(["import", file]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: `Imported: ${name}\n` });
    expect((await client.image.imageStatus({ image: { image: name } })).image?.repoTags).toEqual([
      name,
    ]);
    expect((await cri(["rmi", name])).stdout).toBe(`Deleted: ${name}\n`);
    expect((await cri(["inspecti", name])).stderr).toContain("Cannot find the image");
  });

  test("imports nothing from what is no archive, in ctr's own words", async () => {
    writeFileSync(node.path("/run/bad.tar"), "this is no archive");
    const ran = await cri(["import", "/run/bad.tar"]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("Cannot import the archive: ctr ended with 1");
  });

  test("use missing: port-forward reaches a program of the pod, and names a port without one", async () => {
    const serve = containerOf(
      "while :; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\nfrom the pod' | nc -l -p 8080; done",
    );
    const ran = await cri(["run", serve, pod("web")]);
    expect(ran).toMatchObject({ exitCode: 0 });
    const { items } = await client.runtime.listPodSandbox({});
    const sandbox = items.find((each) => each.metadata?.name === "web")?.id ?? "";
    const fetched = await node.run([
      "sh",
      "-c",
      `(sleep 6) | ${process.execPath} ${MAIN} cri port-forward --until-eof ${sandbox} 18080:8080 18081:8081 2>&1 &
       sleep 2; curl -s -m 3 http://127.0.0.1:18080/; echo; curl -s -m 3 http://127.0.0.1:18081/; wait`,
    ]);
    expect(fetched.stdout).toContain("Forwarding from 127.0.0.1:18080 -> 8080");
    expect(fetched.stdout).toContain("from the pod");
    expect(fetched.stdout).toContain("Cannot connect to port 8081 of the pod");
    expect(await cri(["rmp", "-f", sandbox])).toMatchObject({ exitCode: 0 });
  });

  test("use missing: update changes a limit, rmi --prune keeps what is used", async () => {
    expect(await cri(["update", "--memory", "134217728", container])).toMatchObject({
      exitCode: 0,
      stdout: `${container}\n`,
    });
    const { info } = await client.runtime.containerStatus({
      containerId: container,
      verbose: true,
    });
    expect(info["info"]).toContain("134217728");
    const name = "nodewright.local/unused:1";
    const tar = ociArchive({ name, entrypoint: ["/x"], entries: [{ path: "x", mode: 0o755 }] });
    writeFileSync(node.path("/run/unused.tar"), tar);
    await cri(["import", "/run/unused.tar"]);
    const before = (await client.image.listImages({})).images.length;
    expect(await cri(["rmi", "--prune"])).toMatchObject({ exitCode: 0 });
    const names = (await client.image.listImages({})).images.flatMap((each) => each.repoTags);
    expect(before).toBeGreaterThan(names.length);
    expect(names).toContain(BUSYBOX_IMAGE);
    expect(names).not.toContain(name);
    expect(await cri(["run", containerOf("true"), pod("after-prune")])).toMatchObject({
      exitCode: 0,
    });
    // Not `rmp -a`: the other tests' pod is there as well, whatever their order.
    const { items } = await client.runtime.listPodSandbox({});
    const sandbox = items.find((each) => each.metadata?.name === "after-prune")?.id ?? "";
    expect(await cri(["rmp", "-f", sandbox])).toMatchObject({ exitCode: 0 });
  });

  test("stops and removes", async () => {
    const ran = await cri(["run", containerOf("sleep 1000"), pod("short")]);
    const id = ran.stdout.trim();
    expect((await cri(["rm", id])).stderr).toContain("Cannot remove a running container");
    expect(await cri(["stop", id])).toMatchObject({ exitCode: 0, stdout: `${id}\n` });
    expect((await cri(["exec", id, "true"])).stderr).toContain("is not running");
    expect(await cri(["rm", id])).toMatchObject({ exitCode: 0 });
    const { items } = await client.runtime.listPodSandbox({});
    const sandbox = items.find((each) => each.metadata?.name === "short")?.id ?? "";
    expect((await cri(["rmp", sandbox])).stderr).toContain("Cannot remove a running pod");
    expect(await cri(["stopp", sandbox])).toMatchObject({ exitCode: 0 });
    expect(await cri(["rmp", sandbox])).toMatchObject({ exitCode: 0, stdout: `${sandbox}\n` });
  });

  test("a container that cannot start leaves no pod", async () => {
    const broken = containerOf("true").replace("/bin/sh", "/no/such/shell");
    expect((await cri(["run", broken, pod("broken")])).exitCode).toBe(1);
    const { items } = await client.runtime.listPodSandbox({});
    expect(items.filter((each) => each.metadata?.name === "broken")).toEqual([]);
  });
});
