import type { NodeFacts } from "../../facts/node-facts.ts";
import { CONTAINERD_CONFIG } from "../../facts/node-paths.ts";
import { flagValue } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { clusterRule } from "../../rule.ts";
import { missingUnits } from "./missing-units.ts";
import { unclaimed } from "./unclaimed.ts";

const PLACES = [
  "machines.txt, nodewright.yaml",
  "configs/* and units/* of the cluster directory, or the node's own files",
  "kubeconfigs",
];
const FACTS = { stages: ["files"], needs: ["nodes"], uses: ["inventory"] } as const;

/** NW-M01 */
export const readable = clusterRule({
  ...FACTS,
  id: "NW-M01",
  severity: "error",
  title: "Every file can be read and is of its format",
  places: PLACES,
  symptom:
    "The program that reads the file does not start, or goes on with what it had: containerd 1.x says " +
    "`failed to load TOML: /etc/containerd/config.toml`, 2.x `failed to unmarshal TOML at row 1`, the " +
    "kubelet `failed to load kubelet config file`.",
  why:
    "A file that is cut off, binary, in another encoding, larger than any such file, a directory " +
    "or a loop of symbolic links says nothing at all, and nothing else can be checked against it.",
  fix: "Put the right file there, as UTF-8 text with LF line ends, readable for this user.",
  provoked: { how: "binary data as containerd's config.toml: containerd ends at once" },
  check: (facts) => unclaimed("NW-M01", facts),
});

/** NW-M02 */
export const knownKeys = clusterRule({
  ...FACTS,
  id: "NW-M02",
  severity: "error",
  title: "Every key is one that its program knows, and stands once",
  places: PLACES,
  symptom:
    "The setting has no effect. The kubelet and kube-proxy log one line, `Using lenient decoding as " +
    "strict decoding failed`, containerd 2.x `Ignoring unknown key in TOML for plugin`, 1.x nothing.",
  why:
    "A misspelt key is ignored and the default counts; of a key that stands twice, one of the two " +
    "values does. Both look right to whoever reads the file.",
  fix: "Write the key as its program knows it (nodewright explain KEY), once.",
  provoked: {
    how: "a misspelt key beside SystemdCgroup: containerd starts and runc uses cgroupfs",
  },
  check: (facts) => unclaimed("NW-M02", facts),
});

/** NW-M03 */
export const values = clusterRule({
  ...FACTS,
  id: "NW-M03",
  severity: "error",
  title: "Every value has the type, the range or one of the words that its key takes",
  places: PLACES,
  symptom:
    "The kubelet ends with `failed to load kubelet config file ... cannot unmarshal` or `invalid " +
    "configuration`, containerd 1.x with `Can't convert one(string) to int`, 2.x with `cannot decode TOML " +
    "string into struct field`; a plugin answers with error code 6.",
  why:
    "The programs decode into fixed types. A quoted number, a bare `on` or a word that is not in " +
    "the list is refused as a whole file, or taken for something else.",
  fix: "Write a value of the kind that the message names.",
  provoked: { how: "a text where containerd takes a number: it ends at once" },
  check: (facts) => unclaimed("NW-M03", facts),
});

/** NW-M04 */
export const complete = clusterRule({
  ...FACTS,
  id: "NW-M04",
  severity: "error",
  title: "Every file and key that something cannot do without is there",
  places: PLACES,
  symptom:
    "`no such file or directory` when the unit starts, or a program that decodes a file of nothing " +
    "it can use: `no kind is registered`, `invalid configuration: no server found for cluster`; containerd starts " +
    "without its file and does as its defaults say: another cgroup driver, another sandbox image.",
  why:
    "Some files and keys have no default: what has to be installed must be there, and a " +
    "configuration says by kind and apiVersion what it is.",
  fix: "Add it; `nodewright init` writes the stock files that are missing, `nodewright pki` the certificates.",
  provoked: {
    how: "no config.toml: containerd starts, and its pods are in the groups of another driver",
  },
  check: (facts) => [
    ...unclaimed("NW-M04", facts),
    ...facts.nodes.flatMap(noNode),
    ...facts.nodes.flatMap(noContainerdConfig),
    ...facts.nodes.flatMap(missingUnits),
    ...lackingIdentity(facts.nodes),
  ],
});

/** A root directory or a machine on which no node has been installed: the other rules have nothing to say. */
function noNode(node: NodeFacts): Found[] {
  const { name, files, containerdUnit, kubeletUnit, containerdConfig, kubeletConfig } = node;
  const parts = [containerdUnit, kubeletUnit, containerdConfig, kubeletConfig];
  if (files?.isComplete !== true || parts.some((part) => part !== undefined)) return [];
  return [
    {
      message:
        "Nothing of a worker node is there: no unit and no configuration of containerd or the kubelet",
      locations: [],
      severity: "warning",
      fix: "Give the root of a node's file system with --root; nodewright apply makes a machine a node",
      node: name,
    },
  ];
}

/** containerd starts without its file, and does otherwise than anybody here has written. */
function noContainerdConfig({ name, files, containerdUnit }: NodeFacts): Found[] {
  if (files?.isComplete !== true || containerdUnit === undefined) return [];
  // A file that the command line names is another rule's business.
  const named = flagValue(containerdUnit.unit, ["--config", "-c"]);
  if (named !== undefined || files.get(CONTAINERD_CONFIG) !== undefined) return [];
  return [
    {
      message: `containerd has no configuration and takes its own defaults, the cgroup driver cgroupfs among them: ${CONTAINERD_CONFIG} is not there`,
      locations: [],
      severity: "warning",
      fix: "Bring the file back: nodewright apply, or containerd config default",
      node: name,
    },
  ];
}

/** Nodes without what other nodes of the directory have: a name that was changed, or one that is new. */
function lackingIdentity(nodes: readonly NodeFacts[]): Found[] {
  const rendered = nodes.filter(({ files }) => files?.isComplete === false);
  const parts = [
    (node: NodeFacts) => node.kubeletServing?.certificate?.shown,
    (node: NodeFacts) => node.kubeletKubeconfig?.shown,
  ];
  return parts.flatMap((fileOf): Found[] => {
    const other = rendered.find((node) => fileOf(node) !== undefined);
    const file = other === undefined ? undefined : fileOf(other);
    if (other === undefined || file === undefined || !file.includes(other.name)) return [];
    return rendered
      .filter((node) => fileOf(node) === undefined && node.kubeletConfig !== undefined)
      .map((node): Found => {
        const own = file.replace(other.name, node.name);
        return {
          message: `The directory has no ${own}, and has ${file}: the kubelet of ${node.name} is not started`,
          locations: [node.machine?.nameLocation].flatMap((at) => at ?? []),
          severity: "warning",
          fix: "nodewright pki makes what is missing",
          node: node.name,
        };
      });
  });
}

/** NW-M05 */
export const units = clusterRule({
  ...FACTS,
  id: "NW-M05",
  severity: "error",
  title: "systemd takes every line of the units and their drop-ins",
  places: ["units/*.service and units/*.service.d/*.conf, or /etc/systemd/system on the node"],
  symptom:
    "`Unknown key 'X' in section [Service], ignoring`, `Failed to parse kill mode specification, ignoring: " +
    "proces`, or `Unit has a bad unit file setting` and the unit does not start.",
  why:
    "systemd ignores what it does not know with one line in the journal. `KillMode=proces` is then " +
    "the default, which kills every pod when containerd is restarted.",
  fix: "Write the key, the section and the word as systemd.unit(5) and systemd.service(5) have them.",
  provoked: { how: "a misspelt key in containerd.service: systemd-analyze verify names it" },
  check: (facts) => unclaimed("NW-M05", facts),
});
