import type { ConfigDocument } from "../document/config-document.ts";
import { parseYaml } from "../document/parse-yaml.ts";
import type { ConfigInput, Parsed } from "../document/source-text.ts";
import { always, type ConfigReader, type Located } from "../schema/config-reader.ts";
import { parseModel } from "../schema/parse-model.ts";
import { kubeletConfiguration } from "./kubelet-configuration.ts";

/** Parses a KubeletConfiguration (YAML or JSON); unknown keys are errors. */
export function parseKubeletConfig(input: ConfigInput, file: string): Parsed<KubeletConfig> {
  return parseModel(parseYaml(input, file), {
    schema: kubeletConfiguration,
    create: (reader) => new KubeletConfig(reader),
  });
}

/**
 * A kubelet's configuration: of its file, or as it is in effect (`effectiveKubelet`). Each value has its place, and the kubelet's own default where the
 * file is silent; undefined where there is no default. `reader` gives every other field.
 */
export class KubeletConfig {
  readonly reader: ConfigReader;
  /** What the files say, without flags. */
  readonly files: ConfigDocument;

  constructor(reader: ConfigReader, files: ConfigDocument = reader.document) {
    this.reader = reader;
    this.files = files;
  }

  get document(): ConfigDocument {
    return this.reader.document;
  }
  /** The CRI socket, e.g. `unix:///run/containerd/containerd.sock`. */
  get containerRuntimeEndpoint(): Located<string> {
    return always(this.reader.textOrDefault(["containerRuntimeEndpoint"]));
  }
  /** The image service's socket, where it is not the runtime's. */
  get imageServiceEndpoint(): Located<string> | undefined {
    return this.reader.textOrDefault(["imageServiceEndpoint"]);
  }
  get address(): Located<string> {
    return always(this.reader.textOrDefault(["address"]));
  }
  get port(): Located<number> {
    return always(this.reader.number(["port"]));
  }
  get readOnlyPort(): Located<number> {
    return always(this.reader.number(["readOnlyPort"]));
  }
  /** 0 where the endpoint is off. */
  get healthzPort(): Located<number> {
    return always(this.reader.number(["healthzPort"]));
  }
  get healthzBindAddress(): Located<string> {
    return always(this.reader.textOrDefault(["healthzBindAddress"]));
  }
  /** `cgroupfs` or `systemd`. */
  get cgroupDriver(): Located<string> {
    return always(this.reader.textOrDefault(["cgroupDriver"]));
  }
  get failSwapOn(): Located<boolean> {
    return always(this.reader.boolean(["failSwapOn"]));
  }
  get swapBehavior(): Located<string> {
    return always(this.reader.textOrDefault(["memorySwap", "swapBehavior"]));
  }
  get failCgroupV1(): Located<boolean> {
    return always(this.reader.boolean(["failCgroupV1"]));
  }
  /** "" turns the node's own resolver file off for pods. */
  get resolvConf(): Located<string> {
    return always(this.reader.text(["resolvConf"]));
  }
  get clusterDNS(): readonly Located<string>[] {
    return this.reader.texts(["clusterDNS"]);
  }
  get clusterDomain(): Located<string> | undefined {
    return this.reader.textOrDefault(["clusterDomain"]);
  }
  get maxPods(): Located<number> {
    return always(this.reader.number(["maxPods"]));
  }
  get podCIDR(): Located<string> | undefined {
    return this.reader.textOrDefault(["podCIDR"]);
  }
  /** The CA that the kubelet's callers are held against. */
  get clientCAFile(): Located<string> | undefined {
    return this.reader.textOrDefault(["authentication", "x509", "clientCAFile"]);
  }
  get anonymousEnabled(): Located<boolean> {
    return always(this.reader.boolean(["authentication", "anonymous", "enabled"]));
  }
  get webhookEnabled(): Located<boolean> {
    return always(this.reader.boolean(["authentication", "webhook", "enabled"]));
  }
  /** `Webhook` or `AlwaysAllow`. */
  get authorizationMode(): Located<string> {
    return always(this.reader.textOrDefault(["authorization", "mode"]));
  }
  get tlsCertFile(): Located<string> | undefined {
    return this.reader.textOrDefault(["tlsCertFile"]);
  }
  get tlsPrivateKeyFile(): Located<string> | undefined {
    return this.reader.textOrDefault(["tlsPrivateKeyFile"]);
  }
  get rotateCertificates(): Located<boolean> {
    return always(this.reader.boolean(["rotateCertificates"]));
  }
  get serverTLSBootstrap(): Located<boolean> {
    return always(this.reader.boolean(["serverTLSBootstrap"]));
  }
  get staticPodPath(): Located<string> | undefined {
    return this.reader.textOrDefault(["staticPodPath"]);
  }
  get registerNode(): Located<boolean> {
    return always(this.reader.boolean(["registerNode"]));
  }
  get featureGates(): readonly Located<string>[] {
    return this.reader.keys(["featureGates"]);
  }
}
