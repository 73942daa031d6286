import type { ConfigDocument } from "../document/config-document.ts";
import { parseYaml } from "../document/parse-yaml.ts";
import type { ConfigInput, Parsed } from "../document/source-text.ts";
import { always, type ConfigReader, type Located } from "../schema/config-reader.ts";
import { parseModel } from "../schema/parse-model.ts";
import { kubeProxyConfiguration } from "./kube-proxy-configuration.ts";

/** Parses a KubeProxyConfiguration (YAML or JSON); unknown keys are errors. */
export function parseKubeProxyConfig(input: ConfigInput, file: string): Parsed<KubeProxyConfig> {
  return parseModel(parseYaml(input, file), {
    schema: kubeProxyConfiguration,
    create: (reader) => new KubeProxyConfig(reader),
  });
}

/**
 * A kube-proxy's configuration file. Each value has its place, and kube-proxy's own default where
 * the file is silent; undefined where there is no default. `reader` gives every other field.
 */
export class KubeProxyConfig {
  readonly reader: ConfigReader;

  constructor(reader: ConfigReader) {
    this.reader = reader;
  }

  get document(): ConfigDocument {
    return this.reader.document;
  }
  /** The path of kube-proxy's kubeconfig. */
  get kubeconfig(): Located<string> | undefined {
    return this.reader.textOrDefault(["clientConnection", "kubeconfig"]);
  }
  /** `iptables`, `nftables`, `ipvs` (or `kernelspace`, Windows). */
  get mode(): Located<string> {
    return always(this.reader.textOrDefault(["mode"]));
  }
  /** One subnet, or an IPv4 and an IPv6 one separated by a comma. */
  get clusterCIDR(): Located<string> | undefined {
    return this.reader.textOrDefault(["clusterCIDR"]);
  }
  get detectLocalMode(): Located<string> {
    return always(this.reader.textOrDefault(["detectLocalMode"]));
  }
  /** ADDRESS:PORT; an address alone means port 10256. */
  get healthzBindAddress(): Located<string> {
    return always(this.reader.textOrDefault(["healthzBindAddress"]));
  }
  /** ADDRESS:PORT; an address alone means port 10249. */
  get metricsBindAddress(): Located<string> {
    return always(this.reader.textOrDefault(["metricsBindAddress"]));
  }
  get bindAddress(): Located<string> {
    return always(this.reader.textOrDefault(["bindAddress"]));
  }
  get hostnameOverride(): Located<string> | undefined {
    return this.reader.textOrDefault(["hostnameOverride"]);
  }
  get masqueradeAll(): Located<boolean> {
    const table = this.mode.value === "nftables" ? "nftables" : "iptables";
    return always(this.reader.boolean([table, "masqueradeAll"]));
  }
  get featureGates(): readonly Located<string>[] {
    return this.reader.keys(["featureGates"]);
  }
}
