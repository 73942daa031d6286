/**
 * `nodewright cri ... --node NAME`: the executable goes to a node and runs there with this side's
 * streams. The ssh of this test runs what it is given inside a node's namespaces, through a shell
 * and as one string, as a real one would.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUSYBOX_IMAGE, PAUSE_IMAGE, TestNode } from "./support/containerd.ts";
import { nodewrightPath } from "./support/nodewright.ts";

setDefaultTimeout(120_000);

let node: TestNode;
let dir: string;

beforeAll(async () => {
  node = await TestNode.start({ name: "node-0", podSubnet: "10.240.7.0/24" });
  dir = mkdtempSync(join(tmpdir(), "nodewright-on-node-"));
  mkdirSync(join(dir, "bin"));
  writeFileSync(join(dir, "machines.txt"), "10.250.0.1 node-0.test node-0 10.240.7.0/24\n");
  const ctr = (await node.must(["sh", "-c", "command -v ctr"])).trim();
  const ssh = `#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift 2
exec ${node.argv(["env", `PATH=${ctr.replace(/\/ctr$/, "")}:/usr/sbin:/usr/bin:/sbin:/bin`]).join(" ")} sh -c "$*"
`;
  writeFileSync(join(dir, "bin/ssh"), ssh);
  chmodSync(join(dir, "bin/ssh"), 0o755);
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

async function cri(args: readonly string[], stdin?: string) {
  const child = Bun.spawn([nodewrightPath(), "cri", ...args], {
    cwd: dir,
    stdin: stdin === undefined ? "ignore" : new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
    env: {
      ...process.env,
      PATH: `${join(dir, "bin")}:${process.env["PATH"]}`,
      NODEWRIGHT_CACHE: join(dir, "cache"),
      XDG_CACHE_HOME: join(dir, "cache"),
    },
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

test("the executable is sent once, then only used", async () => {
  const first = await cri(["version", "--node", "node-0"]);
  expect(first).toMatchObject({ exitCode: 0, stderr: "sending nodewright to node-0\n" });
  expect(first.stdout).toContain("RuntimeName:  containerd\n");
  expect((await cri(["version", "--node", "node-0"])).stderr).toBe("");
});

test("files, words, streams and the exit code travel whole", async () => {
  const pod = {
    metadata: { name: "web", namespace: "default", uid: "u" },
    log_directory: "/var/log/pods/web",
    linux: {},
  };
  const container = `metadata: {name: main}
image: {image: ${BUSYBOX_IMAGE}}
command: [/bin/sh, -c, "echo \\"it's $((40 + 2))\\"; sleep 1000"]
log_path: main/0.log
linux: {}
`;
  writeFileSync(join(dir, "container.yaml"), container);
  const id = (
    await cri(["run", "--node", "node-0", "container.yaml", JSON.stringify(pod)])
  ).stdout.trim();
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  const script = `echo "a  b" 'c"d' $0; cat; echo no >&2; exit 9`;
  const exec = ["exec", "--node", "node-0", "-i", id, "sh", "-c", script, "--node; $(reboot)"];
  expect(await cri(exec, "typed here\n")).toEqual({
    exitCode: 9,
    stdout: `a  b c"d --node; $(reboot)\ntyped here\n`,
    stderr: "no\n",
  });
  expect((await cri(["logs", "--node", "node-0", "--tail", "1", id])).stdout).toBe("it's 42\n");
});

test("an archive of this machine is imported there", async () => {
  copyFileSync(node.path("/run/image.tar"), join(dir, "pause.tar"));
  expect((await cri(["rmi", "--node", "node-0", PAUSE_IMAGE])).exitCode).toBe(0);
  expect(await cri(["import", "--node", "node-0", "pause.tar"])).toMatchObject({
    exitCode: 0,
    stdout: `Imported: ${PAUSE_IMAGE}\n`,
  });
});

test("a node that is not in machines.txt is refused with the nearest name", async () => {
  expect(await cri(["ps", "--node", "nod-0"])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Did you mean "node-0"?'),
  });
});
