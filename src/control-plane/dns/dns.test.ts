import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { type Answer, decode, encode, type Packet, type RecordType } from "dns-packet";
import { createLogger } from "../../base/mod.ts";
import type { EndpointSlice, Service } from "../../kube/types/mod.ts";
import { answerQuestion } from "./answer-question.ts";
import { isClusterAddress } from "./cluster-addresses.ts";
import { clusterNames, reverseName } from "./cluster-names.ts";
import { type Asker, DnsServer } from "./dns-server.ts";
import { askServers } from "./forward.ts";

const DOMAIN = "cluster.local";
const POD: Asker = { transport: "udp", address: "10.200.0.7" };

const service = (name: string, spec: Service["spec"]): Service => ({
  metadata: { name, namespace: "default", uid: name },
  spec,
});
const slice = (of: string, rest: Partial<EndpointSlice>): EndpointSlice => ({
  metadata: {
    ...{ name: `${of}-1`, namespace: "default", uid: `${of}-1` },
    labels: { "kubernetes.io/service-name": of },
  },
  ...{ addressType: "IPv4", endpoints: [] },
  ...rest,
});

const names = clusterNames({
  domain: DOMAIN,
  services: [
    service("web", {
      ...{ clusterIP: "10.32.0.5", clusterIPs: ["10.32.0.5", "fd00::5"] },
      ports: [{ name: "http", port: 80 }],
    }),
    service("db", { clusterIP: "None", ports: [{ name: "sql", port: 5432 }] }),
    service("far", { type: "ExternalName", externalName: "Example.COM." }),
    service("near", { type: "ExternalName", externalName: "web.default.svc.cluster.local" }),
  ],
  slices: [
    slice("db", {
      ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
      endpoints: [
        { addresses: ["10.200.0.7"], hostname: "db-0", conditions: { ready: true } },
        { addresses: ["10.200.1.8"], conditions: { ready: true } },
        { addresses: ["10.200.1.9"], conditions: { ready: false } },
      ],
    }),
  ],
});

function ask(name: string, type: RecordType) {
  const answer = answerQuestion({ name, type }, { names, domain: DOMAIN });
  return answer === undefined
    ? "forwarded"
    : { exists: answer.exists, answers: answer.answers.map(short), follow: answer.follow };
}

function short(answer: Answer): string {
  if (answer.type === "SRV") return `SRV ${answer.data.target}:${answer.data.port}`;
  return `${answer.type} ${"data" in answer ? String(answer.data) : ""}`;
}

describe("answerQuestion()", () => {
  const own = "default.svc.cluster.local";
  test.each<[string, RecordType, string[]]>([
    [`web.${own}`, "A", ["A 10.32.0.5"]],
    [`web.${own}`, "AAAA", ["AAAA fd00::5"]],
    [`WEB.Default.svc.Cluster.local`, "A", ["A 10.32.0.5"]],
    [`_http._tcp.web.${own}`, "SRV", [`SRV web.${own}:80`]],
    [`db.${own}`, "A", ["A 10.200.0.7", "A 10.200.1.8"]],
    [`db-0.db.${own}`, "A", ["A 10.200.0.7"]],
    [`_sql._tcp.db.${own}`, "SRV", [`SRV db-0.db.${own}:5432`, `SRV 10-200-1-8.db.${own}:5432`]],
    ["5.0.32.10.in-addr.arpa", "PTR", [`PTR web.${own}`]],
    ["7.0.200.10.in-addr.arpa", "PTR", [`PTR db-0.db.${own}`]],
    ["10-200-0-7.default.pod.cluster.local", "A", ["A 10.200.0.7"]],
    ["dns-version.cluster.local", "TXT", ["TXT 1.1.0"]],
    [`near.${own}`, "A", [`CNAME web.${own}`, "A 10.32.0.5"]],
    // A name that there is, without a record of that kind.
    [`web.${own}`, "TXT", []],
    [own, "A", []],
    ["_tcp.web.default.svc.cluster.local", "SRV", []],
  ])("%s %s", (name, type, answers) => {
    expect(ask(name, type)).toEqual({ exists: true, answers, follow: undefined });
  });

  test("an ExternalName leads outside, and its name is looked up there", () => {
    const answers = ["CNAME example.com"];
    expect(ask(`far.${own}`, "A")).toEqual({ exists: true, answers, follow: "example.com" });
  });

  test.each([`no.${own}`, "web.other.svc.cluster.local", "x.cluster.local"])("no %s", (name) => {
    expect(ask(name, "A")).toEqual({ exists: false, answers: [], follow: undefined });
  });

  test.each<[string, RecordType]>([
    ["example.com", "A"],
    ["cluster.local.example.com", "A"],
    ["1.0.0.127.in-addr.arpa", "PTR"],
  ])("%s is others' to answer", (name, type) => {
    expect(ask(name, type)).toBe("forwarded");
  });

  test("who is sent to a port gets its address along, and nothing says for how long", () => {
    const port = { name: `_http._tcp.web.${own}`, type: "SRV" } as const;
    const { additionals = [] } = answerQuestion(port, { names, domain: DOMAIN }) ?? {};
    expect(additionals.map(short)).toEqual(["A 10.32.0.5", "AAAA fd00::5"]);
    const nothing = { name: `no.${own}`, type: "A" } as const;
    const { authorities = [] } = answerQuestion(nothing, { names, domain: DOMAIN }) ?? {};
    expect(authorities.map(({ type }) => type)).toEqual(["SOA"]);
  });
});

test("reverseName() has the digits of an IPv6 address one by one", () => {
  expect(reverseName("2001:db8::1")).toBe(`1.${"0.".repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`);
  expect(reverseName("not an address")).toBeUndefined();
});

test("isClusterAddress() knows this machine, nodes and their pods", () => {
  const nodes = [
    {
      ...{ metadata: { name: "n" }, spec: { podCIDR: "10.200.0.0/24" } },
      status: { addresses: [{ type: "InternalIP", address: "192.168.1.10" }] },
    },
  ];
  const addresses = ["127.0.0.1", "::1", "192.168.1.10", "10.200.0.9", "::ffff:10.200.0.9"];
  expect(addresses.filter((one) => !isClusterAddress(one, nodes))).toEqual([]);
  const others = ["192.168.1.11", "10.200.1.9", "203.0.113.9", "", "x"];
  expect(others.filter((one) => isClusterAddress(one, nodes))).toEqual([]);
});

describe("DnsServer", () => {
  const upstream = createSocket("udp4");
  let server: DnsServer;
  let at: string;

  beforeAll(async () => {
    upstream.on("message", (bytes, { port, address }) => {
      const query = decode(bytes);
      const name = query.questions?.[0]?.name ?? "";
      const answers: Answer[] = [{ type: "A", name, ttl: 60, data: "192.0.2.1" }];
      upstream.send(encode({ ...query, type: "response", answers }), port, address);
    });
    await new Promise<void>((resolve) => upstream.bind(0, "127.0.0.1", resolve));
    const log = createLogger({
      ...{ program: "test", verbosity: 0, processId: 1, now: () => 0 },
      write: () => {},
    });
    server = new DnsServer({
      ...{ domain: DOMAIN, names: () => names, log },
      forwarders: () => [`127.0.0.1:${upstream.address().port}`],
      isOwn: (address) => address === "127.0.0.1",
    });
    at = `127.0.0.1:${await server.listen(0, "127.0.0.1")}`;
  });
  afterAll(() => {
    server[Symbol.dispose]();
    upstream.close();
  });

  const query = (name: string, rest: Partial<Packet> = {}): Uint8Array =>
    encode({ type: "query", id: 7, questions: [{ name, type: "A" }], ...rest });

  test.each(["udp", "tcp"] as const)("answers over %s", async (transport) => {
    const answer = await askServers(query("web.default.svc.cluster.local"), transport, [at]);
    const { id, answers = [], flag_aa } = decode(Buffer.from(answer));
    expect({ id, answers: answers.map(short), flag_aa }).toEqual({
      ...{ id: 7, answers: ["A 10.32.0.5"], flag_aa: true },
    });
  });

  test.each([
    ["example.org", ["A 192.0.2.1"]],
    ["far.default.svc.cluster.local", ["CNAME example.com", "A 192.0.2.1"]],
  ])("asks other servers for %s", async (name, want) => {
    const { answers = [] } = decode(Buffer.from(await askServers(query(name), "udp", [at])));
    expect(answers.map(short)).toEqual(want);
  });

  test("says NXDOMAIN for a name that the cluster has not", async () => {
    const answer = await server.answer(query("no.default.svc.cluster.local"), POD);
    expect((answer?.[3] ?? 0) & 15).toBe(3);
  });

  test("tells a stranger the cluster's names alone", async () => {
    const stranger: Asker = { transport: "udp", address: "203.0.113.9" };
    const codeOf = async (name: string) =>
      ((await server.answer(query(name), stranger))?.[3] ?? 0) & 15;
    expect(await codeOf("example.org")).toBe(5);
    expect(await codeOf("web.default.svc.cluster.local")).toBe(0);
  });

  test("does not answer what is no query", async () => {
    for (const bytes of [[], [1, 2, 3], Array(40).fill(255), query("x.y").slice(0, 14)]) {
      expect(await server.answer(Uint8Array.from(bytes), POD)).toBeUndefined();
    }
    const response = encode({ type: "response", id: 1, questions: [{ name: "a", type: "A" }] });
    expect(await server.answer(response, POD)).toBeUndefined();
  });

  test("tells a client to ask by TCP where UDP has not the room", async () => {
    const many = clusterNames({
      domain: DOMAIN,
      services: [service("many", { clusterIP: "None" })],
      slices: [
        slice("many", {
          endpoints: Array.from({ length: 60 }, (_, i) => ({ addresses: [`10.200.2.${i + 1}`] })),
        }),
      ],
    });
    const log = createLogger({
      ...{ program: "test", verbosity: 0, processId: 1, now: () => 0 },
      write: () => {},
    });
    using large = new DnsServer({
      domain: DOMAIN,
      names: () => many,
      forwarders: () => [],
      isOwn: () => true,
      log,
    });
    const name = "many.default.svc.cluster.local";
    const cut = decode(Buffer.from((await large.answer(query(name), POD)) ?? []));
    expect([cut.flag_tc, cut.answers?.length]).toEqual([true, 0]);
    const whole = decode(
      Buffer.from((await large.answer(query(name), { ...POD, transport: "tcp" })) ?? []),
    );
    expect([whole.flag_tc, whole.answers?.length]).toEqual([false, 60]);
    // Nobody knows it: the server fails, and says so.
    const failed = await large.answer(query("example.net"), POD);
    expect((failed?.[3] ?? 0) & 15).toBe(2);
  });
});
