import type { Problem } from "../base/mod.ts";
import type { FileKind, FileProblem } from "./facts/file-problem.ts";
import type { Inventory } from "./facts/inventory.ts";
import type { Found, RuleId } from "./finding.ts";

/** Where a problem comes from: a parsed file, rendering, reading the inventory. */
export type ProblemSource = FileKind | "render" | "inventory";

/**
 * Problems of the parsers that are a numbered rule's business, by source and code. What is not
 * here the rules over files report (rules/files), so nothing is said twice.
 */
const CLAIMS: Readonly<Partial<Record<ProblemSource, Readonly<Record<string, RuleId>>>>> = {
  containerd: {
    "wrong-section": "NW-A05",
    "missing-key": "NW-A16",
    "deprecated-key": "NW-A19",
  },
  kubelet: {
    "missing-folder": "NW-C01",
    "unknown-key": "NW-C01",
    "duplicate-key": "NW-C01",
    "wrong-type": "NW-C01",
    "wrong-value": "NW-C23",
  },
  "kubelet-flags": {
    "wrong-flag": "NW-C23",
    "wrong-type": "NW-C23",
    "wrong-value": "NW-C23",
  },
  "kube-proxy-flags": {
    "wrong-flag": "NW-C01",
    "wrong-type": "NW-C01",
    "wrong-value": "NW-C01",
  },
  "kube-proxy": {
    "unknown-key": "NW-C01",
    "duplicate-key": "NW-C01",
    "wrong-type": "NW-C01",
  },
  cni: {
    syntax: "NW-D04",
    "too-deep": "NW-D04",
    "binary-file": "NW-D04",
    "invalid-utf8": "NW-D04",
    "byte-order-mark": "NW-D04",
    "wrong-form": "NW-D04",
    "missing-key": "NW-D04",
    "missing-version": "NW-D06",
    "wrong-type": "NW-D08",
    "wrong-value": "NW-D08",
  },
  unit: { masked: "NW-B06" },
  inventory: {
    "unread-drop-in": "NW-B17",
    "overlapping-subnets": "NW-D09",
    "subnet-outside-cluster": "NW-D10",
    "cluster-cidr-differs": "NW-D10",
    "address-in-subnet": "NW-D11",
    "address-in-cluster": "NW-D11",
    "bad-name": "NW-F02",
    "bad-fqdn": "NW-F02",
    "swapped-names": "NW-F02",
    "duplicate-name": "NW-F03",
    "duplicate-fqdn": "NW-F03",
    "duplicate-address": "NW-F03",
    "bad-address": "NW-F03",
    "bad-subnet": "NW-F03",
  },
  render: {
    "executable-not-installed": "NW-B08",
    "misspelt-placeholder": "NW-D08",
    "no-placeholder": "NW-D09",
    "other-subnet": "NW-D09",
    "no-masquerade": "NW-D15",
    "masquerade-twice": "NW-D15",
    "no-cluster-cidr": "NW-D15",
    "no-next-hop": "NW-D19",
    "bad-certificate": "NW-C08",
    "bad-key": "NW-C08",
    "key-mismatch": "NW-C08",
    expired: "NW-C08",
    "not-yet-valid": "NW-C08",
    "unknown-authority": "NW-C08",
    "not-an-authority": "NW-C08",
    "wrong-usage": "NW-C08",
    "missing-name": "NW-C09",
    "wrong-common-name": "NW-C10",
    "wrong-organization": "NW-C10",
    "other-user": "NW-C10",
    "stale-kubeconfig": "NW-C10",
    "other-authority": "NW-C11",
    "bad-kubeconfig": "NW-C11",
    "expires-soon": "NW-C13",
  },
};

/** The numbered rule that reports a problem; undefined: the rules over files do. */
export function claimedBy(source: ProblemSource, problem: Problem): RuleId | undefined {
  return CLAIMS[source]?.[problem.code];
}

/** A problem in the words of a finding. */
export function foundOf({ message, locations, severity, fix, node }: Problem): Found {
  return {
    message,
    locations,
    severity,
    ...(fix === undefined ? {} : { fix }),
    ...(node === undefined ? {} : { node }),
  };
}

/** A node's facts that problems come from; a rule with claims names both. */
export interface NodeProblems {
  readonly fileProblems?: readonly FileProblem[] | undefined;
  readonly renderProblems?: readonly Problem[] | undefined;
}

/** What a numbered rule claims of one node's problems. */
export function claimedProblems(
  id: RuleId,
  { fileProblems = [], renderProblems = [] }: NodeProblems,
): readonly Problem[] {
  return [
    ...fileProblems.flatMap(({ kind, problem }) =>
      claimedBy(kind, problem) === id ? problem : [],
    ),
    ...renderProblems.filter((problem) => claimedBy("render", problem) === id),
  ];
}

/** What a numbered rule claims of the inventory's problems. */
export function claimedOfInventory(id: RuleId, { problems }: Inventory): readonly Problem[] {
  return problems.filter((problem) => claimedBy("inventory", problem) === id);
}
