import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatInterfaceAddress } from "../../../../ip/mod.ts";
import {
  addAddress,
  appendRoute,
  getLink,
  listAddresses,
  listRoutes,
} from "../../../../rtnl/mod.ts";
import type { LabNetns } from "../../../testing/mod.ts";
import { DhcpLab, type DhcpOutcome } from "./testing/dhcp-lab.ts";
import { SERVER_ID } from "./testing/fake-server.ts";
import type { SeenMessage } from "./testing/kernel-server.ts";
import { DHCP_TYPE } from "./wire/constants.ts";
import { ipv4 } from "./wire/option-values.ts";

let lab: DhcpLab;
beforeEach(async () => {
  lab = await DhcpLab.create();
});
afterEach(() => lab[Symbol.asyncDispose]());

const ADDRESS = 0xc0000264;
const PREVIOUS = {
  conf: { prevResult: { cniVersion: "1.1.0", ips: [{ address: "192.0.2.100/24" }] } },
};

const addressOf = ({ result, error }: DhcpOutcome): string => {
  const [ip] = result?.ips ?? [];
  if (ip === undefined) throw new Error(JSON.stringify(error));
  return formatInterfaceAddress(ip.address);
};

/** What an interface plugin does with the result. */
function configure(pod: LabNetns): void {
  const linkIndex = getLink(pod.conn, "eth0").index;
  addAddress(pod.conn, { linkIndex, address: ipv4(ADDRESS), prefixLength: 24 });
  const destination = { family: 4, network: 0n, prefixLength: 0 } as const;
  appendRoute(pod.conn, { destination, gateway: ipv4(SERVER_ID), linkIndex });
}

function addressesOf(pod: LabNetns): readonly string[] {
  const linkIndex = getLink(pod.conn, "eth0").index;
  return listAddresses(pod.conn, { linkIndex, family: 4 }).map(formatInterfaceAddress);
}

const leases = (): string[] =>
  readdirSync(join(lab.lab.directory, "dhcp.leases")).filter((name) => name.endsWith(".json"));

const isType = (type: number) => (seen: SeenMessage) => seen.message.type === type;
/** A REQUEST for more time. */
const isRenewal = ({ message }: SeenMessage): boolean =>
  message.type === DHCP_TYPE.REQUEST && message.ciaddr === ADDRESS;

/** Waits for what a daemon does to a pod; the test's own time is the limit. */
async function until(isThere: () => boolean): Promise<void> {
  while (!isThere()) await Bun.sleep(20);
}

describe("with a daemon", () => {
  test("ADD, CHECK and DEL of a pod", async () => {
    await lab.serving();
    const pod = lab.pod("pod");
    const added = await lab.call("ADD", { pod });
    expect(addressOf(added)).toBe("192.0.2.100/24");
    expect(added.result?.routes).toHaveLength(1);
    expect(getLink(pod.conn, "eth0").isUp).toBe(true);
    expect(leases()).toHaveLength(1);
    expect(await lab.call("CHECK", { pod, ...PREVIOUS })).toMatchObject({ exitCode: 0 });
    expect(await lab.call("STATUS")).toMatchObject({ exitCode: 0 });
    expect(await lab.call("DEL", { pod })).toMatchObject({ exitCode: 0, stderr: "" });
    expect(leases()).toEqual([]);
    // Over the link, to the server alone, from the address, which the link does not have yet.
    const { frame } = await lab.server.waitFor(isType(DHCP_TYPE.RELEASE));
    expect(frame).toMatchObject({ source: ADDRESS, destination: SERVER_ID });
    expect(frame.destinationMac).toEqual(lab.server.mac);
    expect(await lab.call("DEL", { pod })).toMatchObject({ exitCode: 0 });
    expect(await lab.call("CHECK", { pod, ...PREVIOUS })).toMatchObject({ exitCode: 1 });
    expect(lab.server.server.of(DHCP_TYPE.DISCOVER)).toHaveLength(1);
  });

  test("broadcast answers do as well", async () => {
    await lab.serving(["-broadcast"]);
    expect(addressOf(await lab.call("ADD", { pod: lab.pod("pod") }))).toBe("192.0.2.100/24");
    expect(lab.server.seen[0]?.message.broadcast).toBe(true);
  });

  test("many pods at a time, each with its own address", async () => {
    await lab.serving();
    const pods = Array.from({ length: 8 }, (_, i) => lab.pod(`p${i}`));
    lab.server.server.settings.tamper = (reply) => {
      if (reply.type === DHCP_TYPE.OFFER) lab.server.server.next++;
      return [reply];
    };
    const adds = pods.map((pod, i) => lab.call("ADD", { pod, containerId: `c${i}` }));
    const added = await Promise.all(adds);
    expect(new Set(added.map(addressOf)).size).toBe(8);
    const valid = { "cni.dev/valid-attachments": [{ containerID: "c1", ifname: "eth0" }] };
    expect(await lab.call("GC", { conf: valid })).toMatchObject({ exitCode: 0 });
    expect(leases()).toHaveLength(1);
    expect(lab.server.server.leases.size).toBe(1);
  });

  test("a daemon in a container finds sockets and namespaces below the host's root", async () => {
    const daemon = await lab.serving(["-hostprefix", "/proc/self/root"]);
    expect(daemon.lines[0]).toContain(`serves "/proc/self/root${lab.socketPath}"`);
    const pod = lab.pod("pod");
    expect(addressOf(await lab.call("ADD", { pod }))).toBe("192.0.2.100/24");
    expect(leases()).toHaveLength(1);
    await lab.call("DEL", { pod });
    await lab.server.waitFor(isType(DHCP_TYPE.RELEASE));
  });

  test("a lease is renewed over the link, from its address", async () => {
    await lab.serving();
    const pod = lab.pod("pod");
    lab.server.server.settings.renewalSeconds = 1;
    await lab.call("ADD", { pod });
    configure(pod);
    const { frame } = await lab.server.waitFor(isRenewal);
    expect(frame).toMatchObject({ source: ADDRESS, destination: SERVER_ID });
    await lab.server.waitFor(isRenewal, lab.server.seen.length);
    expect(addressesOf(pod)).toEqual(["192.0.2.100/24"]);
  });

  test("a lease that ends is taken off the link, and put back with its routes", async () => {
    await lab.serving(["-timeout", "200ms", "-resendmax", "200ms"]);
    const pod = lab.pod("pod");
    const { settings } = lab.server.server;
    settings.renewalSeconds = 1;
    await lab.call("ADD", { pod });
    configure(pod);
    const before = listRoutes(pod.conn, { family: 4 });
    // The next time that is granted is short, and after it nobody answers.
    settings.leaseSeconds = 1;
    await lab.server.waitFor(isRenewal, lab.server.seen.length);
    settings.silent = true;
    await until(() => addressesOf(pod).length === 0);
    expect(await lab.call("CHECK", { pod, ...PREVIOUS })).toMatchObject({ exitCode: 1 });
    settings.leaseSeconds = 1000;
    settings.silent = false;
    await until(() => listRoutes(pod.conn, { family: 4 }).length === before.length);
    expect(addressesOf(pod)).toEqual(["192.0.2.100/24"]);
    const key = (routes: typeof before) =>
      routes.map((route) => JSON.stringify(route, bigint)).sort();
    expect(key(listRoutes(pod.conn, { family: 4 }))).toEqual(key(before));
    expect(await lab.call("CHECK", { pod, ...PREVIOUS })).toMatchObject({ exitCode: 0 });
  });

  test("does not keep the namespace of a pod that is deleted without a DEL", async () => {
    await lab.serving();
    const pod = lab.pod("pod");
    lab.server.server.settings.renewalSeconds = 1;
    await lab.call("ADD", { pod });
    lab.lab.deleteNetns(pod);
    // The other end of a veth goes with the namespace.
    await until(() => !lab.lab.run(lab.lab.host, ["ip", "-o", "link"]).includes("port0"));
    await until(() => leases().length === 0);
    expect(await lab.call("DEL", { netns: pod.path })).toMatchObject({ exitCode: 0 });
    expect(await lab.call("DEL", {})).toMatchObject({ exitCode: 0 });
  });

  test("says what is wrong with an ADD", async () => {
    const daemon = await lab.serving(["-timeout=100ms", "-resendtimeout=300ms"]);
    const pod = lab.pod("pod");
    lab.server.server.settings.silent = true;
    expect((await lab.call("ADD", { pod })).error).toMatchObject({
      code: 11,
      msg: expect.stringContaining("no DHCP server answered"),
    });
    expect((await lab.call("ADD", { pod: lab.lab.netns("empty") })).error).toMatchObject({
      msg: expect.stringContaining('Cannot find the link "eth0"'),
    });
    expect((await lab.call("ADD", { netns: "/run/netns/none" })).error).toMatchObject({ code: 8 });
    expect((await lab.call("ADD", { pod, ipam: { priority: -1 } })).error).toMatchObject({
      code: 7,
    });
    expect(leases()).toEqual([]);
    expect(daemon.lines).toHaveLength(1);
  });

  test("a DEL ends an ADD that waits", async () => {
    await lab.serving();
    const pod = lab.pod("pod");
    lab.server.server.settings.silent = true;
    const adding = lab.call("ADD", { pod });
    await lab.server.waitFor(isType(DHCP_TYPE.DISCOVER));
    expect(await lab.call("DEL", { pod })).toMatchObject({ exitCode: 0 });
    expect((await adding).error).toMatchObject({ msg: expect.stringContaining("DEL came before") });
    lab.server.server.settings.silent = false;
    expect(addressOf(await lab.call("ADD", { pod }))).toBe("192.0.2.100/24");
  });

  test("an ADD whose plugin is killed leaves nothing, and can be repeated", async () => {
    await lab.serving();
    const pod = lab.pod("pod");
    const killed = new AbortController();
    lab.server.server.settings.tamper = (reply) => {
      // The server has it granted; nobody hears of that.
      if (reply.type === DHCP_TYPE.ACK && !killed.signal.aborted) killed.abort();
      return killed.signal.aborted ? [] : [reply];
    };
    expect(await lab.call("ADD", { pod, signal: killed.signal })).toMatchObject({ exitCode: 137 });
    expect(leases()).toEqual([]);
    lab.server.server.settings.tamper = (reply) => [reply];
    expect(addressOf(await lab.call("ADD", { pod }))).toBe("192.0.2.100/24");
    expect(lab.server.server.leases.size).toBe(1);
  });
});

describe("a daemon that ends and one that begins", () => {
  test.each(["SIGTERM", "SIGKILL"] as const)("leases live on after %s", async (signal) => {
    const first = await lab.serving();
    const pod = lab.pod("pod");
    lab.server.server.settings.renewalSeconds = 2;
    await lab.call("ADD", { pod });
    configure(pod);
    expect(await first.end(signal)).toBe(signal === "SIGTERM" ? 0 : 137);
    expect(existsSync(lab.socketPath)).toBe(signal === "SIGKILL");
    expect(lab.server.server.of(DHCP_TYPE.RELEASE)).toEqual([]);
    const from = lab.server.seen.length;
    const second = await lab.serving();
    expect(second.lines.join("\n")).toContain("c1/net1/eth0: continues with 192.0.2.100");
    await lab.server.waitFor(isRenewal, from);
    expect(await lab.call("CHECK", { pod, ...PREVIOUS })).toMatchObject({ exitCode: 0 });
    expect(addressOf(await lab.call("ADD", { pod }))).toBe("192.0.2.100/24");
    await lab.call("DEL", { pod });
    await lab.server.waitFor(isType(DHCP_TYPE.RELEASE));
  });

  test("DEL and GC give back while none runs; ADD and STATUS say so", async () => {
    const daemon = await lab.serving();
    const pods = ["p1", "p2", "p3"].map((label) => lab.pod(label));
    for (const [i, pod] of pods.entries()) await lab.call("ADD", { pod, containerId: `c${i}` });
    await daemon.end("SIGKILL");
    const [first] = pods;
    if (first === undefined) throw new Error("There is no pod");
    const deleted = await lab.call("DEL", { pod: first, containerId: "c0" });
    expect(deleted).toMatchObject({
      exitCode: 0,
      stderr: "c0/net1/eth0: 192.0.2.100 given back\n",
    });
    expect(leases()).toHaveLength(2);
    const valid = { "cni.dev/valid-attachments": [{ containerID: "c1", ifname: "eth0" }] };
    expect(await lab.call("GC", { conf: valid })).toMatchObject({ exitCode: 0 });
    expect(leases()).toHaveLength(1);
    expect(await lab.call("DEL", { pod: first, containerId: "c0" })).toMatchObject({ exitCode: 0 });
    await until(() => lab.server.server.leases.size === 1);
    expect((await lab.call("STATUS")).error).toMatchObject({ code: 51 });
    expect((await lab.call("ADD", { pod: first })).error).toMatchObject({
      msg: expect.stringContaining("Cannot reach the DHCP daemon at"),
    });
    const next = await lab.serving();
    expect(next.lines.join("\n")).toContain("continues with 192.0.2.101");
  });

  test("DEL is done where no daemon has ever been", async () => {
    expect(await lab.call("DEL", { pod: lab.pod("pod") })).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    expect(readdirSync(lab.lab.directory)).toEqual(["bin"]);
  });

  test("two do not serve one socket; the pid file and the socket go with the daemon", async () => {
    const pidFile = join(lab.lab.directory, "pid");
    const first = await lab.serving(["-pidfile", pidFile]);
    expect(await Bun.file(pidFile).text()).toBe(String(first.pid));
    // Somebody else's daemon keeps no journal: only its socket tells.
    const other = join(lab.lab.directory, "other.sock");
    const theirs = Bun.listen({ unix: other, socket: { data() {} } });
    const second = lab.daemon(["-socketpath", other]);
    await second.said("another daemon does");
    theirs.stop(true);
    expect(await first.end("SIGTERM")).toBe(0);
    expect([pidFile, lab.socketPath].filter(existsSync)).toEqual([]);
    expect(first.lines.at(-1)).toBe("ends; the leases stay with their pods");
  });

  test("systemd may pass the socket", async () => {
    const unnamed = join(lab.lab.directory, "unnamed.sock");
    const passed = Bun.listen({ unix: unnamed, socket: { data() {} } });
    // Another name, so that it stays when this process closes its own descriptor.
    renameSync(unnamed, lab.socketPath);
    const program = `${lab.lab.program("dhcp").join(" ")} daemon -socketpath ${lab.socketPath}`;
    const script = `LISTEN_FDS=1 LISTEN_PID=$$ exec ${program}`;
    const daemon = lab.spawn(["/bin/sh", "-c", script], Number(Reflect.get(passed, "fd")));
    passed.stop(true);
    await daemon.said("serves ");
    expect(await lab.call("STATUS")).toMatchObject({ exitCode: 0 });
    expect(await daemon.end("SIGTERM")).toBe(0);
    // The socket is systemd's.
    expect(existsSync(lab.socketPath)).toBe(true);
  });

  test("a damaged journal costs what is damaged", async () => {
    const daemon = await lab.serving();
    await lab.call("ADD", { pod: lab.pod("p1"), containerId: "c1" });
    await lab.call("ADD", { pod: lab.pod("p2"), containerId: "c2" });
    await daemon.end("SIGKILL");
    writeFileSync(join(lab.lab.directory, "dhcp.leases", leases()[0] ?? ""), "");
    const next = await lab.serving();
    expect(next.lines.filter((line) => line.includes("it is given up"))).toHaveLength(1);
    expect(next.lines.filter((line) => line.includes("continues with"))).toHaveLength(1);
  });

  test.each([
    { flags: ["-nonsense"], exitCode: 2, said: "unknown argument" },
    { flags: ["-h"], exitCode: 0, said: "Usage: dhcp daemon" },
    { flags: ["-socketpath", "/proc/none/dhcp.sock"], exitCode: 1, said: "Cannot" },
  ])("dhcp daemon $flags", async ({ flags, exitCode, said }) => {
    const daemon = lab.daemon(flags);
    await daemon.said(said);
    expect(await daemon.end("SIGTERM")).toBe(exitCode);
  });
});

function bigint(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
