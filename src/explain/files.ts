import type { OptionFile } from "./option.ts";

/** The ids of files, as they stand before the colon. */
type FileId =
  | "machines"
  | "nodewright"
  | "cni"
  | "env"
  | "containerd"
  | "kubelet"
  | "kube-proxy"
  | "kubeconfig"
  | "unit"
  | "flag"
  | "place";

/** What is said of a file beside its options. */
export interface FileText extends Omit<OptionFile, "options"> {
  readonly id: FileId;
}

/** Every file, in the order in which a reader of the tutorial meets them. */
export const FILES: readonly FileText[] = [
  {
    id: "machines",
    names: ["machines.txt"],
    title: { en: "Columns of machines.txt", ko: "machines.txt의 열" },
    about: {
      en: "The machines of the cluster, a line each: IPV4_ADDRESS FQDN HOSTNAME [POD_SUBNET]. It lies on the jumpbox and is never sent to a node.",
      ko: "클러스터의 머신 목록이며 한 줄에 하나씩 적는다: IPV4_ADDRESS FQDN HOSTNAME [POD_SUBNET]. 점프박스에 두며 노드로 보내지 않는다.",
    },
    where: [],
    tiedTo: ["NW-F03"],
  },
  {
    id: "cni",
    names: ["10-bridge.conf", "10-bridge.conflist"],
    title: { en: "CNI network configuration", ko: "CNI 네트워크 설정" },
    about: {
      en: "The network of a node's pods. containerd reads the first file by name in its conf_dir, and calls the plugins that the file names for each pod. A change is seen at the next pod; pods that run keep what they have.",
      ko: "노드의 파드 네트워크 설정이다. containerd가 conf_dir에서 이름순으로 첫 파일을 읽고, 파드마다 그 파일에 적힌 플러그인을 호출한다. 바꾼 내용은 다음 파드부터 적용되고, 실행 중인 파드는 그대로다.",
    },
    where: ["/etc/cni/net.d/10-bridge.conf", "/etc/cni/net.d/10-bridge.conflist"],
    tiedTo: ["place:/etc/cni/net.d", "place:/etc/cni/net.d/99-loopback.conf", "NW-D02", "NW-D04"],
  },
  {
    id: "env",
    names: ["CNI environment", "CNI_*"],
    title: { en: "Environment of a CNI plugin", ko: "CNI 플러그인의 환경 변수" },
    about: {
      en: "What a runtime passes to a CNI plugin in addition to the configuration, which it writes to the plugin's standard input. These are in no file: containerd sets them. nodewright cni trace shows them for a real call.",
      ko: "런타임이 표준 입력으로 주는 설정 외에 CNI 플러그인에 알려 주는 값이다. 파일에 적는 것이 아니라 containerd가 설정한다. nodewright cni trace로 실제 호출의 값을 볼 수 있다.",
    },
    where: [],
    tiedTo: [],
  },
  {
    id: "containerd",
    names: ["containerd-config.toml", "config.toml", "/etc/containerd/config.toml"],
    title: { en: "containerd's configuration", ko: "containerd 설정" },
    about: {
      en: "Read once, when containerd starts. The same settings lie in other places in each version of the file (2, 3, 4); here they have one short name, and each page shows the places. containerd config dump prints what is in force.",
      ko: "containerd가 시작할 때 한 번 읽는다. 같은 설정이라도 파일 버전(2, 3, 4)마다 위치가 다르다. 여기에서는 짧은 이름 하나로 적고, 각 설명에서 버전별 위치를 보여 준다. containerd config dump로 실제 적용된 값을 볼 수 있다.",
    },
    where: ["/etc/containerd/config.toml"],
    tiedTo: ["NW-A04", "NW-A05"],
  },
  {
    id: "kubelet",
    names: ["kubelet-config.yaml", "KubeletConfiguration"],
    title: { en: "KubeletConfiguration", ko: "KubeletConfiguration" },
    about: {
      en: "The kubelet's configuration, read once, when it starts. Restarting the kubelet leaves pods running. A misspelt key does not stop it: it is ignored, with one line in the log.",
      ko: "kubelet의 설정이며 시작할 때 한 번 읽는다. kubelet을 재시작해도 파드는 계속 실행된다. 철자가 틀린 키가 있어도 멈추지 않고, 로그 한 줄만 남긴 채 무시한다.",
    },
    where: ["/var/lib/kubelet/kubelet-config.yaml"],
    tiedTo: ["flag:--config", "NW-C01"],
  },
  {
    id: "kube-proxy",
    names: ["kube-proxy-config.yaml", "KubeProxyConfiguration"],
    title: { en: "KubeProxyConfiguration", ko: "KubeProxyConfiguration" },
    about: {
      en: "kube-proxy's configuration, read when it starts. A misspelt key does not stop it: it is ignored, with one line in the log.",
      ko: "kube-proxy의 설정이며 시작할 때 읽는다. 철자가 틀린 키가 있어도 멈추지 않고, 로그 한 줄만 남긴 채 무시한다.",
    },
    where: ["/var/lib/kube-proxy/kube-proxy-config.yaml"],
    tiedTo: ["flag:--config", "NW-C01"],
  },
  {
    id: "kubeconfig",
    names: ["kubelet.kubeconfig", "kube-proxy.kubeconfig"],
    title: { en: "kubeconfig", ko: "kubeconfig" },
    about: {
      en: "How a program reaches the API server, and who it is there: the kubelet's is of one node, kube-proxy's is the same on all.",
      ko: "프로그램이 API 서버에 접속하는 방법과 그곳에서의 신원이다. kubelet의 것은 노드마다 다르고 kube-proxy의 것은 모든 노드에서 같다.",
    },
    where: ["/var/lib/kubelet/kubeconfig", "/var/lib/kube-proxy/kubeconfig"],
    tiedTo: ["NW-C10", "NW-C11", "NW-E08"],
  },
  {
    id: "unit",
    names: ["containerd.service", "kubelet.service", "kube-proxy.service"],
    title: { en: "systemd units", ko: "systemd 유닛" },
    about: {
      en: "How systemd starts containerd, the kubelet and kube-proxy. kube-proxy.service depends on neither of the others: it needs the API server and the kernel only. After a change: systemctl daemon-reload, then a restart of the unit.",
      ko: "systemd가 containerd, kubelet, kube-proxy를 시작하는 방법이다. kube-proxy.service는 다른 둘에 의존하지 않으며 API 서버와 커널만 있으면 된다. 바꾼 뒤에는 systemctl daemon-reload를 하고 유닛을 재시작한다.",
    },
    where: [
      "/etc/systemd/system/containerd.service",
      "/etc/systemd/system/kubelet.service",
      "/etc/systemd/system/kube-proxy.service",
    ],
    tiedTo: ["place:/etc/systemd/system", "NW-B06", "NW-B07"],
  },
  {
    id: "flag",
    names: ["kubelet flags", "kube-proxy flags", "flags"],
    title: { en: "Flags of the kubelet and kube-proxy", ko: "kubelet과 kube-proxy의 플래그" },
    about: {
      en: "What stands behind the program in ExecStart= of its unit. Most settings belong into the configuration files; these are the ones that have no place there, or that are met in old units.",
      ko: "유닛의 ExecStart=에서 프로그램 뒤에 적는 것이다. 대부분의 설정은 설정 파일에 두고, 파일에 자리가 없거나 오래된 유닛에서 보이는 것만 여기에 있다.",
    },
    where: [],
    tiedTo: ["unit:Service.ExecStart", "NW-B11", "NW-C03"],
  },
  {
    id: "place",
    names: ["places", "file locations"],
    title: { en: "Where files lie on a node", ko: "노드의 파일 위치" },
    about: {
      en: "Files and directories of a worker node, as the tutorial places them, and who reads each.",
      ko: "튜토리얼이 정한 워커 노드의 파일과 디렉터리, 그리고 각각을 누가 읽는지 설명한다.",
    },
    where: [],
    tiedTo: ["NW-B08", "NW-B12"],
  },
  {
    id: "nodewright",
    names: ["nodewright.yaml"],
    title: { en: "nodewright.yaml", ko: "nodewright.yaml" },
    about: {
      en: "Settings of nodewright itself, in the cluster directory. Every key is optional; the file is never sent to a node.",
      ko: "클러스터 디렉터리에 두는 nodewright 자신의 설정이다. 모든 키는 생략할 수 있고, 이 파일은 노드로 보내지 않는다.",
    },
    where: [],
    tiedTo: [],
  },
];
