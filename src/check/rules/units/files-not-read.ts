import { nearest } from "../../../base/mod.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import { KUBE_PROXY_CONFIG, KUBELET_CONFIG, KUBELET_KUBECONFIG } from "../../facts/node-paths.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import type { UnitFacts } from "../../unit-facts.ts";
import { flagsOf, type UnitFlags } from "./given-flags.ts";

interface Asked {
  readonly unit: UnitFact;
  readonly given: UnitFlags;
  readonly files: NodeTree;
}

/** A flag without which a file is not read at all. */
function lacks(
  { unit, given }: Asked,
  names: readonly string[],
  what: string,
  fix: string,
): Found[] {
  const isGiven = given.flags.some(
    ({ name, value }) => names.includes(name) && value !== undefined && value.value !== "",
  );
  if (!given.isWhole || isGiven) return [];
  const start = unit.unit.execStart[0]?.executable;
  if (start === undefined) return [];
  return [
    {
      severity: "error",
      message: `${unit.name} has no ${names[0]}: ${what}`,
      locations: [start.location],
      fix,
    },
  ];
}

/** A flag that names a file which is not there. */
function leadsNowhere({ unit, given, files }: Asked, names: readonly string[]): Found[] {
  return given.flags.flatMap(({ name, value }): Found[] => {
    const path = value?.value;
    if (value === undefined || path === undefined || !names.includes(name)) return [];
    if (!path.startsWith("/") || /[%$]/.test(path) || files.get(path) !== undefined) return [];
    const dir = path.slice(0, path.lastIndexOf("/"));
    const near = nearest(path.slice(dir.length + 1), files.list(dir) ?? []);
    return [
      {
        severity: "error",
        message: `${unit.name} reads a file that is not there: ${name}=${path}`,
        locations: [value.location],
        fix:
          near === undefined
            ? `Install it, or write the path of the one that is meant`
            : `Write ${dir}/${near}`,
      },
    ];
  });
}

/** The units whose flags do not lead to the file that is meant for them. */
export function filesNotRead(facts: UnitFacts & { readonly files: NodeTree }): readonly Found[] {
  const { files, containerdUnit, kubeletUnit, kubeProxyUnit } = facts;
  const ask = (unit: UnitFact | undefined): Asked[] =>
    unit === undefined ? [] : [{ unit, files, given: flagsOf(unit, files) }];
  const has = ({ given }: Asked, name: string): boolean =>
    given.flags.some((flag) => flag.name === name);
  return [
    ...ask(containerdUnit).flatMap((asked) => leadsNowhere(asked, ["--config", "-c"])),
    ...ask(kubeletUnit).flatMap((asked) => [
      ...(has(asked, "--config-dir")
        ? []
        : lacks(
            asked,
            ["--config"],
            `the kubelet does not read ${KUBELET_CONFIG}`,
            `Add --config=${KUBELET_CONFIG}`,
          )),
      ...lacks(
        asked,
        ["--kubeconfig", "--bootstrap-kubeconfig"],
        "the kubelet registers no Node and runs static pods alone",
        `Add --kubeconfig=${KUBELET_KUBECONFIG}`,
      ),
      ...leadsNowhere(asked, ["--config"]),
    ]),
    ...ask(kubeProxyUnit).flatMap((asked) => [
      ...(has(asked, "--kubeconfig") || has(asked, "--master")
        ? []
        : lacks(
            asked,
            ["--config"],
            `kube-proxy does not read ${KUBE_PROXY_CONFIG}`,
            `Add --config=${KUBE_PROXY_CONFIG}`,
          )),
      ...leadsNowhere(asked, ["--config"]),
    ]),
  ];
}
