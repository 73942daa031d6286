import { type Path, type PlainValue, parseYaml } from "../../../config/mod.ts";
import { fileStart } from "../../certificate-findings.ts";
import type { NodeFile } from "../../facts/node-tree.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { minorOf } from "../../setting.ts";

const CONTROL_PLANE = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/** Fields of a pod that name an object of the API. */
const REFERENCES: ReadonlySet<string> = new Set([
  "configMap",
  "configMapKeyRef",
  "configMapRef",
  "imagePullSecrets",
  "persistentVolumeClaim",
  "resourceClaims",
  "secret",
  "secretKeyRef",
  "secretRef",
  "serviceAccountName",
]);

/** Since this minor PreventStaticPodAPIReferences is on. */
const REFUSED_SINCE = 34;

/** NW-C28 */
export const staticPods = nodeRule({
  id: "NW-C28",
  severity: "warning",
  title: "Static pods of the node are a worker's, and can run without the API",
  stages: ["files", "machine"],
  places: ["configs/kubelet-config.yaml: staticPodPath", "manifests in that directory"],
  symptom:
    "A second API server or etcd runs on a worker and disturbs the first; or a static pod never " +
    "starts: `static pods may not reference secrets`, and the like.",
  why:
    "Whatever lies in staticPodPath runs, beside the scheduler and past RBAC; a machine that was a " +
    "control plane before still has its manifests. A static pod cannot have what only the API knows: " +
    "since 1.34 the kubelet refuses such pods (feature gate PreventStaticPodAPIReferences).",
  fix: "Remove the manifests that do not belong on a worker, or leave staticPodPath out.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig", "files"],
  uses: ["versions"],
  check({ kubeletConfig, files, versions }) {
    const { staticPodPath } = kubeletConfig;
    if (staticPodPath === undefined) return [];
    const dir = staticPodPath.value.replace(/\/+$/, "");
    const names = files.list(dir);
    const single = files.get(dir);
    if (names === undefined && single?.text === undefined) {
      return files.isComplete ? [] : unknown(`needs the machine: ${dir}`);
    }
    const manifests = (names ?? [])
      .filter((name) => !name.startsWith("."))
      .flatMap((name) => files.get(`${dir}/${name}`) ?? []);
    const minor = minorOf(versions, "kubelet");
    const all = single?.text === undefined ? manifests : [single];
    return all
      .flatMap((file) => judge(file, minor))
      .map((found) => ({
        ...found,
        locations: [...found.locations, staticPodPath.location],
      }));
  },
});

function judge(file: NodeFile, minor: number | undefined): readonly Found[] {
  const document = parseYaml(file.text ?? "", file.shown).value;
  if (document === undefined) return [];
  const { value: pod } = document;
  const name = at(pod, ["metadata", "name"]);
  const base = typeof name === "string" ? name : (file.path.split("/").at(-1) ?? "");
  if (CONTROL_PLANE.some((known) => base === known || base.startsWith(`${known}-`))) {
    return [
      {
        message: `A static pod of the control plane runs on a worker: ${base}`,
        locations: [document.at(["metadata", "name"])],
      },
    ];
  }
  if (minor !== undefined && minor < REFUSED_SINCE) return [];
  const spec = at(pod, ["spec"]);
  const [reference] = spec === undefined ? [] : referencesIn(spec, ["spec"]);
  if (reference === undefined) return [];
  return [
    {
      message: `A static pod may not use objects of the API, ${base} has: ${reference.at(-1)}`,
      locations: [reference.length === 0 ? fileStart(file.shown) : document.keyAt(reference)],
      severity: "error",
      fix: "Take it from a file of the node (hostPath), or run the pod through the API",
    },
  ];
}

function at(value: PlainValue, path: readonly string[]): PlainValue | undefined {
  let current: PlainValue | undefined = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null || Array.isArray(current)) return undefined;
    // cast: what is neither a scalar nor a list is a map of plain values.
    current = (current as { readonly [key: string]: PlainValue })[key];
  }
  return current;
}

function referencesIn(value: PlainValue, path: Path): Path[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, PlainValue]): Path[] => {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    return REFERENCES.has(key) ? [here] : referencesIn(inner, here);
  });
}
