import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pollUntil, systemClock } from "../../src/base/mod.ts";
import type { CniCommand } from "../../src/cni/mod.ts";
import {
  type LabNetns,
  OwnExecutables,
  PluginLab,
  type PluginOutcome,
} from "../../src/cni/testing/mod.ts";
import { formatInterfaceAddress } from "../../src/ip/mod.ts";
import { withNetns } from "../../src/netns/mod.ts";
import { addAddress, createLink, getLink, setLink } from "../../src/rtnl/mod.ts";
import { debianFiles } from "../support/debian-files.ts";
import { callsOfMain, isInjected } from "../support/system-calls.ts";

/** What is not built here: the servers, and the plugins of the reference. */
let own: OwnExecutables;
let reference: string;
beforeAll(() => {
  own = new OwnExecutables();
  reference = join(debianFiles(["containernetworking-plugins"]), "usr/lib/cni/dhcp");
});
afterAll(() => own[Symbol.dispose]());

const UPLINK = "uplink";
const BRIDGE = "lan0";
const SERVER = { family: 4, value: 0xc0000201n } as const;

/** Programs in the background of one test. */
class Programs implements AsyncDisposable {
  readonly #directory: string;
  readonly #children: Bun.Subprocess[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Starts a program in a namespace and waits until its output has a text in it. */
  async start(where: LabNetns, argv: readonly string[], ready: string): Promise<void> {
    const log = join(this.#directory, `${crypto.randomUUID()}.log`);
    writeFileSync(log, "");
    const child = withNetns(where.netns, () =>
      Bun.spawn([...argv], { stdin: "ignore", stdout: Bun.file(log), stderr: Bun.file(log) }),
    );
    this.#children.push(child);
    while (!readFileSync(log, "utf8").includes(ready)) {
      if (child.exitCode !== null) throw new Error(`${argv[0]}: ${readFileSync(log, "utf8")}`);
      await Bun.sleep(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      child.kill("SIGKILL");
      await child.exited;
    }
  }
}

/** A host whose uplink leads to a machine with a DHCP server. */
function setUp() {
  const lab = new PluginLab({ executable: join(own.directory, "dhcp") });
  const machine = lab.netns("server");
  const peer = { name: "net0", netns: machine.netns };
  createLink(lab.host.conn, { kind: "veth", name: UPLINK, up: true, peer });
  const { index } = getLink(machine.conn, "net0");
  addAddress(machine.conn, { linkIndex: index, address: SERVER, prefixLength: 24 });
  setLink(machine.conn, index, { up: true });
  const socket = join(lab.directory, "dhcp.sock");
  return { lab, machine, socket, programs: new Programs(lab.directory) };
}
type Place = ReturnType<typeof setUp>;

/** Starts a real DHCP server that has two addresses to give. */
type StartServer = (place: Place) => Promise<void>;

const startDnsmasq: StartServer = ({ lab, machine, programs }) => {
  const argv = [
    ...[
      "dnsmasq",
      "--no-daemon",
      "--conf-file=/dev/null",
      "--user=root",
      "--pid-file=",
      "--port=0",
    ],
    ...["--interface=net0", "--bind-interfaces", "--no-ping"],
    ...["--dhcp-authoritative", "--dhcp-range=192.0.2.100,192.0.2.101,2m"],
    ...["--dhcp-option=3,192.0.2.1", "--dhcp-option=6,192.0.2.1"],
    ...["--dhcp-option=119,a.test,b.test"],
    ...["--dhcp-option=121,0.0.0.0/0,192.0.2.1,198.51.100.0/24,192.0.2.1"],
    `--dhcp-leasefile=${join(lab.directory, "dnsmasq.leases")}`,
  ];
  return programs.start(machine, argv, "DHCP, IP range");
};

const startUdhcpd: StartServer = ({ lab, machine, programs }) => {
  const file = join(lab.directory, "udhcpd.conf");
  const leases = join(lab.directory, "udhcpd.leases");
  writeFileSync(leases, "");
  const lines = [
    ...["interface net0", "start 192.0.2.100", "end 192.0.2.101", `lease_file ${leases}`],
    ...[`pidfile ${join(lab.directory, "udhcpd.pid")}`, "option subnet 255.255.255.0"],
    ...["option router 192.0.2.1", "option dns 192.0.2.1", "option search a.test b.test"],
    ...["option staticroutes 0.0.0.0/0 192.0.2.1, 198.51.100.0/24 192.0.2.1", "option lease 600"],
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return programs.start(machine, ["busybox", "udhcpd", "-f", file], "started");
};

const conf = ({ socket }: Place, more: object = {}) => ({
  cniVersion: "1.1.0",
  name: "net1",
  type: "macvlan",
  // Of macvlan the one, of bridge the other.
  ...{ master: UPLINK, bridge: BRIDGE },
  ipam: { type: "dhcp", daemonSocketPath: socket },
  ...more,
});

/** Our daemon, or the reference's, which says nothing when it serves. */
async function startDaemon(
  { lab, socket, programs }: Place,
  program = join(lab.path, "dhcp"),
): Promise<void> {
  const isOurs = program !== reference;
  await programs.start(
    lab.host,
    [program, "daemon", "-socketpath", socket],
    isOurs ? "serves" : "",
  );
  while (!existsSync(socket)) await Bun.sleep(20);
}

/** A pod with a link to the network and no address, as the interface plugin has it. */
function podOn({ lab }: Place): LabNetns {
  const pod = lab.netns("pod");
  const parentIndex = getLink(lab.host.conn, UPLINK).index;
  const link = { kind: "macvlan", name: "eth0", parentIndex, mode: "bridge" } as const;
  createLink(lab.host.conn, { ...link, netns: pod.netns });
  return pod;
}

describe("pods on a network with a real server", () => {
  test.each([
    ["macvlan", "dnsmasq", startDnsmasq],
    ["macvlan", "udhcpd", startUdhcpd],
    ["bridge", "dnsmasq", startDnsmasq],
  ])("%s, %s", async (type, _name, startServer) => {
    const place = setUp();
    await using _programs = place.programs;
    using lab = place.lab;
    await startServer(place);
    await startDaemon(place);
    const pods = ["p0", "p1", "p2"].map((label) => lab.netns(label));
    if (type === "bridge") createLink(lab.host.conn, { kind: "bridge", name: BRIDGE, up: true });
    const masterIndex = type === "bridge" ? getLink(lab.host.conn, BRIDGE).index : 0;
    setLink(lab.host.conn, UPLINK, { masterIndex });
    const call = (command: CniCommand, i: number, more: object = {}) =>
      lab.mustCall(type, {
        ...{ command, containerId: `c${i}`, conf: conf(place, { type, ...more }) },
        ...(pods[i] === undefined ? {} : { pod: pods[i] }),
      });
    const first = call("ADD", 0);
    const dns = { nameservers: ["192.0.2.1"], search: ["a.test", "b.test"] };
    expect(first.result?.dns).toMatchObject(dns);
    expect(first.result?.routes.map(({ dst }) => dst.prefixLength).sort()).toEqual([0, 24]);
    const addresses = [first, call("ADD", 1)].map(addressOf);
    expect([...addresses].sort()).toEqual(["192.0.2.100/24", "192.0.2.101/24"]);
    for (const pod of pods.slice(0, 2)) expect(lab.canPing(pod, "192.0.2.1")).toBe(true);
    call("CHECK", 0, { prevResult: JSON.parse(first.stdout) });
    // The third one gets an address because the server has heard of the release.
    call("DEL", 0);
    call("DEL", 0);
    expect(addressOf(call("ADD", 2))).toBe(addresses[0] ?? "");
    call("GC", 0, { "cni.dev/valid-attachments": [] });
    expect(readdirSync(place.socket.replace(".sock", ".leases"))).toEqual(["lock"]);
  });
});

/** The plugin's talk with its daemon, and whatever else it changes. */
const CALLS = "connect,sendto,sendmsg,write,openat,unlink,rename,link,setns,flock,mkdir";

test.each(["ADD", "DEL"] as const)(
  "%s killed at each of its calls: DEL twice gives the lease back to the server",
  async (command) => {
    const place = setUp();
    await using _programs = place.programs;
    using lab = place.lab;
    await startDnsmasq(place);
    await startDaemon(place);
    const pod = podOn(place);
    const plugin = join(lab.path, "dhcp");
    const traced = join(lab.directory, "traced");
    const trace = join(lab.directory, "trace");
    const strace = (...options: string[]): void =>
      writeFileSync(
        traced,
        `#!/bin/sh\nexec strace -f -o ${trace} ${options.join(" ")} ${plugin}\n`,
        { mode: 0o755 },
      );
    const call = (verb: CniCommand, containerId: string, more: object = {}) =>
      lab.call("dhcp", { command: verb, pod, containerId, conf: conf(place), ...more });
    strace("-qq", "-e", `trace=execve,${CALLS}`);
    if (command === "DEL") call("ADD", "count");
    call(command, "count", { executable: traced });
    call("DEL", "count");
    const calls = callsOfMain(readFileSync(trace, "utf8"));
    expect(calls.length).toBeGreaterThan(5);
    for (const { name, nth } of calls) {
      strace("-e", `trace=${name}`, "-e", `inject=${name}:signal=KILL:when=${nth}`);
      // Of another client each time: the server has two addresses, and would soon have none.
      const id = `${name}${nth}`;
      if (command === "DEL")
        lab.mustCall("dhcp", { command: "ADD", pod, containerId: id, conf: conf(place) });
      call(command, id, { executable: traced });
      expect(isInjected(readFileSync(trace, "utf8")), id).toBe(true);
      for (const _ of [1, 2]) expect(call("DEL", id), id).toMatchObject({ exitCode: 0 });
      expect(readFileSync(join(lab.directory, "dnsmasq.leases"), "utf8").trim(), id).toBe("");
    }
    expect(readdirSync(place.socket.replace(".sock", ".leases"))).toEqual(["lock"]);
  },
);

describe("beside the reference's plugin and daemon", () => {
  const ADDRESS = /"address": "(192\.0\.2\.10[01]\/24)"/;
  const dhcpConf = (place: Place, more: object = {}) =>
    conf(place, { cniVersion: "1.0.0", ...more });

  test.each([
    { plugin: "theirs", daemon: "ours" },
    { plugin: "ours", daemon: "theirs" },
  ])("plugin: $plugin, daemon: $daemon", async ({ plugin, daemon }) => {
    const place = setUp();
    await using _programs = place.programs;
    using lab = place.lab;
    await startDnsmasq(place);
    await startDaemon(place, daemon === "theirs" ? reference : undefined);
    const pod = podOn(place);
    const call = (command: CniCommand, more: object = {}) =>
      lab.call("dhcp", {
        ...{ command, pod, conf: dhcpConf(place, more) },
        ...(plugin === "theirs" ? { executable: reference } : {}),
      });
    const added = call("ADD");
    expect(added).toMatchObject({ exitCode: 0 });
    expect(added.stdout).toMatch(ADDRESS);
    expect(JSON.parse(added.stdout).routes).toContainEqual({ dst: "0.0.0.0/0", gw: "192.0.2.1" });
    expect(call("CHECK", { prevResult: JSON.parse(added.stdout) })).toMatchObject({ exitCode: 0 });
    expect(call("DEL")).toMatchObject({ exitCode: 0 });
    expect(call("DEL")).toMatchObject({ exitCode: 0 });
    // Refused by the one, told by the other.
    lab.deleteNetns(pod);
    const refused = call("ADD");
    expect(refused).toMatchObject({
      exitCode: 1,
      error: { msg: expect.stringContaining(pod.path) },
    });
    if (plugin === "theirs") return;
    const newer = { cniVersion: "1.1.0", "cni.dev/valid-attachments": [] };
    expect(call("STATUS", newer)).toMatchObject({ exitCode: 0 });
    expect(call("GC", newer)).toMatchObject({ exitCode: 0 });
  });

  test("what our daemon had is given back when theirs has taken its place", async () => {
    const place = setUp();
    await using _programs = place.programs;
    using lab = place.lab;
    await startDnsmasq(place);
    const pod = podOn(place);
    const call = { conf: dhcpConf(place), pod };
    {
      await using daemon = new Programs(lab.directory);
      await startDaemon({ ...place, programs: daemon });
      lab.mustCall("dhcp", { command: "ADD", ...call });
    }
    rmSync(place.socket);
    await startDaemon(place, reference);
    const { stderr } = lab.mustCall("dhcp", { command: "DEL", ...call });
    expect(stderr).toContain("given back");
    // The server writes its file after it has heard of it: nothing answers a RELEASE.
    const leases = join(lab.directory, "dnsmasq.leases");
    const isGone = async (): Promise<true | undefined> =>
      readFileSync(leases, "utf8").trim() === "" ? true : undefined;
    const times = { timeoutMs: 10_000, intervalMs: 50 };
    expect(await pollUntil(systemClock, times, isGone)).toBe(true);
  });
});

function addressOf({ result }: PluginOutcome): string {
  const [ip] = result?.ips ?? [];
  if (ip === undefined) throw new Error("There is no address");
  return formatInterfaceAddress(ip.address);
}
