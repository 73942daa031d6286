import { chmod, mkdir } from "node:fs/promises";
import type { DownwardAPIVolumeFile, VolumeProjection } from "kubernetes-types/core/v1";
import type { Pod, Volume } from "../api/mod.ts";
import type { Amounts } from "../config/mod.ts";
import { type FieldValues, podField, resourceField } from "../environment/mod.ts";
import type { ObjectCache } from "../objects/object-cache.ts";
import { dataOf, type ReferenceKind } from "../objects/pod-references.ts";
import type { TokenCache } from "../objects/token-cache.ts";
import { type Payload, type PayloadFile, writeAtomically } from "./atomic-writer.ts";
import type { ReadyVolume } from "./container-mounts.ts";
import { mountMedium } from "./empty-dir.ts";
import { type KeySelection, merge, selectKeys } from "./payload.ts";
import { VolumeError, type VolumePlugin, type VolumeRequest } from "./volume-plugin.ts";

export interface ApiVolumeDeps {
  readonly objects: ObjectCache;
  readonly tokens: TokenCache;
  readonly fields: (pod: Pod, podIPs: readonly string[]) => FieldValues;
  readonly allocatable: Amounts;
}

const DEFAULT_MODE = 0o644;
const TOKEN_SECONDS = 3600;

/** configMap, secret, downwardAPI and projected: files out of the API, all written in the same way. */
export function apiVolumePlugins(deps: ApiVolumeDeps): VolumePlugin[] {
  return [
    plugin("kubernetes.io/configmap", "configMap", false, async ({ pod, volume }) => {
      const { name = "", defaultMode, items, optional } = volume.configMap ?? {};
      const mode = defaultMode ?? DEFAULT_MODE;
      return await fromObject(deps, pod, {
        ...{ kind: "configmap" as const, name, mode },
        ...chosen(items, optional),
      });
    }),
    plugin("kubernetes.io/secret", "secret", true, async ({ pod, volume }) => {
      const { secretName = "", defaultMode, items, optional } = volume.secret ?? {};
      const mode = defaultMode ?? DEFAULT_MODE;
      return await fromObject(deps, pod, {
        ...{ kind: "secret" as const, name: secretName, mode },
        ...chosen(items, optional),
      });
    }),
    plugin("kubernetes.io/downward-api", "downwardAPI", true, async ({ pod, volume, podIPs }) => {
      const { items = [], defaultMode = DEFAULT_MODE } = volume.downwardAPI ?? {};
      return downward(deps, { pod, items, mode: defaultMode, podIPs });
    }),
    plugin("kubernetes.io/projected", "projected", true, async ({ pod, volume, podIPs }) => {
      const { sources = [], defaultMode = DEFAULT_MODE } = volume.projected ?? {};
      const parts: Payload[] = [];
      for (const source of sources) {
        parts.push(await projection(deps, source, { pod, mode: defaultMode, podIPs }));
      }
      return merge(...parts);
    }),
  ];
}

function plugin(
  name: string,
  field: "configMap" | "secret" | "downwardAPI" | "projected",
  inMemory: boolean,
  collect: (request: VolumeRequest) => Promise<Payload>,
): VolumePlugin {
  return {
    name,
    handles: (volume: Volume) => volume[field] !== undefined,
    async setUp(request: VolumeRequest): Promise<ReadyVolume> {
      const payload = await collect(request);
      const path = request.paths.volume(name, request.volume.name);
      await mkdir(path, { recursive: true, mode: 0o755 });
      if (inMemory) await mountMedium(path, "Memory", 0);
      await chmod(path, 0o777);
      const context = request.pod.spec.securityContext;
      const group = context?.fsGroup;
      await writeAtomically(path, group === undefined ? payload : shared(payload), {
        ...(group === undefined ? {} : { group }),
        ...(field === "projected" && hasToken(request.volume) ? tokenOwner(request.pod) : {}),
      });
      return { path, readonly: true };
    },
  };
}

/** With an fsGroup the group may read what the owner may. */
function shared(payload: Payload): Payload {
  return new Map(
    [...payload].map(([name, file]): [string, PayloadFile] => [
      name,
      { ...file, mode: file.mode | 0o440 },
    ]),
  );
}

function hasToken(volume: Volume): boolean {
  return (volume.projected?.sources ?? []).some(
    (source) => source.serviceAccountToken !== undefined,
  );
}

/** Where all containers run as one user, the token is that user's alone. */
function tokenOwner(pod: Pod): { readonly owner?: number } {
  const users = pod.spec.containers.map(
    ({ securityContext }) => securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser,
  );
  const [first] = users;
  return first !== undefined && users.every((user) => user === first) ? { owner: first } : {};
}

interface ObjectSource extends Omit<KeySelection, "what"> {
  readonly kind: ReferenceKind;
  readonly name: string;
}

function chosen(items: KeySelection["items"], optional: boolean | undefined) {
  return { optional: optional === true, ...(items === undefined ? {} : { items }) };
}

async function fromObject(deps: ApiVolumeDeps, pod: Pod, source: ObjectSource): Promise<Payload> {
  const { kind, name } = source;
  const object = await deps.objects.get(kind, pod.metadata.namespace, name);
  if (object === undefined) {
    if (source.optional) return new Map();
    throw new VolumeError(`${kind} "${name}" not found`);
  }
  return selectKeys(dataOf({ ...object, kind: kind === "secret" ? "Secret" : "ConfigMap" }), {
    ...source,
    what: `${kind} "${name}"`,
  });
}

async function projection(
  deps: ApiVolumeDeps,
  source: VolumeProjection,
  at: { readonly pod: Pod; readonly mode: number; readonly podIPs: readonly string[] },
): Promise<Payload> {
  const { pod, mode } = at;
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined) {
    const { name = "", items, optional } = configMap;
    return await fromObject(deps, pod, {
      kind: "configmap",
      name,
      mode,
      ...chosen(items, optional),
    });
  }
  if (secret !== undefined) {
    const { name = "", items, optional } = secret;
    return await fromObject(deps, pod, { kind: "secret", name, mode, ...chosen(items, optional) });
  }
  if (downwardAPI !== undefined) return downward(deps, { ...at, items: downwardAPI.items ?? [] });
  if (serviceAccountToken !== undefined) {
    const { path, audience = "", expirationSeconds = TOKEN_SECONDS } = serviceAccountToken;
    const token = await deps.tokens.get(pod, { audience, expirationSeconds });
    const { runAsUser, fsGroup } = pod.spec.securityContext ?? {};
    const isPrivate =
      runAsUser !== undefined || fsGroup !== undefined || tokenOwner(pod).owner !== undefined;
    return new Map([[path, { bytes: Buffer.from(token), mode: isPrivate ? 0o600 : mode }]]);
  }
  const kind = Object.keys(source)[0] ?? "empty";
  throw new VolumeError(`projected sources of kind ${kind} are not supported`);
}

function downward(
  deps: ApiVolumeDeps,
  at: {
    readonly pod: Pod;
    readonly items: readonly DownwardAPIVolumeFile[];
    readonly mode: number;
    readonly podIPs: readonly string[];
  },
): Payload {
  const { pod, podIPs } = at;
  return new Map(
    at.items.map((item): [string, PayloadFile] => {
      const { fieldRef, resourceFieldRef } = item;
      const text =
        resourceFieldRef === undefined
          ? podField(pod, fieldRef?.fieldPath ?? "", deps.fields(pod, podIPs))
          : resourceField(pod, resourceFieldRef, {
              containerName: "",
              allocatable: deps.allocatable,
            });
      if (text === undefined) {
        throw new VolumeError(`unsupported fieldPath: ${fieldRef?.fieldPath ?? ""}`);
      }
      return [item.path, { bytes: Buffer.from(text), mode: item.mode ?? at.mode }];
    }),
  );
}
