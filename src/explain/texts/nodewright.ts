import type { OptionText } from "../option.ts";

/** nodewright.yaml: the settings of nodewright itself. */
export const nodewrightTexts: readonly OptionText[] = [
  {
    path: "ssh",
    en: "How machines are reached. What is not said here is left to your own ssh_config.",
    ko: "머신에 접속하는 방법이다. 여기에 적지 않은 것은 사용자의 ssh_config를 따른다.",
  },
  {
    path: "ssh.host",
    en: "What SSH connects to, in place of the address in machines.txt: a name, or a host of your ssh_config.",
    ko: "machines.txt의 주소 대신 SSH가 접속할 이름 또는 ssh_config의 호스트다.",
    tiedTo: ["machines:IPV4_ADDRESS"],
  },
  {
    path: "ssh.user",
    en: "The user on the machines. Other than root, it goes through sudo.",
    ko: "머신에서 쓸 사용자다. root가 아니면 sudo를 거친다.",
    tiedTo: ["nodewright:sudo"],
  },
  { path: "ssh.port", en: "The port of SSH.", ko: "SSH의 포트다." },
  {
    path: "ssh.identityFile",
    en: "The private key: relative to the cluster directory, or with ~.",
    ko: "개인키 파일이다. 클러스터 디렉터리 기준의 상대 경로나 ~로 적는다.",
  },
  {
    path: "ssh.jumpHost",
    en: "A machine to go through: USER@HOST[:PORT].",
    ko: "거쳐 가는 머신이다: USER@HOST[:PORT].",
  },
  {
    path: "ssh.knownHostsFile",
    en: "The file of known host keys. They are always checked.",
    ko: "알려진 호스트 키의 파일이다. 호스트 키는 항상 확인한다.",
  },
  {
    path: "ssh.options",
    en: "Further options of ssh -o, by name.",
    ko: "ssh -o에 줄 추가 옵션이다.",
  },
  {
    path: "ssh.connectTimeout",
    en: "How long a connection may take.",
    ko: "연결에 걸릴 수 있는 최대 시간이다.",
  },
  {
    path: "sudo",
    en: "Whether commands on the node go through sudo, which must not ask for a password.",
    ko: "노드의 명령을 sudo로 실행할지 정한다. sudo가 암호를 묻지 않아야 한다.",
    values: {
      auto: ["where the user is not root", "root가 아닐 때만"],
      never: ["never", "쓰지 않는다"],
      always: ["always", "항상"],
    },
  },
  {
    path: "components",
    en: "Where the binaries of each component come from.",
    ko: "컴포넌트별 바이너리를 어디에서 가져올지 정한다.",
    tiedTo: ["NW-F13"],
  },
  {
    path: "components.*.source",
    en: "Where this component comes from.",
    ko: "이 컴포넌트를 가져오는 곳이다.",
    values: {
      downloads: [
        "the folder downloads/ of the cluster directory",
        "클러스터 디렉터리의 downloads/",
      ],
      debian: ["Debian's packages, taken apart on the jumpbox", "점프박스에서 푼 데비안 패키지"],
      upstream: ["URLs with checksums", "체크섬이 있는 URL"],
      builtin: ["nodewright itself (cni-plugins)", "nodewright 자신(cni-plugins)"],
      none: [
        "the node gets neither its binaries nor its files",
        "바이너리도 파일도 설치하지 않는다",
      ],
    },
  },
  {
    path: "components.*.suite",
    en: "Debian's release, such as bookworm. Only with source: debian.",
    ko: "데비안 릴리스다(예: bookworm). source: debian일 때만 쓴다.",
  },
  {
    path: "components.*.mirror",
    en: "The URL of a Debian mirror. Only with source: debian.",
    ko: "데비안 미러의 URL이다. source: debian일 때만 쓴다.",
  },
  {
    path: "components.*.version",
    en: "The version of the package, where it is not the newest.",
    ko: "최신이 아닌 특정 패키지 버전을 쓸 때 적는다.",
  },
  {
    path: "components.*.list",
    en: "The file of URLs with checksums. Only with source: upstream.",
    ko: "URL과 체크섬의 목록 파일이다. source: upstream일 때만 쓴다.",
  },
  {
    path: "components.*.insecureNoChecksum",
    en: "Takes a download without a checksum. What comes is then not known.",
    ko: "체크섬 없이 내려받는다. 무엇을 받았는지 확인할 수 없다.",
    tiedTo: ["NW-F13"],
  },
  {
    path: "files",
    en: "Further or other files on the node: its path there, and the file of the cluster directory.",
    ko: "노드에 둘 추가 파일이나 다른 파일이다. 노드의 경로와 클러스터 디렉터리의 파일을 짝지어 적는다.",
  },
  {
    path: "files.*.from",
    en: "The file of the cluster directory.",
    ko: "클러스터 디렉터리의 파일이다.",
  },
  {
    path: "files.*.mode",
    en: 'Its mode on the node, such as "0600"; that one makes it a secret that is never shown.',
    ko: '노드에서의 권한이다(예: "0600"). 0600이면 내용을 절대 보여 주지 않는 비밀로 다룬다.',
    tiedTo: ["NW-B12"],
  },
  {
    path: "nodes",
    en: "What holds for one node only, by its HOSTNAME: ssh, sudo, components, files.",
    ko: "특정 노드에만 적용할 설정을 HOSTNAME별로 적는다: ssh, sudo, components, files.",
    tiedTo: ["machines:HOSTNAME"],
  },
  {
    path: "parallelism",
    en: "Nodes worked on at once.",
    ko: "동시에 작업하는 노드의 수다.",
    defaultIs: ["10", "10"],
  },
  {
    path: "maxUnavailable",
    en: 'Nodes that may be out of service at once: a number, or a share of the workers ("25%").',
    ko: '동시에 서비스에서 빠질 수 있는 노드의 수 또는 워커의 비율("25%")이다.',
    defaultIs: ["1", "1"],
  },
  {
    path: "maxFailures",
    en: "Failed nodes with which apply still goes on to further ones. With one more, the nodes that are left stay as they are.",
    ko: "실패한 노드가 이 수를 넘으면 apply는 남은 노드를 건드리지 않고 멈춘다.",
    defaultIs: ["0", "0"],
  },
  {
    path: "readyTimeout",
    en: "How long containerd, the kubelet, kube-proxy and the Node may each take to be ready.",
    ko: "containerd, kubelet, kube-proxy, Node가 각각 준비되기까지 기다리는 최대 시간이다.",
    defaultIs: ["1m for a unit, 2m for the Node", "유닛은 1m, Node는 2m"],
  },
  {
    path: "drainTimeout",
    en: "How long the pods of a node may take to leave it before an upgrade.",
    ko: "업그레이드 전에 파드가 노드에서 빠져나가기를 기다리는 최대 시간이다.",
    defaultIs: ["5m", "5m"],
  },
  {
    path: "routes",
    en: "Routes from each node to the pod subnets of the others, kept over a reboot. false where the network's own routers know the way.",
    ko: "각 노드에서 다른 노드의 파드 서브넷으로 가는 경로를 재부팅 후에도 유지되게 만든다. 네트워크의 라우터가 경로를 알고 있으면 false로 둔다.",
    enWrong: "false without such routers: pods reach pods of their own node only.",
    koWrong: "그런 라우터 없이 false이면 같은 노드의 파드에만 닿는다.",
    defaultIs: ["true", "true"],
    tiedTo: ["machines:POD_SUBNET", "NW-D19", "NW-F14"],
  },
  {
    path: "masquerade",
    en: "One rule by which pods reach the world with the node's address, but not pods of the cluster. It takes the place of ipMasq: true.",
    ko: "파드가 클러스터 안의 파드가 아닌 외부에 닿을 때만 노드 주소를 쓰게 하는 규칙을 만든다. ipMasq: true를 대신한다.",
    enWrong:
      "Neither this nor ipMasq: pods do not reach the internet. Both: pods of other nodes see the node's address.",
    koWrong:
      "이것도 ipMasq도 없으면 파드가 인터넷에 닿지 못한다. 둘 다 켜면 다른 노드의 파드에게 노드 주소로 보인다.",
    defaultIs: ["none; true in the file that init writes", "없음. init이 만드는 파일에서는 true"],
    tiedTo: ["cni:ipMasq", "kube-proxy:clusterCIDR", "NW-D15"],
  },
  {
    path: "images",
    en: "Images that every node imports, for sites without a registry: the reference, and an archive on the jumpbox.",
    ko: "레지스트리가 없는 환경을 위해 모든 노드에 넣어 둘 이미지다. 이미지 참조와 점프박스의 아카이브를 짝지어 적는다.",
    tiedTo: ["containerd:cri.sandbox_image", "NW-A18"],
  },
  {
    path: "verifyImage",
    en: "What the pods of nodewright verify run.",
    ko: "nodewright verify의 파드가 실행하는 이미지다.",
    defaultIs: ["docker.io/library/busybox:stable", "docker.io/library/busybox:stable"],
  },
  {
    path: "clusterCIDR",
    en: "The network of all pods, where there is no kube-proxy-config.yaml that says it.",
    ko: "이를 알려 주는 kube-proxy-config.yaml이 없을 때 쓰는, 모든 파드의 대역이다.",
    defaultIs: ["clusterCIDR of kube-proxy-config.yaml", "kube-proxy-config.yaml의 clusterCIDR"],
    tiedTo: ["kube-proxy:clusterCIDR", "NW-D10"],
  },
  {
    path: "check",
    en: "What nodewright check leaves out.",
    ko: "nodewright check에서 제외할 것을 정한다.",
  },
  {
    path: "check.ignore",
    en: "Findings that are accepted, each with a reason, which every report prints.",
    ko: "받아들이기로 한 발견 사항이다. 이유를 함께 적으며 보고서마다 그 이유가 나온다.",
    enWrong:
      "An accepted finding no longer stops plan and apply: what it warns of happens on the node.",
    koWrong:
      "받아들인 발견 사항은 plan과 apply를 멈추지 않으므로, 경고한 일이 노드에서 그대로 일어난다.",
  },
  {
    path: "check.ignore[].rule",
    en: "The rule's id, such as NW-D15.",
    ko: "규칙의 ID다(예: NW-D15).",
  },
  { path: "check.ignore[].reason", en: "Why it is accepted.", ko: "받아들이는 이유다." },
  {
    path: "check.ignore[].nodes",
    en: "The nodes for which it is accepted.",
    ko: "받아들일 노드의 목록이다.",
    defaultIs: ["all nodes", "모든 노드"],
    tiedTo: ["machines:HOSTNAME"],
  },
];
