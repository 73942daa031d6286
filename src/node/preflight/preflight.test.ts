import { describe, expect, test } from "bun:test";
import type { NodeFacts, ProbeReport } from "../../machine/mod.ts";
import type { DesiredNode } from "../../plan/mod.ts";
import { absentUnit } from "../../plan/testing/simulate.ts";
import type { Foresight } from "../foresight/foresee.ts";
import { desiredOf, fileOf } from "../testing/fake-node.ts";
import { registryOf } from "./foresight-rules.ts";
import { preflight } from "./preflight.ts";
import type { PreflightInput, PreflightSettings } from "./rule.ts";

const GIB = 1024 ** 3;
const NOW = Date.UTC(2026, 10, 23);
const BINARY = { ...fileOf("/usr/local/bin/kubelet", "x", 0o755), sizeBytes: 100_000_000 };
const CONF = fileOf("/etc/cni/net.d/10-bridge.conf", "{}");
const UNIT = (name: string, ready: DesiredNode["units"][number]["ready"]) => ({
  name,
  run: true,
  reads: [],
  ready,
  readyTimeoutMs: 1,
});
const DISK = {
  mountPoint: "/",
  fsType: "ext4",
  isReadOnly: false,
  isNoexec: false,
  totalBytes: 20 * GIB,
  availableBytes: 10 * GIB,
  totalInodes: 1_000_000,
  availableInodes: 900_000,
};

const FACTS: NodeFacts = {
  hostname: "node-0",
  os: { id: "debian", idLike: [], versionId: "12", name: "Debian GNU/Linux 12" },
  machine: "x86_64",
  kernelRelease: "6.1.0",
  machineId: "0".repeat(32),
  bootId: null,
  uptimeSeconds: 1,
  cpuCount: 2,
  memory: { totalBytes: 4 * GIB, availableBytes: 3 * GIB },
  clock: { epochMs: NOW + 5, isSynchronised: true },
  swaps: [],
  persistentSwaps: [],
  disks: { [BINARY.path]: DISK, [CONF.path]: DISK },
  listeners: [],
  systemd: { isRunning: true, version: 252, state: "running" },
  foreign: [],
  cniConfigFiles: [],
  firewall: { iptables: null, forwardPolicy: "ACCEPT", chains: {}, nftForwardDrops: [] },
  selinux: "absent",
  isAppArmorEnabled: false,
  commands: {
    ip: "/sbin/ip",
    mount: "/bin/mount",
    umount: "/bin/umount",
    iptables: "/sbin/iptables",
    conntrack: "/sbin/conntrack",
    socat: "/bin/socat",
  },
  sysctls: {},
  network: {
    links: [
      { name: "lo", kind: "", mtu: 65536, isUp: true, mac: "", addresses: ["127.0.0.1/8"] },
      { name: "eth0", kind: "", mtu: 1500, isUp: true, mac: "", addresses: ["10.0.0.1/24"] },
    ],
    routes: [],
  },
};

const YES = (feature: string) => ({ feature, state: "yes" as const, detail: "tried" });
const PROBE: ProbeReport = {
  features: [
    "overlayfs",
    "veth",
    "bridge",
    "conntrack",
    "iptables-masquerade",
    "nft-masquerade",
  ].map(YES),
  cgroup: { mode: "v2", controllers: ["cpu", "cpuset", "memory", "pids"].map(YES) },
  limits: {
    "fs.inotify.max_user_instances": 8192,
    "fs.inotify.max_user_watches": 524_288,
    "fs.file-max": 1,
    "kernel.pid_max": 1,
    "user.max_user_namespaces": 1,
    "user.max_net_namespaces": 1,
  },
};

const GOOD: PreflightInput = {
  desired: desiredOf([BINARY as never, CONF], {
    units: [
      UNIT("containerd.service", {
        kind: "cri",
        endpoint: "unix:///run/containerd/containerd.sock",
      }),
      UNIT("kubelet.service", { kind: "http", url: "http://127.0.0.1:10248/healthz" }),
    ],
    modules: [{ module: "overlay", required: true }],
    traces: { bridges: ["cni0"], networks: ["bridge"], stateDirs: [] },
  }),
  observed: {
    files: {},
    units: {},
    owned: {},
    originals: [],
    ownedUnits: [],
    pendingRestarts: {},
    sysctls: {},
    formerSysctls: {},
    missingModules: [],
    activeSwaps: [],
    persistentSwaps: [],
    routes: {},
    images: [],
    missingBlobs: [],
  },
  facts: FACTS,
  probe: PROBE,
  jumpbox: { askedMs: NOW, answeredMs: NOW + 10 },
};

const facts = (change: Partial<NodeFacts>): Partial<PreflightInput> => ({
  facts: { ...FACTS, ...change },
});
const probe = (...missing: { feature: string; module?: string }[]): Partial<PreflightInput> => ({
  probe: {
    ...PROBE,
    features: PROBE.features.map((f) => {
      const gone = missing.find((m) => m.feature === f.feature);
      return gone === undefined ? f : { ...f, ...gone, state: "no" as const, detail: "ENODEV" };
    }),
  },
});
const cgroup = (change: Partial<ProbeReport["cgroup"]>): Partial<PreflightInput> => ({
  probe: { ...PROBE, cgroup: { ...PROBE.cgroup, ...change } },
});
const disk = (change: Partial<typeof DISK>): Partial<PreflightInput> =>
  facts({ disks: { [BINARY.path]: { ...DISK, ...change }, [CONF.path]: DISK } });
const listener = (port: number, name: string | null) => ({
  port,
  address: "0.0.0.0",
  process: name === null ? null : { pid: 9, name },
});
const running = {
  ...absentUnit(),
  loadState: "loaded",
  activeState: "active",
  subState: "running",
};
const kubeletRuns = { observed: { ...GOOD.observed, units: { "kubelet.service": running } } };

const OLD_CONF = "/etc/cni/net.d/09-bridge.conf";
/** The machine has a network configuration that an earlier generation put there. */
const owned = (change: Partial<PreflightInput["observed"]> = {}): Partial<PreflightInput> => ({
  ...facts({ cniConfigFiles: ["09-bridge.conf", "10-bridge.conf"] }),
  observed: {
    ...GOOD.observed,
    owned: { [OLD_CONF]: "a".repeat(64) },
    files: {
      [OLD_CONF]: {
        kind: "file",
        digest: "a".repeat(64),
        mode: 0o644,
        uid: 0,
        gid: 0,
        sizeBytes: 2,
      },
    },
    ...change,
  },
});
const FORESIGHT: Foresight = {
  failing: [],
  images: [],
  mayLowerOomScore: true,
  hasKmsg: true,
  hasRegistryHosts: false,
};
const at = (file: string, line: number) => ({ file, line, column: 1 });
const MODPROBE = {
  unit: "containerd.service",
  key: "ExecStartPre",
  argv: ["/sbin/modprobe", "overlay"],
  location: at("units/containerd.service", 7),
};
const PAUSE = { reference: "registry.k8s.io/pause:3.10", what: "the sandbox image" };
const NO_REGISTRY = new Map([["registry.k8s.io", "no route to host"]]);
const foreseen = (
  foresight: Partial<Foresight>,
  settings: PreflightSettings,
): Partial<PreflightInput> => ({ foresight: { ...FORESIGHT, ...foresight }, settings });

describe("use 1: what would fail after a change is found before it", () => {
  const failing = [{ argv: MODPROBE.argv, why: "Module overlay not found" }];
  const oom = {
    table: "io.containerd.grpc.v1.cri",
    location: at("configs/containerd-config.toml", 3),
  };
  test.each<{ name: string; change: Partial<PreflightInput>; want: string | undefined }>([
    {
      name: "modprobe of a module that is built in or missing",
      change: foreseen({ failing }, { preCommands: [MODPROBE] }),
      want: "Cannot start containerd.service on this machine: ExecStartPre=/sbin/modprobe overlay would fail: Module overlay not found",
    },
    {
      name: "a command that succeeds",
      change: foreseen({}, { preCommands: [MODPROBE] }),
      want: undefined,
    },
    {
      name: "a program that the apply brings",
      change: foreseen(
        { failing: [{ argv: [BINARY.path, "--version"], why: "no such program" }] },
        { preCommands: [{ ...MODPROBE, argv: [BINARY.path, "--version"] }] },
      ),
      want: undefined,
    },
    {
      name: "oom scores in a container",
      change: foreseen({ mayLowerOomScore: false }, { insistsOnOomScore: oom }),
      want: "Cannot start a pod on this machine: it may not lower an oom_score_adj",
    },
    {
      name: "oom scores that containerd does not insist on",
      change: foreseen({ mayLowerOomScore: false }, {}),
      want: undefined,
    },
    {
      name: "no /dev/kmsg for the kubelet",
      change: foreseen({ hasKmsg: false }, {}),
      want: "Cannot run the kubelet on this machine: it has no /dev/kmsg",
    },
    {
      name: "a sandbox image that nothing brings",
      change: foreseen({}, { images: [PAUSE], registries: NO_REGISTRY }),
      want: "Cannot start a pod: the node does not have the sandbox image registry.k8s.io/pause:3.10, and registry.k8s.io cannot be reached from it: no route to host",
    },
    {
      name: "an image whose registry answers",
      change: foreseen({}, { images: [PAUSE], registries: new Map() }),
      want: undefined,
    },
    {
      name: "an image that the runtime has",
      change: foreseen({ images: [PAUSE.reference] }, { images: [PAUSE], registries: NO_REGISTRY }),
      want: undefined,
    },
    {
      name: "images of a runtime that does not run now",
      change: foreseen({ images: null }, { images: [PAUSE], registries: NO_REGISTRY }),
      want: undefined,
    },
    {
      name: "an image behind a mirror on the node",
      change: foreseen({ hasRegistryHosts: true }, { images: [PAUSE], registries: NO_REGISTRY }),
      want: undefined,
    },
    {
      name: "an image behind a proxy",
      change: foreseen({}, { images: [PAUSE], registries: NO_REGISTRY, pullsOtherwise: true }),
      want: undefined,
    },
  ])("$name", ({ change, want }) => {
    const problems = preflight({ ...GOOD, ...change });
    if (want === undefined) expect(problems).toEqual([]);
    else {
      expect(problems).toMatchObject([
        { severity: "error", message: expect.stringContaining(want) },
      ]);
      expect(problems[0]?.fix).toMatch(/^[A-Z]/);
    }
  });

  test.each([
    ["registry.k8s.io/pause:3.10", "registry.k8s.io"],
    ["docker.io/library/busybox:stable", "registry-1.docker.io"],
    ["busybox", "registry-1.docker.io"],
    ["library/busybox:stable", "registry-1.docker.io"],
    ["127.0.0.1:5000/pause:3.10", "127.0.0.1:5000"],
    ["localhost/pause", "localhost"],
  ])("%s is pulled from %s", (reference, registry) => {
    expect(registryOf(reference)).toBe(registry);
  });
});

describe("use 2: the machine is judged as it is after the step", () => {
  test.each<{ name: string; change: Partial<PreflightInput>; codes: string[] }>([
    { name: "a network that nodewright removes", change: owned(), codes: [] },
    {
      name: "one that somebody has changed since",
      change: owned({ owned: { [OLD_CONF]: "b".repeat(64) } }),
      codes: ["foreign-cni"],
    },
    {
      name: "one whose original comes back",
      change: owned({ originals: [OLD_CONF] }),
      codes: ["foreign-cni"],
    },
    { name: "one of somebody else", change: owned({ owned: {} }), codes: ["foreign-cni"] },
    {
      name: "a port of a unit that the step stops",
      change: {
        ...facts({ listeners: [listener(10_250, "old-agent")] }),
        observed: { ...GOOD.observed, ownedUnits: ["old-agent.service"] },
      },
      codes: [],
    },
    {
      name: "a port of a program that stays",
      change: facts({ listeners: [listener(10_250, "old-agent")] }),
      codes: ["port-in-use"],
    },
  ])("$name", ({ change, codes }) => {
    expect(preflight({ ...GOOD, ...change }).map(({ code }) => code)).toEqual(codes);
  });
});

describe("preflight()", () => {
  test("has nothing to say of a machine that fits", () => {
    expect(preflight(GOOD)).toEqual([]);
  });

  test.each<{ name: string; change: Partial<PreflightInput>; want: string[] }>([
    {
      name: "no systemd",
      change: facts({ systemd: { isRunning: false, version: null, state: null } }),
      want: ["error systemd: Cannot run units: systemd is not PID 1"],
    },
    {
      name: "another hostname",
      change: facts({ hostname: "web-7" }),
      want: ['error hostname: The machine calls itself "web-7", not "node-0"'],
    },
    {
      name: "the fully qualified name as hostname",
      change: facts({ hostname: "node-0.kubernetes.local" }),
      want: [],
    },
    {
      name: "another address",
      change: facts({ network: { links: [], routes: [] } }),
      want: ["error address: Cannot find the node's address 10.0.0.1 on the machine: it has none"],
    },
    {
      name: "a clock a day ahead",
      change: facts({ clock: { epochMs: NOW + 86_400_000, isSynchronised: null } }),
      want: [
        "error clock-skew: The node's clock is 24 h ahead of the jumpbox's: 2026-11-24T00:00:00.000Z",
      ],
    },
    {
      name: "a clock a minute behind",
      change: facts({ clock: { epochMs: NOW - 60_000, isSynchronised: null } }),
      want: [
        "error clock-skew: The node's clock is 60 s behind the jumpbox's: 2026-11-22T23:59:00.000Z",
      ],
    },
    {
      name: "a slow answer, which says nothing about the clock",
      change: {
        ...facts({ clock: { epochMs: NOW + 1, isSynchronised: null } }),
        jumpbox: { askedMs: NOW, answeredMs: NOW + 120_000 },
      },
      want: [],
    },
    {
      name: "no overlayfs",
      change: probe({ feature: "overlayfs" }),
      want: [
        "error kernel-feature: Cannot use overlayfs, and containerd stacks image layers with it: ENODEV",
      ],
    },
    {
      name: "an overlayfs whose module the plan loads",
      change: {
        ...probe({ feature: "overlayfs", module: "overlay" }),
        observed: { ...GOOD.observed, missingModules: ["overlay"] },
      },
      want: [],
    },
    { name: "one way to masquerade", change: probe({ feature: "nft-masquerade" }), want: [] },
    {
      name: "no way to masquerade",
      change: probe({ feature: "nft-masquerade" }, { feature: "iptables-masquerade" }),
      want: [
        "error kernel-feature: Cannot masquerade what pods send: iptables-masquerade: ENODEV; nft-masquerade: ENODEV",
      ],
    },
    {
      name: "cgroup v1 under a kubelet that fails on it",
      change: { ...cgroup({ mode: "hybrid" }), settings: { failCgroupV1: true } },
      want: [
        "error cgroup-v1: Cannot run this kubelet: its failCgroupV1 is true and the machine's cgroups are hybrid",
      ],
    },
    { name: "cgroup v1 under another one", change: cgroup({ mode: "v1" }), want: [] },
    {
      name: "no memory controller",
      change: cgroup({
        controllers: [{ feature: "cgroup-memory", state: "no", detail: "disabled" }],
      }),
      want: [
        "error cgroup-controller: Cannot limit memory: the cgroup controller is not available: disabled",
      ],
    },
    {
      name: "the systemd cgroup driver without systemd",
      change: {
        ...facts({ systemd: { isRunning: false, version: null, state: null } }),
        settings: { cgroupDriver: "systemd" },
      },
      want: [
        "error systemd: Cannot run units: systemd is not PID 1",
        "error cgroup-driver: Cannot use the systemd cgroup driver: systemd is not PID 1",
      ],
    },
    {
      name: "too little disk",
      change: disk({ availableBytes: 50 * 1024 * 1024 }),
      want: ["error disk-space: Cannot put 2 files on /: 159.4 MiB are needed, 50.0 MiB are free"],
    },
    {
      name: "room for the files, but not for their blobs beside them",
      change: {
        ...facts({
          disks: {
            [BINARY.path]: { ...DISK, availableBytes: 200_000_000 },
            [CONF.path]: DISK,
            "/var/lib/nodewright": { ...DISK, availableBytes: 200_000_000 },
          },
        }),
        observed: { ...GOOD.observed, missingBlobs: [{ digest: BINARY.digest, receivedBytes: 0 }] },
      },
      want: ["error disk-space: Cannot put 3 files on /: 254.7 MiB are needed, 190.7 MiB are free"],
    },
    {
      name: "no inodes",
      change: disk({ availableInodes: 2 }),
      want: ["error inodes: Cannot put 2 files on /: it has 2 inodes left"],
    },
    {
      name: "a file system that does not count inodes",
      change: disk({ totalInodes: 0, availableInodes: 0 }),
      want: [],
    },
    {
      name: "a read-only file system",
      change: disk({ isReadOnly: true }),
      want: ["error read-only: Cannot write on /: it is mounted read-only"],
    },
    {
      name: "a noexec file system",
      change: disk({ isNoexec: true }),
      want: ["error noexec: Cannot run /usr/local/bin/kubelet: / is mounted noexec"],
    },
    {
      name: "files that are there already need no room",
      change: {
        ...disk({ availableBytes: 64 * 1024 * 1024 + 10 }),
        observed: {
          ...GOOD.observed,
          files: {
            [BINARY.path]: {
              kind: "file",
              digest: BINARY.digest,
              mode: 0o755,
              uid: 0,
              gid: 0,
              sizeBytes: 1,
            },
          },
        },
      },
      want: [],
    },
    {
      name: "swap that the kubelet does not stand",
      change: {
        ...facts({ swaps: [{ path: "/dev/sda2", type: "partition", sizeBytes: 1, usedBytes: 0 }] }),
        settings: { failSwapOn: true },
      },
      want: [
        "error swap: Cannot run this kubelet: its failSwapOn is true and swap is in use: /dev/sda2",
      ],
    },
    {
      name: "a port in use",
      change: facts({ listeners: [listener(10250, "nginx"), listener(80, "nginx")] }),
      want: [
        "error port-in-use: Cannot run kubelet: port 10250 is in use on 0.0.0.0 by nginx (process 9)",
      ],
    },
    {
      name: "a port in use by nobody knows whom",
      change: facts({ listeners: [listener(10248, null)] }),
      want: [
        "error port-in-use: Cannot run kubelet: port 10248 is in use on 0.0.0.0 by another process",
      ],
    },
    {
      name: "the kubelet that runs already",
      change: { ...facts({ listeners: [listener(10250, "kubelet")] }), ...kubeletRuns },
      want: [],
    },
    {
      name: "another kubelet, outside of the unit",
      change: facts({ listeners: [listener(10250, "kubelet")] }),
      want: [
        "error port-in-use: Cannot run kubelet: port 10250 is in use on 0.0.0.0 by kubelet (process 9)",
      ],
    },
    {
      name: "k3s",
      change: facts({ foreign: [{ name: "k3s", evidence: ["/var/lib/rancher/k3s"] }] }),
      want: [
        "error foreign-software: Cannot make a worker node of a machine with k3s: /var/lib/rancher/k3s",
      ],
    },
    {
      name: "another runtime, which check warns of as well",
      change: facts({ foreign: [{ name: "cri-o", evidence: ["process crio"] }] }),
      want: [
        "warning foreign-software: The machine has another container runtime, cri-o: process crio",
      ],
    },
    {
      name: "another containerd",
      change: facts({
        foreign: [
          {
            name: "containerd",
            evidence: ["/run/containerd/containerd.sock", "process containerd"],
          },
        ],
      }),
      want: [
        "error foreign-runtime: Cannot start containerd.service: another containerd is running: /run/containerd/containerd.sock, process containerd",
      ],
    },
    {
      name: "Docker's containerd, which has its own socket",
      change: facts({ foreign: [{ name: "containerd", evidence: ["process containerd"] }] }),
      want: [],
    },
    {
      name: "CNI files before and after ours",
      change: facts({
        cniConfigFiles: ["05-cilium.conflist", "10-bridge.conf", "87-podman.conflist", "00-README"],
      }),
      want: [
        "error foreign-cni: Cannot use 10-bridge.conf: /etc/cni/net.d/05-cilium.conflist sorts before it and would be used instead",
      ],
    },
    {
      name: "missing programs, errors first",
      change: facts({ commands: { ...FACTS.commands, socat: null, iptables: null } }),
      want: [
        "error missing-command: Cannot find the program iptables, which is used by kube-proxy and the bridge plugin's ipMasq",
      ],
    },
    {
      name: "no program ip, which nothing on this node calls",
      change: facts({ commands: { ...FACTS.commands, ip: null } }),
      want: [],
    },
    {
      name: "no program ip for the routes at boot",
      change: {
        ...facts({ commands: { ...FACTS.commands, ip: null } }),
        desired: {
          ...GOOD.desired,
          units: [...GOOD.desired.units, UNIT("nodewright-routes.service", { kind: "exited" })],
        },
      },
      want: [
        "error missing-command: Cannot find the program ip, which is used by nodewright-routes.service",
      ],
    },
    {
      name: "a firewall that drops what is forwarded",
      change: facts({
        firewall: {
          ...FACTS.firewall,
          forwardPolicy: "DROP",
          nftForwardDrops: ["inet filter forward"],
        },
      }),
      want: [
        "warning forward-drop: Pods may not reach other nodes: iptables' FORWARD policy is DROP, nftables chain inet filter forward drops by default",
      ],
    },
    {
      name: "binaries of another architecture",
      change: {
        settings: {
          binaries: [
            { name: "runc", machine: "aarch64" },
            { name: "crictl", machine: "amd64" },
          ],
        },
      },
      want: [
        "error architecture: Cannot run runc on this machine: it is for aarch64, the machine is x86_64",
      ],
    },
    {
      name: "binaries that ask for a newer glibc",
      change: {
        glibc: "2.36",
        settings: {
          binaries: [
            { name: "runc", glibc: "2.38" },
            { name: "ctr", glibc: "2.9" },
          ],
        },
      },
      want: [
        "error glibc: Cannot run runc on this machine: it needs glibc 2.38, the machine has 2.36",
      ],
    },
    {
      name: "little memory",
      change: facts({ memory: { totalBytes: 300 * 1024 * 1024, availableBytes: 1 } }),
      want: ["warning memory: The machine has little memory for a node: 300.0 MiB"],
    },
    { name: "a kernel that was not probed", change: { probe: null }, want: [] },
  ])("$name", ({ change, want }) => {
    const problems = preflight({ ...GOOD, ...change });
    expect(problems.map((p) => `${p.severity} ${p.code}: ${p.message}`)).toEqual(want);
    for (const problem of problems) {
      expect(problem.node).toBe("node-0");
      expect(problem.fix?.length ?? 0).toBeGreaterThan(10);
    }
  });
});
