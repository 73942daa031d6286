import { ConfigDocument } from "../document/config-document.ts";
import { JoinedSource } from "../document/joined-source.ts";
import { type Parsed, SourceText } from "../document/source-text.ts";
import { parseVModule } from "../kubelet/structured-flags.ts";
import { ConfigReader } from "../schema/config-reader.ts";
import type { GivenFlag } from "../unit/parse-flags.ts";
import { type FlagFields, readFlags, withFlags } from "../unit/read-flags.ts";
import { countsBesideConfig, PROXY_FLAGS } from "./flag-table.ts";
import { KubeProxyConfig } from "./kube-proxy-config.ts";
import { kubeProxyConfiguration } from "./kube-proxy-configuration.ts";

/** What a kube-proxy's configuration is made of. */
export interface KubeProxySources {
  /** The file of --config; undefined where none is given. */
  readonly file: ConfigDocument | undefined;
  readonly flags: readonly GivenFlag[];
  /** The name of the whole where there is no file. */
  readonly name: string;
}

/**
 * The configuration that a kube-proxy has in effect. With a file the flags count for nothing, but
 * for the node's name and how it logs; without one they are laid over the defaults. The problems
 * are those of flags.
 */
export function effectiveKubeProxy(sources: KubeProxySources): Parsed<KubeProxyConfig> {
  const source = new JoinedSource(sources.file?.file ?? sources.name);
  const empty = new ConfigDocument(new SourceText(source.file, ""), {
    kind: "map",
    offset: 0,
    entries: new Map(),
  });
  const root = source.addDocument(sources.file ?? empty);
  const counting =
    sources.file === undefined
      ? sources.flags
      : sources.flags.filter(({ name }) => countsBesideConfig(name));
  const { values, problems } = readFlags(counting, source, FIELDS);
  const document = new ConfigDocument(source, withFlags(root, values));
  return {
    value: new KubeProxyConfig(new ConfigReader(document, kubeProxyConfiguration)),
    problems,
  };
}

const FIELDS: FlagFields = {
  fieldOf: (name) => PROXY_FLAGS[name],
  schema: kubeProxyConfiguration,
  structured: new Map([["--vmodule", parseVModule]]),
};
