import { describe, expect, test } from "bun:test";
import { FakeTransport } from "../testing/fake-links.ts";
import { FakeServer, SERVER_ID, SERVER_MAC } from "../testing/fake-server.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { DHCP_OPTION, DHCP_TYPE } from "../wire/constants.ts";
import type { DhcpMessage } from "../wire/message.ts";
import { addressBytes, readU32 } from "../wire/option-values.ts";
import { type ClientSettings, DhcpClient, LeaseRefusedError } from "./dhcp-client.ts";

const CLIENT_ID = Uint8Array.of(0, 99);
const SETTINGS: ClientSettings = {
  timeoutMs: 10_000,
  resendMaxMs: 62_000,
  resendTimeoutMs: 208_000,
  broadcast: false,
};

function setUp(settings: Partial<ClientSettings> = {}, servers = [new FakeServer()]) {
  const clock = new VirtualClock();
  const transport = new FakeTransport(clock, servers);
  const stop = new AbortController();
  let chance = 0.1;
  const random = (): number => {
    chance = (chance * 7.3) % 1;
    return chance;
  };
  const client = new DhcpClient(
    { transport, clock, random, signal: stop.signal },
    { ...SETTINGS, ...settings },
    { clientId: CLIENT_ID, provide: new Map([[12, Buffer.from("web")]]), request: [1, 121, 3] },
  );
  const [server = new FakeServer()] = servers;
  return { clock, transport, client, server, stop };
}

/** What was thrown in the end. */
async function failure(clock: VirtualClock, promise: Promise<unknown>): Promise<Error> {
  const thrown = await clock.run(
    promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  if (thrown instanceof Error) return thrown;
  throw new Error("It did not fail");
}

describe("acquire()", () => {
  test("gets a lease by four messages that are as RFC 2131 wants them", async () => {
    const { clock, client, server } = setUp();
    const startedMs = clock.now();
    const lease = await clock.run(client.acquire());
    expect(lease).toMatchObject({
      address: 0xc0000264,
      server: { id: SERVER_ID, mac: SERVER_MAC },
    });
    expect(lease.expireAtMs).toBe(startedMs + 1_000_000);
    const [discover, request] = server.received;
    expect(server.received).toHaveLength(2);
    expect(discover).toMatchObject({
      op: 1,
      type: DHCP_TYPE.DISCOVER,
      ciaddr: 0,
      broadcast: false,
    });
    expect(request).toMatchObject({
      op: 1,
      type: DHCP_TYPE.REQUEST,
      ciaddr: 0,
      xid: discover?.xid,
    });
    const options = (message: DhcpMessage | undefined) =>
      [...(message?.options ?? [])].map(([code, value]) => `${code}:${value.toHex()}`);
    const shared = ["61:0063", "12:776562", "55:017903"];
    expect(options(discover)).toEqual(shared);
    expect(options(request)).toEqual(["50:c0000264", "54:c0000201", ...shared]);
  });

  test("asks for broadcast answers where it is told to", async () => {
    const { clock, client, server } = setUp({ broadcast: true });
    await clock.run(client.acquire());
    expect(server.received.map((message) => message.broadcast)).toEqual([true, true]);
  });

  test("asks for them where the link needs them", async () => {
    const { clock, client, server, transport } = setUp();
    transport.needsBroadcast = true;
    await clock.run(client.acquire());
    expect(server.received.map((message) => message.broadcast)).toEqual([true, true]);
  });

  test("asks for an address", async () => {
    const { clock, client } = setUp();
    expect(await clock.run(client.acquire(0xc0000277))).toMatchObject({ address: 0xc0000277 });
  });

  test("repeats after 1, 2, 4 seconds what is lost", async () => {
    const { clock, client, server } = setUp();
    let lost = 3;
    server.settings.tamper = (reply) => (lost-- > 0 ? [] : [reply]);
    const startedMs = clock.now();
    await clock.run(client.acquire());
    expect(server.of(DHCP_TYPE.DISCOVER)).toHaveLength(4);
    const secs = server.of(DHCP_TYPE.DISCOVER).map((message) => message.secs);
    expect(secs[0]).toBe(0);
    expect(secs).toEqual([...secs].sort((a, b) => a - b));
    expect([5, 6, 7, 8]).toContain(secs[3] ?? 0);
    expect(new Set(server.of(DHCP_TYPE.DISCOVER).map(({ xid }) => xid)).size).toBe(1);
    expect(clock.now() - startedMs).toBeGreaterThan(5600);
    expect(clock.now() - startedMs).toBeLessThan(8400);
  });

  test("begins anew where a REQUEST is not answered", async () => {
    const { clock, client, server } = setUp();
    let silent = true;
    server.settings.tamper = (reply) => (silent && reply.type === DHCP_TYPE.ACK ? [] : [reply]);
    const acquiring = client.acquire();
    await clock.runFor(10_500);
    silent = false;
    await clock.run(acquiring);
    const [first, second] = server.of(DHCP_TYPE.DISCOVER);
    expect(first?.xid).not.toBe(second?.xid);
  });

  test("begins anew where a server takes its offer back", async () => {
    const { clock, client, server } = setUp();
    server.settings.refuses = true;
    const acquiring = client.acquire();
    await clock.runFor(500);
    expect(server.of(DHCP_TYPE.REQUEST)).toHaveLength(1);
    server.settings.refuses = false;
    await clock.run(acquiring);
    expect(server.of(DHCP_TYPE.REQUEST)).toHaveLength(2);
  });

  test("gives up after the time that it has, and says what was missing", async () => {
    const { clock, client, server } = setUp();
    server.settings.silent = true;
    const startedMs = clock.now();
    const error = await failure(clock, client.acquire());
    expect(error).toMatchObject({ code: 11 });
    expect(error.message).toMatch(
      /^Cannot get a DHCP lease within 208 s \(\d+ attempts\): no DHCP server answered$/,
    );
    expect(clock.now() - startedMs).toBeLessThanOrEqual(208_000);
    expect(clock.now() - startedMs).toBeGreaterThan(120_000);
    expect(server.received.length).toBeGreaterThan(20);
    expect(server.received.length).toBeLessThan(60);
  });

  test("stops at once when it is told to", async () => {
    const { clock, client, server, stop } = setUp();
    server.settings.silent = true;
    const acquiring = client.acquire();
    await clock.runFor(1500);
    stop.abort(new Error("enough"));
    expect((await failure(clock, acquiring)).message).toBe("enough");
    expect(clock.sleeping).toBe(0);
  });

  test("ends where the link goes away", async () => {
    const { clock, client, server, transport } = setUp();
    server.settings.silent = true;
    const acquiring = client.acquire();
    await clock.runFor(1500);
    transport.fail();
    expect((await failure(clock, acquiring)).message).toBe("The link is gone");
  });
});

/** What a server may send that must not be taken, and what is said of it in the end. */
const LIES: readonly {
  readonly name: string;
  readonly lie: (reply: DhcpMessage) => DhcpMessage;
  readonly said: string;
}[] = [
  {
    name: "another transaction",
    lie: (reply) => ({ ...reply, xid: reply.xid ^ 1 }),
    said: "no DHCP server answered",
  },
  {
    name: "another client's MAC",
    lie: (reply) => ({ ...reply, chaddr: new Uint8Array(6) }),
    said: "no DHCP server answered",
  },
  {
    name: "a client's message",
    lie: (reply) => ({ ...reply, op: 1 }),
    said: "no DHCP server answered",
  },
  {
    name: "another type",
    lie: (reply) => ({ ...reply, type: DHCP_TYPE.INFORM }),
    said: "no DHCP server answered",
  },
  { name: "no address", lie: (reply) => ({ ...reply, yiaddr: 0 }), said: "it has no address" },
  {
    name: "no mask",
    lie: (reply) => without(reply, DHCP_OPTION.SUBNET_MASK),
    said: "no valid subnet mask",
  },
  {
    name: "no server",
    lie: (reply) => without(reply, DHCP_OPTION.SERVER_ID),
    said: "no server identifier",
  },
  {
    name: "another address in the ACK",
    lie: (reply) => (reply.type === DHCP_TYPE.ACK ? { ...reply, yiaddr: reply.yiaddr + 1 } : reply),
    said: "a server granted 192.0.2.101 where 192.0.2.100 was asked for",
  },
];

function without(message: DhcpMessage, code: number): DhcpMessage {
  const options = new Map(message.options);
  options.delete(code);
  return { ...message, options };
}

describe("a server that lies", () => {
  test.each([...LIES])("$name", async ({ lie, said }) => {
    const { clock, client, server } = setUp({ resendTimeoutMs: 30_000 });
    server.settings.tamper = (reply) => [lie(reply)];
    const error = await failure(clock, client.acquire());
    expect(error.message).toContain(said);
  });

  test.each([...LIES])("$name, before the truth", async ({ lie }) => {
    const { clock, client, server } = setUp();
    server.settings.tamper = (reply) => [lie(reply), reply];
    expect(await clock.run(client.acquire())).toMatchObject({ address: 0xc0000264 });
    expect(server.received).toHaveLength(2);
  });

  test("the first of two servers is taken, the other hears which", async () => {
    const other = new FakeServer();
    other.settings.id = SERVER_ID + 1;
    const { clock, client, server } = setUp({}, [new FakeServer(), other]);
    expect((await clock.run(client.acquire())).server.id).toBe(SERVER_ID);
    expect(server.leases.size).toBe(1);
    expect(other.leases.size).toBe(0);
    expect(other.of(DHCP_TYPE.REQUEST)).toHaveLength(1);
  });

  test("a NAK of another server does not count", async () => {
    const { clock, client, server, transport } = setUp();
    server.settings.tamper = (reply) => {
      if (reply.type !== DHCP_TYPE.ACK) return [reply];
      const options = new Map([[DHCP_OPTION.SERVER_ID, addressBytes(SERVER_ID + 9)]]);
      return [{ ...reply, type: DHCP_TYPE.NAK, options }, reply];
    };
    const lease = await clock.run(client.acquire());
    expect(await clock.run(client.renew(lease))).toMatchObject({ address: lease.address });
    expect(transport.unicasts).toHaveLength(1);
  });
});

describe("renew(), rebind() and release()", () => {
  test("renew() asks the server alone, from the address", async () => {
    const { clock, client, server, transport } = setUp();
    const lease = await clock.run(client.acquire());
    await clock.runFor(500_000);
    const renewed = await clock.run(client.renew(lease));
    expect(renewed?.expireAtMs).toBe(clock.now() + 1_000_000);
    const [asked] = transport.unicasts;
    expect(asked).toMatchObject({ type: DHCP_TYPE.REQUEST, ciaddr: lease.address });
    expect([...(asked?.options.keys() ?? [])]).not.toContain(DHCP_OPTION.REQUESTED_ADDRESS);
    expect(readU32(asked?.options ?? new Map(), DHCP_OPTION.SERVER_ID)).toBeUndefined();
    expect(server.received).toHaveLength(3);
  });

  test("rebind() asks all", async () => {
    const { clock, client, transport } = setUp();
    const lease = await clock.run(client.acquire());
    expect(await clock.run(client.rebind(lease))).toMatchObject({ address: lease.address });
    expect(transport.unicasts).toHaveLength(0);
  });

  test("both give nothing where nobody answers, in the time of one question", async () => {
    const { clock, client, server } = setUp();
    const lease = await clock.run(client.acquire());
    server.settings.silent = true;
    const startedMs = clock.now();
    expect(await clock.run(client.renew(lease))).toBeUndefined();
    expect(clock.now() - startedMs).toBe(10_000);
    expect(await clock.run(client.rebind(lease))).toBeUndefined();
  });

  test("both say where the server refuses", async () => {
    const { clock, client, server } = setUp();
    const lease = await clock.run(client.acquire());
    server.settings.refuses = true;
    const error = await failure(clock, client.renew(lease));
    expect(error).toBeInstanceOf(LeaseRefusedError);
    expect(error.message).toBe("The DHCP server refuses 192.0.2.100: without a reason");
    expect(await failure(clock, client.rebind(lease))).toBeInstanceOf(LeaseRefusedError);
  });

  test("release() is one message to the server, from the address", async () => {
    const { clock, client, server, transport } = setUp({ broadcast: true });
    const lease = await clock.run(client.acquire());
    client.release(lease);
    expect(server.leases.size).toBe(0);
    expect(transport.unicasts).toHaveLength(1);
    expect(transport.unicasts[0]).toMatchObject({
      type: DHCP_TYPE.RELEASE,
      ciaddr: lease.address,
      broadcast: false,
      options: new Map([
        [DHCP_OPTION.SERVER_ID, addressBytes(SERVER_ID)],
        [DHCP_OPTION.CLIENT_ID, CLIENT_ID],
      ]),
    });
  });
});
