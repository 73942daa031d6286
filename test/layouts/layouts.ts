import {
  AMAZON,
  CRI_V2,
  containerd,
  enabled,
  type Files,
  FLATCAR,
  type Identity,
  kubeletConfig,
  kubeletUnit,
  type Layout,
  machine,
  programs,
  RHEL,
  RUNC_V2,
  UBUNTU,
} from "./parts.ts";
import { RANCHER_LAYOUTS } from "./rancher.ts";

const CONTAINERD = "/etc/containerd/config.toml";
const KUBELET_UNIT = "/etc/systemd/system/kubelet.service";
const KUBELET = "/var/lib/kubelet/kubelet-config.yaml";

/** A kubelet that is told its two files, beside a containerd of some package. */
function plainKubelet({ authority, kubeconfig }: Identity): Files {
  return {
    [KUBELET_UNIT]: kubeletUnit(
      `/usr/bin/kubelet --config=${KUBELET} --kubeconfig=/var/lib/kubelet/kubeconfig`,
    ),
    ...enabled("kubelet.service", "/etc/systemd/system"),
    [KUBELET]: kubeletConfig("/var/lib/kubelet/ca.crt"),
    "/var/lib/kubelet/kubeconfig": kubeconfig,
    "/var/lib/kubelet/ca.crt": authority,
    ...programs("/usr/bin", ["kubelet"]),
  };
}

const USUAL_CNI = { cniConf: "/etc/cni/net.d/10-calico.conflist", cniBin: "/opt/cni/bin" };
const plain = {
  ...USUAL_CNI,
  kubelet: KUBELET,
  containerd: CONTAINERD,
  kubeletUnit: KUBELET_UNIT,
};

/** Ubuntu's package has no file of its own; Docker's disables CRI until an administrator writes one. */
export const LAYOUTS: readonly Layout[] = [
  {
    ...USUAL_CNI,
    name: "kubeadm",
    kubelet: "/var/lib/kubelet/config.yaml",
    containerd: CONTAINERD,
    kubeletUnit: "/usr/lib/systemd/system/kubelet.service",
    files: ({ authority, kubeconfig }) => ({
      ...machine(UBUNTU),
      ...containerd(RUNC_V2),
      ...programs("/usr/bin", ["runc", "kubelet"]),
      "/usr/lib/systemd/system/kubelet.service": `[Unit]
Description=kubelet
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`,
      "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`,
      "/var/lib/kubelet/kubeadm-flags.env":
        'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock --node-ip=192.0.2.11"\n',
      "/etc/default/kubelet": "KUBELET_EXTRA_ARGS=\n",
      ...enabled("kubelet.service"),
      "/var/lib/kubelet/config.yaml": kubeletConfig(
        "/etc/kubernetes/pki/ca.crt",
        `cpuManagerReconcilePeriod: 0s
evictionPressureTransitionPeriod: 0s
fileCheckFrequency: 0s
healthzBindAddress: 127.0.0.1
healthzPort: 10248
httpCheckFrequency: 0s
imageMaximumGCAge: 0s
imageMinimumGCAge: 0s
logging:
  flushFrequency: 0
  options:
    json:
      infoBufferSize: "0"
    text:
      infoBufferSize: "0"
  verbosity: 0
memorySwap: {}
nodeStatusReportFrequency: 0s
nodeStatusUpdateFrequency: 0s
runtimeRequestTimeout: 0s
shutdownGracePeriod: 0s
shutdownGracePeriodCriticalPods: 0s
staticPodPath: /etc/kubernetes/manifests
streamingConnectionIdleTimeout: 0s
syncFrequency: 0s
volumeStatsAggPeriod: 0s
`,
      ),
      "/etc/kubernetes/kubelet.conf": kubeconfig,
      "/etc/kubernetes/pki/ca.crt": authority,
      "/etc/kubernetes/manifests/.keep": "",
    }),
  },
  {
    ...USUAL_CNI,
    name: "EKS AL2023",
    kubelet: "/etc/kubernetes/kubelet/config.json",
    containerd: CONTAINERD,
    kubeletUnit: "/etc/systemd/system/kubelet.service",
    files: ({ authority, kubeconfig }) => ({
      ...machine(AMAZON),
      ...containerd(`version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
address = "/run/containerd/containerd.sock"
[plugins.'io.containerd.cri.v1.images']
discard_unpacked_layers = true
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "localhost/kubernetes/pause:3.10"
[plugins.'io.containerd.cri.v1.images'.registry]
config_path = "/etc/containerd/certs.d"
[plugins.'io.containerd.cri.v1.runtime'.containerd]
default_runtime_name = "runc"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
base_runtime_spec = "/etc/containerd/base-runtime-spec.json"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
BinaryName = "/usr/sbin/runc"
SystemdCgroup = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dir = "/opt/cni/bin"
conf_dir = "/etc/cni/net.d"
`),
      "/etc/containerd/base-runtime-spec.json": '{"ociVersion": "1.1.0"}\n',
      ...programs("/usr/sbin", ["runc", "iptables"]),
      ...programs("/usr/bin", ["kubelet"]),
      [KUBELET_UNIT]: `[Unit]
Description=kubelet
After=containerd.service
Wants=containerd.service
StartLimitIntervalSec=0

[Service]
Slice=runtime.slice
EnvironmentFile=/etc/eks/kubelet/environment
ExecStartPre=/sbin/iptables -P FORWARD ACCEPT -w 5
ExecStart=/usr/bin/kubelet $NODEADM_KUBELET_ARGS
Restart=on-failure
RestartForceExitStatus=SIGPIPE
RestartSec=5
KillMode=process

[Install]
WantedBy=multi-user.target
`,
      ...enabled("kubelet.service", "/etc/systemd/system"),
      "/etc/eks/kubelet/environment":
        'NODEADM_KUBELET_ARGS="--config=/etc/kubernetes/kubelet/config.json --kubeconfig=/var/lib/kubelet/kubeconfig --node-ip=192.0.2.11 --node-labels=team=a"\n',
      "/etc/kubernetes/kubelet/config.json": `${JSON.stringify(
        {
          kind: "KubeletConfiguration",
          apiVersion: "kubelet.config.k8s.io/v1beta1",
          address: "0.0.0.0",
          authentication: {
            x509: { clientCAFile: "/etc/kubernetes/pki/ca.crt" },
            webhook: { enabled: true, cacheTTL: "2m0s" },
            anonymous: { enabled: false },
          },
          authorization: { mode: "Webhook" },
          cgroupDriver: "systemd",
          cgroupRoot: "/",
          clusterDomain: "cluster.local",
          containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
          featureGates: { RotateKubeletServerCertificate: true },
          hairpinMode: "hairpin-veth",
          protectKernelDefaults: true,
          readOnlyPort: 0,
          serializeImagePulls: false,
          serverTLSBootstrap: true,
          clusterDNS: ["10.100.0.10"],
          kubeReservedCgroup: "/runtime",
          systemReservedCgroup: "/system",
        },
        null,
        4,
      )}\n`,
      "/var/lib/kubelet/kubeconfig": kubeconfig,
      "/etc/kubernetes/pki/ca.crt": authority,
    }),
  },
  {
    ...plain,
    name: "Flatcar",
    files: (identity) => ({
      ...machine(FLATCAR),
      ...containerd(RUNC_V2, {
        args: ` --config $\{CONTAINERD_CONFIG}`,
        environment:
          "Environment=CONTAINERD_CONFIG=/usr/share/containerd/config.toml\nEnvironmentFile=-/run/flatcar/containerd.env\n",
      }),
      "/usr/share/containerd/config.toml": RUNC_V2,
      "/etc/systemd/system/containerd.service.d/10-config.conf":
        "[Service]\nEnvironment=CONTAINERD_CONFIG=/etc/containerd/config.toml\n",
      ...programs("/usr/bin", ["runc"]),
      ...plainKubelet(identity),
      [KUBELET_UNIT]: kubeletUnit(
        `/opt/bin/kubelet --config=${KUBELET} --kubeconfig=/var/lib/kubelet/kubeconfig`,
      ),
      ...programs("/opt/bin", ["kubelet"]),
    }),
  },
  {
    ...USUAL_CNI,
    name: "Kubespray",
    kubelet: "/etc/kubernetes/kubelet-config.yaml",
    containerd: CONTAINERD,
    kubeletUnit: KUBELET_UNIT,
    files: ({ authority, kubeconfig }) => ({
      ...machine(UBUNTU),
      ...containerd(RUNC_V2, {
        program: "/usr/local/bin/containerd",
        dir: "/etc/systemd/system",
      }),
      ...programs("/usr/local/bin", ["kubelet", "runc"]),
      [KUBELET_UNIT]: `[Unit]
Description=kubelet
After=containerd.service
Wants=containerd.service
StartLimitIntervalSec=0

[Service]
EnvironmentFile=-/etc/kubernetes/kubelet.env
ExecStart=/usr/local/bin/kubelet \\
\t\t$KUBE_LOG_LEVEL \\
\t\t$KUBELET_API_SERVER \\
\t\t$KUBELET_ADDRESS \\
\t\t$KUBELET_HOSTNAME \\
\t\t$KUBELET_ARGS \\
\t\t$KUBELET_CLOUDPROVIDER
Restart=always
RestartSec=10s

[Install]
WantedBy=multi-user.target
`,
      ...enabled("kubelet.service", "/etc/systemd/system"),
      "/etc/kubernetes/kubelet.env": `KUBE_LOG_LEVEL="--v=2"
KUBELET_ADDRESS="--node-ip=192.0.2.11"
KUBELET_ARGS="--config=/etc/kubernetes/kubelet-config.yaml \\
--kubeconfig=/etc/kubernetes/kubelet.conf \\
--runtime-cgroups=/system.slice/containerd.service \\
 "
KUBELET_CLOUDPROVIDER=""

PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
`,
      "/etc/kubernetes/kubelet-config.yaml": kubeletConfig(
        "/etc/kubernetes/ssl/ca.crt",
        "staticPodPath: /etc/kubernetes/manifests\nmaxPods: 110\nresolvConf: /etc/resolv.conf\n",
      ),
      "/etc/kubernetes/kubelet.conf": kubeconfig,
      "/etc/kubernetes/ssl/ca.crt": authority,
      "/etc/kubernetes/manifests/nginx-proxy.yml": `apiVersion: v1
kind: Pod
metadata:
  name: nginx-proxy
  namespace: kube-system
spec:
  hostNetwork: true
  containers:
  - name: nginx-proxy
    image: docker.io/library/nginx:1.28
`,
    }),
  },
  {
    ...plain,
    name: "Ubuntu's containerd",
    files: (identity) => ({
      ...machine(UBUNTU),
      ...containerd(RUNC_V2),
      ...programs("/usr/sbin", ["runc"]),
      ...plainKubelet(identity),
    }),
  },
  {
    ...plain,
    name: "RHEL's containerd",
    files: (identity) => ({
      ...machine(RHEL),
      ...containerd(RUNC_V2),
      ...programs("/usr/bin", ["runc"]),
      ...plainKubelet(identity),
    }),
  },
  {
    ...plain,
    name: "Docker's containerd.io",
    files: (identity) => ({
      ...machine(UBUNTU),
      // Its own file, the entry taken out and the CRI plugin's settings written below it.
      ...containerd(`disabled_plugins = []\n${RUNC_V2}`),
      ...programs("/usr/bin", ["runc"]),
      ...plainKubelet(identity),
    }),
  },
  {
    ...plain,
    name: "NVIDIA's toolkit",
    files: (identity) => ({
      ...machine(UBUNTU),
      ...containerd(`${RUNC_V2}[${CRI_V2}.containerd.runtimes.nvidia]
  privileged_without_host_devices = false
  runtime_type = "io.containerd.runc.v2"
[${CRI_V2}.containerd.runtimes.nvidia.options]
  BinaryName = "/usr/bin/nvidia-container-runtime"
  SystemdCgroup = true
`),
      ...programs("/usr/bin", ["runc", "nvidia-container-runtime"]),
      ...plainKubelet(identity),
    }),
  },
  ...RANCHER_LAYOUTS,
];
