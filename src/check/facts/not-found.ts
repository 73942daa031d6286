import type { NodeFactName, NodeFacts, NotFound, UnitFact } from "./node-facts.ts";
import { CNI_CONF_DIR, CONTAINERD_CONFIG, UNIT_DIRS } from "./node-paths.ts";
import { flagValue } from "./unit-flags.ts";

/** Configurations that a program reads, or would read, and that are not at hand. */
export function findNotFound(node: NodeFacts): readonly NotFound[] {
  return [...namedFiles(node), ...usualFiles(node)];
}

/** What the flags of units name. */
function namedFiles(node: NodeFacts): readonly NotFound[] {
  const { containerdUnit, kubeletUnit, kubeProxyUnit, files } = node;
  const asked: readonly {
    readonly fact: NodeFactName;
    readonly unit: UnitFact | undefined;
    readonly flags: readonly string[];
  }[] = [
    { fact: "containerdConfig", unit: containerdUnit, flags: ["--config", "-c"] },
    { fact: "kubeletConfig", unit: kubeletUnit, flags: ["--config"] },
    { fact: "kubeletKubeconfig", unit: kubeletUnit, flags: ["--kubeconfig"] },
    { fact: "kubeProxyConfig", unit: kubeProxyUnit, flags: ["--config"] },
  ];
  return asked.flatMap(({ fact, unit, flags }): NotFound[] => {
    const flag = unit === undefined ? undefined : flagValue(unit.unit, flags);
    if (flag === undefined || flag.value === "" || node[fact] !== undefined) return [];
    // A file that is there and cannot be parsed is reported as that.
    if (files?.get(flag.value) !== undefined) return [];
    return [{ fact, path: flag.value, location: flag.location }];
  });
}

/** What every worker node has in some place, of a tree that has all there is; else the cluster directory says. */
function usualFiles(node: NodeFacts): readonly NotFound[] {
  const { containerdUnit, kubeletUnit, kubeProxyUnit, containerdConfig, files } = node;
  const isNode = [containerdUnit, kubeletUnit, kubeProxyUnit, containerdConfig].some(
    (fact) => fact !== undefined,
  );
  if (files?.isComplete !== true || !isNode) return [];
  const unit = (name: string, fact: NodeFactName, below: readonly NodeFactName[]): NotFound[] => {
    const lacking = [fact, ...below].filter((one) => node[one] === undefined);
    // One that is there and cannot be parsed is reported as that.
    if (node[fact] !== undefined || files.get(`${UNIT_DIRS[0]}/${name}`) !== undefined) return [];
    return lacking.map((one) => ({ fact: one, path: `${UNIT_DIRS[0]}/${name}` }));
  };
  const config =
    containerdUnit !== undefined &&
    containerdConfig === undefined &&
    flagValue(containerdUnit.unit, ["--config", "-c"]) === undefined &&
    files.get(CONTAINERD_CONFIG) === undefined
      ? [{ fact: "containerdConfig" as const, path: CONTAINERD_CONFIG }]
      : [];
  const conf = containerdConfig?.cniConfDir.value ?? CNI_CONF_DIR;
  return [
    ...unit("containerd.service", "containerdUnit", ["containerdConfig"]),
    ...config,
    ...unit("kubelet.service", "kubeletUnit", [
      "kubeletConfig",
      "kubeletKubeconfig",
      "clientAuthority",
    ]),
    ...(node.networks === undefined ? [{ fact: "networks" as const, path: conf }] : []),
  ];
}
