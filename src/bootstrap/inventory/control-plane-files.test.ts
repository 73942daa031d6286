import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkControlPlaneFiles } from "./control-plane-files.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-control-plane-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const KUBECONFIG = `apiVersion: v1
kind: Config
clusters:
  - name: k
    cluster:
      server: https://server.kubernetes.local:6443
users:
  - name: admin
    user: {}
contexts:
  - name: default
    context:
      cluster: k
      user: admin
current-context: default
`;
const unit = (flags: string): string =>
  `[Unit]\nDescription=x\n\n[Service]\nExecStart=/usr/local/bin/x \\\n  ${flags}\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n`;
const yaml = (apiVersion: string, kind: string): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nresources: []\n`;

const SOUND: Readonly<Record<string, string>> = {
  "admin.kubeconfig": KUBECONFIG,
  "kube-controller-manager.kubeconfig": KUBECONFIG,
  "kube-scheduler.kubeconfig": KUBECONFIG,
  "units/etcd.service": unit("--name controller"),
  "units/kube-apiserver.service": unit("--service-cluster-ip-range=10.32.0.0/24"),
  "units/kube-controller-manager.service": unit("--cluster-cidr=10.200.0.0/16"),
  "units/kube-scheduler.service": unit("--v=2"),
  "encryption-config.yaml": yaml("apiserver.config.k8s.io/v1", "EncryptionConfiguration"),
  "configs/encryption-config.yaml": yaml("v1", "EncryptionConfig"),
  "configs/kube-scheduler.yaml": yaml(
    "kubescheduler.config.k8s.io/v1",
    "KubeSchedulerConfiguration",
  ),
  "configs/kube-apiserver-to-kubelet.yaml": `${yaml("rbac.authorization.k8s.io/v1", "ClusterRole")}---\n${yaml("rbac.authorization.k8s.io/v1", "ClusterRoleBinding")}`,
};

function write(path: string, bytes: string | Uint8Array): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), bytes);
}

const problems = () => checkControlPlaneFiles(dir, () => true);

test("a directory without them has no problem, nor has one with sound ones", async () => {
  expect(await problems()).toEqual([]);
  for (const [path, text] of Object.entries(SOUND)) write(path, text);
  expect(await problems()).toEqual([]);
});

/** What can befall a file, and the line where it is seen. */
const MISTAKES: readonly (readonly [string, (path: string, text: string) => void])[] = [
  ["0 bytes", (path) => write(path, "")],
  ["a NUL byte", (path, text) => write(path, text.replace("e", "\u0000"))],
  [
    "UTF-16",
    (path, text) =>
      write(path, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")])),
  ],
  ["Latin-1", (path, text) => write(path, Buffer.from(`# \u00e4\n${text}`, "latin1"))],
  ["a directory in its place", (path) => mkdirSync(join(dir, path), { recursive: true })],
  [
    "a dangling link",
    (path) => {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      symlinkSync("no-such-file", join(dir, path));
    },
  ],
];
/** The same content as another system writes it. */
const FORMS: readonly (readonly [string, (text: string) => string])[] = [
  ["a byte order mark", (text) => `\ufeff${text}`],
  ["Windows line ends", (text) => text.replaceAll("\n", "\r\n")],
];

describe.each(Object.entries(SOUND))("%s", (path, text) => {
  test.each(MISTAKES)("%s is one error with a place and a fix", async (_, spoil) => {
    spoil(path, text);
    const found = await problems();
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ severity: "error", locations: [{ file: path }] });
    expect(found[0]?.fix).toMatch(/^\w+ \w+/);
    expect(found[0]?.message).not.toMatch(/\n|ENOENT|EISDIR|TypeError/);
  });

  test.each(FORMS)("%s is forgiven, or named with its line and a fix", async (_, form) => {
    write(path, form(text));
    for (const { locations, fix } of await problems()) {
      expect(locations[0]).toMatchObject({ file: path, line: expect.any(Number) });
      expect(fix).toMatch(/^\w+ \w+/);
    }
  });
});

test.each([
  ["admin.kubeconfig", "apiVersion: v1", "apiVersion: v9", 1],
  ["admin.kubeconfig", "current-context: default", "current-context: other", 15],
  ["kube-scheduler.kubeconfig", "https://", "", 6],
  ["units/kube-apiserver.service", "[Service]", "[Servce]", 4],
  ["units/kube-apiserver.service", "x \\\n", "x\n", 5],
  ["encryption-config.yaml", "apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v9", 1],
  ["configs/kube-scheduler.yaml", "apiVersion", "apiversion", 1],
  ["configs/kube-apiserver-to-kubelet.yaml", "kind:", " kind:", 1],
])("%s: for %p there is %p, which is found at line %d", async (path, from, to, line) => {
  write(path, (SOUND[path] ?? "").replace(from, to));
  const found = await problems();
  expect(found.length).toBeGreaterThan(0);
  expect(found[0]?.locations[0]).toMatchObject({ file: path, line });
});
