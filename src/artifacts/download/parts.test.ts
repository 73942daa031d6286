import { describe, expect, test } from "bun:test";
import { rejectionOf } from "../../base/testing/mod.ts";
import { BadServer, head } from "../testing/mod.ts";
import { checksumIn, publishedChecksum } from "./checksum.ts";
import { proxyFor } from "./proxy.ts";
import { parseUrlList, urlsOf } from "./url-list.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);

describe("parseUrlList()", () => {
  test("reads URLs, digests, comments, blank lines and CRLF", () => {
    const { urls, problems } = parseUrlList(
      `# mine\r\n\r\nhttps://x.example/bin/kubelet  sha256:${"AB".repeat(32)} # one\r\n\thttps://x.example/a%2Bb/crictl-v1.tar.gz\r\n`,
      "list.txt",
    );
    expect(problems).toEqual([]);
    expect(urls).toEqual([
      {
        url: "https://x.example/bin/kubelet",
        fileName: "kubelet",
        sha256: "ab".repeat(32),
        line: 3,
      },
      { url: "https://x.example/a%2Bb/crictl-v1.tar.gz", fileName: "crictl-v1.tar.gz", line: 4 },
    ]);
  });

  const KEY = "RWSb2ptH/KeB+Hr8+uioS43DtBPJQo1sdw6O4bCNoFGHCaQ8SirySDdt";
  test.each([
    {
      words: `minisign:${KEY}`,
      want: { key: { minisign: KEY }, url: "https://x.example/bin/runc.minisig" },
    },
    {
      words: "cosign:keys/runc.pub",
      want: { key: { cosign: "keys/runc.pub" }, url: "https://x.example/bin/runc.sigstore.json" },
    },
    {
      words: `signature:../signatures/runc.sig minisign:${KEY}`,
      want: { key: { minisign: KEY }, url: "https://x.example/signatures/runc.sig" },
    },
    {
      words: "cosign:a.pub signature:https://y.example/runc.bundle",
      want: { key: { cosign: "a.pub" }, url: "https://y.example/runc.bundle" },
    },
  ])("reads the signature of $words, in any order with the checksum", ({ words, want }) => {
    for (const line of [`sha256:${A} ${words}`, `${words} sha256:${A}`]) {
      const { urls, problems } = parseUrlList(`https://x.example/bin/runc ${line}`, "list.txt");
      expect(problems).toEqual([]);
      expect(urls).toMatchObject([{ sha256: A, signed: want }]);
    }
  });

  const rows: { name: string; line: string; want: RegExp }[] = [
    {
      name: "a signature without a key",
      line: "https://x.example/k signature:https://x.example/k.sig",
      want: /no key/,
    },
    {
      name: "two keys",
      line: `https://x.example/k minisign:${KEY} cosign:a.pub`,
      want: /minisign: and cosign:/,
    },
    {
      name: "a key twice",
      line: "https://x.example/k cosign:a.pub cosign:b.pub",
      want: /cosign: twice/,
    },
    {
      name: "a key that is cut off",
      line: `https://x.example/k minisign:${KEY.slice(0, -4)}`,
      want: /no public key of minisign/,
    },
    {
      name: "a key outside of the directory",
      line: "https://x.example/k cosign:../a.pub",
      want: /no file of the cluster directory/,
    },
    {
      name: "a signature elsewhere than on the web",
      line: "https://x.example/k cosign:a.pub signature:file:///k.sig",
      want: /no http or https URL/,
    },
    { name: "a word", line: "kubelet", want: /does not begin with an http/ },
    { name: "another scheme", line: "file:///etc/passwd", want: /does not begin with an http/ },
    { name: "no file", line: "https://x.example/", want: /names no file/ },
    { name: "a short digest", line: "https://x.example/k sha256:abc", want: /64 hex digits/ },
    {
      name: "more behind the digest",
      line: `https://x.example/k sha256:${A} x`,
      want: /64 hex digits/,
    },
    {
      name: "a password, which is not shown",
      line: "https://me:secret@x.example/k",
      want: /^(?!.*secret).*carries a name/,
    },
  ];
  test.each([
    "https://x.example/runc%zz",
    "https://x.example/runc%",
    "https://x.example/runc%ff",
    "https://x.example/%c3%28/runc%c3%28",
  ])("security 16: %s is refused with its line, not by a URI error", (line) => {
    const { urls, problems } = parseUrlList(`#\n${line}\n`, "list.txt");
    expect(urls).toEqual([]);
    expect(problems[0]?.message).toContain("a % that no two hex digits follow");
    expect(problems[0]?.locations).toEqual([{ file: "list.txt", line: 2, column: 1 }]);
  });

  test.each(rows)("refuses $name", ({ line, want }) => {
    const { problems } = parseUrlList(`#\n  ${line}\n`, "list.txt");
    expect(problems).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(want),
        locations: [{ file: "list.txt", line: 2, column: 3 }],
      }),
    ]);
  });
});

test("urlsOf() tells components and architectures apart in the origin's list", () => {
  const list = [
    "https://dl.k8s.io/v1.32.3/bin/linux/arm64/kubectl",
    "https://dl.k8s.io/v1.32.3/bin/linux/arm64/kube-apiserver",
    "https://dl.k8s.io/v1.32.3/bin/linux/arm64/kube-proxy",
    "https://dl.k8s.io/v1.32.3/bin/linux/amd64/kubelet",
    "https://github.com/kubernetes-sigs/cri-tools/releases/download/v1.32.0/crictl-v1.32.0-linux-arm64.tar.gz",
    "https://github.com/opencontainers/runc/releases/download/v1.3.0-rc.1/runc.arm64",
    "https://github.com/containernetworking/plugins/releases/download/v1.6.2/cni-plugins-linux-arm64-v1.6.2.tgz",
    "https://github.com/containerd/containerd/releases/download/v2.1.0-beta.0/containerd-2.1.0-beta.0-linux-arm64.tar.gz",
    "https://github.com/etcd-io/etcd/releases/download/v3.6.0-rc.3/etcd-v3.6.0-rc.3-linux-arm64.tar.gz",
  ];
  const { urls } = parseUrlList(list.join("\n"), "downloads-arm64.txt");
  const linesOf = (...args: Parameters<typeof urlsOf>): number[] =>
    urlsOf(...args).urls.map((u) => u.line);
  expect({
    kubectl: linesOf(urls, "kubectl", "arm64"),
    "kube-proxy": linesOf(urls, "kube-proxy", "arm64"),
    kubelet: linesOf(urls, "kubelet", "arm64"),
    crictl: linesOf(urls, "crictl", "arm64"),
    runc: linesOf(urls, "runc", "arm64"),
    "cni-plugins": linesOf(urls, "cni-plugins", "arm64"),
    containerd: linesOf(urls, "containerd", "arm64"),
  }).toEqual({
    kubectl: [1],
    "kube-proxy": [3],
    kubelet: [],
    crictl: [5],
    runc: [6],
    "cni-plugins": [7],
    containerd: [8],
  });
  expect(urlsOf(urls, "kubelet", "arm64").otherArch.map((u) => u.line)).toEqual([4]);
});

describe("proxyFor()", () => {
  const https = "https://dl.k8s.io/x";
  const rows: {
    name: string;
    url: string;
    env: Record<string, string>;
    want: string | undefined;
  }[] = [
    { name: "nothing set", url: https, env: {}, want: undefined },
    { name: "https_proxy", url: https, env: { https_proxy: "http://p:1" }, want: "http://p:1" },
    { name: "upper case for https", url: https, env: { HTTPS_PROXY: "p:1" }, want: "http://p:1" },
    {
      name: "upper case for http is a header's doing",
      url: "http://a/",
      env: { HTTP_PROXY: "p" },
      want: undefined,
    },
    { name: "http_proxy", url: "http://a/", env: { http_proxy: "p" }, want: "http://p" },
    { name: "all_proxy", url: https, env: { all_proxy: "http://p" }, want: "http://p" },
    {
      name: "no_proxy by suffix",
      url: https,
      env: { https_proxy: "p", no_proxy: "x, .k8s.io" },
      want: undefined,
    },
    {
      name: "no_proxy by name",
      url: https,
      env: { https_proxy: "p", NO_PROXY: "k8s.io" },
      want: undefined,
    },
    {
      name: "no_proxy of another port",
      url: https,
      env: { https_proxy: "p", no_proxy: "dl.k8s.io:80" },
      want: "http://p",
    },
    {
      name: "no_proxy of a name's part",
      url: https,
      env: { https_proxy: "p", no_proxy: "8s.io" },
      want: "http://p",
    },
    {
      name: "no_proxy for all",
      url: https,
      env: { https_proxy: "p", no_proxy: "*" },
      want: undefined,
    },
    { name: "loopback", url: "http://127.0.0.1:99/", env: { http_proxy: "p" }, want: undefined },
  ];
  test.each(rows)("$name", ({ url, env, want }) => expect(proxyFor(new URL(url), env)).toBe(want));
});

describe("checksumIn()", () => {
  const rows: { name: string; text: string; want: string | undefined }[] = [
    { name: "a digest alone", text: `${A}\n`, want: A },
    { name: "sha256sum's form", text: `${B}  other\n${A}  runc.amd64\n`, want: A },
    { name: "its binary form, with a path", text: `${A} *release/runc.amd64\n`, want: A },
    { name: "the BSD form", text: `SHA256 (runc.amd64) = ${A.toUpperCase()}\n`, want: A },
    { name: "only other files", text: `${A}  runc.arm64\n`, want: undefined },
    { name: "a page", text: "<html>not found</html>", want: undefined },
  ];
  test.each(rows)("$name", ({ text, want }) => expect(checksumIn(text, "runc.amd64")).toBe(want));
});

describe("publishedChecksum()", () => {
  const http = { env: {}, idleTimeoutMs: 2_000 };
  const rows: { name: string; there: Record<string, string>; want: string | undefined }[] = [
    { name: "FILE.sha256", there: { "/r/runc.amd64.sha256": A }, want: A },
    { name: "FILE.sha256sum", there: { "/r/runc.amd64.sha256sum": `${A}  runc.amd64` }, want: A },
    {
      name: "a list under the program's name",
      there: { "/r/runc.sha256sum": `${B}  runc.arm64\n${A}  runc.amd64` },
      want: A,
    },
    { name: "SHA256SUMS", there: { "/r/SHA256SUMS": `${A}  runc.amd64` }, want: A },
    { name: "nothing", there: {}, want: undefined },
    { name: "too much", there: { "/r/runc.amd64.sha256": "x".repeat(70_000) }, want: undefined },
  ];
  test.each(rows)("finds $name", async ({ there, want }) => {
    await using server = await BadServer.start(({ path }) => {
      const text = there[path];
      return text === undefined
        ? { send: head("404 Not Found", { "Content-Length": 0 }), end: "close" }
        : { send: [head("200 OK", { "Content-Length": text.length }), text], end: "close" };
    });
    expect(await publishedChecksum(http, server.url("/r/runc.amd64"))).toBe(want);
  });

  test("is not asked over plain http from elsewhere", async () => {
    expect(await publishedChecksum(http, "http://files.example/runc.amd64")).toBeUndefined();
  });

  test("tells a server out of reach from a file that is not there", async () => {
    await using server = await BadServer.start(() => ({ send: "", end: "reset" }));
    expect(await rejectionOf(publishedChecksum(http, server.url("/r/x")))).toMatchObject({
      kind: "download",
    });
  });
});
