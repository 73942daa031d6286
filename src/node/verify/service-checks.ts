import { type Clock, pollUntil, type Result } from "../../base/mod.ts";
import { askHost } from "./ask-host.ts";
import type { Finding } from "./local-checks.ts";
import type { PodProbe, WhoAnswer } from "./pod-probe.ts";
import { parseResolvConf } from "./resolv-conf.ts";
import type { VerifyPeer, VerifyServices } from "./verify-options.ts";

/** How long a Service that was just made may take to be routed. */
const ROUTED = { timeoutMs: 10_000, intervalMs: 200 };
const STICKY_REQUESTS = 8;
/** Of two endpoints that are chosen by chance, one is missed so often once in sixteen million runs. */
const HAIRPIN_REQUESTS = 24;
/** A request that hangs takes five seconds. */
const HAIRPIN_FAILURES = 2;

/** What a node's part of the Service checks looks at. */
export interface ServiceCheckInput {
  readonly services: VerifyServices;
  /** The node's own pods; the first one asks. */
  readonly probes: readonly [PodProbe, PodProbe];
  /** The other nodes, whose node ports are asked; where there is none, this node's own. */
  readonly peers: readonly VerifyPeer[];
  readonly hostAddress: string;
  readonly clock: Clock;
}

/** Services as this node's pods and the node itself see them, in the order of what they build on. */
export async function* serviceChecks(input: ServiceCheckInput): AsyncGenerator<Finding> {
  const { services, probes, peers, hostAddress, clock } = input;
  const [pod, neighbour] = probes;
  const { address, port } = services;
  const fromHost = await answers("service-from-host", `${address}:${port}`, clock, () =>
    askHost(address, port),
  );
  yield fromHost;
  const fromPod = await answers("service-from-pod", `${address}:${port}`, clock, () =>
    pod.who(address, port),
  );
  yield fromPod;
  // Where no Service answers at all, the others would say the same once more.
  if (fromHost.ok || fromPod.ok) {
    yield await affinity(services, pod, clock);
    yield await hairpin(services, [pod, neighbour]);
    if (services.scope === "cluster") yield await dnsName(services, pod);
  }
  if (services.scope === "node") return;
  const others = peers.map(({ node, host }) => ({ peer: node, at: host.address }));
  for (const { at, ...peer } of others.length === 0 ? [{ at: hostAddress }] : others) {
    const asked = await answers("node-port", `${at}:${services.nodePort}`, clock, () =>
      askHost(at, services.nodePort),
    );
    yield { ...asked, ...peer };
  }
}

type ServiceCheck = "service-from-host" | "service-from-pod" | "node-port";

async function answers(
  check: ServiceCheck,
  where: string,
  clock: Clock,
  ask: () => Promise<Result<WhoAnswer, string>>,
): Promise<Finding> {
  let last = "";
  const found = await pollUntil(clock, ROUTED, async () => {
    const answer = await ask();
    if (answer.ok) return answer.value;
    last = answer.error;
    return undefined;
  });
  return {
    check,
    ok: found !== undefined,
    found:
      found === undefined
        ? `${where} does not answer: ${last}`
        : `${where} answers, ${found.name} as it sees ${found.caller}`,
    expected: "one of the verification pods answers",
  };
}

/** The Service's full name, by the DNS server that the pod has. */
async function dnsName(services: VerifyServices, pod: PodProbe): Promise<Finding> {
  const check = "service-dns";
  const conf = parseResolvConf((await pod.text("cat", "/etc/resolv.conf")) ?? "");
  const domain = conf.searches.find((one) => one.startsWith("svc."));
  const expected = `the name of the Service leads to ${services.address}`;
  const skipped = services.hasDns
    ? "the pod's resolv.conf searches no cluster domain (svc.DOMAIN)"
    : "the cluster has no Service kube-system/kube-dns";
  if (!services.hasDns || domain === undefined) {
    return { check, ok: true, found: `not asked: ${skipped}`, expected };
  }
  const name = `${services.name}.${domain}`;
  const answer = await pod.output("nslookup", name);
  const isRight = answer.includes(services.address);
  const said = answer.trim().split("\n").at(-1) ?? "";
  return {
    check,
    ok: isRight,
    found: isRight
      ? `${name} is ${services.address}`
      : `${name} is not found by ${conf.servers.join(" ")}: ${said}`,
    expected,
  };
}

async function affinity(services: VerifyServices, pod: PodProbe, clock: Clock): Promise<Finding> {
  const { stickyAddress, port } = services;
  const expected = "one client's requests go to one pod";
  const first = await answers("service-from-pod", `${stickyAddress}:${port}`, clock, () =>
    pod.who(stickyAddress, port),
  );
  if (!first.ok) return { ...first, check: "session-affinity", expected };
  const names = new Set<string>();
  for (let i = 0; i < STICKY_REQUESTS; i++) {
    const answer = await pod.who(stickyAddress, port);
    names.add(answer.ok ? answer.value.name : `no answer: ${answer.error}`);
  }
  const ok = names.size === 1;
  const list = [...names].join(", ");
  return {
    check: "session-affinity",
    ok,
    found: ok ? `${STICKY_REQUESTS} requests went to ${list}` : `requests went to ${list}`,
    expected,
  };
}

/** Through a Service for this node's pods alone (internalTrafficPolicy: Local), until the pod meets itself. */
async function hairpin(
  { localAddress, port }: VerifyServices,
  [pod, neighbour]: readonly [PodProbe, PodProbe],
): Promise<Finding> {
  const own = pod.pod.name;
  const finding = {
    check: "hairpin",
    expected: `${own} reaches itself through a Service`,
  } as const;
  const failures: string[] = [];
  for (let i = 0; i < HAIRPIN_REQUESTS && failures.length < HAIRPIN_FAILURES; i++) {
    const answer = await pod.who(localAddress, port);
    if (!answer.ok) failures.push(answer.error);
    else if (answer.value.name === own) {
      return { ...finding, ok: true, found: `${own} answers itself as ${answer.value.caller}` };
    } else if (answer.value.name !== neighbour.pod.name) {
      const found = `internalTrafficPolicy: Local led to ${answer.value.name} of another node`;
      return { ...finding, ok: false, found };
    }
  }
  const found =
    failures.length === 0
      ? `${HAIRPIN_REQUESTS} requests all went to ${neighbour.pod.name}`
      : `a request to ${localAddress}:${port} fails: ${failures[0]}`;
  return { ...finding, ok: false, found };
}
