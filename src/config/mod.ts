/**
 * Typed models of every file that a worker node reads, each value with its line and column:
 * KubeletConfiguration, KubeProxyConfiguration, kubeconfig, containerd's config.toml, systemd units,
 * CNI configuration; and the parts that they are made of, for a file of one's own: three parsers
 * that give located documents, and schemas as data to hold a document against. No I/O.
 *
 * Every parser takes bytes or text and a file name for the locations, and gives `{value,
 * problems}`: a value wherever the syntax holds, so that one mistake does not hide the others.
 * Values of secrets are never part of a message. What a schema cannot say (two files against each
 * other) is not decided here.
 *
 * ```ts
 * const { value, problems } = parseKubeletConfig(bytes, "configs/kubelet-config.yaml");
 * value?.cgroupDriver; // { value: "systemd", location: { file, line: 14, column: 15 }, ... }
 * ```
 *
 * @module
 */

export { CniConfig, type CniPluginConfig, parseCniConfig } from "./cni/cni-config.ts";
export {
  confListSchema as cniConfListSchema,
  pluginSchema as cniPluginSchema,
} from "./cni/plugin-schemas.ts";
export {
  ContainerdConfig,
  type ContainerdRuntime,
  containerdConfigOf,
  parseContainerdConfig,
} from "./containerd/containerd-config.ts";
export type { ContainerdConfigVersion } from "./containerd/containerd-layout.ts";
export { containerdV2 } from "./containerd/containerd-v2.ts";
export { containerdV3, containerdV4 } from "./containerd/containerd-v3.ts";
export { defaultSandboxImage } from "./containerd/default-sandbox-image.ts";
export {
  type ContainerdMerge,
  type ImportLookup,
  type LoadedImports,
  loadImports,
  type MergedContainerd,
  mergeContainerd,
} from "./containerd/mod.ts";
export {
  ConfigDocument,
  type ConfigNode,
  formatPath,
  type ListNode,
  type MapEntry,
  type MapNode,
  type Path,
  type PathSegment,
  type PlainValue,
  type ScalarNode,
  toPlain,
} from "./document/config-document.ts";
export {
  type FoundSecret,
  findSecrets,
  holdsPrivateKey,
  maskSecrets,
  type TextSpan,
} from "./document/find-secrets.ts";
export { findUnexpanded } from "./document/find-unexpanded.ts";
export { matchesPattern } from "./document/match-pattern.ts";
export { memoizeParser, type TextParser } from "./document/memoize-parser.ts";
export { parseJson } from "./document/parse-json.ts";
export { parseToml } from "./document/parse-toml.ts";
export { parseYaml } from "./document/parse-yaml.ts";
export { joinProblems } from "./document/problems.ts";
export {
  type ConfigFormat,
  type ConfigInput,
  MAX_CONFIG_BYTES,
  type Parsed,
  SourceText,
} from "./document/source-text.ts";
export {
  type ExecPlugin,
  Kubeconfig,
  parseKubeconfig,
  type ResolvedContext,
} from "./kubeconfig/kubeconfig.ts";
export { kubeconfig as kubeconfigSchema } from "./kubeconfig/kubeconfig-schema.ts";
export { KubeletConfig, parseKubeletConfig } from "./kubelet/kubelet-config.ts";
export { kubeletConfiguration } from "./kubelet/kubelet-configuration.ts";
export { EVICTION_SIGNALS, type EvictionSignal } from "./kubelet/kubelet-resources.ts";
export {
  type EvictionThreshold,
  effectiveKubelet,
  evictionThreshold,
  isGateOn,
  KUBELET_FLAG_KINDS,
  KUBELET_FLAGS,
  type KubeletSources,
  parseNodeLabels,
  REMOVED_KUBELET_FLAGS,
  type Refusal,
  type RemovedFlag,
  reservationPlaces,
  reserved,
  TLS_CIPHER_SUITES,
  validateKubelet,
} from "./kubelet/mod.ts";
export { KubeProxyConfig, parseKubeProxyConfig } from "./proxy/kube-proxy-config.ts";
export { kubeProxyConfiguration } from "./proxy/kube-proxy-configuration.ts";
export {
  countsBesideConfig,
  effectiveKubeProxy,
  type KubeProxySources,
  PROXY_FLAG_KINDS,
  PROXY_FLAGS,
} from "./proxy/mod.ts";
export { always, ConfigReader, type Located } from "./schema/config-reader.ts";
export { describe as describeSchema } from "./schema/describe-schema.ts";
export { parseDurationNs } from "./schema/duration.ts";
export {
  any,
  boolean,
  choice,
  either,
  integer,
  list,
  map,
  number,
  type OutputOf,
  object,
  required,
  type Schema,
  type SchemaNode,
  schemaAt,
  text,
  type UnknownKeys,
} from "./schema/schema.ts";
export { hasFormat, parseDurationMs, type TextFormat } from "./schema/text-formats.ts";
export { readValue, type ValidateOptions, validate, validateNode } from "./schema/validate.ts";
export { checkUnit } from "./unit/check-unit.ts";
export { misnamedDropInFolders, readableDropInName } from "./unit/drop-in-names.ts";
export { filesReadBy } from "./unit/files-read-by.ts";
export {
  COMMAND_LINE,
  type CommandLine,
  type EnvironmentAssignment,
  type EnvironmentInput,
  type ExpandedCommand,
  expandCommand,
  expandSpecifiers,
  type FlagKinds,
  type GivenFlag,
  type MissingEnvironmentFile,
  type NamedText,
  type ProcessFlags,
  parseEnvironmentFile,
  parseFlags,
  parseProcessFlags,
  type ReadEnvironment,
  type SpecifierFacts,
  type Specifiers,
  specifiersOf,
  type UnitArgument,
  type UnitEnvironment,
  type UnsetVariable,
  unitEnvironment,
  type VariableValue,
} from "./unit/mod.ts";
export { type ParseUnitOptions, parseUnit } from "./unit/parse-unit.ts";
export { parseTimeSpanMs } from "./unit/time-span.ts";
export type { UnitEntry } from "./unit/unit-entry.ts";
export { mergeUnit, parseUnitBoolean, UnitFile } from "./unit/unit-file.ts";
export { UNIT_KEYS } from "./unit/unit-keys.ts";
export { type ExecCommand, splitWords, type Word } from "./unit/unit-words.ts";
