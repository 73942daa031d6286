import { formatBytes } from "../../../base/mod.ts";
import { isGateOn } from "../../../config/mod.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { listed, minorOf, setting } from "../../setting.ts";

/** NW-C04 */
export const swapOff = nodeRule({
  id: "NW-C04",
  severity: "error",
  title: "A kubelet that refuses swap finds none, now and after a reboot",
  stages: ["machine"],
  places: [
    "configs/kubelet-config.yaml: failSwapOn",
    "/proc/swaps, /etc/fstab, *.swap units, zram generators",
  ],
  symptom:
    "The kubelet ends at once: `running with swap on is not supported, please disable swap`.",
  why:
    "failSwapOn is true by default. swapoff lasts until the next boot: fstab, a swap unit or a zram " +
    "generator brings it back, and then the node does not.",
  fix: "swapoff -a, and take the swap out of what makes it; or failSwapOn: false with memorySwap.swapBehavior: NoSwap.",
  provoked: { not: "swap on the machine of the lab would be the host's own" },
  needs: ["kubeletConfig", "persistentSwaps"],
  uses: ["host"],
  check({ kubeletConfig: { failSwapOn }, persistentSwaps, host }) {
    if (!failSwapOn.value) return [];
    const refuses = `The kubelet does not start where swap is on (${setting("failSwapOn", failSwapOn)})`;
    const swaps = (host?.swaps ?? []).map(
      ({ path, sizeBytes }) => `${path}, ${formatBytes(sizeBytes)}`,
    );
    const found: Found[] =
      swaps.length === 0
        ? []
        : [{ message: `${refuses}: ${listed(swaps)}`, locations: [failSwapOn.location] }];
    for (const { file, line = 1, what } of persistentSwaps) {
      found.push({
        message: `${refuses}, and swap comes at the next boot: ${what}`,
        locations: [{ file, line, column: 1 }, failSwapOn.location],
        severity: swaps.length === 0 ? "warning" : "error",
        fix: file.endsWith(".swap")
          ? `systemctl mask ${file.slice(file.lastIndexOf("/") + 1)}; or set failSwapOn: false`
          : `Take it out of ${file}; or set failSwapOn: false`,
      });
    }
    return found;
  },
});

/** NW-C05 */
export const swapBehavior = nodeRule({
  id: "NW-C05",
  severity: "error",
  title: "What containers may swap fits the kubelet and the machine",
  stages: ["files", "machine"],
  places: [
    "configs/kubelet-config.yaml: memorySwap.swapBehavior, failSwapOn",
    "/sys/fs/cgroup; tmpfs with noswap (kernel 6.3)",
  ],
  symptom:
    "The kubelet ends with `memorySwap.swapBehavior cannot be set when NodeSwap feature flag is " +
    "disabled`; or containers never swap; or Secrets in memory reach the disk.",
  why:
    "LimitedSwap works through memory.swap.max, which only cgroup v2 has. NodeSwap is on by default " +
    "since 1.30. Volumes in memory are kept out of swap by tmpfs' noswap, which kernels before 6.3 " +
    "lack. Another word than NoSwap and LimitedSwap is refused (NW-C23); UnlimitedSwap went with 1.30.",
  fix: "memorySwap.swapBehavior: NoSwap; it is also the default.",
  provoked: { not: "swap on the machine of the lab would be the host's own" },
  needs: ["kubeletConfig"],
  uses: ["host", "versions"],
  check({ kubeletConfig, host, versions }) {
    const { swapBehavior: behavior, failSwapOn } = kubeletConfig;
    const minor = minorOf(versions, "kubelet");
    const found: Found[] = [];
    if (!behavior.isDefault && !isGateOn(kubeletConfig, "NodeSwap", minor)) {
      found.push({
        message: `memorySwap.swapBehavior may not be set while the feature gate NodeSwap is off: ${behavior.value}`,
        locations: [behavior.location],
        fix: "Remove memorySwap, or set featureGates.NodeSwap: true",
      });
    }
    if (behavior.value === "LimitedSwap" && failSwapOn.value) {
      found.push({
        message: `LimitedSwap is never used: the kubelet does not start where swap is on (${setting("failSwapOn", failSwapOn)})`,
        locations: [failSwapOn.location, behavior.location],
        severity: "warning",
        fix: "Set failSwapOn: false, or memorySwap.swapBehavior: NoSwap",
      });
    }
    return [...found, ...(host === undefined ? [] : onHost(host, behavior))];
  },
});

function onHost(
  host: HostFacts,
  behavior: { value: string; location: Found["locations"][0] },
): Found[] {
  const found: Found[] = [];
  const mode = host.cgroup?.mode;
  if (behavior.value === "LimitedSwap" && mode !== undefined && mode !== "v2") {
    found.push({
      message: `LimitedSwap needs cgroup v2, the machine has: ${mode}`,
      locations: [behavior.location],
      fix: "Boot with the unified hierarchy (systemd.unified_cgroup_hierarchy=1), or set NoSwap",
    });
  }
  const noswap = host.features.find(({ feature }) => feature === "tmpfs-noswap");
  if (host.swaps.length > 0 && noswap?.state === "no") {
    found.push({
      message: `Swap is on and this kernel cannot keep Secrets in memory out of it: ${host.kernelRelease}`,
      locations: [behavior.location],
      severity: "warning",
      fix: "Use kernel 6.3 or later, encrypted swap, or none",
    });
  }
  return found;
}
