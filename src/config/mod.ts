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
export { checkUnit } from "./check-unit.ts";
export { CniConfig, type CniPluginConfig, parseCniConfig } from "./cni-config.ts";
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
} from "./config-document.ts";
export { always, ConfigReader, type Located } from "./config-reader.ts";
export {
  type ContainerdMerge,
  type ImportLookup,
  type LoadedImports,
  loadImports,
  type MergedContainerd,
  mergeContainerd,
} from "./containerd/mod.ts";
export {
  ContainerdConfig,
  type ContainerdConfigVersion,
  type ContainerdRuntime,
  containerdConfigOf,
  parseContainerdConfig,
} from "./containerd-config.ts";
export { defaultSandboxImage } from "./default-sandbox-image.ts";
export { describe as describeSchema } from "./describe-schema.ts";
export { parseDurationNs, parseQuantityNano } from "./exact-values.ts";
export { filesReadBy } from "./files-read-by.ts";
export { findUnexpanded } from "./find-unexpanded.ts";
export { KubeProxyConfig, parseKubeProxyConfig } from "./kube-proxy-config.ts";
export {
  type ExecPlugin,
  Kubeconfig,
  parseKubeconfig,
  type ResolvedContext,
} from "./kubeconfig.ts";
export {
  effectiveKubelet,
  KUBELET_FLAG_KINDS,
  KUBELET_FLAGS,
  type KubeletSources,
  REMOVED_KUBELET_FLAGS,
  type RemovedFlag,
} from "./kubelet/mod.ts";
export { KubeletConfig, parseKubeletConfig } from "./kubelet-config.ts";
export { matchesPattern } from "./match-pattern.ts";
export { memoizeParser, type TextParser } from "./memoize-parser.ts";
export { parseJson } from "./parse-json.ts";
export { parseToml } from "./parse-toml.ts";
export { type ParseUnitOptions, parseUnit } from "./parse-unit.ts";
export { parseYaml } from "./parse-yaml.ts";
export { joinProblems } from "./problems.ts";
export {
  countsBesideConfig,
  effectiveKubeProxy,
  type KubeProxySources,
  PROXY_FLAG_KINDS,
  PROXY_FLAGS,
} from "./proxy/mod.ts";
export {
  type ContainerdConfigOptions,
  renderContainerdConfig,
} from "./render-containerd-config.ts";
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
} from "./schema.ts";
export {
  type ConfigFormat,
  type ConfigInput,
  MAX_CONFIG_BYTES,
  type Parsed,
  SourceText,
} from "./source-text.ts";
export {
  confListSchema as cniConfListSchema,
  pluginSchema as cniPluginSchema,
} from "./tables/cni.ts";
export { containerdV2 } from "./tables/containerd-v2.ts";
export { containerdV3, containerdV4 } from "./tables/containerd-v3.ts";
export { kubeProxyConfiguration } from "./tables/kube-proxy-configuration.ts";
export { kubeconfig as kubeconfigSchema } from "./tables/kubeconfig.ts";
export { kubeletConfiguration } from "./tables/kubelet-configuration.ts";
export { UNIT_KEYS } from "./tables/unit-keys.ts";
export { hasFormat, parseDurationMs, type TextFormat } from "./text-formats.ts";
export {
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
  parseEnvironmentFile,
  parseFlags,
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
export type { UnitEntry } from "./unit-entry.ts";
export { mergeUnit, parseUnitBoolean, UnitFile } from "./unit-file.ts";
export { type ExecCommand, splitWords, type Word } from "./unit-words.ts";
export { readValue, type ValidateOptions, validate, validateNode } from "./validate.ts";
