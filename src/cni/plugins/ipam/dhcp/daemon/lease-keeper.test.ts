import { describe, expect, test } from "bun:test";
import { FakeHost } from "../testing/fake-host.ts";
import { FakeServer, SERVER_ID } from "../testing/fake-server.ts";
import { DHCP_TYPE } from "../wire/constants.ts";
import { withClient } from "./lease-host.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import type { LeaseRecord } from "./lease-record.ts";

const NETNS = "/run/netns/pod";
const SECOND = 1000;

/** A pod with a lease of 1000 seconds, and its keeper at work. */
async function setUp(host = new FakeHost()) {
  const identity = { clientId: Uint8Array.of(0, 99), provide: new Map(), request: [1, 3] };
  const owner = { containerId: "c1", network: "net1", ifName: "eth0" };
  const { signal } = new AbortController();
  const use = { target: { netns: NETNS, ifName: "eth0" }, identity, takeUp: true, signal };
  const lease = await host.clock.run(withClient(host, use, (client) => client.acquire()));
  const record: LeaseRecord = { owner, netns: NETNS, netnsId: "4:1", identity, lease };
  host.journal.put(record);
  return { host, record, ...keep(host, record) };
}

function keep(host: FakeHost, record: LeaseRecord) {
  const state = { isGone: false };
  const keeper = new LeaseKeeper(host, record, () => {
    state.isGone = true;
  });
  keeper.start();
  return { keeper, state };
}

const requests = (host: FakeHost): number => host.server.of(DHCP_TYPE.REQUEST).length;

describe("LeaseKeeper", () => {
  test("does nothing until T1, then renews again and again", async () => {
    const { host, keeper } = await setUp();
    // T1 is at 500 seconds, spread to up to a twentieth before.
    await host.clock.runFor(470 * SECOND);
    expect(requests(host)).toBe(1);
    expect(host.clock.sleeping).toBe(1);
    await host.clock.runFor(40 * SECOND);
    expect(requests(host)).toBe(2);
    await host.clock.runFor(10_000 * SECOND);
    expect(requests(host)).toBeGreaterThan(20);
    expect(requests(host)).toBeLessThan(24);
    expect(keeper.isHeld).toBe(true);
    expect(host.journal.read()[0]?.lease.expireAtMs).toBe(keeper.record.lease.expireAtMs);
    expect(host.server.leases.size).toBe(1);
    await keeper.stop();
  });

  test("asks its server until T2, in pauses of half of what is left", async () => {
    const { host, keeper } = await setUp();
    host.server.settings.silent = true;
    await host.clock.runFor(870 * SECOND);
    const { opened } = host.links;
    expect(opened.length).toBeGreaterThan(3);
    expect(opened.length).toBeLessThan(12);
    const unicasts = opened.flatMap((transport) => transport.unicasts);
    expect(unicasts).toHaveLength(requests(host) - 1);
    host.server.settings.silent = false;
    await host.clock.runFor(10 * SECOND);
    expect(keeper.record.lease.expireAtMs).toBeGreaterThan(host.clock.now() + 900 * SECOND);
    await keeper.stop();
  });

  test("asks any server from T2 on", async () => {
    const other = new FakeServer();
    other.settings.id = SERVER_ID + 1;
    const { host, keeper } = await setUp(new FakeHost([new FakeServer(), other]));
    host.server.settings.silent = true;
    await host.clock.runFor(900 * SECOND);
    expect(keeper.record.lease.server.id).toBe(SERVER_ID + 1);
    expect(keeper.isHeld).toBe(true);
    await keeper.stop();
  });

  test("a lease that has ended is taken off, and put back with the same address", async () => {
    const { host, keeper } = await setUp();
    host.server.settings.silent = true;
    await host.clock.runFor(999 * SECOND);
    expect(host.links.done).toEqual([]);
    expect(keeper.isHeld).toBe(true);
    await host.clock.runFor(2 * SECOND);
    expect(host.links.done[0]).toBe("take off 100");
    expect(keeper.isHeld).toBe(false);
    expect(host.journal.read()[0]?.takenOff).toEqual({
      prefixLength: 24,
      routes: [{ dst: "0.0.0.0/0", gw: "192.0.2.1" }],
    });
    await host.clock.runFor(5000 * SECOND);
    expect(keeper.isHeld).toBe(false);
    host.server.settings.silent = false;
    await host.clock.runFor(100 * SECOND);
    expect(keeper.isHeld).toBe(true);
    expect(host.links.done.at(-1)).toBe("put back 100");
    expect(host.journal.read()[0]).not.toHaveProperty("takenOff");
    await keeper.stop();
  });

  test("a refused lease is taken off at once", async () => {
    const { host, keeper } = await setUp();
    host.server.settings.refuses = true;
    await host.clock.runFor(501 * SECOND);
    expect(host.links.done[0]).toBe("take off 100");
    expect(host.lines.join("\n")).toContain("The DHCP server refuses 192.0.2.100");
    await keeper.stop();
  });

  test("another address than before is not taken, but given back", async () => {
    const { host, keeper } = await setUp();
    host.server.settings.silent = true;
    await host.clock.runFor(1001 * SECOND);
    host.server.leases.clear();
    host.server.leases.set("another", keeper.record.lease.address);
    host.server.settings.silent = false;
    await host.clock.runFor(300 * SECOND);
    expect(keeper.isHeld).toBe(false);
    expect(host.server.leases.size).toBe(1);
    expect(host.server.of(DHCP_TYPE.RELEASE).length).toBeGreaterThan(1);
    expect(host.lines.join("\n")).toContain("a server offers 192.0.2.101 instead of 192.0.2.100");
    host.server.leases.clear();
    await host.clock.runFor(100 * SECOND);
    expect(keeper.isHeld).toBe(true);
    await keeper.stop();
  });

  test.each([
    { name: "the namespace is gone", change: (host: FakeHost) => host.links.namespaces.clear() },
    {
      name: "the path leads to another namespace",
      change: (host: FakeHost) => host.links.namespaces.set(NETNS, "4:2"),
    },
    { name: "the link is gone", change: (host: FakeHost) => host.links.withoutLink.add(NETNS) },
  ])("forgets a lease where $name", async ({ change }) => {
    const { host, state } = await setUp();
    change(host);
    await host.clock.runFor(501 * SECOND);
    expect(state.isGone).toBe(true);
    expect(host.journal.read()).toEqual([]);
    expect(host.clock.sleeping).toBe(0);
    expect(requests(host)).toBe(1);
  });

  test("release() gives back; stop() does not", async () => {
    const { host, keeper, record } = await setUp();
    await keeper.stop();
    expect(host.server.leases.size).toBe(1);
    expect(host.journal.read()).toHaveLength(1);
    const { keeper: next } = keep(host, record);
    await next.release();
    expect(host.server.leases.size).toBe(0);
    expect(host.journal.read()).toEqual([]);
    expect(host.clock.sleeping).toBe(0);
  });

  test("release() forgets where nothing can be given back", async () => {
    const { host, keeper } = await setUp();
    host.links.namespaces.clear();
    await keeper.release();
    expect(host.journal.read()).toEqual([]);
    expect(host.lines.join("\n")).toContain("Cannot give 192.0.2.100 back");
  });

  test("goes on after a restart as late as it is: renews, rebinds, or takes off", async () => {
    const { host, keeper } = await setUp();
    await keeper.stop();
    await host.clock.runFor(600 * SECOND);
    const [record] = host.journal.read();
    if (record === undefined) throw new Error("Nothing was written down");
    const second = keep(host, record);
    await host.clock.runFor(SECOND);
    expect(requests(host)).toBe(2);
    await second.keeper.stop();
    await host.clock.runFor(2000 * SECOND);
    const third = keep(host, second.keeper.record);
    await host.clock.runFor(SECOND);
    // The same server still knows it: gone for a moment, back at once.
    expect(host.links.done).toEqual(["take off 100", "take off 100", "put back 100"]);
    expect(third.keeper.isHeld).toBe(true);
    await third.keeper.stop();
  });

  test("a lease for ever is never asked for again", async () => {
    const host = new FakeHost();
    host.server.settings.leaseSeconds = 0xffff_ffff;
    const { keeper } = await setUp(host);
    await host.clock.runFor(1e9 * SECOND);
    expect(requests(host)).toBe(1);
    expect(keeper.isHeld).toBe(true);
    await keeper.stop();
  });

  test("a journal that cannot be written is tried again later, the lease is kept", async () => {
    const { host, keeper } = await setUp();
    host.journal.failure = new Error("ENOSPC");
    await host.clock.runFor(600 * SECOND);
    expect(host.lines.join("\n")).toContain("ENOSPC");
    expect(keeper.isHeld).toBe(true);
    await host.clock.runFor(10_000 * SECOND);
    expect(keeper.isHeld).toBe(true);
    await keeper.stop();
  });
});
