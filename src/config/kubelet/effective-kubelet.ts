import { ConfigDocument } from "../document/config-document.ts";
import { JoinedSource } from "../document/joined-source.ts";
import { mergePatch } from "../document/merge-nodes.ts";
import { type Parsed, SourceText } from "../document/source-text.ts";
import { ConfigReader } from "../schema/config-reader.ts";
import type { PairForm } from "../schema/read-flag-value.ts";
import type { GivenFlag } from "../unit/parse-flags.ts";
import { type FlagFields, readFlags, withFlags } from "../unit/read-flags.ts";
import { KUBELET_FLAGS } from "./flag-table.ts";
import { KubeletConfig } from "./kubelet-config.ts";
import { kubeletConfiguration } from "./kubelet-configuration.ts";
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
  // --seccomp-default can only turn it on.
  const given = sources.flags.filter(
    ({ name, value }) => name !== "--seccomp-default" || value?.value === "true",
  );
  const { values, problems } = readFlags(given, source, FIELDS);
  const document = new ConfigDocument(source, withFlags(root, values));
  return {
    value: new KubeletConfig(new ConfigReader(document, kubeletConfiguration), files),
    problems,
  };
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

const FIELDS: FlagFields = {
  fieldOf: (name) => KUBELET_FLAGS[name],
  schema: kubeletConfiguration,
  pairs: PAIRS,
  structured: STRUCTURED,
};
