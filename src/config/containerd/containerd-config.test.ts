import { describe, expect, test } from "bun:test";
import { defaultSandboxImage, parseContainerdConfig } from "../mod.ts";
import { briefly, hardWayFile, mustHave } from "../testing.ts";

describe("parseContainerdConfig()", () => {
  test("takes the tutorial's file without a problem", async () => {
    const text = await hardWayFile("containerd-config.toml");
    const { value, problems } = parseContainerdConfig(text, "c");
    expect(problems).toEqual([]);
    expect(value).toMatchObject({
      version: 2,
      grpcAddress: { value: "/run/containerd/containerd.sock", isDefault: true },
      cniBinDirs: [{ value: "/opt/cni/bin", location: { line: 12, column: 13 } }],
      cniConfDir: { value: "/etc/cni/net.d", location: { line: 13, column: 14 } },
      cniMaxConfNum: { value: 1, isDefault: true },
      snapshotter: { value: "overlayfs", isDefault: false },
      defaultRuntimeName: { value: "runc", isDefault: false },
      sandboxImage: undefined,
      root: { value: "/var/lib/containerd" },
      restrictOomScoreAdj: { value: false },
      criDisabledBy: undefined,
    });
    expect(value?.defaultRuntime).toMatchObject({
      runtimeType: { value: "io.containerd.runc.v2" },
      systemdCgroup: { value: true, location: { line: 10, column: 21 }, isDefault: false },
    });
  });

  test.each(["containerd-1.6-default.toml", "containerd-2.1-default.toml"])(
    "takes what containerd prints as its default: %s",
    async (name) => {
      const text = await Bun.file(`${import.meta.dir}/fixtures/${name}`).text();
      const { value, problems } = parseContainerdConfig(text, name);
      expect(problems).toEqual([]);
      expect(value).toMatchObject({
        grpcAddress: { value: "/run/containerd/containerd.sock", isDefault: false },
        cniConfDir: { value: "/etc/cni/net.d", isDefault: false },
        snapshotter: { value: "overlayfs", isDefault: false },
        restrictOomScoreAdj: { value: false, isDefault: false },
        defaultRuntime: { systemdCgroup: { value: false, isDefault: false } },
      });
      expect(value?.sandboxImage?.value).toBe(defaultSandboxImage(name.slice(11, 14)) ?? "");
    },
  );

  test.each([
    { version: 1, text: '[plugins.cri]\nsandbox_image = "x"\n[plugins.cri.cni]\nbin_dir = "/a"' },
    {
      version: 2,
      text: 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "x"\ncni.bin_dir = "/a"',
    },
    {
      version: 3,
      text: 'version = 3\n[plugins."io.containerd.cri.v1.images".pinned_images]\nsandbox = "x"\n[plugins."io.containerd.cri.v1.runtime".cni]\nbin_dirs = ["/a"]',
    },
    {
      version: 4,
      text: 'version = 4\n[plugins."io.containerd.cri.v1.images".pinned_images]\nsandbox = "x"\n[plugins."io.containerd.cri.v1.runtime".cni]\nbin_dirs = ["/a"]\n[plugins."io.containerd.server.v1.grpc"]\naddress = "/s"',
    },
  ])("reads version $version where it keeps things", ({ version, text }) => {
    const { value, problems } = parseContainerdConfig(text, "c");
    expect(problems).toEqual([]);
    expect(value).toMatchObject({
      version,
      sandboxImage: { value: "x" },
      cniBinDirs: [{ value: "/a", isDefault: false }],
      grpcAddress: { value: version === 4 ? "/s" : "/run/containerd/containerd.sock" },
      runtimes: [{ name: { value: "runc" }, runtimeType: { value: "io.containerd.runc.v2" } }],
    });
  });

  test.each([
    [
      "version = 5",
      "error wrong-version 1:11 Expected a version from 1 to 4 of containerd's configuration",
    ],
    [
      'version = "2"',
      "error wrong-version 1:11 Expected a version from 1 to 4 of containerd's configuration",
    ],
    [
      '[plugins."io.containerd.grpc.v1.cri"]\nx = 1',
      'error wrong-section 1:10 Found a section that version 1 does not read: plugins."io.containerd.grpc.v1.cri"',
    ],
    [
      'version = 2\n[plugins."io.containerd.cri.v1.runtime"]\nx = 1',
      'error wrong-section 2:10 Found a section that version 2 does not read: plugins."io.containerd.cri.v1.runtime"',
    ],
    [
      "version = 3\n[plugins.cri]\nx = 1",
      'error wrong-section 2:10 Found a section that version 3 does not read: plugins."cri"',
    ],
    [
      'version = 3\n[plugins."io.containerd.grpc.v1.cri"]\nsandbox_imag = "x"',
      'warning unknown-key 3:1 Unknown key in plugins."io.containerd.grpc.v1.cri": "sandbox_imag"',
    ],
    [
      'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\noptions.SystemdCgroups = true',
      'warning unknown-key 4:9 Unknown key in plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options: "SystemdCgroups"',
    ],
    [
      'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\nSystemdCgroup = true',
      'warning missing-key 2:58 Missing runtime_type of the runtime "runc": containerd 1.x then has none',
    ],
    [
      'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\nrestrict_oom_score_adj = "true"',
      'error wrong-type 3:26 Expected true or false at plugins."io.containerd.grpc.v1.cri".restrict_oom_score_adj, found text: "true"',
    ],
    [
      'version = 4\n[grpc]\naddress = "/x"',
      'warning deprecated-key 2:2 Found a deprecated key at grpc: version 4 has it in plugins."io.containerd.server.v1.grpc"',
    ],
    [
      'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\nendpoint = ["x"]',
      'warning deprecated-key 2:47 Found a deprecated key at plugins."io.containerd.grpc.v1.cri".registry.mirrors: use config_path and a hosts.toml for each registry',
    ],
  ])("%j", (text, want) => {
    expect(briefly(parseContainerdConfig(text, "c").problems)).toEqual([want]);
  });

  test("a file of version 2 that only had its version raised is an error", () => {
    const text = 'version = 3\n[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "x"';
    const { problems } = parseContainerdConfig(text, "f");
    expect(problems).toContainEqual(
      expect.objectContaining({ code: "wrong-section", severity: "error" }),
    );
  });

  test("says which entry turns CRI off", () => {
    const config = mustHave(parseContainerdConfig('version = 2\ndisabled_plugins = ["cri"]', "c"));
    expect(config.criDisabledBy).toMatchObject({ value: "cri", location: { line: 2, column: 21 } });
  });

  test("has no default runtime where no table has its name", () => {
    const text =
      'version = 3\n[plugins."io.containerd.cri.v1.runtime".containerd]\ndefault_runtime_name = "crun"';
    expect(mustHave(parseContainerdConfig(text, "c")).defaultRuntime).toBeUndefined();
  });
});

test.each([
  ["1.6.20", "registry.k8s.io/pause:3.6"],
  ["v2.1.9", "registry.k8s.io/pause:3.10"],
  ["0.9", undefined],
  ["x", undefined],
] as const)("defaultSandboxImage(%j) is %p", (version, want) => {
  expect(defaultSandboxImage(version)).toBe(want as string);
});
