import { describe, expect, test } from "bun:test";
import type { RuleInfo } from "../check/rule.ts";
import { object } from "../config/mod.ts";
import { createBook } from "./book.ts";
import { type Found, lookUp, nameOf } from "./lookup.ts";

const RULE: RuleInfo = {
  id: "NW-A01",
  severity: "error",
  title: "The kubelet and runc use the same cgroup driver",
  stages: ["files"],
  places: ["kubelet-config.yaml: cgroupDriver"],
  symptom: "Pods are restarted in waves.",
  why: "Both make control groups.",
  fix: "Use systemd in both.",
  provoked: { not: "it needs a kubelet" },
};
const BOOK = createBook({ rules: [RULE], settings: object({}) });

/** What was found, in one word. */
function told(found: Found): string {
  switch (found.kind) {
    case "option":
      return nameOf(found.option);
    case "options":
      return found.options.map(nameOf).join(" ");
    case "file":
      return `file ${found.file.id}`;
    case "rule":
      return `rule ${found.rule.id}`;
    case "rules":
      return `rules ${found.rules.map(({ id }) => id).join(" ")}`;
    case "unknown":
      return `unknown, near: ${found.nearest.join(" ")}`;
  }
}

describe("lookUp()", () => {
  test.each([
    ["a path", "maxPods", "kubelet:maxPods"],
    ["use 18: all rules", "NW", "rules NW-A01"],
    ["use 18: a family of rules", "nw-a", "rules NW-A01"],
    ["use 18: a place of check", "configs/kubelet-config.yaml:12:3", "file kubelet"],
    ["use 18: a place in a unit", "units/kube-proxy.service:4", "file unit"],
    ["use 18: a drop-in on a node", "node-0:/x/kubelet.service.d/10-kubeadm.conf:2:1", "file unit"],
    ["use 18: a place in machines.txt", "./lab/machines.txt:3", "file machines"],
    ["use 18: a kubeconfig", "node-0.kubeconfig:9:5", "file kubeconfig"],
    ["use 18: a network", "root/etc/cni/net.d/05-cilium.conflist:1:1", "file cni"],
    [
      "use 18: an import of containerd",
      "/etc/containerd/conf.d/99-nvidia.toml:7",
      "file containerd",
    ],
    ["FILE:OPTION", "kube-proxy:clusterCIDR", "kube-proxy:clusterCIDR"],
    ["a file's name before the colon", "kubelet-config.yaml:port", "kubelet:port"],
    ["a kind before the colon", "KubeProxyConfiguration:mode", "kube-proxy:mode"],
    [
      "a nested path",
      "authentication.x509.clientCAFile",
      "kubelet:authentication.x509.clientCAFile",
    ],
    ["the end of a path", "anonymous.enabled", "kubelet:authentication.anonymous.enabled"],
    ["the last segment", "swapBehavior", "kubelet:memorySwap.swapBehavior"],
    ["any case", "MAXPODS", "kubelet:maxPods"],
    ["case that tells two apart", "Type", "unit:Service.Type"],
    ["a whole path before the end of another", "mode", "kube-proxy:mode"],
    ["a line of YAML", "maxPods: 16", "kubelet:maxPods"],
    [
      "a line of TOML",
      "SystemdCgroup = true",
      "containerd:cri.containerd.runtimes.*.options.SystemdCgroup",
    ],
    ["a line of a unit", "Restart=always", "unit:Service.Restart"],
    ["a key with its section", "[Service] KillMode", "unit:Service.KillMode"],
    ["a line of JSON", '"hairpinMode": true', "cni:hairpinMode kubelet:hairpinMode"],
    ["a flag with its value", "--config=/var/lib/kubelet/kubelet-config.yaml", "flag:--config"],
    ["a path with indices", "ipam.ranges[0][0].subnet", "cni:ipam.ranges[][].subnet"],
    [
      "a name in the place of a free key",
      "runtimes.runc.options.SystemdCgroup",
      "containerd:cri.containerd.runtimes.*.options.SystemdCgroup",
    ],
    [
      "a path as version 2 has it",
      'plugins."io.containerd.grpc.v1.cri".cni.bin_dir',
      "containerd:cri.cni.bin_dir",
    ],
    [
      "a path as version 3 has it",
      'plugins."io.containerd.cri.v1.images".snapshotter',
      "containerd:cri.containerd.snapshotter",
    ],
    ["a path of the node", "/etc/cni/net.d", "place:/etc/cni/net.d"],
    ["a file of the node", "99-loopback.conf", "place:/etc/cni/net.d/99-loopback.conf"],
    ["an environment variable", "CNI_NETNS", "env:CNI_NETNS"],
    ["a value", "LimitedSwap", "kubelet:memorySwap.swapBehavior"],
    ["a plugin", "portmap", "cni:type"],
    ["an IPAM plugin", "host-local", "cni:ipam.type"],
    ["a default", "overlayfs", "containerd:cri.containerd.snapshotter"],
    ["a port", "10250", "kubelet:port"],
    ["the port of an address", "10256", "kube-proxy:healthzBindAddress"],
    ["a file by its name", "10-bridge.conf", "file cni"],
    ["a file by its id", "kubelet", "file kubelet"],
    ["a rule", "NW-A01", "rule NW-A01"],
    ["a rule in short", "a1", "rule NW-A01"],
  ])("finds %s: %s", (_, word, wanted) => {
    expect(told(lookUp(word, BOOK))).toBe(wanted);
  });

  test("lists all options where a last segment is of several", () => {
    expect(told(lookUp("masqueradeAll", BOOK))).toBe(
      "kube-proxy:iptables.masqueradeAll kube-proxy:nftables.masqueradeAll",
    );
    expect(told(lookUp("featureGates", BOOK))).toBe("kubelet:featureGates kube-proxy:featureGates");
  });

  test("tells of others with the same last segment", () => {
    const found = lookUp("mode", BOOK);
    expect(found.kind === "option" && found.others.map(nameOf)).toEqual([
      "kubelet:authorization.mode",
    ]);
  });

  test("tells of options that are called as a file is", () => {
    const found = lookUp("kubeconfig", BOOK);
    expect(found.kind === "file" && found.others.map(nameOf)).toContain(
      "kube-proxy:clientConnection.kubeconfig",
    );
  });

  test("finds what a map may have as keys", () => {
    expect(told(lookUp("imagefs.available", BOOK))).toBe(
      "kubelet:evictionHard kubelet:evictionSoft kubelet:evictionSoftGracePeriod kubelet:evictionMinimumReclaim",
    );
  });

  test.each([
    ["maxPodz", "maxPods"],
    ["kubelet:maxPodz", "maxPods"],
    ["authentication.x509.clientCAfil", "authentication.x509.clientCAFile"],
    ["SystemdCgroups", "SystemdCgroup"],
    ["kubelt", "kubelet"],
    ["NW-A99", "NW-A01"],
  ])("%s is unknown, and %s near", (word, near) => {
    const found = lookUp(word, BOOK);
    expect(found.kind).toBe("unknown");
    expect(found.kind === "unknown" && found.nearest.join(" ")).toContain(near);
  });

  test("knows nothing near to a word out of nowhere", () => {
    expect(lookUp("zzzzqqqqxxxx", BOOK)).toEqual({ kind: "unknown", nearest: [] });
  });

  test.each(["", " ", ".", ":", "[]", "kubelet:", "*", "\u0000"])("bears the word %j", (word) => {
    expect(["unknown", "options", "file"]).toContain(lookUp(word, BOOK).kind);
  });

  test("bears a very long word", () => {
    expect(lookUp("a".repeat(5000), BOOK)).toEqual({ kind: "unknown", nearest: [] });
  });

  test("finds every option by its name", () => {
    const options = BOOK.files.flatMap((file) => file.options);
    const lost = options.filter((option) => told(lookUp(nameOf(option), BOOK)) !== nameOf(option));
    expect(lost.map(nameOf)).toEqual([]);
    expect(options.length).toBeGreaterThan(550);
  });
});
