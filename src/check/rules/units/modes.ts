import type { NodeFile } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(3, "0");

/** What a file is, and the bits that others may not have. */
interface Kept {
  readonly path: string;
  readonly what: string;
  readonly forbidden: number;
}

const SECRET = 0o077;
const WRITABLE = 0o022;

function judge(file: NodeFile, { path, what, forbidden }: Kept, isRendered: boolean): Found[] {
  const location = { file: file.shown, line: 1, column: 1 };
  const found: Found[] = [];
  if (file.mode !== undefined && (file.mode & forbidden) !== 0) {
    const right = file.mode & 0o7777 & ~forbidden;
    const may = (file.mode & forbidden & 0o022) === 0 ? "read" : "change";
    found.push({
      message: `Others than root may ${may} ${what}: ${path} has mode ${octal(file.mode)}`,
      locations: [location],
      fix: isRendered
        ? `Write mode: "${octal(right).padStart(4, "0")}" for it in files of nodewright.yaml, or leave the mode out`
        : `chmod ${octal(right)} ${path}`,
      ...(may === "change" || forbidden === SECRET ? { severity: "error" } : {}),
    });
  }
  const { uid, gid } = file;
  if ((uid !== undefined && uid !== 0) || (gid !== undefined && gid !== 0)) {
    found.push({
      message: `${what.charAt(0).toUpperCase()}${what.slice(1)} does not belong to root: ${path} has the owner ${uid}:${gid}`,
      locations: [location],
      fix: `chown root:root ${path}`,
    });
  }
  return found;
}

/** NW-B12 */
export const fileModes = nodeRule({
  id: "NW-B12",
  severity: "warning",
  title: "Keys and kubeconfigs are root's alone, and nobody else may write what the node reads",
  stages: ["files", "machine"],
  places: [
    "kubeconfigs, private keys, certificates, configurations, units: mode and owner",
    "nodewright.yaml: files.PATH.mode",
  ],
  symptom:
    "None. Any user of the machine, or a pod with a hostPath, can act as the node; kube-bench fails 4.1.1 to 4.1.10.",
  why:
    "A kubeconfig and a private key are the node's identity: whoever reads them is the node. Whoever writes a " +
    "unit or a configuration runs what he likes as root. 644 is enough for what holds no secret (the CIS " +
    "benchmark asks for 600 of units and of the kubelet's configuration as well).",
  fix: "Mode 600 for keys and kubeconfigs, 644 for the others, all of root:root.",
  provoked: { not: "there is nothing to see" },
  needs: ["files"],
  uses: [
    ...UNIT_FACTS,
    "kubeletKubeconfig",
    "kubeProxyKubeconfig",
    "kubeletServing",
    "clientAuthority",
    "kubeletConfig",
    "kubeProxyConfig",
    "networks",
  ],
  check(facts) {
    const { files, kubeletServing, kubeProxyConfig } = facts;
    const secret = (path: string | undefined, what: string): Kept[] =>
      path === undefined ? [] : [{ path, what, forbidden: SECRET }];
    const open = (path: string | undefined, what: string): Kept[] =>
      path === undefined ? [] : [{ path, what, forbidden: WRITABLE }];
    const kept = [
      ...secret(facts.kubeletKubeconfig?.path, "the kubelet's kubeconfig"),
      ...secret(
        facts.kubeProxyKubeconfig?.path ?? kubeProxyConfig?.kubeconfig?.value,
        "kube-proxy's kubeconfig",
      ),
      ...secret(kubeletServing?.keyPath.value, "the kubelet's private key"),
      ...open(kubeletServing?.certificatePath.value, "the kubelet's certificate"),
      ...open(facts.clientAuthority?.path, "the authority's certificate"),
      ...CONFIGS.flatMap(({ path, what }) => open(path, what)),
      ...unitsOf(facts).flatMap(({ name, path, dropIns }) =>
        [path, ...dropIns].flatMap((one) => open(one, `a file of ${name}`)),
      ),
      ...(facts.networks ?? []).flatMap(({ file }) => open(file.path, "a network configuration")),
    ];
    const there = kept.flatMap((one) => {
      const file = files.get(one.path);
      return file === undefined ? [] : [{ file, one }];
    });
    if (there.every(({ file }) => file.mode === undefined))
      return unknown("no file's mode is known");
    return there.flatMap(({ file, one }) => judge(file, one, !files.isComplete));
  },
});

const CONFIGS = [
  { path: "/etc/containerd/config.toml", what: "containerd's configuration" },
  { path: "/var/lib/kubelet/kubelet-config.yaml", what: "the kubelet's configuration" },
  { path: "/var/lib/kube-proxy/kube-proxy-config.yaml", what: "kube-proxy's configuration" },
];
