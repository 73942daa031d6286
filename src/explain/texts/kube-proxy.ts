import type { OptionText } from "../option.ts";

/** KubeProxyConfiguration: the API server, the node, addresses, what counts as local. */
export const kubeProxyTexts: readonly OptionText[] = [
  {
    path: "apiVersion",
    en: "The group and version of this file's format. kube-proxy has had only this one.",
    ko: "이 파일 형식의 그룹과 버전이다. kube-proxy가 읽는 형식은 이것 하나뿐이다.",
    enWrong: "kube-proxy ends at once: no kind is registered for the version.",
    koWrong: "kube-proxy가 해당 버전에 등록된 kind가 없다며 곧바로 종료한다.",
  },
  {
    path: "kind",
    en: "The kind of object in this file: KubeProxyConfiguration.",
    ko: "이 파일에 담긴 오브젝트의 종류로, KubeProxyConfiguration이다.",
    enWrong: "kube-proxy does not start; the kubelet's file under this name is the usual cause.",
    koWrong: "kube-proxy가 시작하지 못한다. kubelet의 파일을 이 파일 이름으로 둔 경우가 흔하다.",
  },
  {
    path: "featureGates",
    en: "Switches single features of this kube-proxy on or off, by name. Which names exist depends on the version.",
    ko: "이 kube-proxy의 개별 기능을 이름으로 켜거나 끈다. 어떤 이름이 있는지는 버전마다 다르다.",
    enWrong: 'An unknown name ends kube-proxy: "unrecognized feature gate".',
    koWrong: '모르는 이름이 있으면 kube-proxy가 "unrecognized feature gate"로 종료한다.',
    tiedTo: ["NW-C02", "NW-E02"],
  },
  {
    path: "clientConnection",
    en: "How kube-proxy connects to the API server.",
    ko: "kube-proxy가 API 서버에 연결하는 방법이다.",
    tiedTo: ["NW-E08"],
  },
  {
    path: "clientConnection.kubeconfig",
    en: "The kubeconfig by which kube-proxy reads Services, EndpointSlices and its Node. Its certificate is of the user system:kube-proxy. Empty means the service account of a pod, which a host process does not have.",
    ko: "kube-proxy가 Service, EndpointSlice와 자신의 Node를 읽을 때 쓰는 kubeconfig다. 그 인증서의 사용자는 system:kube-proxy다. 비워 두면 파드의 서비스 어카운트를 쓰려 하는데, 호스트 프로세스에는 그것이 없다.",
    enWrong:
      'A missing file ends kube-proxy. A user without the role system:node-proxier gives "services is forbidden", and no Service on this node works.',
    koWrong:
      '파일이 없으면 kube-proxy가 종료한다. system:node-proxier 역할이 없는 사용자이면 "services is forbidden"이 나오고 이 노드에서는 어떤 서비스도 동작하지 않는다.',
    tiedTo: [
      "place:/var/lib/kube-proxy/kubeconfig",
      "cluster RBAC: ClusterRoleBinding system:node-proxier",
      "NW-C11",
      "NW-E08",
    ],
  },
  {
    path: "clientConnection.acceptContentTypes",
    en: "Which encodings kube-proxy takes as answers; empty is the client library's choice.",
    ko: "kube-proxy가 응답으로 받아들이는 인코딩이다. 비워 두면 클라이언트 라이브러리가 정한다.",
  },
  {
    path: "clientConnection.contentType",
    en: "The encoding of what kube-proxy sends to the API server.",
    ko: "kube-proxy가 API 서버로 보내는 요청의 인코딩이다.",
  },
  {
    path: "clientConnection.qps",
    en: "How many requests a second kube-proxy may send over a longer time. It mostly watches, so few are enough.",
    ko: "kube-proxy가 보낼 수 있는 초당 요청 수의 평균 한도다. 대부분 watch만 하므로 많이 필요하지 않다.",
    tiedTo: ["kube-proxy:clientConnection.burst"],
  },
  {
    path: "clientConnection.burst",
    en: "How many requests may be sent at once before qps holds them back.",
    ko: "qps 제한이 걸리기 전까지 한꺼번에 보낼 수 있는 요청 수다.",
    tiedTo: ["kube-proxy:clientConnection.qps"],
  },
  {
    path: "hostnameOverride",
    en: "The name of the Node that kube-proxy runs on; empty means the machine's host name in lower case. It has to be the name under which the kubelet has registered.",
    ko: "kube-proxy가 실행되는 Node의 이름이다. 비워 두면 머신의 호스트 이름(소문자)을 쓴다. kubelet이 등록한 이름과 같아야 한다.",
    enWrong:
      '"Failed to retrieve node info: nodes ... not found": kube-proxy does not know which endpoints are local, so externalTrafficPolicy: Local and NodePorts fail, or it ends.',
    koWrong:
      '"Failed to retrieve node info: nodes ... not found"가 나온다. 어느 엔드포인트가 이 노드의 것인지 몰라 externalTrafficPolicy: Local과 NodePort가 실패하거나 kube-proxy가 종료한다.',
    tiedTo: ["flag:--hostname-override", "machines:HOSTNAME", "NW-E06", "NW-F02"],
  },
  {
    path: "bindAddress",
    en: "What kube-proxy takes for the node's own address, where it shall not be what the Node says. The name is historical: nothing is bound to it. 0.0.0.0 and :: leave it to the Node.",
    ko: "Node에 적힌 주소 대신 kube-proxy가 노드의 주소로 볼 값이다. 이름은 옛 흔적이고 실제로 이 주소에 바인드하지는 않는다. 0.0.0.0과 ::는 Node의 주소를 따른다.",
    tiedTo: ["kube-proxy:nodePortAddresses", "flag:--node-ip", "NW-C27"],
  },
  {
    path: "healthzBindAddress",
    en: "Where kube-proxy says whether it is alive and has written its rules lately (/healthz, /livez). Load balancers ask it, so it listens on all addresses. An address without a port gets 10256; empty is the default.",
    ko: "kube-proxy가 살아 있고 최근에 규칙을 썼는지 알려 주는 주소다(/healthz, /livez). 로드 밸런서가 조회하므로 모든 주소에서 수신한다. 포트가 없으면 10256을 쓰고, 비워 두면 기본값을 쓴다.",
    enWrong:
      "A port that is taken is logged (and ends kube-proxy with bindAddressHardFail); on 127.0.0.1 load balancers take the node for dead.",
    koWrong:
      "이미 쓰이는 포트이면 로그가 남고 bindAddressHardFail이면 종료한다. 127.0.0.1이면 로드 밸런서가 이 노드를 죽은 것으로 본다.",
    tiedTo: ["kube-proxy:metricsBindAddress", "kube-proxy:bindAddressHardFail", "NW-C26", "NW-E14"],
  },
  {
    path: "metricsBindAddress",
    en: "Where kube-proxy serves its metrics, /configz and, with enableProfiling, its profiles, all of them without authentication. An address without a port gets 10249; empty is the default.",
    ko: "kube-proxy가 메트릭과 /configz, enableProfiling이면 프로파일까지 인증 없이 제공하는 주소다. 포트가 없으면 10249를 쓰고, 비워 두면 기본값을 쓴다.",
    enWrong:
      "0.0.0.0 shows them to everyone who reaches the node; 127.0.0.1 hides them from a Prometheus on another machine.",
    koWrong:
      "0.0.0.0이면 노드에 접근할 수 있는 누구에게나 보이고, 127.0.0.1이면 다른 머신의 Prometheus가 볼 수 없다.",
    tiedTo: ["kube-proxy:healthzBindAddress", "NW-C26", "NW-E14"],
  },
  {
    path: "bindAddressHardFail",
    en: "Ends kube-proxy where it cannot listen on its health or metrics address, rather than going on without.",
    ko: "상태 확인이나 메트릭 주소에서 수신할 수 없을 때, 그대로 계속하지 않고 kube-proxy를 종료한다.",
    tiedTo: ["kube-proxy:healthzBindAddress", "kube-proxy:metricsBindAddress"],
  },
  {
    path: "enableProfiling",
    en: "Serves Go profiles of kube-proxy under /debug/pprof/ on the metrics address.",
    ko: "메트릭 주소의 /debug/pprof/에서 kube-proxy의 Go 프로파일을 제공한다.",
    tiedTo: ["kube-proxy:metricsBindAddress"],
  },
  {
    path: "showHiddenMetricsForVersion",
    en: "Shows metrics again that the last minor version has hidden. Only the version before this one is taken.",
    ko: "직전 마이너 버전에서 숨긴 메트릭을 다시 보여 준다. 바로 앞 버전만 쓸 수 있다.",
    enWrong: "Another version ends kube-proxy.",
    koWrong: "다른 버전을 적으면 kube-proxy가 종료한다.",
  },
  {
    path: "mode",
    en: "By what means traffic to Services is sent on to pods. On Linux kube-proxy only writes rules; the kernel moves the packets.",
    ko: "서비스로 가는 트래픽을 어떤 방식으로 파드에 전달할지 정한다. 리눅스에서 kube-proxy는 규칙만 쓰고 패킷은 커널이 전달한다.",
    values: {
      "": ["iptables on Linux, kernelspace on Windows", "리눅스는 iptables, 윈도우는 kernelspace"],
      iptables: [
        "rules of iptables; the default, needs the commands iptables, iptables-save and iptables-restore on the host",
        "iptables 규칙. 기본값이며 호스트에 iptables, iptables-save, iptables-restore 명령이 필요하다",
      ],
      ipvs: [
        "the kernel's load balancer; needs the ip_vs modules and ipset; deprecated since 1.35",
        "커널의 로드 밸런서. ip_vs 모듈과 ipset이 필요하며 1.35부터 사용 중단이다",
      ],
      nftables: [
        "rules of nftables; faster with many Services; stable since 1.33, needs kernel 5.13 and nft 1.0.1",
        "nftables 규칙. 서비스가 많을 때 더 빠르다. 1.33부터 안정화되었고 커널 5.13, nft 1.0.1이 필요하다",
      ],
      kernelspace: ["Windows only", "윈도우 전용"],
    },
    enWrong:
      'A mode that the machine cannot carry ends kube-proxy: "executable file not found in $PATH" where iptables is missing. Changing it leaves the old mode\'s rules until kube-proxy --cleanup or a reboot.',
    koWrong:
      '머신이 지원하지 않는 모드이면 kube-proxy가 종료한다. iptables가 없으면 "executable file not found in $PATH"가 나온다. 모드를 바꾸면 kube-proxy --cleanup이나 재부팅 전까지 이전 모드의 규칙이 남는다.',
    tiedTo: [
      "kube-proxy:iptables",
      "kube-proxy:ipvs",
      "kube-proxy:nftables",
      "NW-E01",
      "NW-E02",
      "NW-E03",
      "NW-E04",
      "NW-E05",
    ],
  },
  {
    path: "detectLocalMode",
    en: "How kube-proxy tells traffic of this cluster's pods from traffic that comes from outside. Traffic to a ClusterIP that is not local is masqueraded.",
    ko: "클러스터 파드의 트래픽과 밖에서 온 트래픽을 구별하는 방법이다. ClusterIP로 가는 트래픽 중 로컬이 아닌 것은 마스커레이드한다.",
    values: {
      ClusterCIDR: ["by the source address: clusterCIDR", "출발지 주소로 구별한다(clusterCIDR)"],
      NodeCIDR: [
        "by the source address: the Node's podCIDR",
        "출발지 주소로 구별한다(Node의 podCIDR)",
      ],
      BridgeInterface: [
        "by the bridge it comes from: detectLocal.bridgeInterface",
        "들어온 브리지로 구별한다(detectLocal.bridgeInterface)",
      ],
      InterfaceNamePrefix: [
        "by the name of the interface it comes from: detectLocal.interfaceNamePrefix",
        "들어온 인터페이스의 이름으로 구별한다(detectLocal.interfaceNamePrefix)",
      ],
    },
    enWrong:
      "NodeCIDR without a podCIDR on the Node: kube-proxy waits some minutes for it and ends. ClusterCIDR without clusterCIDR: nothing is known as local, and callers from outside of the cluster get no answer from a ClusterIP.",
    koWrong:
      "Node에 podCIDR이 없는데 NodeCIDR이면 몇 분 기다리다 종료한다. clusterCIDR 없이 ClusterCIDR이면 무엇이 로컬인지 몰라, 클러스터 밖에서 ClusterIP를 호출하면 응답을 받지 못한다.",
    tiedTo: ["kube-proxy:clusterCIDR", "kube-proxy:detectLocal", "NW-D12", "NW-E07"],
  },
  {
    path: "detectLocal",
    en: "What the modes BridgeInterface and InterfaceNamePrefix of detectLocalMode look for.",
    ko: "detectLocalMode의 BridgeInterface와 InterfaceNamePrefix 모드가 찾는 대상이다.",
    tiedTo: ["kube-proxy:detectLocalMode", "NW-E07"],
  },
  {
    path: "detectLocal.bridgeInterface",
    en: "The bridge that the pods of this node are on. For the tutorial's network it is cni0.",
    ko: "이 노드의 파드가 연결된 브리지다. 튜토리얼의 네트워크에서는 cni0이다.",
    enWrong: "Another name than the CNI configuration's: no traffic is known as local.",
    koWrong: "CNI 설정의 이름과 다르면 어떤 트래픽도 로컬로 보지 않는다.",
    tiedTo: ["cni:bridge"],
  },
  {
    path: "detectLocal.interfaceNamePrefix",
    en: "How the names of the pods' interfaces on the host begin, such as veth or cali.",
    ko: "호스트에서 파드 인터페이스 이름이 시작하는 글자다(예: veth, cali).",
    enWrong: "A prefix that a network card of the machine has too makes outside traffic local.",
    koWrong: "머신의 네트워크 카드 이름과도 맞는 접두사이면 외부 트래픽까지 로컬로 본다.",
  },
  {
    path: "clusterCIDR",
    en: "The network of all pods of the cluster; for dual stack one of each family, parted by a comma. kube-proxy does not route it: it only tells by it which traffic comes from pods, and masquerades what comes from elsewhere to a ClusterIP.",
    ko: "클러스터의 모든 파드가 쓰는 대역이다. 듀얼 스택이면 두 대역을 쉼표로 구분한다. kube-proxy가 이 대역을 라우팅하는 것은 아니다. 어느 트래픽이 파드에서 왔는지 구별하고, 다른 곳에서 ClusterIP로 온 트래픽을 마스커레이드하는 데 쓴다.",
    enWrong:
      "Another value than the controller manager's --cluster-cidr, or one that leaves out a node's pod subnet: pods of that node are taken for strangers, their addresses are hidden behind the node's, and network policies no longer fit.",
    koWrong:
      "kube-controller-manager의 --cluster-cidr와 다르거나 어떤 노드의 파드 서브넷이 빠지면, 그 노드의 파드를 외부로 보아 주소가 노드 주소로 가려지고 네트워크 폴리시가 맞지 않게 된다.",
    tiedTo: [
      "machines:POD_SUBNET",
      "cni:ipam.ranges",
      "kube-proxy:detectLocalMode",
      "kube-controller-manager --cluster-cidr",
      "NW-D10",
      "NW-D11",
      "NW-E07",
      "NW-A21",
    ],
  },
  {
    path: "nodePortAddresses",
    en: "On which of the node's addresses NodePorts answer: subnets, or \"primary\" for the Node's own address. Absent, all of them in iptables and ipvs mode, the primary one in nftables mode.",
    ko: '노드의 어느 주소에서 NodePort가 응답하는지 정한다. 서브넷, 또는 Node의 주소를 뜻하는 "primary"를 적는다. 값이 없으면 iptables와 ipvs 모드는 모든 주소, nftables 모드는 기본 주소다.',
    enWrong: "Subnets in which the node has no address: no NodePort answers.",
    koWrong: "노드의 주소가 하나도 없는 서브넷이면 NodePort가 응답하지 않는다.",
    defaultIs: [
      "every address; in nftables mode the primary one",
      "모든 주소. nftables 모드에서는 기본 주소",
    ],
    tiedTo: ["kube-apiserver --service-node-port-range", "NW-E13"],
  },
  {
    path: "oomScoreAdj",
    en: "How unlikely the kernel is to kill kube-proxy when memory runs out: -1000 never, 1000 first.",
    ko: "메모리가 부족할 때 커널이 kube-proxy를 죽일 가능성이다. -1000이면 죽이지 않고 1000이면 가장 먼저 죽인다.",
    tiedTo: ["kubelet:oomScoreAdj"],
  },
  {
    path: "configSyncPeriod",
    en: "How often all Services and EndpointSlices are gone through anew, although nothing was announced.",
    ko: "변경 알림이 없어도 모든 Service와 EndpointSlice를 다시 처리하는 주기다.",
    tiedTo: ["NW-E14"],
  },
  {
    path: "portRange",
    en: "Was for the userspace mode, which no longer exists.",
    ko: "지금은 없는 userspace 모드에서 쓰던 값이다.",
  },
  {
    path: "windowsRunAsService",
    en: "Runs kube-proxy as a Windows service. On Linux it stays false.",
    ko: "kube-proxy를 윈도우 서비스로 실행한다. 리눅스에서는 false로 둔다.",
  },
];
