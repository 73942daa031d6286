import type { Admission, AdmissionRequest } from "../../api/mod.ts";
import {
  type ApiObject,
  isObject,
  type Json,
  type JsonObject,
  objectsAt,
  textAt,
} from "../../objects/mod.ts";
import { isMirrorPod, podSecrets } from "../node/mod.ts";
import type { ObjectSource, StoredKinds } from "../request/mod.ts";
import { forbid, isOn } from "./refuse.ts";

const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const VOLUME_PREFIX = "kube-api-access-";
const ROOT_CA = "kube-root-ca.crt";
/** A little over an hour: tells tokens that were mounted from those that were asked for. */
const EXPIRATION_SECONDS = 3607;

type ServiceAccount = StoredKinds["serviceaccounts"];

/** Gives a new pod a ServiceAccount, its token as a volume, and its image pull secrets. */
export function serviceAccountAdmission(
  objects: ObjectSource,
  randomSuffix: () => string = fiveLetters,
): Admission {
  return async (request) => {
    const { object, operation, namespace } = request;
    const spec = object?.["spec"];
    if (!isOn(request, "pods") || operation !== "CREATE" || object === undefined) return object;
    if (!isObject(spec)) return object;
    if (isMirrorPod(object)) {
      checkMirrorPod(request, object, spec);
      return object;
    }
    const name = textAt(spec, "serviceAccountName") || "default";
    spec["serviceAccountName"] = name;
    // The older name of the field shows the same.
    spec["serviceAccount"] = name;
    const account = objects.get("serviceaccounts", name, namespace);
    if (account === undefined) {
      throw forbid(
        request,
        `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
      );
    }
    if (mountsToken(account, spec)) mountToken(spec, randomSuffix);
    const pullSecrets = (account.imagePullSecrets ?? []).flatMap(({ name: one }) =>
      one === undefined ? [] : [{ name: one }],
    );
    if (objectsAt(spec, "imagePullSecrets").length === 0 && pullSecrets.length > 0) {
      spec["imagePullSecrets"] = pullSecrets;
    }
    return object;
  };
}

function checkMirrorPod(request: AdmissionRequest, _pod: ApiObject, spec: JsonObject): void {
  if (textAt(spec, "serviceAccountName") !== "") {
    throw forbid(request, "a mirror pod may not reference service accounts");
  }
  if (podSecrets(spec).length > 0) throw forbid(request, "a mirror pod may not reference secrets");
  const sources = objectsAt(spec, "volumes").flatMap((one) =>
    objectsAt(one, "projected", "sources"),
  );
  if (sources.some((source) => isObject(source["serviceAccountToken"]))) {
    throw forbid(request, "a mirror pod may not use ServiceAccountToken volume projections");
  }
}

/** What the pod says wins over what its ServiceAccount says. */
function mountsToken(account: ServiceAccount, spec: JsonObject): boolean {
  const own = spec["automountServiceAccountToken"];
  if (typeof own === "boolean") return own;
  return account.automountServiceAccountToken ?? true;
}

function mountToken(spec: JsonObject, randomSuffix: () => string): void {
  const volumes = objectsAt(spec, "volumes");
  const known = volumes.find((one) => textAt(one, "name").startsWith(VOLUME_PREFIX));
  const name = known === undefined ? VOLUME_PREFIX + randomSuffix() : textAt(known, "name");
  const containers = ["initContainers", "containers"].flatMap((field) => objectsAt(spec, field));
  let isNeeded = false;
  for (const container of containers) {
    const mounts = objectsAt(container, "volumeMounts");
    // What is mounted there already is what the user wants there.
    if (mounts.some((mount) => textAt(mount, "mountPath") === MOUNT_PATH)) continue;
    container["volumeMounts"] = [...mounts, { name, readOnly: true, mountPath: MOUNT_PATH }];
    isNeeded = true;
  }
  if (isNeeded && known === undefined) spec["volumes"] = [...volumes, tokenVolume(name)];
}

function tokenVolume(name: string): JsonObject {
  const sources: Json[] = [
    { serviceAccountToken: { expirationSeconds: EXPIRATION_SECONDS, path: "token" } },
    { configMap: { name: ROOT_CA, items: [{ key: "ca.crt", path: "ca.crt" }] } },
    {
      downwardAPI: {
        items: [
          { path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } },
        ],
      },
    },
  ];
  return { name, projected: { sources, defaultMode: 0o644 } };
}

const LETTERS = "bcdfghjklmnpqrstvwxz2456789";

function fiveLetters(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) =>
    LETTERS.charAt(byte % LETTERS.length),
  ).join("");
}
