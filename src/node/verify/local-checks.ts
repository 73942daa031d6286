import { readFile } from "node:fs/promises";
import { addressAt, formatAddress, parseCidr } from "../../ip/mod.ts";
import { inSubnets } from "./diagnose.ts";
import type { HostListener } from "./host-listener.ts";
import { type PodProbe, plainAddress } from "./pod-probe.ts";
import { describeResolvConf, parseResolvConf } from "./resolv-conf.ts";
import type { VerifyOptions } from "./verify-options.ts";
import { POD_PORT } from "./verify-pods.ts";
import type { VerifyCheckName } from "./verify-report.ts";

/** What a check saw; who asked adds the node and, where not ok, the diagnosis. */
export interface Finding {
  readonly check: VerifyCheckName;
  readonly peer?: string;
  readonly ok: boolean;
  readonly found: string;
  readonly expected: string;
}

/** The checks that one node can make alone, in order. */
export async function* localChecks(
  options: VerifyOptions,
  [a, b]: readonly [PodProbe, PodProbe],
  listener: HostListener,
): AsyncGenerator<Finding> {
  yield await podAddress(options, [a, b]);
  yield await loopback(a);
  yield await gateway(options, a);
  yield await hostname(a);
  yield await resolvConf(options, a);
  yield await podToPod(a, b);
  yield await podToHost(a, listener);
}

async function podAddress(options: VerifyOptions, probes: PodProbe[]): Promise<Finding> {
  const found: string[] = [];
  let good = true;
  for (const { pod, text } of await Promise.all(
    probes.map(async (probe) => ({
      pod: probe.pod,
      text: await probe.text("ip", "-o", "address", "show", "dev", "eth0"),
    })),
  )) {
    const onLink = [...(text ?? "").matchAll(/inet6? (\S+?)\//g)].map((m) =>
      plainAddress(m[1] ?? ""),
    );
    const missing = pod.addresses.filter((each) => !onLink.includes(plainAddress(each)));
    found.push(
      pod.addresses.length === 0
        ? `${pod.name} has none`
        : `${pod.name} ${pod.addresses.join(" ")}${missing.length === 0 ? "" : ` (not on eth0: ${missing.join(" ")})`}`,
    );
    good &&=
      pod.addresses.length > 0 &&
      missing.length === 0 &&
      pod.addresses.every((each) => inSubnets(each, options.podSubnets));
  }
  return {
    check: "pod-address",
    ok: good,
    found: found.join(", "),
    expected: `addresses in ${options.podSubnets.join(" and ")}`,
  };
}

async function loopback(probe: PodProbe): Promise<Finding> {
  const link = (await probe.text("ip", "-o", "link", "show", "dev", "lo")) ?? "";
  const isUp = /<[^>]*\bUP\b[^>]*>/.test(link);
  const answers = isUp && (await probe.ping("127.0.0.1"));
  return {
    check: "loopback",
    ok: answers,
    found: !isUp ? "lo is down" : answers ? "lo is up" : "lo is up, 127.0.0.1 does not answer",
    expected: "lo is up",
  };
}

async function gateway(options: VerifyOptions, probe: PodProbe): Promise<Finding> {
  const want = options.gateway ?? firstAddress(options.podSubnets[0] ?? "");
  const family = want.includes(":") ? "-6" : "-4";
  const route = (await probe.text("ip", family, "route", "show", "default")) ?? "";
  const via = /\bvia (\S+)/.exec(route)?.[1];
  const expected = `default via ${want}, which answers`;
  if (via === undefined) {
    return { check: "gateway", ok: false, found: "no default route in the pod", expected };
  }
  const answers = await probe.ping(via);
  return {
    check: "gateway",
    ok: answers && via === want,
    found: `default via ${via}, which ${answers ? "answers" : "does not answer"}`,
    expected,
  };
}

function firstAddress(subnet: string): string {
  const cidr = parseCidr(subnet);
  return cidr.ok ? formatAddress(addressAt(cidr.value, 1n)) : subnet;
}

async function hostname(probe: PodProbe): Promise<Finding> {
  const found = (await probe.text("hostname")) ?? "(none)";
  return { check: "hostname", ok: found === probe.pod.name, found, expected: probe.pod.name };
}

async function resolvConf(options: VerifyOptions, probe: PodProbe): Promise<Finding> {
  const want =
    options.resolvConf ??
    probe.pod.resolvConf ??
    parseResolvConf(await readFile("/etc/resolv.conf", "utf8").catch(() => ""));
  const text = await probe.text("cat", "/etc/resolv.conf");
  const expected = describeResolvConf(want);
  const found = text === undefined ? "(no file)" : describeResolvConf(parseResolvConf(text));
  return { check: "resolv-conf", ok: found === expected, found, expected };
}

async function podToPod(a: PodProbe, b: PodProbe): Promise<Finding> {
  const found: string[] = [];
  let good = true;
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const address = to.pod.addresses[0] ?? "";
    const answer = await from.who(address, POD_PORT);
    good &&=
      answer.ok &&
      answer.value.name === to.pod.name &&
      answer.value.caller === plainAddress(from.pod.addresses[0] ?? "");
    found.push(
      answer.ok
        ? `${from.pod.name} reaches ${answer.value.name} as ${answer.value.caller}`
        : `${from.pod.name} does not reach ${address}: ${answer.error}`,
    );
  }
  return {
    check: "pod-to-pod",
    ok: good,
    found: found.join(", "),
    expected: "each reaches the other, under its own address",
  };
}

/**
 * A pod and its own host. The bridge plugin's ipMasq acts on what leaves the host (POSTROUTING),
 * so the host sees the pod's own address here; other masquerading rules may make it the host's.
 */
async function podToHost(probe: PodProbe, listener: HostListener): Promise<Finding> {
  const answer = await probe.who(listener.address, listener.port);
  return {
    check: "pod-to-host",
    ok: answer.ok,
    found: answer.ok
      ? `the host sees the pod as ${answer.value.caller}`
      : `${probe.pod.name} does not reach ${listener.address}: ${answer.error}`,
    expected: `${listener.address} answers`,
  };
}
