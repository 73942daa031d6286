import { describe, expect, test } from "bun:test";
import { diagnoseService, type ServiceDiagnosisInput } from "./diagnose-service.ts";
import type { VerifyCheckName } from "./verify-report.ts";

const SOUND: ServiceDiagnosisInput = {
  services: {
    name: "v.default",
    address: "10.32.0.7",
    port: 80,
    nodePort: 30123,
    stickyAddress: "10.32.0.8",
    localAddress: "10.32.0.9",
    hasDns: true,
    scope: "cluster",
  },
  facts: {
    forwarding: true,
    forwardDrops: [],
    inputDrops: [],
    bridgeNetfilter: true,
    mayLowerOomScore: true,
    cni: undefined,
    addresses: [],
  },
  proxy: {
    unit: "active",
    health: "200",
    frontends: ["10.32.0.7", "10.32.0.8", "10.32.0.9"]
      .map((address) => ({ address, protocol: 6, port: 80, hasEndpoints: true }))
      .concat({ address: "", protocol: 6, port: 30123, hasEndpoints: true }),
    natRules: "",
  },
};

const cause = (check: VerifyCheckName, input: ServiceDiagnosisInput): string =>
  diagnoseService({ check, found: "" }, input)?.cause ?? "";
const withProxy = (proxy: Partial<ServiceDiagnosisInput["proxy"]>): ServiceDiagnosisInput => ({
  ...SOUND,
  proxy: { ...SOUND.proxy, ...proxy },
});
const withFacts = (facts: Partial<ServiceDiagnosisInput["facts"]>): ServiceDiagnosisInput => ({
  ...SOUND,
  facts: { ...SOUND.facts, ...facts },
});

const SERVICE_CHECKS = [
  "service-from-host",
  "service-from-pod",
  "service-dns",
  "session-affinity",
  "hairpin",
  "node-port",
] as const;

describe("diagnoseService()", () => {
  test.each(SERVICE_CHECKS)("%s names a proxy that does not run", (check) => {
    const input = withProxy({ unit: "failed", health: "ConnectionRefused" });
    expect(cause(check, input)).toBe("kube-proxy does not run on this node (failed)");
  });

  test.each(SERVICE_CHECKS)("%s names a proxy without rules", (check) => {
    const input = withProxy({ frontends: [], health: "503" });
    expect(cause(check, input)).toMatch(/^kube-proxy runs, but .* no rule for .* says 503$/);
  });

  test("a Service without endpoints in the kernel is not routed", () => {
    const frontends = SOUND.proxy.frontends?.map((one) => ({ ...one, hasEndpoints: false }));
    expect(cause("service-from-host", withProxy({ frontends }))).toContain("no rule for 10.32.0.7");
  });

  test("rules of mode iptables count as well", () => {
    const natRules = [
      '-A KUBE-SERVICES -d 10.32.0.7/32 -p tcp -m comment --comment "x" -m tcp --dport 80 -j KUBE-SVC-X',
      "-A KUBE-NODEPORTS -p tcp -m tcp --dport 30123 -j KUBE-EXT-X",
    ].join("\n");
    const input = withProxy({ frontends: undefined, natRules });
    expect(cause("service-from-host", input)).toContain("the rules are there");
    expect(cause("node-port", input)).toContain("the rules are there");
    expect(cause("hairpin", input)).toContain("no rule for 10.32.0.9");
  });

  test("what cannot be seen is not blamed: a proxy that is a pod, without an iptables command", () => {
    const input = withProxy({ unit: "unknown", frontends: undefined });
    expect(cause("service-from-host", input)).toContain("the rules are there");
  });

  test("a firewall that drops forwarded packets comes before the endpoints", () => {
    const input = withFacts({ forwardDrops: ["chain FORWARD of iptables"] });
    expect(cause("service-from-host", input)).toContain("firewall drops");
    expect(cause("service-dns", input)).toContain("firewall drops");
  });

  test("bridged packets that pass by the rules explain pods, not the host", () => {
    const input = withFacts({ bridgeNetfilter: false });
    expect(cause("service-from-pod", input)).toContain("bridge-nf-call-iptables");
    expect(cause("hairpin", input)).toContain("bridge-nf-call-iptables");
    expect(cause("service-from-host", input)).not.toContain("bridge-nf-call-iptables");
  });

  test.each([
    ["10.0.0.2:30123 does not answer: connection refused", "nothing on beta takes node ports"],
    ["10.0.0.2:30123 does not answer: no answer within 5 s", "drops TCP port 30123"],
  ])("a node port of another node: %s", (found, want) => {
    const diagnosis = diagnoseService({ check: "node-port", peer: "beta", found }, SOUND);
    expect(diagnosis?.cause).toContain(want);
  });

  test("the last resort of each check has its own advice", () => {
    const fixes = SERVICE_CHECKS.map((check) => diagnoseService({ check, found: "" }, SOUND)?.fix);
    expect(new Set(fixes).size).toBe(4);
    expect(diagnoseService({ check: "pod-logs", found: "" }, SOUND)).toBeUndefined();
  });
});
