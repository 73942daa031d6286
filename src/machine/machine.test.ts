import { describe, expect, test } from "bun:test";
import type { Result } from "../base/mod.ts";
import { parseAddress, parseCidr } from "../ip/mod.ts";
import { createExec, execOrThrow } from "./exec.ts";
import { commentSwapLines, restoreSwapLines, swapLines } from "./fstab.ts";
import { parseMasqueradeRules, removalOf, rulesOfNetworks } from "./linux/masquerade.ts";
import { parseModuleNames } from "./linux/modules.ts";
import { mountsBelow } from "./linux/mounts.ts";
import { type ProcessEntry, parseStat, shimsWithChildren } from "./linux/processes.ts";
import { routeVias } from "./linux/routes.ts";
import { sysctlPath } from "./linux/sysctls.ts";
import { parseShow } from "./systemctl.ts";

describe("parseShow()", () => {
  const OUTPUT = `Id=containerd.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
NeedDaemonReload=no
DropInPaths=/etc/systemd/system/containerd.service.d/10.conf /run/systemd/system/containerd.service.d/20.conf
ActiveEnterTimestamp=Mon 2026-11-23 03:03:33 UTC
Result=success
ExecMainStatus=0
NRestarts=2
MainPID=123
FragmentPath=/etc/systemd/system/containerd.service
SourcePath=

Id=none.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
NeedDaemonReload=no
DropInPaths=
ActiveEnterTimestamp=
Result=success
ExecMainStatus=0
NRestarts=0
MainPID=0
FragmentPath=
SourcePath=
`;

  test("names the command that kept a unit from starting, not those that may fail", () => {
    const pre = (path: string, ignored: string, status: number): string =>
      `ExecStartPre={ path=${path} ; argv[]=${path} overlay ; ignore_errors=${ignored} ; start_time=[n/a] ; stop_time=[n/a] ; pid=9 ; code=exited ; status=${status} }`;
    const failedPre = (...lines: string[]): unknown =>
      parseShow(["x.service"], ["Id=x.service", ...lines].join("\n"))["x.service"]?.failedPre;
    expect(failedPre(pre("/bin/true", "no", 0), pre("/sbin/modprobe", "no", 1))).toEqual({
      command: "/sbin/modprobe overlay",
      exitStatus: 1,
    });
    expect(failedPre(pre("/sbin/modprobe", "yes", 1), pre("/bin/true", "no", 0))).toBeUndefined();
  });

  test("reads one block a unit, in the order asked", () => {
    const states = parseShow(["containerd.service", "none.service"], OUTPUT);
    expect(states["containerd.service"]).toEqual({
      loadState: "loaded",
      activeState: "active",
      subState: "running",
      unitFileState: "enabled",
      needDaemonReload: false,
      dropIns: [
        "/etc/systemd/system/containerd.service.d/10.conf",
        "/run/systemd/system/containerd.service.d/20.conf",
      ],
      startedAtMs: Date.UTC(2026, 10, 23, 3, 3, 33),
      result: "success",
      execMainStatus: 0,
      restarts: 2,
      mainPid: 123,
      fragmentPath: "/etc/systemd/system/containerd.service",
      sourcePath: "",
    });
    expect(states["none.service"]).toMatchObject({ loadState: "not-found", unitFileState: "" });
    expect(states["none.service"]).not.toHaveProperty("startedAtMs");
  });

  test("a unit without an answer is not there", () => {
    expect(parseShow(["a.service"], "")["a.service"]).toMatchObject({
      loadState: "not-found",
      activeState: "inactive",
    });
  });
});

const FSTAB = [
  "# /etc/fstab",
  "UUID=1 / ext4 defaults 0 1",
  "UUID=2\tnone\tswap\tsw\t0\t0",
  "  /swap.img none swap sw 0 0",
  "#/dev/sdb none swap sw 0 0",
  "/dev/swap /mnt/swap ext4 defaults 0 0",
  "",
].join("\n");

describe("fstab", () => {
  test("finds the lines that turn swap on", () => {
    expect(swapLines(FSTAB)).toEqual(["UUID=2", "/swap.img"]);
    expect(swapLines(commentSwapLines(FSTAB))).toEqual([]);
  });

  test("puts them out of force and back, byte for byte, and twice is once", () => {
    const off = commentSwapLines(FSTAB);
    expect(off).not.toBe(FSTAB);
    expect(commentSwapLines(off)).toBe(off);
    expect(restoreSwapLines(off)).toBe(FSTAB);
    expect(restoreSwapLines(FSTAB)).toBe(FSTAB);
  });
});

describe("texts of the kernel", () => {
  test("mountsBelow() gives the deepest first and nothing beside", () => {
    const line = (path: string): string => `36 35 98:0 / ${path} rw - ext4 /dev/sda1 rw`;
    const text = [
      "/",
      "/var/lib/containerd",
      "/var/lib/containerd/a/b",
      "/var/lib/containerd-x",
      "/var/lib/containerd/c\\040d",
    ]
      .map(line)
      .join("\n");
    expect(mountsBelow(text, "/var/lib/containerd")).toEqual([
      "/var/lib/containerd/a/b",
      "/var/lib/containerd/c d",
      "/var/lib/containerd",
    ]);
  });

  test("parseModuleNames() reads /proc/modules and modules.builtin alike", () => {
    const text =
      "br_netfilter 32768 0 - Live 0x0\nkernel/net/ipv4/netfilter/ip-vs.ko\nkernel/fs/overlay.ko.xz\n";
    expect([...parseModuleNames(text)]).toEqual(["br_netfilter", "ip_vs", "overlay"]);
  });

  test.each([
    { key: "net.ipv4.ip_forward", path: "/proc/sys/net/ipv4/ip_forward" },
    { key: "net/ipv4/ip_forward", path: "/proc/sys/net/ipv4/ip_forward" },
    {
      key: "net.ipv4.conf.eth0/100.forwarding",
      path: "/proc/sys/net/ipv4/conf/eth0.100/forwarding",
    },
    {
      key: "net/ipv4/conf/eth0.100/forwarding",
      path: "/proc/sys/net/ipv4/conf/eth0.100/forwarding",
    },
  ])("sysctlPath() reads $key as sysctl(8) does", ({ key, path }) => {
    expect(sysctlPath(key)).toBe(path);
  });

  test("routeVias() takes the first of several routes to one destination", () => {
    const gateway = (text: string) => unwrap(parseAddress(text));
    const to = (text: string) => unwrap(parseCidr(text));
    const vias = routeVias(
      [
        { destination: to("0.0.0.0/0"), gateway: gateway("10.0.0.1"), linkIndex: 2 },
        { destination: to("10.200.1.0/24"), gateway: gateway("10.0.0.2"), linkIndex: 2 },
        { destination: to("10.200.1.0/24"), gateway: gateway("10.0.0.3"), linkIndex: 2 },
        { destination: to("10.9.9.9/32"), linkIndex: 3 },
        { destination: to("10.8.0.0/16") },
      ],
      new Map([
        [2, "eth0"],
        [3, "eth1"],
      ]),
    );
    expect(Object.fromEntries(vias)).toEqual({
      "0.0.0.0/0": "10.0.0.1",
      "10.200.1.0/24": "10.0.0.2",
      "10.9.9.9/32": "dev eth1",
      "10.8.0.0/16": "dev ?",
    });
  });
});

describe("shimsWithChildren()", () => {
  test("parseStat() is not misled by a process's name", () => {
    const rest = "1 7 7 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 8675309 0 0";
    expect(parseStat(`42 (a) S (b c)) S ${rest}`)).toEqual({ parentPid: 1, startTicks: "8675309" });
    expect(parseStat("")).toBeUndefined();
  });

  test("finds the shims of one containerd with everything below, children first", () => {
    const entry = (pid: number, parentPid: number, ...argv: string[]): ProcessEntry => ({
      pid,
      parentPid,
      startTicks: "1",
      argv,
    });
    const shim = (pid: number, socket: string): ProcessEntry =>
      entry(pid, 1, "/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-address", socket);
    const processes = [
      entry(1, 0, "/sbin/init"),
      entry(30, 20, "sh"),
      entry(40, 30, "sleep"),
      entry(20, 10, "pause"),
      shim(10, "/run/containerd/containerd.sock"),
      shim(11, "/run/docker/containerd/containerd.sock"),
      entry(21, 11, "theirs"),
      entry(50, 1, "grep", "containerd-shim-runc-v2"),
    ];
    const pids = (socket: string) => shimsWithChildren(processes, socket).map(({ pid }) => pid);
    expect(pids("unix:///run/containerd/containerd.sock").sort()).toEqual([10, 20, 30, 40]);
    expect(pids("unix:///run/containerd/containerd.sock").at(-1)).toBe(10);
    expect(pids("/var/run/containerd/containerd.sock")).toHaveLength(4);
    expect(pids("/run/other.sock")).toEqual([]);
  });
});

describe("masquerade rules", () => {
  const SAVE = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:CNI-0123456789abcdef01234567 - [0:0]
:CNI-fedcba98765432100123abcd - [0:0]
:CNI-aaaaaaaaaaaaaaaaaaaaaaaa - [0:0]
-A POSTROUTING -s 10.200.0.2/32 -m comment --comment "name: \\"bridge\\" id: \\"abc\\"" -j CNI-0123456789abcdef01234567
-A POSTROUTING -s 10.9.0.2/32 -m comment --comment "name: \\"bridge2\\" id: \\"def\\"" -j CNI-fedcba98765432100123abcd
-A CNI-0123456789abcdef01234567 -d 10.200.0.0/24 -m comment --comment "name: \\"bridge\\" id: \\"abc\\"" -j ACCEPT
-A CNI-0123456789abcdef01234567 ! -d 224.0.0.0/4 -m comment --comment "name: \\"bridge\\" id: \\"abc\\"" -j MASQUERADE
-A CNI-fedcba98765432100123abcd ! -d 224.0.0.0/4 -m comment --comment "name: \\"bridge2\\" id: \\"def\\"" -j MASQUERADE
-A CNI-aaaaaaaaaaaaaaaaaaaaaaaa -d 10.200.0.0/24 -m comment --comment "name: \\"bridge\\" id: \\"left\\"" -j ACCEPT
COMMIT
`;

  test("are found by network, also where the jump to a chain is gone", () => {
    const rules = parseMasqueradeRules(SAVE, ["bridge"]);
    expect(rules.jumps).toHaveLength(1);
    expect(rules.chains).toEqual(["CNI-0123456789abcdef01234567", "CNI-aaaaaaaaaaaaaaaaaaaaaaaa"]);
    expect(parseMasqueradeRules(SAVE, ["bri"])).toEqual({ jumps: [], chains: [] });
  });

  test("are taken away in one transaction", () => {
    expect(removalOf(parseMasqueradeRules(SAVE, ["bridge2"]))).toBe(
      [
        "*nat",
        ":CNI-fedcba98765432100123abcd - [0:0]",
        '-D POSTROUTING -s 10.9.0.2/32 -m comment --comment "name: \\"bridge2\\" id: \\"def\\"" -j CNI-fedcba98765432100123abcd',
        "-X CNI-fedcba98765432100123abcd",
        "COMMIT",
        "",
      ].join("\n"),
    );
  });

  test("of nftables are found by their comment", () => {
    const rule = (handle: bigint, comment?: string) => ({
      ...({ family: "inet", table: "cni_plugins_masquerade", chain: "masq_checks" } as const),
      ...{ handle, expressions: [] },
      ...(comment === undefined ? {} : { comment }),
    });
    const rules = [
      rule(4n),
      rule(5n, "0123-4567, net: bridge, if: eth0, id: abc"),
      rule(6n, "0123-4567, net: bridge2, if: eth0, id: abc"),
    ];
    expect(rulesOfNetworks(rules, ["bridge"]).map(({ handle }) => handle)).toEqual([5n]);
  });
});

describe("createExec()", () => {
  const exec = createExec({ PATH: "/usr/bin:/bin", SECRET: "x" });

  test("gives an exit code as a result, and a fixed environment", async () => {
    expect(await exec(["sh", "-c", "echo $LC_ALL-$TZ-$SECRET; exit 3"])).toEqual({
      exitCode: 3,
      stdout: "C-UTC-\n",
      stderr: "",
    });
    expect(await exec(["cat"], { stdin: "given" })).toMatchObject({ stdout: "given" });
  });

  test("says what is missing, what takes too long, and a failure's first words", async () => {
    const thrown = (promise: Promise<unknown>) => promise.catch((e: unknown) => e);
    expect(await thrown(exec(["no-such-program"]))).toMatchObject({
      kind: "exec",
      message: "Cannot run no-such-program: it is not installed",
    });
    expect(await thrown(exec(["sleep", "100"], { timeoutMs: 50 }))).toMatchObject({
      kind: "exec",
      message: "Cannot run sleep 100: it did not end within 0.05 s",
    });
    const failing = execOrThrow(
      exec,
      ["sh", "-c", "echo first >&2; echo last >&2; exit 1"],
      "Cannot try",
    );
    expect(await thrown(failing)).toMatchObject({ kind: "exec", message: "Cannot try: first" });
  });
});

function unwrap<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
