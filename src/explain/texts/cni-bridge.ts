import type { OptionText } from "../option.ts";

/** CNI configuration: the bridge plugin. */
export const cniBridgeTexts: readonly OptionText[] = [
  {
    path: "bridge",
    en: "The name of the Linux bridge on the host that pods are plugged into. The first ADD makes it. At most 15 characters.",
    ko: "파드가 연결되는 호스트의 리눅스 브리지 이름이다. 첫 ADD가 브리지를 만든다. 최대 15자다.",
    enWrong:
      'A bridge that Docker or another network has already: "already has an IP address different from ...". Renamed under running pods, old and new ones are on two bridges with one subnet and do not reach each other.',
    koWrong:
      'Docker나 다른 네트워크가 이미 쓰는 브리지이면 "already has an IP address different from ..."이 나온다. 파드가 실행 중일 때 바꾸면 같은 서브넷이 두 브리지로 나뉘어 서로 닿지 않는다.',
    tiedTo: ["kube-proxy:detectLocal.bridgeInterface", "NW-D13", "NW-D21", "NW-D08"],
  },
  {
    path: "isGateway",
    en: "Gives the bridge an address of the pod subnet (the first one, unless the range has a gateway), so that the host is the pods' gateway, and turns on IP forwarding.",
    ko: "브리지에 파드 서브넷의 주소를 할당해(range에 gateway가 없으면 첫 번째 주소) 호스트가 파드의 게이트웨이가 되게 하고, IP 포워딩을 켠다.",
    enWrong:
      "With false pods of one node reach each other and nothing else: no route leads off the bridge, and probes of the kubelet fail.",
    koWrong:
      "false이면 같은 노드의 파드끼리만 통신한다. 브리지 밖으로 나가는 길이 없고 kubelet의 프로브도 실패한다.",
    tiedTo: ["cni:isDefaultGateway", "cni:ipam.routes", "NW-C18", "NW-D13", "NW-E10"],
  },
  {
    path: "isDefaultGateway",
    en: "As isGateway, and also gives pods a default route over the bridge. Where ipam.routes has a default route it is not needed; one there that names its gateway goes first.",
    ko: "isGateway에 더해, 파드에 브리지를 거치는 기본 경로도 준다. ipam.routes에 기본 경로가 있으면 필요 없으며, 거기에 게이트웨이까지 적혀 있으면 그쪽이 우선한다.",
    tiedTo: ["cni:isGateway", "cni:ipam.routes"],
  },
  {
    path: "forceAddress",
    en: "Takes another address off the bridge where the subnet has changed, rather than ending with an error.",
    ko: "서브넷이 바뀌었을 때 오류로 끝내지 않고 브리지의 이전 주소를 떼어 낸다.",
    enWrong: "With true the pods that still have addresses of the old subnet lose their gateway.",
    koWrong: "true이면 이전 서브넷의 주소를 가진 파드가 게이트웨이를 잃는다.",
    tiedTo: ["cni:ipam.ranges", "NW-D13"],
  },
  {
    path: "ipMasq",
    en: "Masquerades what pods send to destinations outside of their own node's subnet: it gets the node's address. Pods then reach networks that know no way back to pod addresses, the internet among them.",
    ko: "파드가 자기 노드의 서브넷 밖으로 보내는 패킷의 출발지를 노드 주소로 바꾼다(마스커레이드). 그래서 파드 주소로 돌아오는 길을 모르는 네트워크, 예를 들어 인터넷에도 닿을 수 있다.",
    enWrong:
      "With true pods of other nodes see the node's address too, so network policies and access logs are wrong between nodes. With false and no other masquerading pods do not reach the world outside: masquerade in nodewright.yaml does it for all but the cluster.",
    koWrong:
      "true이면 다른 노드의 파드에게도 노드 주소로 보여, 노드 사이의 네트워크 폴리시와 접근 로그가 맞지 않는다. false인데 다른 마스커레이드도 없으면 파드가 외부에 닿지 못한다. nodewright.yaml의 masquerade는 클러스터 밖으로 나가는 트래픽만 마스커레이드한다.",
    tiedTo: ["cni:ipMasqBackend", "kube-proxy:clusterCIDR", "NW-D15"],
  },
  {
    path: "ipMasqBackend",
    en: "By what ipMasq makes its rules. Absent, nodewright's plugins take nftables where the kernel has it, the reference plugins iptables where it is installed.",
    ko: "ipMasq가 규칙을 만드는 방식이다. 값이 없으면 nodewright의 플러그인은 커널이 지원할 때 nftables를, 레퍼런스 플러그인은 설치되어 있을 때 iptables를 쓴다.",
    values: {
      iptables: ["needs the command iptables", "iptables 명령이 필요하다"],
      nftables: [
        "no command is needed by nodewright's plugins",
        "nodewright의 플러그인은 별도 명령이 필요 없다",
      ],
    },
    enWrong:
      'iptables without the command: "exec: "iptables": executable file not found", and the address of the failed ADD may be lost.',
    koWrong:
      'iptables인데 명령이 없으면 "exec: "iptables": executable file not found"가 나오고, 실패한 ADD의 주소가 새기도 한다.',
    tiedTo: ["cni:ipMasq", "NW-D17", "NW-F10"],
  },
  {
    path: "mtu",
    en: "The largest packet of the pods' interfaces. 0 or absent leaves it to the kernel (1500). It has to be no more than the uplink's, less what a tunnel or VPN adds, and the same on all nodes.",
    ko: "파드 인터페이스의 최대 패킷 크기다. 0이거나 없으면 커널이 정한다(1500). 업링크의 MTU에서 터널이나 VPN이 더하는 크기를 뺀 값 이하여야 하며 모든 노드에서 같아야 한다.",
    enWrong: "Too large: ping and small requests work, TLS handshakes and large answers hang.",
    koWrong: "너무 크면 ping과 작은 요청은 되지만 TLS 핸드셰이크나 큰 응답이 멈춘다.",
    defaultIs: ["the kernel's (1500)", "커널의 값(1500)"],
    tiedTo: ["NW-D18", "NW-D08"],
  },
  {
    path: "hairpinMode",
    en: "Lets the bridge send a packet back through the port that it came from. A pod that calls a Service and is itself chosen as its endpoint needs that.",
    ko: "브리지가 패킷이 들어온 포트로 다시 내보낼 수 있게 한다. 파드가 서비스를 호출했는데 자기 자신이 엔드포인트로 선택될 때 필요하다.",
    enWrong:
      "With false a pod that calls its own Service waits until the timeout, now and then or, with one replica, always. Together with promiscMode the plugin refuses.",
    koWrong:
      "false이면 파드가 자신의 서비스를 호출할 때 가끔, 레플리카가 하나면 항상 시간 초과가 된다. promiscMode와 함께 쓰면 플러그인이 거부한다.",
    tiedTo: ["cni:promiscMode", "kubelet:hairpinMode", "NW-D16"],
  },
  {
    path: "promiscMode",
    en: "Puts the bridge into promiscuous mode, an older way to the same end as hairpinMode.",
    ko: "브리지를 promiscuous 모드로 둔다. hairpinMode와 같은 목적의 오래된 방법이다.",
    enWrong: "Together with hairpinMode the plugin refuses: packets would come twice.",
    koWrong: "hairpinMode와 함께 쓰면 패킷이 두 번 도착하므로 플러그인이 거부한다.",
    tiedTo: ["cni:hairpinMode", "NW-D16"],
  },
  {
    path: "vlan",
    en: "The VLAN of the bridge that the pod is in, from 1 to 4094. 0 or absent is none.",
    ko: "파드가 속하는 브리지의 VLAN이다(1~4094). 0이거나 없으면 쓰지 않는다.",
    tiedTo: ["cni:vlanTrunk", "cni:preserveDefaultVlan", "NW-D08"],
  },
  {
    path: "vlanTrunk",
    en: "VLANs that the pod gets tagged, in place of vlan. nodewright's bridge takes both together, reference plugins refuse that.",
    ko: "vlan 대신, 파드가 태그된 상태로 받는 VLAN들이다. nodewright의 bridge는 둘을 함께 쓸 수 있지만 레퍼런스 플러그인은 거부한다.",
    tiedTo: ["cni:vlan"],
  },
  { path: "vlanTrunk[].id", en: "One VLAN.", ko: "VLAN 하나의 번호다." },
  {
    path: "vlanTrunk[].minID",
    en: "The first VLAN of a range; maxID has to be there too.",
    ko: "VLAN 범위의 첫 번호다. maxID도 있어야 한다.",
  },
  {
    path: "vlanTrunk[].maxID",
    en: "The last VLAN of a range; minID has to be there too.",
    ko: "VLAN 범위의 마지막 번호다. minID도 있어야 한다.",
  },
  {
    path: "preserveDefaultVlan",
    en: "Leaves the pod's port in the bridge's own VLAN 1 as well. It counts only with vlan or vlanTrunk.",
    ko: "파드의 포트를 브리지의 기본 VLAN 1에도 남겨 둔다. vlan이나 vlanTrunk가 있을 때만 의미가 있다.",
    defaultIs: [
      "true with the reference plugins, false with nodewright's",
      "레퍼런스 플러그인은 true, nodewright의 플러그인은 false",
    ],
    tiedTo: ["cni:vlan"],
  },
  {
    path: "macspoofchk",
    en: "Drops what a pod sends under another MAC address than its own, by nftables rules of the bridge family.",
    ko: "파드가 자기 것이 아닌 MAC 주소로 보내는 패킷을 bridge 패밀리의 nftables 규칙으로 버린다.",
    enWrong: "Pods that run machines or containers with MAC addresses of their own lose these.",
    koWrong: "자체 MAC 주소를 가진 가상 머신이나 컨테이너를 안에서 실행하는 파드는 통신이 끊긴다.",
  },
  {
    path: "enabledad",
    en: "Waits until IPv6 has made sure that nobody else has the pod's address (duplicate address detection). It takes one to two seconds for each pod.",
    ko: "파드의 IPv6 주소를 다른 누가 쓰지 않는지 확인(중복 주소 탐지)할 때까지 기다린다. 파드마다 1~2초가 걸린다.",
  },
  {
    path: "disableContainerInterface",
    en: "Leaves the pod's end down. It is for special setups without ipam, in which the pod does not use the interface itself.",
    ko: "파드 쪽 인터페이스를 내려 둔다. 파드가 인터페이스를 직접 쓰지 않는, ipam 없는 특수한 구성을 위한 것이다.",
    enWrong:
      "Together with ipam the plugin refuses; on an ordinary pod network no pod has a network.",
    koWrong:
      "ipam과 함께 쓰면 플러그인이 거부한다. 일반 파드 네트워크에서 켜면 모든 파드가 네트워크를 쓰지 못한다.",
    tiedTo: ["cni:ipam"],
  },
  {
    path: "portIsolation",
    en: "Keeps pods of this network on one node from reaching each other directly; they reach the gateway only.",
    ko: "같은 노드에 있는 이 네트워크의 파드끼리 직접 통신하지 못하게 하고 게이트웨이에만 닿게 한다.",
    enWrong: "On the cluster's pod network Services between pods of one node fail.",
    koWrong: "클러스터의 파드 네트워크에서 켜면 같은 노드의 파드 사이 서비스가 실패한다.",
  },
  {
    path: "mac",
    en: "The MAC address of the pod's interface. It belongs into a request for one pod (capability mac), not into a file for all.",
    ko: "파드 인터페이스의 MAC 주소다. 모든 파드에 쓰이는 파일이 아니라 파드 하나에 대한 요청(capability mac)으로 전달할 값이다.",
    enWrong: "In the file, all pods have one MAC address and none is reached reliably.",
    koWrong: "파일에 적으면 모든 파드가 같은 MAC 주소를 가져 통신이 불안정해진다.",
    tiedTo: ["cni:capabilities"],
  },
];
