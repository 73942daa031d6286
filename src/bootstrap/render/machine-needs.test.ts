import { describe, expect, test } from "bun:test";
import type { ArtifactSet } from "../../artifacts/mod.ts";
import { parseKubeletConfig } from "../../config/mod.ts";
import { machineNeeds } from "./machine-needs.ts";
import type { NodeModels } from "./models.ts";

const HEAD = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

function models(kubelet: string): NodeModels {
  return {
    cni: [],
    containerd: undefined,
    kubelet: parseKubeletConfig(HEAD + kubelet, "configs/kubelet-config.yaml").value,
    kubeProxy: undefined,
    units: new Map(),
  };
}

function unit(run: boolean) {
  const ready = { kind: "active" as const };
  return { name: "kubelet.service", run, reads: [], ready, readyTimeoutMs: 1 };
}

function artifact(component: "kubelet" | "runc", version: string, glibc?: string): ArtifactSet {
  const needs = { interpreter: "/lib64/ld-linux-x86-64.so.2", libraries: [], glibc: glibc ?? "" };
  return {
    kind: "set",
    component,
    source: "downloads",
    version,
    arch: "amd64",
    files: [
      {
        name: component,
        installPath: `/usr/local/bin/${component}`,
        mode: 0o755,
        sha256: "0".repeat(64),
        sizeBytes: 1,
        localPath: `/tmp/${component}`,
        origin: "test",
        ...(glibc === undefined ? {} : { needs }),
      },
    ],
  };
}

describe("machineNeeds()", () => {
  test.each<{ name: string; config: string; run: boolean; version: string; want: object }>([
    {
      name: "a new kubelet fails on cgroup v1 where its file says nothing",
      config: "",
      run: true,
      version: "1.36.2",
      want: { failSwapOn: true, failCgroupV1: true, cgroupDriver: "cgroupfs" },
    },
    {
      name: "an older one does not",
      config: "",
      run: true,
      version: "1.32.3",
      want: { failCgroupV1: false },
    },
    {
      name: "what the file says counts",
      config: "failCgroupV1: false\nfailSwapOn: false\ncgroupDriver: systemd\n",
      run: true,
      version: "1.36.2",
      want: { failSwapOn: false, failCgroupV1: false, cgroupDriver: "systemd" },
    },
  ])("$name", ({ config, run, version, want }) => {
    const needs = machineNeeds({
      models: models(config),
      units: [unit(run)],
      artifacts: [artifact("kubelet", version)],
      texts: [],
    });
    expect(needs).toMatchObject(want);
  });

  test("a kubelet that is not run asks for nothing; binaries ask for their glibc", () => {
    const artifacts = [artifact("kubelet", "1.36.2"), artifact("runc", "1.3.6", "2.38")];
    const input = { models: models(""), units: [unit(false)], artifacts, texts: [] };
    expect(machineNeeds(input)).toEqual({
      binaries: [{ name: "runc", glibc: "2.38" }],
      preCommands: [],
    });
  });
});
