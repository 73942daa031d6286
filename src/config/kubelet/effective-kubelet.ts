import type { Problem } from "../../base/mod.ts";
import { ConfigDocument, type ConfigNode } from "../config-document.ts";
import { ConfigReader } from "../config-reader.ts";
import { JoinedSource } from "../joined-source.ts";
import { KubeletConfig } from "../kubelet-config.ts";
import { mergePatch, nodeBelow, withValue } from "../merge-nodes.ts";
import { type PairForm, readFlagValue } from "../read-flag-value.ts";
import { schemaAt } from "../schema.ts";
import { type Parsed, SourceText } from "../source-text.ts";
import { kubeletConfiguration } from "../tables/kubelet-configuration.ts";
import type { GivenFlag } from "../unit/parse-flags.ts";
import { validate } from "../validate.ts";
import { KUBELET_FLAGS } from "./flag-table.ts";
import { parseReservedMemory, parseTaints, parseVModule } from "./structured-flags.ts";

/** What a kubelet's configuration is made of, all of it parsed. */
export interface KubeletSources {
  /** The file of --config; undefined: none is given, or it cannot be read. */
  readonly file: ConfigDocument | undefined;
  /** The `*.conf` files of --config-dir by their paths, in order. */
  readonly dropIns: readonly ConfigDocument[];
  readonly flags: readonly GivenFlag[];
  /** The name of the whole where there is no file. */
  readonly name: string;
}

/**
 * The configuration that a kubelet has in effect: defaults, below the file, below the drop-ins (each
 * a merge patch of RFC 7396), below the flags. Feature gates of flags are added to those of the
 * files; every other flag takes its field's place. Each value has the place where it was set. The
 * problems are those of flags; the files' own are their parsers'.
 */
export function effectiveKubelet(sources: KubeletSources): Parsed<KubeletConfig> {
  const source = new JoinedSource(sources.file?.file ?? sources.name);
  const empty = new ConfigDocument(new SourceText(source.file, ""), {
    kind: "map",
    offset: 0,
    entries: new Map(),
  });
  let root = source.addDocument(sources.file ?? empty);
  for (const dropIn of sources.dropIns) root = mergePatch(root, source.addDocument(dropIn));
  const files = new ConfigDocument(source, root);
  const flags = readFlags(sources.flags, source);
  for (const { path, node, keyOffset } of flags.values) {
    const below = nodeBelow(root, path);
    const isGates = path[0] === "featureGates" && below !== undefined;
    root = withValue(root, path, { keyOffset, node: isGates ? mergePatch(below, node) : node });
  }
  const problems = [...flags.problems, ...invalidFlags(flags.values, source)];
  const reader = new ConfigReader(new ConfigDocument(source, root), kubeletConfiguration);
  return { value: new KubeletConfig(reader, files), problems };
}

interface SetValue {
  readonly path: readonly string[];
  readonly keyOffset: number;
  readonly node: ConfigNode;
}

/** Values by their field: of a list or map all flags of a name, of anything else the last. */
function readFlags(
  flags: readonly GivenFlag[],
  source: JoinedSource,
): { readonly values: readonly SetValue[]; readonly problems: readonly Problem[] } {
  const byPath = new Map<string, SetValue>();
  const problems: Problem[] = [];
  for (const { name, value, flag } of flags) {
    const key = KUBELET_FLAGS[name];
    if (key === undefined || key === "" || value === undefined) continue;
    const path = key.split(".");
    const schema = schemaAt(kubeletConfiguration, path);
    if (schema === undefined) continue;
    const structured = STRUCTURED.get(name)?.(value, source);
    const pairs = PAIRS.get(name);
    const read =
      structured ??
      readFlagValue(value, { schema, source, ...(pairs === undefined ? {} : { pairs }) });
    if ("refused" in read) {
      const { why, location } = read.refused;
      const fix = "write a value that the flag takes, or remove the flag";
      const message = `Cannot parse ${name}: ${why}`;
      problems.push({ code: "wrong-flag", severity: "error", message, locations: [location], fix });
      continue;
    }
    // This one can only turn it on.
    if (name === "--seccomp-default" && value.value !== "true") continue;
    const known = byPath.get(key)?.node;
    const keyOffset = source.addFlag(flag.location);
    byPath.set(key, { path, keyOffset, node: joined(known, read.node) });
  }
  return { values: [...byPath.values()], problems };
}

/** A second flag of a list adds to the first, one of a map too; of anything else the last counts. */
function joined(known: ConfigNode | undefined, next: ConfigNode): ConfigNode {
  if (known?.kind === "list" && next.kind === "list")
    return { ...known, items: [...known.items, ...next.items] };
  return known?.kind === "map" && next.kind === "map" ? mergePatch(known, next) : next;
}

/** Values of flags that the file's own schema refuses. */
function invalidFlags(values: readonly SetValue[], source: JoinedSource): readonly Problem[] {
  if (values.length === 0) return [];
  let root: ConfigNode = { kind: "map", offset: 0, entries: new Map() };
  for (const { path, node, keyOffset } of values) root = withValue(root, path, { keyOffset, node });
  return validate(new ConfigDocument(source, root), kubeletConfiguration).filter(
    ({ code }) => code !== "missing-key" && code !== "missing-version",
  );
}

const PAIRS: ReadonlyMap<string, PairForm> = new Map([
  ["--eviction-hard", { separator: "<" }],
  ["--eviction-soft", { separator: "<" }],
  ["--cpu-manager-policy-options", { isWhole: true }],
]);

const STRUCTURED = new Map([
  ["--register-with-taints", parseTaints],
  ["--reserved-memory", parseReservedMemory],
  ["--vmodule", parseVModule],
]);
