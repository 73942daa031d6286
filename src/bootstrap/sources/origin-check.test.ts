import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatLocation } from "../../base/mod.ts";
import { type ComponentVersions, check, type Finding, RULES } from "../../check/mod.ts";
import { loadCluster } from "../inventory/mod.ts";
import { directorySubject } from "./mod.ts";
import { CASE_TIME, makeOriginDirectory, ORIGIN_VERSIONS } from "./testing/mod.ts";

/** What the tutorial's directory deserves, and why; said of node-0, and the same of node-1. */
const GOLDEN: readonly (readonly [finding: string, reason: string])[] = [
  [
    "NW-B01 warning: Stopping containerd stops the kubelet as well, and nothing starts it again: Requires=containerd.service (units/kubelet.service:5:10) [--fix]",
    "kubelet.service requires containerd.service",
  ],
  [
    "NW-B02 warning: containerd's unit is active before its socket answers: it has no Type=, which means simple (units/containerd.service:7:1) [--fix]",
    "containerd.service lacks upstream's Type=notify",
  ],
  [
    "NW-B04 warning: Every container inherits containerd's limit of open files: LimitNOFILE=1048576 (units/containerd.service:14:13) [--fix]",
    "containerd.service has the LimitNOFILE that upstream has dropped",
  ],
  [
    "NW-B04 warning: systemd limits the processes of all shims together: it has no TasksMax=, which means 15 % of the machine's (units/containerd.service:7:1) [--fix]",
    "containerd.service lacks upstream's TasksMax=infinity",
  ],
  [
    "NW-C09 warning: The kubelet's serving certificate is not valid for node-0.kubernetes.local and 192.0.2.11: it is valid for node-0 and 127.0.0.1 (node-0.crt:1:1 machines.txt:2:1)",
    "ca.conf gives a node DNS:node-0 and IP:127.0.0.1 alone",
  ],
  [
    "NW-C17 warning: Pods cannot look Services up by name: clusterDNS and clusterDomain are not set (configs/kubelet-config.yaml:1:1)",
    "kubelet-config.yaml has no clusterDNS and no clusterDomain",
  ],
  [
    "NW-D03 warning: The file is never read, and becomes the network of every pod where the others are missing: 99-loopback.conf (configs/99-loopback.conf:4:11)",
    "99-loopback.conf is installed beside 10-bridge.conf",
  ],
  [
    'NW-D05 warning: A single plugin where a list is due: 10-bridge.conf is of the plugin "bridge" alone (configs/10-bridge.conf:4:11)',
    "10-bridge.conf is of the single form",
  ],
  [
    "NW-D15 warning: The plugin masquerades between pods of different nodes, too: ipMasq is true (configs/10-bridge.conf:7:13)",
    "ipMasq: true hides pods from the other node's",
  ],
  [
    "NW-D16 warning: A pod cannot reach itself through its Service: hairpinMode is not set (configs/10-bridge.conf:4:11) [--fix]",
    "no hairpinMode",
  ],
  [
    "NW-D17 warning: hostPort has no effect: the network 10-bridge.conf has no portmap; a single plugin cannot chain it (NW-D05) (configs/10-bridge.conf:4:11)",
    "no portmap",
  ],
];

/** What its pinned versions deserve beside that. */
const GOLDEN_VERSIONS: typeof GOLDEN = [
  [
    "NW-A10 warning: containerd 2.1.0-beta.0 is of a branch that has had no patches since 2026-07-03",
    "2.1 has ended",
  ],
  ["NW-A10 warning: containerd 2.1.0-beta.0 is a pre-release", "a beta is pinned"],
  ["NW-A12 warning: runc 1.3.0-rc.1 is a pre-release", "a release candidate is pinned"],
  [
    "NW-A12 warning: runc is older than what containerd 2.1.0-beta.0 is tested with: 1.3.0-rc.1, not 1.3.6",
    "the same",
  ],
];

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "nodewright-origin-"));
  await makeOriginDirectory(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function findings(versions?: ComponentVersions): Promise<readonly Finding[]> {
  const cluster = await loadCluster(dir);
  const extras = { now: CASE_TIME, versions: () => versions };
  return check(RULES, directorySubject(cluster, cluster.workers, extras)).findings;
}

function describeFinding({ rule, severity, message, locations, edits }: Finding): string {
  const places = locations.length === 0 ? "" : ` (${locations.map(formatLocation).join(" ")})`;
  return `${rule} ${severity}: ${message}${places}${edits === undefined ? "" : " [--fix]"}`;
}

/** node-1's line of machines.txt is node-0's with the next numbers. */
function asNode0(text: string): string {
  return text
    .replaceAll("node-1", "node-0")
    .replaceAll("192.0.2.12", "192.0.2.11")
    .replaceAll("machines.txt:3:", "machines.txt:2:");
}

describe("the tutorial's directory, unchanged", () => {
  test("gives what its known defects deserve, and no false alarm", async () => {
    const all = await findings();
    const own = all.filter(({ node }) => node !== "node-1").map(describeFinding);
    expect(own).toEqual(GOLDEN.map(([finding]) => finding));
    const others = all.filter(({ node }) => node === "node-1").map(describeFinding);
    const ofNodes = all.filter(({ node }) => node === "node-0").map(describeFinding);
    expect(others.map(asNode0)).toEqual(ofNodes);
  });

  test("with the versions that it pins gives what they deserve beside that", async () => {
    const all = await findings(ORIGIN_VERSIONS);
    const known = new Set(GOLDEN.map(([finding]) => finding));
    const beside = all
      .filter(({ node }) => node !== "node-1")
      .map(describeFinding)
      .filter((finding) => !known.has(finding));
    expect(beside).toEqual(GOLDEN_VERSIONS.map(([finding]) => finding));
  });

  test("has no error: it works as the tutorial says", async () => {
    const errors = (await findings(ORIGIN_VERSIONS)).filter(({ severity }) => severity === "error");
    expect(errors.map(describeFinding)).toEqual([]);
  });
});
