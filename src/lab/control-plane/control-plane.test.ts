import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { putFiles } from "./machine-files.ts";
import { findPrograms, OFFICIAL_PROGRAMS } from "./official-programs.ts";
import { builtinParts, officialParts } from "./parts.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-control-plane-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function program(path: string, mode = 0o755): string {
  const file = join(dir, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, path);
  chmodSync(file, mode);
  return file;
}

const FILES = [
  ...["ca.crt", "ca.key", "kube-api-server.crt", "kube-api-server.key", "service-accounts.crt"],
  ...["service-accounts.key", "encryption-config.yaml"],
  ...["kube-controller-manager.kubeconfig", "kube-scheduler.kubeconfig"],
];

describe("findPrograms()", () => {
  test("finds executables in the directory and in the tutorial's folders", async () => {
    const etcd = program("found/etcd");
    const kubelet = program("found/worker/kubelet");
    const found = await findPrograms(join(dir, "found"), ["etcd", "kubelet"]);
    expect([...found]).toEqual([
      ["etcd", etcd],
      ["kubelet", kubelet],
    ]);
  });

  test("names all that are missing, also a file that is not executable", async () => {
    program("lacking/etcd");
    program("lacking/kube-scheduler", 0o644);
    await expect(findPrograms(join(dir, "lacking"), OFFICIAL_PROGRAMS)).rejects.toMatchObject({
      kind: "host-unfit",
      message: `Cannot find kube-apiserver, kube-controller-manager, kube-scheduler in "${join(dir, "lacking")}"`,
    });
  });
});

describe("parts of the control plane", () => {
  beforeAll(() => {
    for (const name of FILES) writeFileSync(join(dir, name), `text of ${name}`);
  });

  test("every file that an official program's unit names is installed, keys for root alone", async () => {
    const programs = new Map(OFFICIAL_PROGRAMS.map((name) => [name, `/up/${name}`] as const));
    const parts = await officialParts(programs, dir);
    expect(parts.map(({ unit }) => unit)).toEqual(
      OFFICIAL_PROGRAMS.map((name) => `${name}.service`),
    );
    expectComplete(parts);
  });

  test("nodewright's own has its address and every file that its unit names", async () => {
    const parts = await builtinParts("/x/nodewright", dir, "10.240.0.2");
    expect(parts.map(({ unit }) => unit)).toEqual(["nodewright-control-plane.service"]);
    expectComplete(parts);
    expect(unitText(parts[0])).toContain("--advertise-address=10.240.0.2 ");
  });
});

type Part = Awaited<ReturnType<typeof builtinParts>>[number];

function unitText(part: Part | undefined): string {
  const unit = part?.files.find(({ path }) => path.endsWith(".service"));
  return unit !== undefined && "text" in unit.content ? unit.content.text : "";
}

function expectComplete(parts: readonly Part[]): void {
  for (const part of parts) {
    const installed = part.files.map(({ path }) => path);
    const named =
      unitText(part).match(
        /\/(?:usr\/local\/bin|var\/lib\/kubernetes|etc\/kubernetes)\/[\w./-]+/g,
      ) ?? [];
    expect(named.filter((path) => !installed.includes(path))).toEqual([]);
    for (const { path, mode } of part.files) {
      if (path.startsWith("/var/lib/kubernetes/")) expect([path, mode]).toEqual([path, 0o600]);
    }
  }
}

describe("putFiles()", () => {
  test("writes what differs, says so, and nothing the second time", async () => {
    const root = join(dir, "root");
    const source = program("nodewright");
    const files = [
      { path: "/etc/a", mode: 0o600, content: { text: "one" } },
      { path: "/usr/local/bin/b", mode: 0o755, content: { file: source } },
    ];
    expect(await putFiles(root, files)).toEqual(["/etc/a", "/usr/local/bin/b"]);
    expect(statSync(join(root, "etc/a")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(root, "usr/local/bin/b"), "utf8")).toBe("nodewright");
    expect(await putFiles(root, files)).toEqual([]);
    chmodSync(join(root, "etc/a"), 0o644);
    expect(await putFiles(root, files)).toEqual(["/etc/a"]);
    // The same source built again: other times, the same bytes.
    utimesSync(source, 1_000_000_000, 1_000_000_000);
    expect(await putFiles(root, files)).toEqual([]);
    writeFileSync(source, "elsewhere!");
    expect(await putFiles(root, files)).toEqual(["/usr/local/bin/b"]);
    writeFileSync(source, "another build");
    expect(await putFiles(root, files)).toEqual(["/usr/local/bin/b"]);
  });
});
