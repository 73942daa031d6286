import type { Problem } from "../../base/mod.ts";
import { checkUnit, parseKubeconfig, parseUnit, parseYaml } from "../../config/mod.ts";
import { emptyFile, readText } from "./read-directory.ts";

/**
 * Files of the tutorial's layout that its control plane reads, and `apply` itself (admin.kubeconfig). No
 * node gets them, so that a problem of theirs stops no node.
 */
const FILES: readonly (readonly [path: string, parse: Parse])[] = [
  ...["admin", "kube-controller-manager", "kube-scheduler"].map(
    (name) => [`${name}.kubeconfig`, kubeconfigProblems] as const,
  ),
  ...["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"].map(
    (name) => [`units/${name}.service`, unitProblems] as const,
  ),
  ["encryption-config.yaml", document("apiserver.config.k8s.io/v1", "v1")],
  ["configs/encryption-config.yaml", document("apiserver.config.k8s.io/v1", "v1")],
  ["configs/kube-scheduler.yaml", document("kubescheduler.config.k8s.io/v1")],
  ["configs/kube-apiserver-to-kubelet.yaml", document("rbac.authorization.k8s.io/v1")],
];

type Parse = (text: string, path: string) => readonly Problem[];

/**
 * What is wrong with the control plane's files as far as they are there: that they cannot be read or
 * parsed, another version, an unknown key. `names` are those in the directory and in its folders.
 */
export async function checkControlPlaneFiles(
  dir: string,
  hasName: (path: string) => boolean,
): Promise<readonly Problem[]> {
  const found = await Promise.all(
    FILES.filter(([path]) => hasName(path)).map(async ([path, parse]) => {
      const read = await readText(dir, path);
      if (read.kind === "absent") return [];
      if (read.kind === "problem") return [read.problem];
      return read.text === "" ? [emptyFile(path)] : parse(read.text, path);
    }),
  );
  return found.flat();
}

function kubeconfigProblems(text: string, path: string): readonly Problem[] {
  const { value, problems } = parseKubeconfig(text, path);
  const context = value?.resolve();
  return context === undefined || context.ok || problems.length > 0
    ? problems
    : [...problems, context.error];
}

function unitProblems(text: string, path: string): readonly Problem[] {
  const { value, problems } = parseUnit(text, path);
  return value === undefined ? problems : [...problems, ...checkUnit(value)];
}

/** YAML of one of these apiVersions; a file of several documents, as kubectl takes it, by its first. */
function document(...versions: readonly string[]): Parse {
  return (text, path) => {
    const first = text.replace(/^---\n/, "").split(/^---$/m, 1)[0] ?? "";
    const { value, problems } = parseYaml(first, path);
    const version = value?.node(["apiVersion"]);
    if (value === undefined || problems.some(({ severity }) => severity === "error")) {
      return problems;
    }
    const said = version?.kind === "scalar" ? String(version.value) : undefined;
    if (said !== undefined && versions.includes(said)) return problems;
    const [wanted = ""] = versions;
    return [
      ...problems,
      {
        code: said === undefined ? "missing-key" : "wrong-version",
        severity: "error",
        message:
          said === undefined
            ? `Cannot use ${path}: it has no apiVersion`
            : `Cannot use ${path}: its apiVersion is "${said}"`,
        locations: [value.at(["apiVersion"])],
        fix: `Write apiVersion: ${wanted}`,
      },
    ];
  };
}
