import { describe, expect, test } from "bun:test";
import { formatInterfaceAddress } from "../../../../../ip/mod.ts";
import type { CniCommand } from "../../../../skel/plugin.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { FakeServer } from "../testing/fake-server.ts";
import { DHCP_TYPE } from "../wire/constants.ts";
import { DhcpService } from "./dhcp-service.ts";

const SECOND = 1000;

interface Asked {
  readonly containerId?: string;
  readonly netns?: string;
  readonly args?: string;
  readonly ipam?: object;
  /** More of the configuration. */
  readonly conf?: object;
  readonly signal?: AbortSignal;
}

function setUp(host = new FakeHost()) {
  const service = new DhcpService(host);
  const call = (command: CniCommand, asked: Asked = {}) =>
    service.call(
      command,
      {
        containerId: asked.containerId ?? "c1",
        netns: asked.netns ?? "/run/netns/pod",
        ifName: "eth0",
        args: asked.args ?? "",
        stdin: JSON.stringify({
          cniVersion: "1.1.0",
          name: "net1",
          ipam: { type: "dhcp", ...asked.ipam },
          ...asked.conf,
        }),
      },
      asked.signal ?? new AbortController().signal,
    );
  /** The address that ADD gives. */
  const add = async (asked: Asked = {}): Promise<string> => {
    const result = await host.clock.run(call("ADD", asked));
    const [ip] = result?.ips ?? [];
    return ip === undefined ? "" : formatInterfaceAddress(ip.address);
  };
  return { host, service, call, add };
}

describe("ADD", () => {
  test("gives an address, which is written down", async () => {
    const { host, add, service } = setUp();
    expect(await add()).toBe("192.0.2.100/24");
    expect(host.journal.read()).toMatchObject([
      { owner: { containerId: "c1", network: "net1", ifName: "eth0" }, netnsId: "4:1" },
    ]);
    await service.stop();
  });

  test("gives the same again for the same pod, without asking", async () => {
    const { host, add, service } = setUp();
    await add();
    expect(await add()).toBe("192.0.2.100/24");
    expect(host.server.received).toHaveLength(2);
    await service.stop();
  });

  test("gives another pod of the same name what is its own", async () => {
    const { host, add, service } = setUp();
    await add();
    host.links.namespaces.set("/run/netns/new", "4:2");
    await add({ netns: "/run/netns/new" });
    expect(host.journal.read()).toMatchObject([{ netnsId: "4:2" }]);
    expect(host.server.of(DHCP_TYPE.RELEASE)).toHaveLength(1);
    expect(host.server.leases.size).toBe(1);
    await service.stop();
  });

  test("sends what the configuration provides and asks for", async () => {
    const { host, add, service } = setUp();
    const provide = [
      { option: "host-name", fromArg: "K8S_POD_NAME" },
      { option: "dhcp-client-identifier", value: "mine" },
    ];
    await add({ args: "K8S_POD_NAME=web-0", ipam: { provide, request: [{ option: "42" }] } });
    const sent = host.server.received.map(({ options }) =>
      [12, 61, 55].map((code) => options.get(code)?.toHex()),
    );
    const want = ["7765622d30", "6d696e65", "01792103060f772a"];
    expect(sent).toEqual([want, want]);
    await service.stop();
  });

  test("the result has metric, and no gateway where it is not wanted", async () => {
    const { host, call, service } = setUp();
    host.server.settings.options = new Map([
      ...host.server.settings.options,
      [33, Uint8Array.of(198, 51, 100, 0, 192, 0, 2, 9)],
    ]);
    const full = await host.clock.run(call("ADD", { ipam: { priority: 7 } }));
    expect(full?.routes).toMatchObject([{ priority: 7 }, { priority: 7 }]);
    expect(full?.ips[0]).toHaveProperty("gateway");
    const less = await host.clock.run(call("ADD", { ipam: { suppress: ["gateway"] } }));
    expect(less?.routes).toMatchObject([{ dst: { prefixLength: 24 } }]);
    expect(less?.ips[0]).not.toHaveProperty("gateway");
    await service.stop();
  });

  test("refuses a namespace that is not there, and a wrong configuration", async () => {
    const { call, service } = setUp();
    await expect(call("ADD", { netns: "/run/netns/none" })).rejects.toMatchObject({ code: 8 });
    await expect(call("ADD", { ipam: { priority: "x" } })).rejects.toMatchObject({ code: 7 });
    await expect(call("ADD", { conf: { name: "" } })).rejects.toMatchObject({ code: 7 });
    await service.stop();
  });

  test("leaves nothing where the caller goes before there is a lease", async () => {
    const { host, call, service } = setUp();
    host.server.settings.silent = true;
    const caller = new AbortController();
    const adding = call("ADD", { signal: caller.signal }).catch((thrown: unknown) => thrown);
    await host.clock.runFor(5 * SECOND);
    caller.abort(new Error("The caller has gone"));
    expect(await adding).toMatchObject({ message: "The caller has gone" });
    expect(host.clock.sleeping).toBe(0);
    expect(host.journal.read()).toEqual([]);
    await service.stop();
  });

  test("gives back what cannot be written down", async () => {
    const { host, call, service } = setUp();
    host.journal.failure = new Error("ENOSPC");
    const adding = call("ADD").catch((thrown: unknown) => thrown);
    expect(await host.clock.run(adding)).toMatchObject({ message: "ENOSPC" });
    expect(host.server.leases.size).toBe(0);
    await service.stop();
  });

  test("many at a time get an address each", async () => {
    const { host, call, service } = setUp();
    // Servers do not offer one address twice.
    host.server.settings.tamper = (reply) => {
      if (reply.type === DHCP_TYPE.OFFER) host.server.next++;
      return [reply];
    };
    const adds = Array.from({ length: 30 }, (_, i) => call("ADD", { containerId: `c${i}` }));
    // Each pod has a client identifier of its own, though all fakes have one MAC.
    const results = await host.clock.run(Promise.all(adds));
    const addresses = results.map((result) => result?.ips[0]?.address.address.value);
    expect(new Set(addresses).size).toBe(30);
    expect(host.journal.read()).toHaveLength(30);
    await service.stop();
  });
});

describe("DEL", () => {
  test("gives back, and is done where there is nothing", async () => {
    const { host, call, add, service } = setUp();
    await call("DEL");
    await add();
    await call("DEL", { netns: "" });
    expect(host.server.leases.size).toBe(0);
    expect(host.journal.read()).toEqual([]);
    await call("DEL", { netns: "" });
    expect(host.server.of(DHCP_TYPE.RELEASE)).toHaveLength(1);
    await service.stop();
  });

  test("ends an ADD that still waits", async () => {
    const { host, call, service } = setUp();
    host.server.settings.silent = true;
    const adding = call("ADD").catch((thrown: unknown) => thrown);
    await host.clock.runFor(5 * SECOND);
    await call("DEL");
    expect(await adding).toMatchObject({ message: "DEL came before a lease" });
    expect(host.clock.sleeping).toBe(0);
    await service.stop();
  });

  test("does not need a configuration that ADD would take", async () => {
    const { host, call, add, service } = setUp();
    await add();
    await call("DEL", { ipam: { provide: [{ option: "nonsense" }] } });
    expect(host.server.leases.size).toBe(0);
    await service.stop();
  });
});

describe("CHECK", () => {
  const prevResult = (address: string) => ({
    conf: { prevResult: { cniVersion: "1.1.0", ips: [{ address }] } },
  });

  test("is done where the lease is there, and takes no new one where it is not", async () => {
    const { host, call, add, service } = setUp();
    await expect(call("CHECK", prevResult("192.0.2.100/24"))).rejects.toThrow(
      "has no lease for it",
    );
    await add();
    await call("CHECK", prevResult("192.0.2.100/24"));
    // Later plugins may have added addresses.
    const more = { ips: [{ address: "10.0.0.1/8" }, { address: "192.0.2.100/24" }] };
    await call("CHECK", { conf: { prevResult: { cniVersion: "1.1.0", ...more } } });
    await expect(call("CHECK", prevResult("192.0.2.7/24"))).rejects.toThrow(
      "which is not in prevResult",
    );
    expect(host.server.received).toHaveLength(2);
    await service.stop();
  });

  test("fails once the lease has ended", async () => {
    const { host, call, add, service } = setUp();
    await add();
    host.server.settings.silent = true;
    await host.clock.runFor(1100 * SECOND);
    await expect(call("CHECK", prevResult("192.0.2.100/24"))).rejects.toThrow(
      "its lease has ended",
    );
    await service.stop();
  });
});

describe("GC", () => {
  test("gives back what is of the network and not valid", async () => {
    const { host, call, add, service } = setUp();
    for (const containerId of ["c1", "c2", "c3"]) await add({ containerId });
    await add({ containerId: "c2", conf: { name: "other" } });
    const valid = { "cni.dev/valid-attachments": [{ containerID: "c1", ifname: "eth0" }] };
    await call("GC", { conf: valid });
    const left = host.journal.read().map(({ owner }) => `${owner.containerId}/${owner.network}`);
    expect(left.sort()).toEqual(["c1/net1", "c2/other"]);
    await call("GC", { conf: { "cni.dev/valid-attachments": [] } });
    expect(host.journal.read()).toHaveLength(1);
    await service.stop();
  });
});

test("STATUS is done: the daemon answers", async () => {
  const { call, service } = setUp();
  expect(await call("STATUS")).toBeUndefined();
  await service.stop();
});

test("resume() goes on with what another daemon had", async () => {
  const { host, add, service } = setUp();
  await add();
  await service.stop();
  expect(host.clock.sleeping).toBe(0);
  const next = setUp(host);
  next.service.resume(host.journal.read());
  await host.clock.runFor(600 * SECOND);
  expect(host.server.of(DHCP_TYPE.REQUEST)).toHaveLength(2);
  expect(await next.add()).toBe("192.0.2.100/24");
  expect(host.server.of(DHCP_TYPE.DISCOVER)).toHaveLength(1);
  await next.service.stop();
});

test("stop() ends ADDs that wait", async () => {
  const host = new FakeHost([new FakeServer()]);
  host.server.settings.silent = true;
  const { service, call } = setUp(host);
  const adding = call("ADD").catch((thrown: unknown) => thrown);
  await host.clock.runFor(SECOND);
  await service.stop();
  expect(await adding).toMatchObject({ message: "The daemon ends" });
});
