import bridge from "./files/configs/10-bridge.conflist" with { type: "text" };
import containerdConfig from "./files/configs/containerd-config.toml" with { type: "text" };
import kubeProxyConfig from "./files/configs/kube-proxy-config.yaml" with { type: "text" };
import kubeletConfig from "./files/configs/kubelet-config.yaml" with { type: "text" };
import notes from "./files/configs/NOTES.md" with { type: "text" };
import gitignore from "./files/gitignore" with { type: "text" };
import machines from "./files/machines.txt" with { type: "text" };
import settings from "./files/nodewright.yaml" with { type: "text" };
import containerdUnit from "./files/units/containerd.service" with { type: "text" };
import kubeProxyUnit from "./files/units/kube-proxy.service" with { type: "text" };
import kubeletUnit from "./files/units/kubelet.service" with { type: "text" };

/** What may differ from the stock; the lab and tests use it. */
export interface StockOptions {
  /** The pause image, as a reference with tag. */
  readonly sandboxImage?: string;
  /** true on machines whose root lacks CAP_SYS_RESOURCE. */
  readonly restrictOomScoreAdj?: boolean;
  /** 0 on machines that share the connection table of their host. */
  readonly conntrackMaxPerCore?: number;
  /** How kube-proxy routes Services; `nftables` is what nodewright's own has. */
  readonly proxyMode?: "iptables" | "nftables";
  /** `cis`: what the worker node's items of the CIS Kubernetes Benchmark ask for. */
  readonly profile?: "cis";
  /** false where the CNI configuration masquerades by itself (ipMasq). Default true. */
  readonly masquerade?: boolean;
}

/** One file of a new cluster directory. */
export interface StockFile {
  /** Path in the directory. */
  readonly path: string;
  readonly text: string;
}

/**
 * The files of a new cluster directory: equal in meaning to the ones of *Kubernetes the Hard
 * Way*, its known defects mended, every deviation with its reason in the file or in
 * configs/NOTES.md.
 */
export function stockFiles(options: StockOptions = {}): readonly StockFile[] {
  const { sandboxImage, restrictOomScoreAdj, masquerade, conntrackMaxPerCore, proxyMode } = options;
  const isCis = options.profile === "cis";
  const kubeProxy = setLine(kubeProxyConfig, "maxPerCore", conntrackMaxPerCore);
  const containerd = setLine(containerdConfig, "sandbox_image", sandboxImage);
  return [
    { path: "machines.txt", text: machines },
    {
      path: "nodewright.yaml",
      text: `${setLine(settings, "masquerade", masquerade)}${isCis ? CIS_SETTINGS : ""}`,
    },
    { path: ".gitignore", text: gitignore },
    { path: "configs/10-bridge.conflist", text: bridge },
    {
      path: "configs/containerd-config.toml",
      text: setLine(containerd, "restrict_oom_score_adj", restrictOomScoreAdj),
    },
    { path: "configs/kubelet-config.yaml", text: `${kubeletConfig}${isCis ? CIS_KUBELET : ""}` },
    {
      path: "configs/kube-proxy-config.yaml",
      text: setLine(kubeProxy, "mode", proxyMode),
    },
    { path: "configs/NOTES.md", text: notes },
    { path: "units/containerd.service", text: containerdUnit },
    { path: "units/kubelet.service", text: kubeletUnit },
    { path: "units/kube-proxy.service", text: kubeProxyUnit },
  ];
}

const CIS_SETTINGS = `
# CIS Kubernetes Benchmark: 4.1.1 and 4.1.9 want these for root alone. A file of mode 0600 is a secret
# to nodewright: plan says that it changes, and not how.
files:
  /etc/systemd/system/kubelet.service: { from: units/kubelet.service, mode: "0600" }
  /var/lib/kubelet/kubelet-config.yaml: { from: configs/kubelet-config.yaml, mode: "0600" }
`;

const CIS_KUBELET = `
# CIS Kubernetes Benchmark: 4.2.12, 4.2.13 and 4.2.14. (4.2.15, IPAddressDeny of kubelet.service, needs
# the addresses of your cluster.) nodewright's own kubelet has no choice of suites: with
# kubelet: { source: builtin } take tlsCipherSuites out.
tlsCipherSuites:
  - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  - TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
  - TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
podPidsLimit: 4096
seccompDefault: true
`;

/** Gives the one line that sets a key another value; TOML and YAML write text, numbers and booleans as JSON does. */
function setLine(text: string, key: string, value: string | number | boolean | undefined): string {
  if (value === undefined) return text;
  const line = new RegExp(`^( *${key}(?: = |: )).*$`, "m");
  if (!line.test(text)) throw new TypeError(`The stock file has no line that sets ${key}`);
  return text.replace(line, (_whole, start: string) => start + JSON.stringify(value));
}
