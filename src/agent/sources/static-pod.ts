import { createHash } from "node:crypto";
import { err, ok, type Problem, type Result } from "../../base/mod.ts";
import { parseYaml } from "../../config/mod.ts";
import type { Pod, PodSpec } from "../api/mod.ts";
import { withDefaults } from "./default-pod.ts";

/** Volumes and fields that lead to objects of the API, which a static pod cannot have. */
const API_VOLUMES = ["secret", "configMap", "persistentVolumeClaim", "ephemeral"] as const;

/** Whose a static pod is. */
export interface StaticOrigin {
  readonly nodeName: string;
  /** As the kubelet's annotation `kubernetes.io/config.source` has it. */
  readonly source: "file" | "http";
}

/** A pod out of a file or from a URL (YAML or JSON), named after its node; every problem has its place. */
export function parseStaticPod(
  text: string,
  file: string,
  origin: StaticOrigin,
): Result<Pod, readonly Problem[]> {
  const { value: document, problems } = parseYaml(text, file);
  if (document === undefined) return err(problems);
  const broken = (message: string, path: readonly (string | number)[]): Problem => ({
    code: "bad-static-pod",
    severity: "error",
    message: `Cannot use the static pod: ${message}`,
    locations: [document.at(path)],
  });
  // cast: the few fields that the agent relies on are checked right below
  const given = document.value as Partial<Pod> | null;
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    return err([broken("the file holds no object", [])]);
  }
  if (given.kind !== "Pod" || given.apiVersion !== "v1") {
    return err([broken("it is not of kind Pod, apiVersion v1", ["kind"])]);
  }
  const { metadata, spec } = given;
  const wrong = [
    ...(isName(metadata?.name) ? [] : [broken("metadata.name is missing", ["metadata"])]),
    ...checkSpec(spec, broken),
  ];
  if (wrong.length > 0 || metadata === undefined || spec === undefined) return err(wrong);
  return ok(identify(withDefaults({ ...given, metadata, spec }), { file, text, ...origin }));
}

type Broken = (message: string, path: readonly (string | number)[]) => Problem;

function checkSpec(spec: PodSpec | undefined, broken: Broken): Problem[] {
  const containers = spec?.containers;
  if (!Array.isArray(containers) || containers.length === 0) {
    return [broken("spec.containers is empty", ["spec"])];
  }
  const problems: Problem[] = [];
  for (const field of ["initContainers", "containers"] as const) {
    (spec?.[field] ?? []).forEach((container, at) => {
      if (!isName(container?.name))
        problems.push(broken("a container has no name", ["spec", field, at]));
      else if (!isName(container.image)) {
        problems.push(broken(`container "${container.name}" has no image`, ["spec", field, at]));
      }
    });
  }
  (spec?.volumes ?? []).forEach((volume, at) => {
    const kind = API_VOLUMES.find((name) => name in volume);
    if (kind === undefined) return;
    const message = `volume "${volume.name}" is a ${kind}, which needs the API server`;
    problems.push(broken(message, ["spec", "volumes", at]));
  });
  return problems;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Another content is another pod: its UID comes from it, from the file and from the node. */
function identify(
  pod: Pod,
  from: StaticOrigin & { readonly file: string; readonly text: string },
): Pod {
  const { file, nodeName, text, source } = from;
  const hash = createHash("sha256")
    .update(`${text}\0host:${nodeName}\0file:${file}`)
    .digest("hex")
    .slice(0, 32);
  const uid = isName(pod.metadata.uid) ? pod.metadata.uid : hash;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name: `${pod.metadata.name}-${nodeName.toLowerCase()}`,
      namespace: pod.metadata.namespace ?? "default",
      uid,
      annotations: {
        ...pod.metadata.annotations,
        "kubernetes.io/config.hash": uid,
        "kubernetes.io/config.source": source,
      },
    },
    spec: {
      ...pod.spec,
      nodeName,
      tolerations: [...(pod.spec.tolerations ?? []), { operator: "Exists", effect: "NoExecute" }],
    },
  };
}
