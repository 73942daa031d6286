import type { OptionText } from "../option.ts";

/** KubeProxyConfiguration: each mode for itself, and connection tracking. */
export const kubeProxyModeTexts: readonly OptionText[] = [
  {
    path: "iptables",
    en: "Settings of the iptables mode; ipvs uses masqueradeBit and masqueradeAll of it as well.",
    ko: "iptables 모드의 설정이다. ipvs 모드도 여기의 masqueradeBit와 masqueradeAll을 쓴다.",
    tiedTo: ["kube-proxy:mode"],
  },
  {
    path: "iptables.masqueradeBit",
    en: "The bit of the packet mark by which packets are remembered that shall be masqueraded (14 is 0x4000).",
    ko: "마스커레이드할 패킷에 표시하는 마크의 비트 번호다(14는 0x4000).",
    enWrong:
      "A bit that another program (a network plugin, a VPN) uses as well: packets get the wrong source address.",
    koWrong:
      "네트워크 플러그인이나 VPN 같은 다른 프로그램과 같은 비트를 쓰면 패킷의 출발지 주소가 잘못된다.",
  },
  {
    path: "iptables.masqueradeAll",
    en: "Masquerades all traffic to ClusterIPs, from pods too. Some networks need it, because answers would otherwise not come back through this node.",
    ko: "파드에서 온 것을 포함해 ClusterIP로 가는 모든 트래픽을 마스커레이드한다. 응답이 이 노드를 거쳐 돌아오지 않는 네트워크에서 필요하다.",
    enWrong:
      "With true servers see the node's address rather than the pod's, and network policies by pod do not work.",
    koWrong:
      "true이면 서버가 파드 주소 대신 노드 주소를 보게 되어 파드 단위 네트워크 폴리시가 동작하지 않는다.",
    tiedTo: ["kube-proxy:clusterCIDR", "NW-E09"],
  },
  {
    path: "iptables.syncPeriod",
    en: "How often the rules are compared and cleaned up although nothing was announced.",
    ko: "변경 알림이 없어도 규칙을 비교하고 정리하는 주기다.",
    tiedTo: ["kube-proxy:iptables.minSyncPeriod", "NW-E14"],
  },
  {
    path: "iptables.minSyncPeriod",
    en: "How long kube-proxy waits at least between two writings of the rules; changes in between are put together.",
    ko: "규칙을 쓴 뒤 다시 쓰기까지의 최소 간격이다. 그 사이의 변경은 모아서 한 번에 쓴다.",
    enWrong:
      "A very short time on a large cluster burns CPU with every pod that comes or goes; a long one sends traffic to pods that are gone. Longer than syncPeriod is refused, and 0s means the default.",
    koWrong:
      "큰 클러스터에서 너무 짧으면 파드가 생기고 사라질 때마다 CPU를 쓰고, 너무 길면 이미 사라진 파드로 트래픽을 보낸다. syncPeriod보다 길면 거부되고, 0s는 기본값을 뜻한다.",
    tiedTo: ["kube-proxy:iptables.syncPeriod", "NW-E14"],
  },
  {
    path: "iptables.localhostNodePorts",
    en: "Lets NodePorts be reached on 127.0.0.1 of the node. For that kube-proxy sets net.ipv4.conf.all.route_localnet. IPv4 and the iptables mode only.",
    ko: "노드의 127.0.0.1에서 NodePort에 접근할 수 있게 한다. 이를 위해 kube-proxy가 net.ipv4.conf.all.route_localnet을 켠다. IPv4와 iptables 모드에서만 쓰인다.",
    enWrong:
      "With true packets to 127.0.0.0/8 may come from outside if KUBE-FIREWALL of the kubelet is missing.",
    koWrong:
      "true인데 kubelet의 KUBE-FIREWALL이 없으면 외부에서 127.0.0.0/8로 향하는 패킷이 들어올 수 있다.",
    tiedTo: ["kubelet:makeIPTablesUtilChains", "kube-proxy:nodePortAddresses"],
  },
  {
    path: "ipvs",
    en: "Settings of the ipvs mode.",
    ko: "ipvs 모드의 설정이다.",
    tiedTo: ["kube-proxy:mode", "NW-E03"],
  },
  {
    path: "ipvs.syncPeriod",
    en: "How often the IPVS tables are compared and cleaned up although nothing was announced.",
    ko: "변경 알림이 없어도 IPVS 테이블을 비교하고 정리하는 주기다.",
    tiedTo: ["NW-E14"],
  },
  {
    path: "ipvs.minSyncPeriod",
    en: "How long kube-proxy waits at least between two writings of the IPVS tables.",
    ko: "IPVS 테이블을 쓴 뒤 다시 쓰기까지의 최소 간격이다.",
    tiedTo: ["kube-proxy:ipvs.syncPeriod", "NW-E14"],
  },
  {
    path: "ipvs.scheduler",
    en: "How IPVS chooses a pod: rr (in turn), wrr, lc (fewest connections), sh (by source) and others of the kernel. Empty is rr.",
    ko: "IPVS가 파드를 고르는 방법이다. rr(순서대로), wrr, lc(연결이 적은 곳), sh(출발지 기준) 등 커널의 스케줄러를 쓴다. 비워 두면 rr이다.",
    enWrong:
      "One whose module (ip_vs_NAME) cannot be loaded: kube-proxy does not start in ipvs mode.",
    koWrong:
      "모듈(ip_vs_이름)을 로드할 수 없는 스케줄러이면 kube-proxy가 ipvs 모드로 시작하지 못한다.",
    tiedTo: ["NW-E03"],
    values: {
      rr: ["in turn", "순서대로"],
      wrr: ["in turn, by weight", "가중치에 따라 순서대로"],
      lc: ["fewest connections", "연결이 가장 적은 곳"],
      wlc: ["fewest connections, by weight", "가중치를 고려해 연결이 가장 적은 곳"],
      sh: ["by the source address", "출발지 주소에 따라"],
      dh: ["by the destination address", "목적지 주소에 따라"],
      sed: ["shortest expected delay", "예상 지연이 가장 짧은 곳"],
      nq: ["one that is idle, else shortest delay", "유휴 상태인 곳, 없으면 지연이 가장 짧은 곳"],
    },
  },
  {
    path: "ipvs.excludeCIDRs",
    en: "Addresses whose IPVS services kube-proxy leaves alone when it cleans up, because somebody else has made them.",
    ko: "다른 프로그램이 만든 것이므로 kube-proxy가 정리할 때 건드리지 않을 IPVS 서비스의 주소 대역이다.",
  },
  {
    path: "ipvs.strictARP",
    en: "Keeps the node from answering ARP for the Service addresses on kube-ipvs0 (arp_ignore, arp_announce). MetalLB in layer 2 mode needs it.",
    ko: "kube-ipvs0에 있는 서비스 주소에 노드가 ARP로 답하지 않게 한다(arp_ignore, arp_announce). MetalLB의 L2 모드에 필요하다.",
    enWrong:
      "With false several nodes answer for one load balancer address, and connections break.",
    koWrong: "false이면 여러 노드가 같은 로드 밸런서 주소에 답해 연결이 끊긴다.",
  },
  {
    path: "ipvs.tcpTimeout",
    en: "After which time an idle TCP connection is forgotten by IPVS. 0s leaves the machine's value.",
    ko: "유휴 TCP 연결을 IPVS가 잊기까지의 시간이다. 0s이면 시스템의 값을 그대로 둔다.",
    enWrong: "Shorter than an application's keep-alive, and its idle connections are reset.",
    koWrong: "애플리케이션의 keep-alive 간격보다 짧으면 유휴 연결이 끊긴다.",
  },
  {
    path: "ipvs.tcpFinTimeout",
    en: "After which time a TCP connection is forgotten by IPVS once a FIN was seen. 0s leaves the machine's value.",
    ko: "FIN을 받은 TCP 연결을 IPVS가 잊기까지의 시간이다. 0s이면 시스템의 값을 그대로 둔다.",
  },
  {
    path: "ipvs.udpTimeout",
    en: "After which time an idle UDP flow is forgotten by IPVS. 0s leaves the machine's value.",
    ko: "유휴 UDP 흐름을 IPVS가 잊기까지의 시간이다. 0s이면 시스템의 값을 그대로 둔다.",
  },
  {
    path: "nftables",
    en: "Settings of the nftables mode. Its rules are in the tables kube-proxy of the families ip and ip6.",
    ko: "nftables 모드의 설정이다. 규칙은 ip와 ip6 패밀리의 kube-proxy 테이블에 있다.",
    tiedTo: ["kube-proxy:mode", "NW-E02"],
  },
  {
    path: "nftables.masqueradeBit",
    en: "The bit of the packet mark by which packets are remembered that shall be masqueraded (14 is 0x4000).",
    ko: "마스커레이드할 패킷에 표시하는 마크의 비트 번호다(14는 0x4000).",
    enWrong: "A bit that another program uses as well: packets get the wrong source address.",
    koWrong: "다른 프로그램과 같은 비트를 쓰면 패킷의 출발지 주소가 잘못된다.",
  },
  {
    path: "nftables.masqueradeAll",
    en: "Masquerades all traffic to ClusterIPs, from pods too.",
    ko: "파드에서 온 것을 포함해 ClusterIP로 가는 모든 트래픽을 마스커레이드한다.",
    enWrong: "With true servers see the node's address rather than the pod's.",
    koWrong: "true이면 서버가 파드 주소 대신 노드 주소를 보게 된다.",
    tiedTo: ["kube-proxy:clusterCIDR"],
  },
  {
    path: "nftables.syncPeriod",
    en: "How often the rules are compared and cleaned up although nothing was announced.",
    ko: "변경 알림이 없어도 규칙을 비교하고 정리하는 주기다.",
  },
  {
    path: "nftables.minSyncPeriod",
    en: "How long kube-proxy waits at least between two writings of the rules. nftables writes only what has changed, so short times cost little.",
    ko: "규칙을 쓴 뒤 다시 쓰기까지의 최소 간격이다. nftables는 바뀐 것만 쓰므로 짧게 잡아도 비용이 작다.",
    tiedTo: ["kube-proxy:nftables.syncPeriod"],
  },
  {
    path: "winkernel",
    en: "Settings of the kernelspace mode of Windows. On Linux nothing of it is read.",
    ko: "윈도우 kernelspace 모드의 설정이다. 리눅스에서는 읽지 않는다.",
    tiedTo: ["kube-proxy:mode"],
  },
  {
    path: "winkernel.networkName",
    en: "The HNS network in which endpoints and policies are made.",
    ko: "엔드포인트와 정책을 만들 HNS 네트워크의 이름이다.",
  },
  {
    path: "winkernel.sourceVip",
    en: "The source address for load-balanced traffic on an overlay network.",
    ko: "오버레이 네트워크에서 로드 밸런싱 트래픽의 출발지로 쓰는 주소다.",
  },
  {
    path: "winkernel.enableDSR",
    en: "Lets pods answer the caller directly rather than through the load balancer.",
    ko: "파드가 로드 밸런서를 거치지 않고 호출자에게 직접 응답하게 한다(DSR).",
  },
  {
    path: "winkernel.rootHnsEndpointName",
    en: "The HNS endpoint that joins the host's own namespace to an l2bridge network.",
    ko: "호스트의 루트 네임스페이스를 l2bridge 네트워크에 잇는 HNS 엔드포인트의 이름이다.",
  },
  {
    path: "winkernel.forwardHealthCheckVip",
    en: "Passes health checks of a load balancer on to the Service's health check port.",
    ko: "로드 밸런서의 상태 확인을 서비스의 상태 확인 포트로 전달한다.",
  },
  {
    path: "conntrack",
    en: "What kube-proxy sets for the kernel's table of connections (nf_conntrack). In a container as a machine the table is the host's and cannot be set: maxPerCore has to be 0 there.",
    ko: "커널의 연결 추적 테이블(nf_conntrack)에 kube-proxy가 적용하는 설정이다. 컨테이너로 만든 머신에서는 테이블이 호스트의 것이라 바꿀 수 없으므로 maxPerCore를 0으로 둔다.",
    tiedTo: ["NW-E11"],
  },
  {
    path: "conntrack.maxPerCore",
    en: "How many connections the table holds for each CPU core (net.netfilter.nf_conntrack_max). 0 leaves it as it is and ignores min.",
    ko: "CPU 코어마다 테이블에 담을 연결 수다(net.netfilter.nf_conntrack_max). 0이면 현재 값을 그대로 두고 min도 무시한다.",
    enWrong:
      'Too small: "nf_conntrack: table full, dropping packet" in the kernel log, and new connections fail at random. Where the setting may not be written kube-proxy ends: "open /proc/sys/net/netfilter/nf_conntrack_max: permission denied".',
    koWrong:
      '너무 작으면 커널 로그에 "nf_conntrack: table full, dropping packet"이 남고 새 연결이 무작위로 실패한다. 값을 쓸 수 없는 환경이면 kube-proxy가 "open /proc/sys/net/netfilter/nf_conntrack_max: permission denied"로 종료한다.',
    tiedTo: ["kube-proxy:conntrack.min", "NW-E11"],
  },
  {
    path: "conntrack.min",
    en: "How many connections the table holds at least, however few cores there are.",
    ko: "코어 수와 관계없이 테이블이 담을 최소 연결 수다.",
    tiedTo: ["kube-proxy:conntrack.maxPerCore", "NW-E11"],
  },
  {
    path: "conntrack.tcpEstablishedTimeout",
    en: "After which time an idle TCP connection is forgotten. 0s leaves the machine's value (usually five days).",
    ko: "유휴 TCP 연결을 잊기까지의 시간이다. 0s이면 시스템의 값(보통 5일)을 그대로 둔다.",
    enWrong:
      "Shorter than an application's silence, and the connection hangs: later packets match no rule of the Service.",
    koWrong:
      "애플리케이션이 조용한 시간보다 짧으면 이후 패킷이 서비스의 규칙에 맞지 않아 연결이 멈춘다.",
  },
  {
    path: "conntrack.tcpCloseWaitTimeout",
    en: "How long a connection is kept that one side has closed and the other has not.",
    ko: "한쪽만 닫은(CLOSE_WAIT) 연결을 유지하는 시간이다.",
  },
  {
    path: "conntrack.tcpBeLiberal",
    en: "Does not take packets with unexpected sequence numbers for invalid (nf_conntrack_tcp_be_liberal). It helps where asymmetric routes or busy nodes reset long connections.",
    ko: "예상 밖의 순서 번호를 가진 패킷을 잘못된 것으로 보지 않는다(nf_conntrack_tcp_be_liberal). 비대칭 라우팅이나 부하가 큰 노드에서 긴 연결이 끊길 때 도움이 된다.",
    tiedTo: ["NW-E12"],
  },
  {
    path: "conntrack.udpTimeout",
    en: "After which time a UDP flow without an answer is forgotten. 0s leaves the machine's value.",
    ko: "응답이 없던 UDP 흐름을 잊기까지의 시간이다. 0s이면 시스템의 값을 그대로 둔다.",
  },
  {
    path: "conntrack.udpStreamTimeout",
    en: "After which time a UDP flow with answers is forgotten. 0s leaves the machine's value.",
    ko: "응답이 있던 UDP 흐름을 잊기까지의 시간이다. 0s이면 시스템의 값을 그대로 둔다.",
  },
];
