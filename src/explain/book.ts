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
import type { ModelessOption, Option, OptionFile, OptionText } from "./option.ts";
import { type SchemaKey, schemaKeys } from "./schema-keys.ts";
import { waysTo } from "./segments.ts";
import { cniBridgeTexts } from "./texts/cni-bridge.ts";
import { cniEnvTexts } from "./texts/cni-env.ts";
import { cniIpamTexts } from "./texts/cni-ipam.ts";
import { cniNetworkTexts } from "./texts/cni-network.ts";
import { containerdCriTexts } from "./texts/containerd-cri.ts";
import { containerdDaemonTexts } from "./texts/containerd-daemon.ts";
import { containerdImageTexts } from "./texts/containerd-images.ts";
import { containerdRunningTexts } from "./texts/containerd-running.ts";
import { containerdShimTexts } from "./texts/containerd-shim.ts";
import { flagTexts } from "./texts/flags.ts";
import { kubeProxyTexts } from "./texts/kube-proxy.ts";
import { kubeProxyModeTexts } from "./texts/kube-proxy-modes.ts";
import { kubeconfigTexts } from "./texts/kubeconfig.ts";
import { kubeletAuthTexts } from "./texts/kubelet-auth.ts";
import { kubeletCgroupTexts } from "./texts/kubelet-cgroups.ts";
import { kubeletEvictionTexts } from "./texts/kubelet-eviction.ts";
import { kubeletNetworkTexts } from "./texts/kubelet-network.ts";
import { kubeletNodeTexts } from "./texts/kubelet-node.ts";
import { kubeletObservabilityTexts } from "./texts/kubelet-observability.ts";
import { kubeletReservationTexts } from "./texts/kubelet-reservations.ts";
import { kubeletRuntimeTexts } from "./texts/kubelet-runtime.ts";
import { kubeletServerTexts } from "./texts/kubelet-server.ts";
import { loggingTexts } from "./texts/logging.ts";
import { machineTexts } from "./texts/machines.ts";
import { nodewrightTexts } from "./texts/nodewright.ts";
import { placeTexts } from "./texts/places.ts";
import { unitFurtherTexts } from "./texts/unit-further.ts";
import { unitServiceTexts } from "./texts/unit-service.ts";
import { unitTexts } from "./texts/units.ts";

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
    machines: modeless(machineTexts),
    cni: { keys: cniKeys(), texts: [...cniNetworkTexts, ...cniBridgeTexts, ...cniIpamTexts] },
    env: modeless(cniEnvTexts),
    containerd: {
      keys: containerdKeys([
        [2, containerdV2],
        [3, containerdV3],
        [4, containerdV4],
      ]),
      texts: [
        ...containerdDaemonTexts,
        ...containerdCriTexts,
        ...containerdShimTexts,
        ...containerdImageTexts,
        ...containerdRunningTexts,
      ],
    },
    kubelet: {
      keys: schemaKeys(kubeletConfiguration),
      texts: [
        ...kubeletServerTexts,
        ...kubeletAuthTexts,
        ...kubeletNodeTexts,
        ...loggingTexts,
        ...kubeletObservabilityTexts,
        ...kubeletRuntimeTexts,
        ...kubeletNetworkTexts,
        ...kubeletCgroupTexts,
        ...kubeletReservationTexts,
        ...kubeletEvictionTexts,
      ],
    },
    "kube-proxy": {
      keys: schemaKeys(kubeProxyConfiguration),
      texts: [...kubeProxyTexts, ...loggingTexts, ...kubeProxyModeTexts],
    },
    kubeconfig: {
      keys: schemaKeys(kubeconfigSchema).filter(({ path }) => !path.includes("extensions")),
      texts: kubeconfigTexts,
    },
    unit: modeless([...unitTexts, ...unitServiceTexts, ...unitFurtherTexts]),
    flag: modeless(flagTexts),
    place: modeless(placeTexts),
    nodewright: {
      // What nodes.* may hold is what stands at the top.
      keys: schemaKeys(settings).filter(({ path }) => !path.startsWith("nodes.*")),
      texts: nodewrightTexts,
    },
  };
}

function modeless(texts: readonly ModelessOption[]): Chapter {
  return { keys: texts, texts };
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
