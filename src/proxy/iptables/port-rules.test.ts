import { describe, expect, test } from "bun:test";
import { portKey, routeServicePort, type ServiceObject, ServiceStore } from "../model/mod.ts";
import { cidr, type SliceEndpoint, service, settings, slice } from "../testing/objects.ts";
import { isPortChain, portChains } from "./chains.ts";
import { comment, portRules } from "./port-rules.ts";

const A = { ip: "10.200.0.11", node: "node-0" };
const REMOTE = { ip: "10.200.1.11", node: "node-1" };
const LB = { loadBalancer: { ingress: [{ ip: "203.0.113.9" }] } };

/** The rules of the Service `default/web`, as lines; chains of hashes by what they are. */
function rules(
  spec: ServiceObject["spec"],
  endpoints: readonly SliceEndpoint[],
  {
    status,
    changes = {},
    hasComments = false,
  }: {
    status?: ServiceObject["status"];
    changes?: Parameters<typeof settings>[0];
    hasComments?: boolean;
  } = {},
): string[] {
  const store = new ServiceStore(4, "node-0");
  store.setService({
    ...service("web", { clusterIP: "10.32.0.80", ...spec }),
    ...(status && { status }),
  });
  if (endpoints.length > 0) store.setSlice(slice("web", endpoints));
  const { ports, endpoints: byPort } = store.state("default/web");
  return ports.flatMap((port) => {
    const route = routeServicePort(port, byPort.get(portKey(port)) ?? [], { name: "node-0" });
    const { shared, chains } = portRules(route, { settings: settings(changes), hasComments });
    const names = portChains(port);
    const short = new Map([
      [names.cluster, "SVC"],
      [names.local, "SVL"],
      [names.external, "EXT"],
      [names.firewall, "FW"],
      ...route.endpoints.reachable.map(
        (one, i) => [names.endpoint(one), `SEP${i}`] as [string, string],
      ),
    ]);
    const say = (text: string): string =>
      text.replace(/KUBE-[A-Z]+-[A-Z2-7]{16}/g, (name) => short.get(name) ?? name);
    return [
      ...shared.map(({ table, chain, rule }) => `${table} ${chain} ${rule}`),
      ...[...chains].flatMap(([chain, lines]) => lines.map((line) => `${say(chain)} ${line}`)),
    ].map(say);
  });
}

const PORTS = [{ name: "http", protocol: "TCP", port: 80, nodePort: 30_080 }];
const TO = "-m tcp -p tcp -d 10.32.0.80 --dport 80";
const said = (text: string): string => `-m comment --comment "${text}"`;
const CLUSTER_IP = `nat KUBE-SERVICES ${said("default/web:http cluster IP")} ${TO}`;
const MASQ = `${said("default/web:http cluster IP")} ${TO} ! -s 10.200.0.0/16 -j KUBE-MARK-MASQ`;
const SEP0 = [
  "SEP0 -s 10.200.0.11 -j KUBE-MARK-MASQ",
  "SEP0 -m tcp -p tcp -j DNAT --to-destination 10.200.0.11:8080",
];

describe("portRules()", () => {
  test("a cluster IP with two endpoints", () => {
    expect(rules({}, [A, REMOTE])).toEqual([
      `${CLUSTER_IP} -j SVC`,
      `SVC ${MASQ}`,
      "SVC -m statistic --mode random --probability 0.5000000000 -j SEP0",
      "SVC -j SEP1",
      ...SEP0,
      "SEP1 -s 10.200.1.11 -j KUBE-MARK-MASQ",
      "SEP1 -m tcp -p tcp -j DNAT --to-destination 10.200.1.11:8080",
    ]);
  });

  test("comments name the Service and the endpoint", () => {
    const lines = rules({}, [A], { hasComments: true });
    expect(lines).toContain(`SVC ${said("default/web:http -> 10.200.0.11:8080")} -j SEP0`);
    expect(lines).toContain(`SEP0 ${said("default/web:http")} -s 10.200.0.11 -j KUBE-MARK-MASQ`);
  });

  test("no endpoints: refused at every address, and no chain", () => {
    const none = said("default/web:http has no endpoints");
    const spec = { type: "NodePort", ports: PORTS, externalIPs: ["203.0.113.5"] };
    expect(rules(spec, [])).toEqual([
      `filter KUBE-SERVICES ${none} ${TO} -j REJECT`,
      `filter KUBE-EXTERNAL-SERVICES ${none} -m tcp -p tcp -d 203.0.113.5 --dport 80 -j REJECT`,
      `filter KUBE-EXTERNAL-SERVICES ${none} -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j REJECT`,
    ]);
  });

  test("externalTrafficPolicy Local: clients keep their address; pods and the node reach all", () => {
    const spec = { type: "NodePort", ports: PORTS, externalTrafficPolicy: "Local" };
    const of = "for default/web:http external destinations";
    const outside = [
      `EXT ${said(`pod traffic ${of}`)} -s 10.200.0.0/16 -j SVC`,
      `EXT ${said(`masquerade LOCAL traffic ${of}`)} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `EXT ${said(`route LOCAL traffic ${of}`)} -m addrtype --src-type LOCAL -j SVC`,
    ];
    const port = `nat KUBE-NODEPORTS ${said("default/web:http")} -m tcp -p tcp --dport 30080 -j EXT`;
    expect(rules(spec, [A])).toEqual([
      `${CLUSTER_IP} -j SVC`,
      port,
      ...outside,
      "EXT -j SVL",
      `SVC ${MASQ}`,
      "SVC -j SEP0",
      "SVL -j SEP0",
      ...SEP0,
    ]);
    const elsewhere = rules(spec, [REMOTE]);
    expect(elsewhere).toContain(port);
    expect(elsewhere).toContain(
      `filter KUBE-EXTERNAL-SERVICES ${said("default/web:http has no local endpoints")} -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j DROP`,
    );
    expect(elsewhere.filter((line) => line.startsWith("EXT "))).toEqual(outside);
  });

  test("internalTrafficPolicy Local: its own chain alone, or dropped", () => {
    const spec = { internalTrafficPolicy: "Local" };
    expect(rules(spec, [A, REMOTE])).toEqual([
      `${CLUSTER_IP} -j SVL`,
      `SVL ${MASQ}`,
      "SVL -j SEP0",
      ...SEP0,
    ]);
    expect(rules(spec, [REMOTE])).toEqual([
      `filter KUBE-SERVICES ${said("default/web:http has no local endpoints")} ${TO} -j DROP`,
    ]);
  });

  test("a load balancer's source ranges: a chain of its own, and what is left is dropped", () => {
    const spec = { type: "LoadBalancer", loadBalancerSourceRanges: ["192.0.2.0/24"] };
    const lines = rules(spec, [A], { status: LB });
    const at = "-m tcp -p tcp -d 203.0.113.9 --dport 80";
    const ip = said("default/web:http loadbalancer IP");
    expect(lines).toContain(`nat KUBE-SERVICES ${ip} ${at} -j FW`);
    expect(lines).toContain(
      `filter KUBE-PROXY-FIREWALL ${said("default/web:http traffic not accepted by FW")} ${at} -j DROP`,
    );
    expect(lines.filter((line) => line.startsWith("FW "))).toEqual([
      `FW ${ip} -s 192.0.2.0/24 -j EXT`,
      // The node is within the range: its own way there begins at the load balancer's address.
      `FW ${ip} -s 203.0.113.9 -j EXT`,
      `FW ${said("other traffic to default/web:http will be dropped by KUBE-PROXY-FIREWALL")}`,
    ]);
    const far = { ...spec, loadBalancerSourceRanges: ["198.51.100.0/24"] };
    expect(rules(far, [A], { status: LB }).join("\n")).not.toContain("-s 203.0.113.9");
    const open = rules({ type: "LoadBalancer" }, [A], { status: LB });
    expect(open).toContain(`nat KUBE-SERVICES ${ip} ${at} -j EXT`);
  });

  test("session affinity: first to the endpoint that the client had", () => {
    const sticky = {
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    };
    const lines = rules(sticky, [A, REMOTE]).map((line) =>
      line.replace(/KUBE-SEP-[A-Z2-7]{16}/g, "SEP"),
    );
    expect(lines.filter((line) => line.startsWith("SVC "))).toEqual([
      `SVC ${MASQ}`,
      "SVC -m recent --name SEP0 --rcheck --seconds 60 --reap -j SEP0",
      "SVC -m recent --name SEP1 --rcheck --seconds 60 --reap -j SEP1",
      "SVC -m statistic --mode random --probability 0.5000000000 -j SEP0",
      "SVC -j SEP1",
    ]);
    expect(lines).toContain(
      "SEP0 -m recent --name SEP0 --set -m tcp -p tcp -j DNAT --to-destination 10.200.0.11:8080",
    );
  });

  test.each([
    [{ masqueradeAll: true }, `${TO} -j KUBE-MARK-MASQ`],
    [{ localTraffic: { by: "interface", name: "cni0" } as const }, `${TO} ! -i cni0 -j`],
    [{ localTraffic: { by: "interfacePrefix", prefix: "veth" } as const }, `${TO} ! -i veth+ -j`],
    [{ localTraffic: { by: "cidr", cidr: cidr("10.0.0.0/8") } as const }, "! -s 10.0.0.0/8 -j"],
  ])("what is masqueraded on its way to a cluster IP: %p", (changes, want) => {
    expect(rules({}, [A], { changes }).find((line) => line.startsWith("SVC "))).toContain(want);
  });

  test("a health check port is open, whatever the endpoints", () => {
    const spec = {
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 31_000,
    };
    expect(rules(spec, [], { status: LB })).toContain(
      `filter KUBE-NODEPORTS ${said("default/web:http health check node port")} -m tcp -p tcp --dport 31000 -j ACCEPT`,
    );
  });
});

test("the names of chains are kube-proxy's", () => {
  const store = new ServiceStore(4, "node-0");
  store.setService(
    service("kubernetes", { clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443 }] }),
  );
  const [port] = store.state("default/kubernetes").ports;
  if (port === undefined) throw new Error("The Service has no port");
  // As on every cluster: `iptables-save | grep default/kubernetes:https`.
  expect(portChains(port).cluster).toBe("KUBE-SVC-NPX46M4PTMTKRN6Y");
  expect(isPortChain("KUBE-SEP-X")).toBe(true);
  expect(isPortChain("KUBE-SERVICES")).toBe(false);
});

test("a name from a server that is none ends neither the quotes nor the line", () => {
  expect(comment('a" -j ACCEPT\n-A INPUT\\é')).toBe(
    '-m comment --comment "a_ -j ACCEPT_-A INPUT__"',
  );
  expect(comment("x".repeat(300))).toHaveLength('-m comment --comment ""'.length + 255);
});
