import { describe, expect, test } from "bun:test";
import { generateKeyPairSync, sign } from "node:crypto";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Arch } from "./arch.ts";
import type { CommandRunner } from "./command.ts";
import { COMPONENTS, type Component } from "./component.ts";
import { type Resolution, resolveArtifacts } from "./resolve.ts";
import { ArtifactResolver } from "./resolver.ts";
import type { ComponentsSettings } from "./settings.ts";
import { BadServer, elfFile, head, TempDir, tarFile } from "./testing/mod.ts";
import type { ResolveDeps } from "./types.ts";

/** Nothing may be run where a test does not say so. */
const NO_COMMANDS: CommandRunner = {
  run: async (argv) => {
    throw new Error(`unexpected: ${argv.join(" ")}`);
  },
  stream: () => {
    throw new Error("unexpected");
  },
};
const CLOCK = { now: () => Date.now(), sleep: async () => {} };

type Tree = Record<string, Uint8Array | string>;

async function cluster(dir: TempDir, tree: Tree): Promise<string> {
  const clusterDir = join(dir.path, "cluster");
  for (const [name, content] of Object.entries(tree)) {
    await mkdir(dirname(join(clusterDir, name)), { recursive: true });
    await writeFile(join(clusterDir, name), content);
  }
  return clusterDir;
}

async function resolve(
  dir: TempDir,
  tree: Tree,
  options: { arch?: Arch; components?: ComponentsSettings; deps?: Partial<ResolveDeps> } = {},
): Promise<Resolution> {
  return resolveArtifacts(
    { commands: NO_COMMANDS, clock: CLOCK, env: {}, hostArch: undefined, ...options.deps },
    {
      clusterDir: await cluster(dir, tree),
      arch: options.arch ?? "amd64",
      components: options.components ?? {},
      cacheDir: join(dir.path, "cache"),
      lock: {},
    },
  );
}

const exe = (arch: Arch, version = "1.2.3"): Uint8Array => elfFile({ arch, rodata: `v${version}` });
const tgz = (names: Record<string, Uint8Array | string>): Uint8Array =>
  new Uint8Array(
    gzipSync(tarFile(Object.entries(names).map(([name, content]) => ({ name, content })))),
  );

/** What the origin's directory has after its own steps. */
const origin = (arch: Arch): Tree => ({
  "downloads/worker/containerd": exe(arch, "2.1.0"),
  "downloads/worker/containerd-shim-runc-v2": exe(arch, "2.1.0"),
  "downloads/worker/containerd-stress": exe(arch, "2.1.0"),
  "downloads/worker/ctr": exe(arch, "2.1.0"),
  "downloads/worker/crictl": exe(arch, "1.32.0"),
  "downloads/worker/kubelet": exe(arch, "1.32.3"),
  "downloads/worker/kube-proxy": exe(arch, "1.32.3"),
  "downloads/worker/runc": exe(arch, "1.3.0"),
  "downloads/client/kubectl": exe(arch, "1.32.3"),
  "downloads/client/etcdctl": exe(arch, "3.6.0"),
  "downloads/controller/kube-apiserver": exe(arch, "1.32.3"),
  "downloads/cni-plugins/bridge": exe(arch, "1.6.2"),
  "downloads/cni-plugins/host-local": exe(arch, "1.6.2"),
  "downloads/cni-plugins/loopback": exe(arch, "1.6.2"),
  "downloads/cni-plugins/LICENSE": "Apache License",
  "downloads/cni-plugins/README.md": "# Plugins",
});

const summary = ({ sets }: Resolution): Record<string, string> =>
  Object.fromEntries(
    COMPONENTS.map((component) => {
      const set = sets[component];
      return [
        component,
        set.kind === "missing"
          ? "missing"
          : `${set.version} ${set.files.map((f) => f.installPath).join(" ")}`,
      ];
    }),
  );

const WHOLE = {
  containerd: "2.1.0 /bin/containerd /bin/containerd-shim-runc-v2 /bin/containerd-stress /bin/ctr",
  runc: "1.3.0 /usr/local/bin/runc",
  "cni-plugins": "1.6.2 /opt/cni/bin/bridge /opt/cni/bin/host-local /opt/cni/bin/loopback",
  crictl: "1.32.0 /usr/local/bin/crictl",
  kubelet: "1.32.3 /usr/local/bin/kubelet",
  "kube-proxy": "1.32.3 /usr/local/bin/kube-proxy",
  kubectl: "1.32.3 /usr/local/bin/kubectl",
};

describe("resolveArtifacts() in downloads/", () => {
  const archives: Tree = {
    "downloads/containerd-2.1.0-linux-arm64.tar.gz": tgz({
      "bin/containerd": exe("arm64", "2.1.0"),
      "bin/containerd-shim-runc-v2": exe("arm64", "2.1.0"),
      "bin/containerd-stress": exe("arm64", "2.1.0"),
      "bin/ctr": exe("arm64", "2.1.0"),
    }),
    "downloads/runc.arm64": exe("arm64", "1.3.0"),
    "downloads/crictl-v1.32.0-linux-arm64.tar.gz": tgz({ crictl: elfFile({ arch: "arm64" }) }),
    "downloads/cni-plugins-linux-arm64-v1.6.2.tgz": tgz({
      "./bridge": exe("arm64", "1.6.2"),
      "./host-local": exe("arm64", "1.6.2"),
      "./loopback": exe("arm64", "1.6.2"),
      "./LICENSE": "Apache License",
      "./notes": "no executable",
      "./docs/more": exe("arm64"),
    }),
    "downloads/kubernetes-node-linux-arm64.tar.gz": tgz({
      "kubernetes/node/bin/kubelet": exe("arm64", "1.32.3"),
      "kubernetes/node/bin/kube-proxy": exe("arm64", "1.32.3"),
      "kubernetes/node/bin/kubectl": exe("arm64", "1.32.3"),
      "kubernetes/LICENSES": "text",
    }),
  };
  const rows: { name: string; tree: Tree; arch: Arch }[] = [
    { name: "the origin's layout", tree: origin("amd64"), arch: "amd64" },
    { name: "the upstream archives as they were saved", tree: archives, arch: "arm64" },
    {
      name: "archives of the right architecture among others",
      tree: {
        ...archives,
        "downloads/runc.amd64": exe("amd64", "9.9.9"),
        "downloads/crictl-v9.9.9-linux-amd64.tar.gz": "not looked at",
      },
      arch: "arm64",
    },
    {
      name: "a folder for each architecture",
      tree: {
        ...origin("amd64"),
        ...Object.fromEntries(
          Object.entries(origin("arm64")).map(([path, bytes]) => [
            path.replace("downloads", "downloads/arm64"),
            bytes,
          ]),
        ),
      },
      arch: "arm64",
    },
  ];
  test.each(rows)("takes $name", async ({ tree, arch }) => {
    await using dir = await TempDir.make();
    const resolution = await resolve(dir, tree, { arch });
    expect(resolution.problems).toEqual([]);
    expect(summary(resolution)).toEqual(WHOLE);
  });

  const bad: {
    name: string;
    change: Tree;
    without?: string[];
    component: Component;
    want: object;
  }[] = [
    {
      name: "a wrong architecture",
      change: { "downloads/worker/runc": exe("arm64") },
      component: "runc",
      want: {
        code: "artifact-wrong-arch",
        severity: "error",
        message: expect.stringMatching(
          /"downloads\/worker\/runc" on amd64, it is built for: arm64/,
        ),
      },
    },
    {
      name: "a truncated file",
      change: { "downloads/worker/kubelet": exe("amd64").slice(0, -5) },
      component: "kubelet",
      want: { code: "artifact-truncated", severity: "error" },
    },
    {
      name: "an HTML page",
      change: { "downloads/worker/kubelet": "<html>404</html>" },
      component: "kubelet",
      want: {
        code: "artifact-not-executable",
        message: expect.stringContaining("an HTML or XML page"),
      },
    },
    {
      name: "an empty file",
      change: { "downloads/worker/crictl": "" },
      component: "crictl",
      want: { code: "artifact-not-executable", message: expect.stringContaining("an empty file") },
    },
    {
      name: "an archive under a program's name",
      change: { "downloads/worker/containerd": tgz({}) },
      component: "containerd",
      want: { code: "artifact-not-executable", message: expect.stringContaining("a gzip archive") },
    },
    {
      name: "another program under its name",
      change: {
        "downloads/worker/kubelet": elfFile({
          arch: "amd64",
          modInfo: "path\tk8s.io/kubernetes/cmd/kube-proxy\n",
        }),
      },
      component: "kubelet",
      want: { code: "artifact-misnamed", message: expect.stringContaining("cmd/kube-proxy") },
    },
    {
      name: "a missing shim",
      change: {},
      without: ["downloads/worker/containerd-shim-runc-v2"],
      component: "containerd",
      want: {
        code: "artifact-incomplete",
        message: expect.stringContaining("missing: containerd-shim-runc-v2"),
      },
    },
    {
      name: "no runc",
      change: {},
      without: ["downloads/worker/runc"],
      component: "runc",
      want: { code: "artifact-missing", severity: "error" },
    },
    {
      name: "no kubelet",
      change: {},
      without: ["downloads/worker/kubelet"],
      component: "kubelet",
      want: { code: "artifact-missing", severity: "warning" },
    },
    {
      name: "only another architecture's archive",
      change: { "downloads/runc.arm64": exe("arm64") },
      without: ["downloads/worker/runc"],
      component: "runc",
      want: {
        code: "artifact-missing",
        message: expect.stringContaining('"downloads/runc.arm64" is for arm64'),
      },
    },
    {
      name: "an archive that is cut off",
      change: {
        "downloads/crictl-v1.32.0-linux-amd64.tar.gz": tgz({ crictl: exe("amd64") }).slice(0, -40),
      },
      without: ["downloads/worker/crictl"],
      component: "crictl",
      want: {
        code: "artifact-archive",
        severity: "error",
        message: expect.stringContaining("crictl-v1.32.0-linux-amd64.tar.gz"),
      },
    },
    {
      name: "an archive that is none",
      change: { "downloads/crictl-v1.32.0-linux-amd64.tar.gz": "<html>" },
      without: ["downloads/worker/crictl"],
      component: "crictl",
      want: { code: "artifact-archive" },
    },
    {
      name: "an archive with a link in the place of the program",
      change: {
        "downloads/crictl-v1.32.0-linux-amd64.tar.gz": new Uint8Array(
          gzipSync(tarFile([{ name: "crictl", type: "2", linkName: "/etc/shadow" }])),
        ),
      },
      without: ["downloads/worker/crictl"],
      component: "crictl",
      want: { code: "artifact-archive", message: expect.stringContaining('"crictl" is a symlink') },
    },
  ];
  test.each(bad)(
    "reports $name and takes the rest",
    async ({ change, without, component, want }) => {
      await using dir = await TempDir.make();
      const tree = { ...origin("amd64"), ...change };
      for (const path of without ?? []) delete tree[path];
      const resolution = await resolve(dir, tree);
      expect(resolution.problems).toEqual([expect.objectContaining(want)]);
      expect(summary(resolution)).toEqual({ ...WHOLE, [component]: "missing" });
      expect(resolution.lock.amd64?.[component]).toBeUndefined();
    },
  );

  test("warns of two different files for one name and takes the plain one", async () => {
    await using dir = await TempDir.make();
    const resolution = await resolve(dir, {
      ...origin("amd64"),
      "downloads/runc.amd64": exe("amd64", "1.4.0"),
    });
    expect(resolution.problems).toEqual([
      expect.objectContaining({ code: "artifact-ambiguous", severity: "warning" }),
    ]);
    expect(summary(resolution)).toEqual(WHOLE);
  });

  test("warns of a shim of another release", async () => {
    await using dir = await TempDir.make();
    const shim = { "downloads/worker/containerd-shim-runc-v2": exe("amd64", "1.7.0") };
    const { problems, sets } = await resolve(dir, { ...origin("amd64"), ...shim });
    expect(problems).toEqual([
      expect.objectContaining({
        code: "artifact-mixed-versions",
        severity: "warning",
        message: expect.stringContaining("containerd 2.1.0, containerd-shim-runc-v2 1.7.0"),
      }),
    ]);
    expect(sets.containerd.kind).toBe("set");
  });

  test("takes a plugin that is a script, because the user put it there", async () => {
    await using dir = await TempDir.make();
    const resolution = await resolve(dir, {
      ...origin("amd64"),
      "downloads/cni-plugins/mine": "#!/bin/sh\n",
    });
    expect(resolution.problems).toEqual([]);
    expect(summary(resolution)["cni-plugins"]).toEndWith("/opt/cni/bin/loopback /opt/cni/bin/mine");
  });

  test("gives what a dynamic program needs of the node", async () => {
    await using dir = await TempDir.make();
    const needs = {
      interpreter: "/lib64/ld.so",
      needed: ["libseccomp.so.2"],
      versions: ["GLIBC_2.38"],
    };
    const { sets } = await resolve(dir, {
      ...origin("amd64"),
      "downloads/worker/runc": elfFile({ arch: "amd64", ...needs }),
    });
    expect(sets.runc).toMatchObject({
      files: [
        { needs: { interpreter: "/lib64/ld.so", libraries: ["libseccomp.so.2"], glibc: "2.38" } },
      ],
    });
  });
});

describe("resolveArtifacts() finds a version", () => {
  const ask = (answer: string): CommandRunner => ({
    ...NO_COMMANDS,
    run: async (argv, { env, timeoutMs }) => {
      expect(env).toEqual({});
      expect(timeoutMs).toBeGreaterThan(0);
      expect(argv.slice(1)).toEqual(["--version"]);
      return { exitCode: 0, stdout: answer, stderr: "" };
    },
  });
  const rows: { name: string; tree: Tree; deps: Partial<ResolveDeps>; want: string }[] = [
    {
      name: "in the module information",
      tree: {
        "downloads/worker/runc": elfFile({
          arch: "amd64",
          modInfo: "mod\tx\tv1.2.4\t\n",
          rodata: "v9.9.9",
        }),
      },
      deps: {},
      want: "1.2.4",
    },
    {
      name: "by asking a program of this machine's architecture",
      tree: { "downloads/worker/runc": elfFile({ arch: "amd64" }) },
      deps: { hostArch: "amd64", commands: ask("runc version 1.1.9\n") },
      want: "1.1.9",
    },
    {
      name: "nowhere, where it would have to run another machine's",
      tree: { "downloads/worker/runc": elfFile({ arch: "amd64" }) },
      deps: { hostArch: "arm64" },
      want: "unknown",
    },
    {
      name: "nowhere, where the program says nothing",
      tree: { "downloads/worker/runc": elfFile({ arch: "amd64" }) },
      deps: { hostArch: "amd64", commands: ask("usage: runc") },
      want: "unknown",
    },
    {
      name: "in the name of the archive",
      tree: {
        "downloads/kubernetes-node-linux-amd64.tar.gz": tgz({
          "kubernetes/node/bin/kubelet": elfFile({ arch: "amd64" }),
        }),
        "downloads/worker/runc": exe("amd64", "7.7.7"),
      },
      deps: {},
      want: "7.7.7",
    },
  ];
  test.each(rows)("$name", async ({ tree, deps, want }) => {
    await using dir = await TempDir.make();
    const { sets } = await resolve(dir, tree, { deps });
    expect(sets.runc).toMatchObject({ kind: "set", version: want });
  });
});

describe("ArtifactResolver", () => {
  const DEPS: ResolveDeps = { commands: NO_COMMANDS, clock: CLOCK, env: {}, hostArch: undefined };
  const resolver = (
    dir: TempDir,
    clusterDir: string,
    update = false,
    notes: string[] = [],
  ): ArtifactResolver =>
    new ArtifactResolver(DEPS, {
      clusterDir,
      cacheDir: join(dir.path, "cache"),
      update,
      onProgress: (event) => {
        if (event.kind === "note") notes.push(`${event.component}: ${event.text}`);
      },
    });

  test("announces a changed file in downloads/ and records it", async () => {
    await using dir = await TempDir.make();
    const clusterDir = await cluster(dir, origin("amd64"));
    expect((await resolver(dir, clusterDir).resolve("amd64", {})).problems).toEqual([]);
    await writeFile(join(clusterDir, "downloads/worker/runc"), exe("amd64", "1.4.0"));
    expect((await resolver(dir, clusterDir).resolve("amd64", {})).problems).toEqual([
      expect.objectContaining({ code: "artifact-changed", severity: "warning" }),
    ]);
    expect((await resolver(dir, clusterDir).resolve("amd64", {})).problems).toEqual([]);
  });

  test("asks once for nodes of one kind", async () => {
    await using dir = await TempDir.make();
    const one = resolver(dir, await cluster(dir, origin("amd64")));
    expect(one.resolve("amd64", {})).toBe(one.resolve("amd64", { runc: { source: "downloads" } }));
    expect(one.resolve("amd64", { runc: { source: "none" } })).not.toBe(one.resolve("amd64", {}));
    await one.resolve("amd64", { runc: { source: "none" } });
  });

  /** A server with runc, its checksum file if `digest` is given, and a list that names it. */
  async function upstream(
    dir: TempDir,
    options: { list?: string; digest?: string; insecure?: boolean; bundle?: string },
  ) {
    let body = exe("amd64", "1.3.0");
    const server = await BadServer.start(({ path }) => {
      const { digest, bundle } = options;
      const files = {
        "/runc.amd64": body,
        "/runc.amd64.sha256": digest,
        "/runc.amd64.sigstore.json": bundle,
      };
      const text = Object.entries(files).find(([name]) => name === path)?.[1];
      return text === undefined
        ? { send: head("404 Not Found", { "Content-Length": 0 }), end: "close" }
        : { send: [head("200 OK", { "Content-Length": text.length }), text], end: "close" };
    });
    const clusterDir = await cluster(dir, {
      ...origin("amd64"),
      "downloads-amd64.txt": `${server.url("/runc.amd64")} ${options.list ?? ""}\n`,
    });
    const settings: ComponentsSettings = {
      runc: { source: "upstream", ...(options.insecure ? { insecureNoChecksum: true } : {}) },
    };
    return {
      server,
      clusterDir,
      serve: (bytes: Uint8Array) => {
        body = bytes;
      },
      run: (update = false, notes: string[] = []) =>
        resolver(dir, clusterDir, update, notes).resolve("amd64", settings),
      dropCache: () => rm(join(dir.path, "cache"), { recursive: true }),
    };
  }
  const RUNC_SHA256 = new Bun.CryptoHasher("sha256").update(exe("amd64", "1.3.0")).digest("hex");

  test.each([
    { name: "the list's checksum", options: { list: `sha256:${RUNC_SHA256}` } },
    { name: "the publisher's checksum file", options: { digest: `${RUNC_SHA256}  runc.amd64\n` } },
    { name: "trust on the first use", options: { insecure: true } },
  ])("downloads with $name; afterwards the lock needs no network", async ({ options }) => {
    await using dir = await TempDir.make();
    const { server, run } = await upstream(dir, options);
    await using _server = server;
    const first = await run();
    expect(first.problems).toEqual([]);
    expect(first.sets.runc).toMatchObject({
      kind: "set",
      source: "upstream",
      version: "1.3.0",
      files: [{ sha256: RUNC_SHA256, mode: 0o755 }],
    });
    const asked = server.requests.length;
    const second = await run();
    expect(second.problems).toEqual([]);
    expect(second.sets.runc).toMatchObject({ version: "1.3.0", files: [{ sha256: RUNC_SHA256 }] });
    expect(server.requests).toHaveLength(asked);
  });

  test.each([
    {
      name: "no checksum",
      options: {},
      want: {
        code: "artifact-checksum-missing",
        fix: expect.stringContaining("insecureNoChecksum"),
      },
    },
    {
      name: "another checksum in the list",
      options: { list: `sha256:${"0".repeat(64)}` },
      want: { code: "artifact-checksum" },
    },
    {
      name: "another checksum from the publisher",
      options: { digest: "1".repeat(64) },
      want: { code: "artifact-checksum" },
    },
    {
      name: "a malformed list",
      options: { list: "sha1:abc" },
      want: {
        code: "bad-download-line",
        locations: [{ file: "downloads-amd64.txt", line: 1, column: 1 }],
      },
    },
  ])("refuses a download with $name", async ({ options, want }) => {
    await using dir = await TempDir.make();
    const { server, run } = await upstream(dir, options);
    await using _server = server;
    const { problems, sets, lock } = await run();
    expect(problems).toEqual([expect.objectContaining({ severity: "error", ...want })]);
    expect(sets.runc.kind).toBe("missing");
    expect(lock.amd64?.runc).toBeUndefined();
    expect(await readdir(join(dir.path, "cache/blobs/sha256"))).toEqual([]);
  });

  describe("signatures that the list asks for", () => {
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = (key: typeof pair): string =>
      String(key.publicKey.export({ type: "spki", format: "pem" }));
    const bundleOf = (bytes: Uint8Array): string =>
      JSON.stringify({
        base64Signature: sign("sha256", bytes, pair.privateKey).toString("base64"),
      });
    const GOOD = bundleOf(exe("amd64", "1.3.0"));
    const SIGNED_LIST = `sha256:${RUNC_SHA256} cosign:runc.pub`;

    test("are checked once; the lock holds on to the key and needs no network", async () => {
      await using dir = await TempDir.make();
      const { server, run, clusterDir } = await upstream(dir, { list: SIGNED_LIST, bundle: GOOD });
      await using _server = server;
      await writeFile(join(clusterDir, "runc.pub"), pem(pair));
      const notes: string[] = [];
      const first = await run(false, notes);
      expect(first.problems).toEqual([]);
      expect(notes).toContain(`runc: signature of ${server.url("/runc.amd64")} is good`);
      const origins = first.lock.amd64?.runc?.["upstream downloads-ARCH.txt"]?.origins;
      expect(origins).toEqual([
        expect.objectContaining({ signedBy: expect.stringMatching(/^cosign:[0-9a-f]{64}$/) }),
      ]);
      const asked = server.requests.length;
      expect((await run()).problems).toEqual([]);
      expect(server.requests).toHaveLength(asked);
    });

    test.each([
      { name: "none there", bundle: undefined, key: pair, code: "artifact-signature-missing" },
      { name: "another key", bundle: GOOD, key: other, code: "artifact-signature" },
      {
        name: "another file",
        bundle: bundleOf(exe("amd64", "1.2.9")),
        key: pair,
        code: "artifact-signature",
      },
      { name: "a web page", bundle: "<html>", key: pair, code: "artifact-signature" },
    ])("refuse the file: $name", async ({ bundle, key, code }) => {
      await using dir = await TempDir.make();
      const list = { list: SIGNED_LIST, ...(bundle === undefined ? {} : { bundle }) };
      const { server, run, clusterDir } = await upstream(dir, list);
      await using _server = server;
      await writeFile(join(clusterDir, "runc.pub"), pem(key));
      // Twice: that the bytes are in the cache by then makes them no better.
      for (const _again of [1, 2]) {
        const { problems, sets, lock } = await run();
        expect(problems).toEqual([expect.objectContaining({ severity: "error", code })]);
        expect(sets.runc.kind).toBe("missing");
        expect(lock.amd64?.runc).toBeUndefined();
      }
    });

    test("say which key is not there", async () => {
      await using dir = await TempDir.make();
      const { server, run } = await upstream(dir, { list: SIGNED_LIST, bundle: GOOD });
      await using _server = server;
      expect((await run()).problems).toEqual([
        expect.objectContaining({
          code: "artifact-settings",
          message: expect.stringContaining('"runc.pub"'),
          locations: [{ file: "downloads-amd64.txt", line: 1, column: 1 }],
        }),
      ]);
      expect(server.requests).toEqual([]);
    });

    test("are asked for where the key comes, or changes, after the lock was written", async () => {
      await using dir = await TempDir.make();
      const plain = { list: `sha256:${RUNC_SHA256}`, bundle: GOOD };
      const { server, run, clusterDir } = await upstream(dir, plain);
      await using _server = server;
      expect((await run()).problems).toEqual([]);
      const list = join(clusterDir, "downloads-amd64.txt");
      await writeFile(list, `${server.url("/runc.amd64")} ${SIGNED_LIST}\n`);
      await writeFile(join(clusterDir, "runc.pub"), pem(pair));
      expect((await run()).problems).toEqual([]);
      await writeFile(join(clusterDir, "runc.pub"), pem(other));
      expect((await run()).problems).toEqual([
        expect.objectContaining({ code: "artifact-signature" }),
      ]);
    });
  });

  test("holds a later download to the lock, until an update", async () => {
    await using dir = await TempDir.make();
    const { server, run, serve, dropCache } = await upstream(dir, { insecure: true });
    await using _server = server;
    await run();
    await dropCache();
    serve(exe("amd64", "6.6.6"));
    const refused = await run();
    expect(refused.problems).toEqual([
      expect.objectContaining({
        code: "artifact-checksum",
        message: expect.stringContaining(RUNC_SHA256),
      }),
    ]);
    const notes: string[] = [];
    const updated = await run(true, notes);
    expect(notes).toContain("runc: version 1.3.0 becomes 6.6.6");
    expect(updated.problems).toEqual([]);
    expect(updated.sets.runc).toMatchObject({ version: "6.6.6" });
    expect((await run()).sets.runc).toMatchObject({ version: "6.6.6" });
  });

  test("says what to do where the list is not there", async () => {
    await using dir = await TempDir.make();
    const clusterDir = await cluster(dir, origin("amd64"));
    const { problems } = await resolver(dir, clusterDir).resolve("amd64", {
      runc: { source: "upstream" },
    });
    expect(problems).toEqual([
      expect.objectContaining({
        code: "artifact-settings",
        message: expect.stringContaining("downloads-amd64.txt"),
      }),
    ]);
  });

  test("rejects where the cache cannot be written", async () => {
    await using dir = await TempDir.make();
    const clusterDir = await cluster(dir, origin("amd64"));
    await writeFile(join(dir.path, "cache"), "a file");
    await chmod(join(dir.path, "cache"), 0o600);
    const resolution = resolver(dir, clusterDir).resolve("amd64", {});
    expect(
      resolution.then(
        () => "resolved",
        () => "rejected",
      ),
    ).resolves.toBe("rejected");
    await resolution.catch(() => undefined);
  });
});
