import type { RuleInfo } from "../check/rule.ts";
import {
  cniConfListSchema,
  cniPluginSchema,
  containerdV2,
  containerdV3,
  containerdV4,
  kubeconfigSchema,
  kubeletConfiguration,
  kubeProxyConfiguration,
  type SchemaNode,
} from "../config/mod.ts";
import { containerdKeys } from "./containerd-options.ts";
import { FILES, type FileText } from "./files.ts";
import {
  CNI_ENVIRONMENT_SCHEMAS,
  FLAG_SCHEMAS,
  MACHINES_SCHEMAS,
  UNIT_SCHEMAS,
} from "./modeless-schemas.ts";
import type { Option, OptionFile, OptionText } from "./option.ts";
import { type SchemaKey, schemaKeys } from "./schema-keys.ts";
import { waysTo } from "./segments.ts";
import { TEXTS } from "./texts/texts.ts";

/** Everything that can be explained. */
export interface Book {
  readonly files: readonly OptionFile[];
  readonly rules: readonly RuleInfo[];
}

/** A key of a file; without a schema where it has no value. */
type ChapterKey = Pick<SchemaKey, "path"> & Partial<SchemaKey & Pick<Option, "places">>;

/** A file's options: the keys of its schema, and what was written about them. */
export interface Chapter {
  readonly keys: readonly ChapterKey[];
  readonly texts: readonly OptionText[];
}

/** What the book cannot know by itself. */
export interface BookSources {
  readonly rules: readonly RuleInfo[];
  /** The schema of nodewright.yaml, which belongs to a layer above. */
  readonly settings: SchemaNode;
}

/** Brings together the schemas and the texts. An option without a text is left out; a test sees to it that there is none. */
export function createBook(sources: BookSources): Book {
  const chapters = chaptersOf(sources.settings);
  const files = FILES.map((file) => toFile(file, chapters[file.id]));
  return { files, rules: sources.rules };
}

function toFile(file: FileText, { keys, texts }: Chapter): OptionFile {
  const byPath = new Map(texts.map((text) => [text.path, text]));
  const options: Option[] = [];
  const whole: OptionFile = { ...file, options };
  for (const { path, schema, places = [] } of keys) {
    const text = byPath.get(path);
    if (text === undefined) continue;
    const segments = waysTo(path, places);
    const value = schema === undefined ? {} : { schema };
    options.push({ file: whole, path, text, places, segments, ...value });
  }
  return whole;
}

/** The chapters by the id of their file. */
export function chaptersOf(settings: SchemaNode): Readonly<Record<FileText["id"], Chapter>> {
  return {
    machines: modeless(TEXTS.machines, MACHINES_SCHEMAS),
    cni: {
      keys: cniKeys(),
      texts: [...TEXTS["cni-network"], ...TEXTS["cni-bridge"], ...TEXTS["cni-ipam"]],
    },
    env: modeless(TEXTS["cni-env"], CNI_ENVIRONMENT_SCHEMAS),
    containerd: {
      keys: containerdKeys([
        [2, containerdV2],
        [3, containerdV3],
        [4, containerdV4],
      ]),
      texts: [
        ...TEXTS["containerd-daemon"],
        ...TEXTS["containerd-cri"],
        ...TEXTS["containerd-shim"],
        ...TEXTS["containerd-images"],
        ...TEXTS["containerd-running"],
      ],
    },
    kubelet: {
      keys: schemaKeys(kubeletConfiguration),
      texts: [
        ...TEXTS["kubelet-server"],
        ...TEXTS["kubelet-auth"],
        ...TEXTS["kubelet-node"],
        ...TEXTS.logging,
        ...TEXTS["kubelet-observability"],
        ...TEXTS["kubelet-runtime"],
        ...TEXTS["kubelet-network"],
        ...TEXTS["kubelet-cgroups"],
        ...TEXTS["kubelet-reservations"],
        ...TEXTS["kubelet-eviction"],
      ],
    },
    "kube-proxy": {
      keys: schemaKeys(kubeProxyConfiguration),
      texts: [...TEXTS["kube-proxy"], ...TEXTS.logging, ...TEXTS["kube-proxy-modes"]],
    },
    kubeconfig: {
      keys: schemaKeys(kubeconfigSchema).filter(({ path }) => !path.includes("extensions")),
      texts: TEXTS.kubeconfig,
    },
    unit: modeless(
      [...TEXTS.units, ...TEXTS["unit-service"], ...TEXTS["unit-further"]],
      UNIT_SCHEMAS,
    ),
    flag: modeless(TEXTS.flags, FLAG_SCHEMAS),
    place: modeless(TEXTS.places, {}),
    nodewright: {
      // What nodes.* may hold is what stands at the top.
      keys: schemaKeys(settings).filter(({ path }) => !path.startsWith("nodes.*")),
      texts: TEXTS.nodewright,
    },
  };
}

/** A chapter of what `src/config` has no model of: its schemas stand here, by path. */
function modeless(
  texts: readonly OptionText[],
  schemas: Readonly<Record<string, SchemaNode>>,
): Chapter {
  const keys = texts.map(({ path }) => {
    const schema = schemas[path];
    return schema === undefined ? { path } : { path, schema };
  });
  return { keys, texts };
}

/** The keys of a network; those of a plugin stand in an entry of `plugins` where the file is a list. */
function cniKeys(): Chapter["keys"] {
  const ofList = schemaKeys(cniConfListSchema);
  const ofNetwork = new Set(ofList.map(({ path }) => path));
  const ofPlugin = schemaKeys(cniPluginSchema("bridge", "host-local", true));
  return [
    ...ofList,
    ...ofPlugin
      .filter(({ path }) => !ofNetwork.has(path))
      .map((key) => ({
        ...key,
        places: [
          { in: "10-bridge.conf", path: key.path },
          { in: "10-bridge.conflist", path: `plugins[].${key.path}` },
        ],
      })),
  ];
}
