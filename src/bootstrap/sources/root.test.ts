import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatLocation } from "../../base/mod.ts";
import { check, RULES } from "../../check/mod.ts";
import { rootSubject } from "./mod.ts";
import { CASE_TIME, makeOriginDirectory } from "./testing/mod.ts";

let dir = "";
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-root-"));
  await makeOriginDirectory(join(dir, "jumpbox"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** node-0 as the tutorial leaves it, as far as it is text. */
const FILES = {
  "configs/10-bridge.conf": "etc/cni/net.d/10-bridge.conf",
  "configs/99-loopback.conf": "etc/cni/net.d/99-loopback.conf",
  "configs/containerd-config.toml": "etc/containerd/config.toml",
  "configs/kubelet-config.yaml": "var/lib/kubelet/kubelet-config.yaml",
  "configs/kube-proxy-config.yaml": "var/lib/kube-proxy/kube-proxy-config.yaml",
  "units/containerd.service": "etc/systemd/system/containerd.service",
  "units/kubelet.service": "etc/systemd/system/kubelet.service",
  "units/kube-proxy.service": "etc/systemd/system/kube-proxy.service",
  "ca.crt": "var/lib/kubelet/ca.crt",
  "node-0.crt": "var/lib/kubelet/kubelet.crt",
  "node-0.key": "var/lib/kubelet/kubelet.key",
  "node-0.kubeconfig": "var/lib/kubelet/kubeconfig",
  "kube-proxy.kubeconfig": "var/lib/kube-proxy/kubeconfig",
} as const;

describe("rootSubject()", () => {
  beforeEach(() => {
    for (const [source, target] of Object.entries(FILES)) {
      const to = join(dir, "root", target);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(dir, "jumpbox", source), to);
    }
    const bridge = join(dir, "root", FILES["configs/10-bridge.conf"]);
    Bun.spawnSync(["sed", "-i", "s|SUBNET|10.200.0.0/24|g", bridge]);
  });

  test("takes the name of the kubelet's certificate where there is no /etc/hostname", async () => {
    const [node] = (await rootSubject(join(dir, "root"), CASE_TIME)).nodes;
    expect(node?.name).toBe("node-0");
    writeFileSync(join(dir, "root/etc/hostname"), "node-7\n");
    expect((await rootSubject(join(dir, "root"), CASE_TIME)).nodes[0]?.name).toBe("node-7");
  });

  test("finds on the tutorial's node what its directory has as well", async () => {
    const subject = await rootSubject(join(dir, "root"), CASE_TIME);
    const found = check(RULES, subject).findings.map(({ rule, locations }) =>
      [rule, ...locations.map(formatLocation)].join(" "),
    );
    for (const expected of [
      "NW-B01 /etc/systemd/system/kubelet.service:5:10",
      "NW-C17 /var/lib/kubelet/kubelet-config.yaml:1:1",
      "NW-D03 /etc/cni/net.d/99-loopback.conf:4:11",
      "NW-D05 /etc/cni/net.d/10-bridge.conf:4:11",
      "NW-D15 /etc/cni/net.d/10-bridge.conf:7:13",
      "NW-D16 /etc/cni/net.d/10-bridge.conf:4:11",
      "NW-D17 /etc/cni/net.d/10-bridge.conf:4:11",
      // No file sets ip_forward, and the plugins and executables are not copied here.
      "NW-E10",
      "NW-B08 /etc/systemd/system/kubelet.service:8:11",
      "NW-D07 /etc/cni/net.d/10-bridge.conf:4:11",
    ]) {
      expect(found, expected).toContain(expected);
    }
    const wrong = found.filter((text) => /^NW-(M|C08|C10|C11|F)/.test(text));
    expect(wrong).toEqual([]);
  });
});
