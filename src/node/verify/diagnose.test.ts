import { describe, expect, test } from "bun:test";
import { type DiagnosisInput, diagnose, hostProblems, inSubnets } from "./diagnose.ts";
import type { HostFacts } from "./host-facts.ts";
import { VERIFY_CHECKS, type VerifyCheckName } from "./verify-report.ts";

const FACTS: HostFacts = {
  forwarding: true,
  forwardDrops: [],
  inputDrops: [],
  bridgeNetfilter: false,
  mayLowerOomScore: true,
  addresses: ["10.250.0.1"],
  cni: {
    file: "/etc/cni/net.d/10-bridge.conf",
    plugins: ["bridge", "host-local"],
    missingPlugins: [],
    subnets: ["10.240.7.0/24"],
    bridge: "cni0",
    ipMasq: true,
  },
};
const DROP = ["iptables -P FORWARD DROP"];
const CNI = FACTS.cni ?? undefined;

function input(facts: Partial<HostFacts> = {}, more: Partial<DiagnosisInput> = {}): DiagnosisInput {
  return {
    options: {
      node: "alpha",
      runtimeEndpoint: "unix:///x",
      podSubnets: ["10.240.7.0/24"],
      hostAddress: "10.250.0.1",
      image: "i",
    },
    facts: { ...FACTS, ...facts },
    podAddresses: ["10.240.7.2"],
    peer: {
      node: "beta",
      pods: [{ name: "p", addresses: ["10.240.8.2"] }],
      host: { address: "10.250.0.2", port: 1, problems: [] },
    },
    peerRoute: "10.240.8.2 via 10.250.0.2 dev eth0 src 10.250.0.1 uid 0",
    ...more,
  };
}

const CASES: readonly {
  check: VerifyCheckName;
  name: string;
  given: DiagnosisInput;
  want: string | undefined;
}[] = [
  {
    check: "pod-address",
    name: "another subnet in the configuration",
    given: input(CNI && { cni: { ...CNI, subnets: ["10.85.0.0/16"] } }, {
      podAddresses: ["10.85.0.9"],
    }),
    want: "the first CNI configuration, /etc/cni/net.d/10-bridge.conf, has the subnet 10.85.0.0/16",
  },
  {
    check: "pod-address",
    name: "a runtime that has not taken the file up",
    given: input({}, { podAddresses: ["10.85.0.9"] }),
    want: "has the right subnet, but the runtime did not use it",
  },
  {
    check: "loopback",
    name: "no loopback plugin",
    given: input(CNI && { cni: { ...CNI, missingPlugins: ["loopback"] } }),
    want: "CNI plugins are missing: loopback",
  },
  { check: "loopback", name: "nothing found", given: input(), want: undefined },
  {
    check: "gateway",
    name: "no address on the bridge",
    given: input(),
    want: "cni0 does not have",
  },
  { check: "hostname", name: "nothing to look at", given: input(), want: undefined },
  {
    check: "resolv-conf",
    name: "the runtime's doing",
    given: input(),
    want: "another resolv.conf",
  },
  {
    check: "pod-to-pod",
    name: "br_netfilter and a dropping firewall",
    given: input({ bridgeNetfilter: true, forwardDrops: DROP }),
    want: "br_netfilter sends bridged packets through the firewall",
  },
  {
    check: "pod-to-pod",
    name: "a dropping firewall that bridged packets do not pass",
    given: input({ forwardDrops: DROP }),
    want: "two ports of the bridge",
  },
  {
    check: "pod-to-host",
    name: "a dropping input chain",
    given: input({ inputDrops: ["nft chain inet f input policy drop"] }),
    want: "drops what pods send to the host: nft chain inet f input policy drop",
  },
  {
    check: "pod-to-host",
    name: "nothing found",
    given: input(),
    want: "does not take connections",
  },
  {
    check: "pod-to-peer-pod",
    name: "ip_forward",
    given: input({ forwarding: false }),
    want: "ip_forward is off",
  },
  {
    check: "pod-to-peer-pod",
    name: "a dropping forward chain",
    given: input({ forwardDrops: DROP }),
    want: "drops what is forwarded: iptables -P FORWARD DROP",
  },
  {
    check: "pod-to-peer-pod",
    name: "the default route only",
    given: input({}, { peerRoute: "10.240.8.2 via 10.250.0.254 dev eth0 src 10.250.0.1" }),
    want: "no route to the pods of beta: 10.240.8.2 goes to 10.250.0.254, out of eth0",
  },
  {
    check: "pod-to-peer-pod",
    name: "no route at all",
    given: input({}, { peerRoute: "" }),
    want: "goes nowhere",
  },
  {
    check: "pod-to-peer-host",
    name: "the other node's fault",
    given: input(
      {},
      {
        peer: {
          node: "beta",
          pods: [],
          host: {
            address: "10.250.0.2",
            problems: [{ cause: "ip_forward is off", fix: "sysctl" }],
          },
        },
      },
    ),
    want: "on beta: ip_forward is off",
  },
  {
    check: "pod-to-peer-host",
    name: "nothing found on either side",
    given: input(),
    want: "beta may lack the route back",
  },
  { check: "removed", name: "an unfinished DEL", given: input(), want: "DEL did not finish" },
];

describe("diagnose()", () => {
  test.each([...CASES])("$check: $name", ({ check, given, want }) => {
    const diagnosis = diagnose(check, given);
    if (want === undefined) {
      expect(diagnosis).toBeUndefined();
    } else {
      expect(diagnosis?.cause).toContain(want);
      expect(diagnosis?.fix).not.toBe("");
    }
  });

  test("the table has every check", () => {
    // Those of Services and of the API server have tests of their own.
    const own = VERIFY_CHECKS.filter(
      (check) => !/^service-|^session-|^hairpin|^node-port|^pod-(logs|exec)/.test(check),
    );
    expect(new Set(CASES.map((each) => each.check))).toEqual(new Set(own));
  });
});

describe("hostProblems()", () => {
  test("names what stops forwarding, and nothing on a good host", () => {
    expect(hostProblems(FACTS)).toEqual([]);
    const problems = hostProblems({ ...FACTS, forwarding: false, forwardDrops: DROP });
    expect(problems.map((each) => each.cause)).toEqual([
      "ip_forward is off",
      "the firewall drops what is forwarded: iptables -P FORWARD DROP",
    ]);
  });
});

describe("inSubnets()", () => {
  test.each([
    { address: "10.240.7.9", want: true },
    { address: "10.240.8.9", want: false },
    { address: "fd00::5", want: true },
    { address: "nonsense", want: false },
  ])("$address: $want", ({ address, want }) => {
    expect(inSubnets(address, ["10.240.7.0/24", "fd00::/64"])).toBe(want);
  });
});
