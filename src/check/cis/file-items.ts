import type { NodeFactMap } from "../facts/node-facts.ts";
import { KUBELET_CONFIG } from "../facts/node-paths.ts";
import type { NodeFile, NodeTree } from "../facts/node-tree.ts";
import { flagValue } from "../facts/unit-flags.ts";
import type { Found } from "../finding.ts";
import { type Answer, type NodeRule, nodeRule, unknown } from "../rule.ts";
import { item } from "./item.ts";

type Facts = Partial<NodeFactMap>;

/** A file of the node that two items are about: who may read it, and whose it is. */
interface WatchedFile {
  readonly mode: string;
  readonly owner: string;
  /** `the kubelet's service file` */
  readonly what: string;
  readonly place: string;
  readonly most: number;
  readonly counts: "automated" | "manual";
  readonly needs: readonly (keyof NodeFactMap)[];
  /** Its paths on the node; empty where there is none. */
  readonly paths: (facts: Facts) => readonly string[];
}

const WATCHED: readonly WatchedFile[] = [
  {
    mode: "4.1.1",
    owner: "4.1.2",
    what: "the kubelet's service file",
    place: "units/kubelet.service",
    most: 0o600,
    counts: "automated",
    needs: ["kubeletUnit"],
    paths: ({ kubeletUnit }) =>
      kubeletUnit === undefined ? [] : [kubeletUnit.path, ...kubeletUnit.dropIns],
  },
  {
    mode: "4.1.3",
    owner: "4.1.4",
    what: "kube-proxy's kubeconfig",
    place: "kube-proxy.kubeconfig",
    most: 0o600,
    counts: "manual",
    needs: ["kubeProxyKubeconfig"],
    paths: ({ kubeProxyKubeconfig }) =>
      kubeProxyKubeconfig === undefined ? [] : [kubeProxyKubeconfig.path],
  },
  {
    mode: "4.1.5",
    owner: "4.1.6",
    what: "the kubelet's kubeconfig",
    place: "NODE.kubeconfig",
    most: 0o600,
    counts: "automated",
    needs: ["kubeletKubeconfig"],
    paths: ({ kubeletKubeconfig }) =>
      kubeletKubeconfig === undefined ? [] : [kubeletKubeconfig.path],
  },
  {
    mode: "4.1.7",
    owner: "4.1.8",
    what: "the file of the clients' certificate authorities",
    place: "ca.crt",
    most: 0o644,
    counts: "manual",
    needs: ["clientAuthority"],
    paths: ({ clientAuthority }) => (clientAuthority === undefined ? [] : [clientAuthority.path]),
  },
  {
    mode: "4.1.9",
    owner: "4.1.10",
    what: "the kubelet's configuration",
    place: "configs/kubelet-config.yaml",
    most: 0o600,
    counts: "automated",
    needs: ["kubeletConfig"],
    paths: ({ kubeletUnit }) => [
      (kubeletUnit && flagValue(kubeletUnit.unit, ["--config"])?.value) ?? KUBELET_CONFIG,
    ],
  },
];

/** The items about files: two for each. */
export const FILE_ITEMS: readonly NodeRule[] = WATCHED.flatMap((file) => [
  modeItem(file),
  ownerItem(file),
]);

function modeItem({ mode, what, place, most, counts, needs, paths }: WatchedFile): NodeRule {
  const text = octal(most);
  return nodeRule({
    ...item(mode, `${capital(what)} has mode ${text} or less`, {
      counts,
      places: [place],
      why: "Who can change it starts what he likes as root; who can read it learns keys, or how the node is guarded.",
      fix: `Give it the mode ${text}: chmod on the node; for nodewright, mode: "${text}" beside it in files of nodewright.yaml.`,
    }),
    needs: ["files", ...needs],
    uses: ["kubeletUnit"],
    check: (facts) =>
      ask(facts.files, paths(facts), (file) => {
        if (file.mode === undefined) return "its mode is not known here";
        if ((file.mode & ~most) === 0) return undefined;
        return {
          message: `${capital(what)} ${file.path} has mode ${octal(file.mode)}, more than ${text}`,
          locations: at(file),
        };
      }),
  });
}

function ownerItem({ owner, what, place, counts, needs, paths }: WatchedFile): NodeRule {
  return nodeRule({
    ...item(owner, `${capital(what)} is owned by root:root`, {
      counts,
      places: [place],
      why: "Its owner can change it, and with it what runs as root.",
      fix: "chown root:root on the node; what nodewright puts there is root's.",
    }),
    needs: ["files", ...needs],
    uses: ["kubeletUnit"],
    check: (facts) =>
      ask(facts.files, paths(facts), (file) => {
        // What nodewright renders is owned by root once it is on the node.
        if (!facts.files.isComplete && file.uid === undefined) return undefined;
        if (file.uid === undefined || file.gid === undefined) return "its owner is not known here";
        if (file.uid === 0 && file.gid === 0) return undefined;
        return {
          message: `${capital(what)} ${file.path} is owned by ${file.uid}:${file.gid}`,
          locations: at(file),
        };
      }),
  });
}

/** Asks each file that is there; the first reason why one cannot be judged is the answer. */
function ask(
  files: NodeTree,
  paths: readonly string[],
  judge: (file: NodeFile) => Found | string | undefined,
): Answer {
  const found: Found[] = [];
  for (const path of paths) {
    const file = files.get(path);
    if (file === undefined) return unknown(`${path} is not here`);
    const answer = judge(file);
    if (typeof answer === "string") return unknown(`${path}: ${answer}`);
    if (answer !== undefined) found.push(answer);
  }
  return found;
}

function at({ shown }: NodeFile): Found["locations"] {
  return [{ file: shown, line: 1, column: 1 }];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** As a sentence begins; kube-proxy is always written small. */
function capital(text: string): string {
  if (text.startsWith("kube-proxy")) return text;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
