import { describe, expect, test } from "bun:test";
import {
  mainPackage,
  versionOfModInfo,
  versionOfName,
  versionOfOutput,
  versionOfPackage,
} from "./version.ts";

describe("versionOfModInfo()", () => {
  const main = (version: string): string =>
    `path\tx/cmd\nmod\tx\t${version}\th1:a=\ndep\ty\tv9.9.9\t\n`;
  const rows: { name: string; input: string; want: string | undefined }[] = [
    { name: "a release", input: main("v2.1.0"), want: "2.1.0" },
    { name: "a release from a dirty tree", input: main("v2.1.0+dirty"), want: "2.1.0" },
    { name: "a development build", input: main("(devel)"), want: undefined },
    {
      name: "a pseudo-version",
      input: main("v0.0.0-20250101120000-abcdefabcdef"),
      want: undefined,
    },
    {
      name: "a pseudo-version after a release",
      input: main("v1.2.4-0.20250101120000-abcdefabcdef"),
      want: undefined,
    },
    {
      name: "what the linker was told goes first",
      input: `${main("v0.1.0")}build\t-ldflags="-s -X 'k8s.io/component-base/version.gitVersion=v1.36.0' -X x.gitCommit=1"\n`,
      want: "1.36.0",
    },
    {
      name: "a plugin's own name for it",
      input: `build\t-ldflags="-X x/buildversion.BuildVersion=v1.6.2"\n`,
      want: "1.6.2",
    },
    { name: "no information", input: "", want: undefined },
  ];
  test.each(rows)("$name", ({ input, want }) => expect(versionOfModInfo(input)).toBe(want));
  test("mainPackage() gives the import path", () => expect(mainPackage(main("v1"))).toBe("x/cmd"));
});

describe("versionOfOutput() of what programs print", () => {
  const rows: { input: string; want: string | undefined }[] = [
    { input: "Kubernetes v1.36.0\n", want: "1.36.0" },
    { input: "Client Version: v1.36.4\nKustomize Version: v5.7.1\n", want: "1.36.4" },
    {
      input: "runc version 1.3.0-rc.1\ncommit: v1.3.0-rc.1-0-ga00ce11e\nspec: 1.2.1\n",
      want: "1.3.0-rc.1",
    },
    {
      input: "containerd github.com/containerd/containerd/v2 v2.1.0 061792f0ecf3\n",
      want: "2.1.0",
    },
    {
      input: "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1\n",
      want: "1.6.20~ds1",
    },
    { input: "crictl version v1.32.0\n", want: "1.32.0" },
    {
      input: "CNI bridge plugin v1.6.2\nCNI protocol versions supported: 0.1.0, 1.1.0\n",
      want: "1.6.2",
    },
    {
      input: "CNI bridge plugin version unknown\nCNI protocol versions supported: 0.1.0\n",
      want: undefined,
    },
    { input: "flag provided but not defined: -version\n", want: undefined },
    { input: "", want: undefined },
  ];
  test.each(rows)("$input", ({ input, want }) => expect(versionOfOutput(input)).toBe(want));
});

describe("versionOfName() of upstream files and URLs", () => {
  const rows: [string, string | undefined][] = [
    ["containerd-2.1.0-beta.0-linux-amd64.tar.gz", "2.1.0-beta.0"],
    ["crictl-v1.32.0-linux-arm64.tar.gz", "1.32.0"],
    ["cni-plugins-linux-amd64-v1.6.2.tgz", "1.6.2"],
    ["https://dl.k8s.io/v1.32.3/bin/linux/amd64/kubelet", "1.32.3"],
    [
      "https://github.com/opencontainers/runc/releases/download/v1.3.0-rc.1/runc.amd64",
      "1.3.0-rc.1",
    ],
    ["https://10.0.0.1/kubelet", undefined],
    ["kubelet", undefined],
  ];
  test.each(rows)("%s", (input, want) => expect(versionOfName(input)).toBe(want));
});

test("versionOfPackage() leaves epoch and revision out", () => {
  expect(versionOfPackage("1:1.6.20~ds1-1+deb12u3")).toBe("1.6.20~ds1");
  expect(versionOfPackage("1.1.1+ds1-3+b5")).toBe("1.1.1+ds1");
});
