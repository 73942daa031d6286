import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatLocation } from "../../base/mod.ts";
import { check, type Finding, RULES } from "../../check/mod.ts";
import { KubeClient, loadConnection } from "../../kube/client/mod.ts";
import { loadCluster } from "../inventory/mod.ts";
import { stockFiles } from "../stock/mod.ts";
import { collectApi, directorySubject, rootSubject } from "./mod.ts";
import { CASE_MACHINES, CASE_TIME } from "./testing/mod.ts";

const FILES = [
  "machines.txt",
  "nodewright.yaml",
  "configs/10-bridge.conflist",
  "configs/containerd-config.toml",
  "configs/kubelet-config.yaml",
  "configs/kube-proxy-config.yaml",
  "units/containerd.service",
  "units/kubelet.service",
  "units/kube-proxy.service",
] as const;

/** A mistake that has to be found whatever else is wrong: in a file that the case leaves alone. */
const MISTAKES = {
  "configs/kubelet-config.yaml": ["maxPods: 110", "maxPod: 110"],
  "units/kube-proxy.service": ["Restart=always", "Restart=allways"],
} as const;

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-hostile-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const at = (path: string): string => join(dir, path);

function put(path: string, content: string | Uint8Array): void {
  rmSync(at(path), { recursive: true, force: true });
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
}

function putStock(): void {
  for (const { path, text } of stockFiles()) put(path, text);
  put("machines.txt", CASE_MACHINES);
}

/** The stock files with the two mistakes. */
function putMistakes(): void {
  putStock();
  for (const [path, [right, wrong]] of Object.entries(MISTAKES)) {
    const text = stockFiles().find((file) => file.path === path)?.text ?? "";
    put(path, text.replace(right, wrong));
  }
}

async function findings(): Promise<readonly Finding[]> {
  const cluster = await loadCluster(dir);
  return check(RULES, directorySubject(cluster, cluster.workers, { now: CASE_TIME })).findings;
}

function describeFinding({ rule, severity, message, locations }: Finding): string {
  return `${rule} ${severity}: ${message} (${locations.map(formatLocation).join(" ")})`;
}

/** Findings at one file, and that the mistakes in the other files are found as well. */
async function expectFound(path: string, wanted: RegExp): Promise<void> {
  const all = [...new Set((await findings()).map(describeFinding))];
  const own = all.filter((text) => text.includes(`(${path}:`));
  expect(own.filter((text) => wanted.test(text)).length, all.join("\n")).toBe(1);
  for (const other of Object.keys(MISTAKES)) {
    if (other === path || other.startsWith(`${path}/`)) continue;
    expect(
      all.some((text) => text.includes(`(${other}:`)),
      `${other}\n${all.join("\n")}`,
    ).toBe(true);
  }
}

test("an empty directory: that machines.txt is missing, and nothing else", async () => {
  expect((await findings()).map(describeFinding)).toEqual([
    "NW-M04 error: Cannot find machines.txt in the cluster directory (machines.txt:1:1)",
  ]);
});

test("a directory with machines.txt alone: each file that is missing, once", async () => {
  put("machines.txt", CASE_MACHINES);
  const all = (await findings()).map(describeFinding);
  expect(all).toHaveLength(7);
  for (const path of FILES.slice(3)) {
    expect(all.filter((text) => text.startsWith("NW-M04") && text.includes(path))).toHaveLength(1);
  }
});

describe.each([...FILES])("%s", (path) => {
  beforeEach(putMistakes);

  test("as a loop of symbolic links", async () => {
    rmSync(at(path));
    symlinkSync(at(path), at(path));
    await expectFound(path, /^NW-M01 error: .*links go in a circle/);
  });

  test("as a directory", async () => {
    rmSync(at(path));
    mkdirSync(at(path));
    await expectFound(path, /^NW-M01 error: .*it is a directory/);
  });

  test("as a pipe that nobody writes to", async () => {
    rmSync(at(path));
    expect(Bun.spawnSync(["mkfifo", at(path)]).exitCode).toBe(0);
    await expectFound(path, /^NW-M01 error: .*no regular file/);
  });

  test("of 100 MB", async () => {
    truncateSync(at(path), 100 * 1024 * 1024);
    await expectFound(path, /^NW-M01 error: .*more than the \d+ that are read/);
  });

  test("as binary garbage", async () => {
    put(
      path,
      Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) % 251),
    );
    await expectFound(path, /^NW-(M01|D04) error: /);
  });

  test("as text with NUL bytes", async () => {
    put(path, "a\0b\n".repeat(100));
    await expectFound(path, /^NW-(M01|D04) error: /);
  });

  test("as a file of another format", async () => {
    put(path, "<html>\n<body>404 Not Found</body>\n</html>\n");
    const all = [...new Set((await findings()).map(describeFinding))];
    expect(all.filter((text) => text.includes(`(${path}:`)).length, all.join("\n")).toBeGreaterThan(
      0,
    );
  });

  test("as an empty file", async () => {
    put(path, "");
    const all = [...new Set((await findings()).map(describeFinding))];
    // Nothing is said in nodewright.yaml that has to be.
    const isFine = path === "nodewright.yaml";
    const own = all.filter((text) => text.includes(`(${path}:`));
    expect(own.length > 0, all.join("\n")).toBe(!isFine);
  });
});

describe.each(["configs", "units", "units/kubelet.service.d"])("the folder %s", (folder) => {
  beforeEach(putMistakes);

  test("as a loop of symbolic links: said once, the others are checked", async () => {
    rmSync(at(folder), { recursive: true, force: true });
    symlinkSync(at(folder), at(folder));
    const all = [...new Set((await findings()).map(describeFinding))];
    const loops = all.filter((text) => text.includes("links go in a circle"));
    expect(loops.length, all.join("\n")).toBeGreaterThan(0);
    for (const other of Object.keys(MISTAKES)) {
      if (other.startsWith(`${folder}/`)) continue;
      expect(all.some((text) => text.includes(`(${other}:`))).toBe(true);
    }
  });
});

test.skipIf(process.getuid?.() !== 0)("files and folders without permission", async () => {
  putMistakes();
  Bun.spawnSync(["chmod", "000", at("configs/containerd-config.toml"), at("nodewright.yaml")]);
  Bun.spawnSync(["chmod", "755", dir]);
  Bun.spawnSync(["chmod", "-R", "a+rX", at("units")]);
  process.seteuid?.(65_534);
  try {
    await expectFound("configs/containerd-config.toml", /^NW-M01 error: .*no permission/);
    await expectFound("nodewright.yaml", /^NW-M01 error: .*no permission/);
  } finally {
    process.seteuid?.(0);
  }
});

test("a kubeconfig to a dead server says so, and the directory is checked without it", async () => {
  putMistakes();
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  put(
    "dead.kubeconfig",
    `apiVersion: v1
kind: Config
clusters: [{ name: a, cluster: { server: "http://127.0.0.1:${port}" } }]
users: [{ name: b, user: { token: "x" } }]
contexts: [{ name: c, context: { cluster: a, user: b } }]
current-context: c
`,
  );
  const connection = await loadConnection(at("dead.kubeconfig"));
  using client = new KubeClient(connection, { timeoutMs: 2_000 });
  const { signal } = new AbortController();
  await expect(collectApi(client, { signal })).rejects.toThrow(/ECONNREFUSED|refused/i);
  await expectFound("configs/kubelet-config.yaml", /maxPod/);
});

describe("a root directory", () => {
  const KUBELET = "var/lib/kubelet/kubelet-config.yaml";
  const PATHS = {
    "etc/cni/net.d/10-bridge.conflist": "configs/10-bridge.conflist",
    "etc/containerd/config.toml": "configs/containerd-config.toml",
    [KUBELET]: "configs/kubelet-config.yaml",
    "var/lib/kube-proxy/kube-proxy-config.yaml": "configs/kube-proxy-config.yaml",
    "etc/systemd/system/containerd.service": "units/containerd.service",
    "etc/systemd/system/kubelet.service": "units/kubelet.service",
    "etc/systemd/system/kube-proxy.service": "units/kube-proxy.service",
  } as const;
  const MISTAKEN = "etc/systemd/system/kube-proxy.service";

  beforeEach(() => {
    for (const [path, source] of Object.entries(PATHS)) {
      const text = stockFiles().find((file) => file.path === source)?.text ?? "";
      put(path, path === MISTAKEN ? text.replace("Restart=always", "Restart=allways") : text);
    }
  });

  async function inRoot(): Promise<readonly string[]> {
    return check(RULES, await rootSubject(dir, CASE_TIME)).findings.map(describeFinding);
  }

  test("that is empty: that no node is there", async () => {
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    expect(await inRoot()).toContain(
      "NW-M04 warning: Nothing of a worker node is there: no unit and no configuration of containerd or the kubelet ()",
    );
  });

  test.each(Object.keys(PATHS))("with %s as a loop, a pipe, 100 MB, garbage", async (path) => {
    const wrong: readonly [RegExp, () => void][] = [
      [/a loop of links/, () => symlinkSync(`/${path}`, at(path))],
      [/no regular file/, () => Bun.spawnSync(["mkfifo", at(path)])],
      [
        /larger than/,
        () => {
          put(path, "");
          truncateSync(at(path), 100 * 1024 * 1024);
        },
      ],
      [
        /^NW-(M01|D04) error: /,
        () =>
          put(
            path,
            Uint8Array.from({ length: 999 }, (_, i) => i),
          ),
      ],
    ];
    for (const [wanted, make] of wrong) {
      rmSync(at(path), { force: true });
      make();
      const all = await inRoot();
      const own = all.filter((text) => text.includes(`(/${path}:`));
      expect(own.filter((text) => wanted.test(text)).length, all.join("\n")).toBe(1);
      if (path !== MISTAKEN) {
        expect(all.some((text) => text.includes(`(/${MISTAKEN}:`))).toBe(true);
      }
    }
  });
});
