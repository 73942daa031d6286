import type { OptionText } from "../option.ts";

/** KubeletConfiguration: names and iptables of pods. */
export const kubeletNetworkTexts: readonly OptionText[] = [
  {
    path: "clusterDNS",
    en: "The DNS servers that pods get: the address of the cluster's DNS Service, by custom the tenth of the Service network (10.32.0.10 in 10.32.0.0/24). Pods with dnsPolicy Default or on the host network do not get them.",
    ko: "파드가 쓰는 DNS 서버다. 클러스터 DNS 서비스의 주소를 적으며, 관례상 서비스 대역의 열 번째 주소다(10.32.0.0/24이면 10.32.0.10). dnsPolicy가 Default이거나 호스트 네트워크를 쓰는 파드에는 적용되지 않는다.",
    enWrong:
      "Absent, pods get the node's DNS servers, no Service has a name, and each pod has an event MissingClusterDNS. An address without a DNS server makes every look-up wait for its timeout.",
    koWrong:
      "값이 없으면 파드가 노드의 DNS 서버를 받아 서비스 이름을 찾지 못하고, 파드마다 MissingClusterDNS 이벤트가 생긴다. DNS 서버가 없는 주소이면 모든 조회가 시간 초과까지 기다린다.",
    tiedTo: [
      "kubelet:clusterDomain",
      "kubelet:resolvConf",
      "kube-apiserver --service-cluster-ip-range",
      "NW-C17",
      "NW-A21",
      "NW-D11",
    ],
  },
  {
    path: "clusterDomain",
    en: "The domain of the cluster's names, usually cluster.local. With it pods search NAMESPACE.svc.DOMAIN, svc.DOMAIN and DOMAIN, so that a Service is found by its short name.",
    ko: "클러스터 이름의 도메인으로, 보통 cluster.local이다. 이 값이 있으면 파드가 NAMESPACE.svc.DOMAIN, svc.DOMAIN, DOMAIN을 차례로 찾으므로 서비스를 짧은 이름으로 부를 수 있다.",
    enWrong:
      "Another domain than CoreDNS serves, or than the other nodes have: short names fail on this node only.",
    koWrong:
      "CoreDNS가 담당하는 도메인이나 다른 노드의 값과 다르면 이 노드에서만 짧은 이름이 해석되지 않는다.",
    tiedTo: ["kubelet:clusterDNS", "NW-C17"],
  },
  {
    path: "resolvConf",
    en: "The file of DNS servers that pods with dnsPolicy Default get, CoreDNS among them, which forwards to these servers. With systemd-resolved that has to be /run/systemd/resolve/resolv.conf.",
    ko: "dnsPolicy가 Default인 파드에 전달하는 DNS 서버 파일이다. CoreDNS도 여기에 해당하며, 이 서버들로 질의를 전달한다. systemd-resolved를 쓰면 /run/systemd/resolve/resolv.conf를 적어야 한다.",
    enWrong:
      'With a file that points at 127.0.0.53 CoreDNS asks itself in a circle and ends: "plugin/loop: Loop detected". A missing file stops every pod: "open ...: no such file or directory". More than three servers are cut off with an event.',
    koWrong:
      '127.0.0.53을 가리키는 파일이면 CoreDNS가 자기 자신에게 묻다가 "plugin/loop: Loop detected"로 종료한다. 파일이 없으면 모든 파드가 "open ...: no such file or directory"로 시작하지 못한다. 서버가 세 개를 넘으면 이벤트를 남기고 잘라 낸다.',
    tiedTo: ["kubelet:clusterDNS", "NW-C15", "NW-C16"],
  },
  {
    path: "hairpinMode",
    en: "Was how the kubelet let a pod reach itself through its own Service. With a CRI runtime the network plugin does that: what counts is hairpinMode of the bridge plugin.",
    ko: "파드가 자신의 서비스를 거쳐 자기 자신에 닿도록 kubelet이 하던 설정이다. CRI 런타임에서는 네트워크 플러그인이 하는 일이므로 bridge 플러그인의 hairpinMode가 중요하다.",
    enWrong:
      "Changing it changes nothing: a pod that calls its own Service still waits until the timeout.",
    koWrong:
      "바꿔도 달라지는 것이 없다. 자신의 서비스를 호출하는 파드는 여전히 시간 초과까지 기다린다.",
    values: {
      "promiscuous-bridge": [
        "the bridge is made promiscuous",
        "브리지를 promiscuous 모드로 바꾼다",
      ],
      "hairpin-veth": ["each pod's port may send back", "파드의 포트마다 되돌려 보내기를 허용한다"],
      none: ["nothing is done", "아무것도 하지 않는다"],
    },
    tiedTo: ["cni:hairpinMode", "NW-D16"],
  },
  {
    path: "makeIPTablesUtilChains",
    en: "Lets the kubelet make the chain KUBE-IPTABLES-HINT (and KUBE-FIREWALL, which drops forged loopback packets), by which other programs see whether this machine uses iptables-nft or -legacy.",
    ko: "kubelet이 KUBE-IPTABLES-HINT 체인과, 위조된 루프백 패킷을 버리는 KUBE-FIREWALL 체인을 만들게 한다. 다른 프로그램은 이 체인으로 머신이 iptables-nft와 -legacy 중 무엇을 쓰는지 알아낸다.",
    enWrong:
      "With false a network plugin in a container may pick the other variant than the host, and rules of both exist at once.",
    koWrong:
      "false이면 컨테이너 안의 네트워크 플러그인이 호스트와 다른 방식을 골라 두 방식의 규칙이 함께 생길 수 있다.",
    tiedTo: ["kube-proxy:mode", "NW-E04", "NW-E05"],
  },
  {
    path: "iptablesMasqueradeBit",
    en: "Was the bit that marked packets for masquerading. kube-proxy does that alone today, with its own masqueradeBit.",
    ko: "마스커레이드할 패킷에 표시하던 비트다. 지금은 kube-proxy가 자신의 masqueradeBit로 그 일을 한다.",
    tiedTo: ["kube-proxy:iptables.masqueradeBit"],
  },
  {
    path: "iptablesDropBit",
    en: "Was the bit that marked packets to be dropped. No rule looks at it any more.",
    ko: "버릴 패킷에 표시하던 비트다. 이제 이 비트를 보는 규칙은 없다.",
  },
];
