/**
 * The worker node's section of the CIS Kubernetes Benchmark as rules: each item with its number,
 * asked of the effective configuration and of the files' modes and owners.
 *
 * @module
 */
import { parseAddress } from "../../ip/mod.ts";
import { type NodeRule, nodeRule } from "../rule.ts";
import { FILE_ITEMS } from "./file-items.ts";
import { byNumber, item } from "./item.ts";
import { KUBELET_ITEMS } from "./kubelet-items.ts";

export { BENCHMARK } from "./item.ts";

const metricsItem = nodeRule({
  ...item("4.3.1", "kube-proxy's metrics are for localhost alone", {
    counts: "automated",
    places: ["configs/kube-proxy-config.yaml: metricsBindAddress"],
    why: "They need no identity, and tell which Services there are.",
    fix: "Set metricsBindAddress: 127.0.0.1:10249, or leave it out.",
  }),
  needs: ["kubeProxyConfig"],
  check: ({ kubeProxyConfig: { metricsBindAddress } }) => {
    const host = metricsBindAddress.value.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
    const address = parseAddress(host);
    const isLocal =
      host === "" ||
      host === "localhost" ||
      (address.ok &&
        (address.value.family === 4
          ? address.value.value >> 24n === 127n
          : address.value.value === 1n));
    return isLocal
      ? []
      : [
          {
            message: `kube-proxy serves its metrics on ${metricsBindAddress.value}`,
            locations: [metricsBindAddress.location],
          },
        ];
  },
});

/** All items of section 4, by number. */
export const CIS_RULES: readonly NodeRule[] = [...FILE_ITEMS, ...KUBELET_ITEMS, metricsItem].sort(
  byNumber,
);
