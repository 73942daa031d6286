import type { OptionText } from "../option.ts";

/** CNI configuration: the IPAM plugin host-local. */
export const cniIpamTexts: readonly OptionText[] = [
  {
    path: "ipam",
    en: "How pods get their addresses. It is a plugin of its own, which the main plugin calls: host-local, static or dhcp.",
    ko: "파드가 주소를 얻는 방법이다. 주 플러그인이 호출하는 별도의 플러그인이며 host-local, static, dhcp가 있다.",
    enWrong: "Without it the interface has no address: pods run, and nothing reaches them.",
    koWrong: "없으면 인터페이스에 주소가 없다. 파드는 실행되지만 아무것도 닿지 않는다.",
    tiedTo: ["cni:type"],
  },
  {
    path: "ipam.type",
    en: "The name of the IPAM plugin's executable in bin_dir. host-local gives out addresses of this node's ranges and notes them in files; no server is needed, and nodes do not know of each other's.",
    ko: "bin_dir에 있는 IPAM 플러그인 실행 파일의 이름이다. host-local은 이 노드의 대역에서 주소를 나눠 주고 파일에 기록한다. 서버가 필요 없고, 노드끼리 서로의 기록을 알지 못한다.",
    values: {
      "host-local": [
        "addresses of ranges, noted on this node",
        "대역의 주소를 주고 이 노드에 기록한다",
      ],
      static: [
        "the addresses that the file or the request names",
        "파일이나 요청에 적힌 주소를 준다",
      ],
      dhcp: ["addresses of a DHCP server in the network", "네트워크의 DHCP 서버에서 주소를 받는다"],
    },
    enWrong: 'Pods stay in ContainerCreating: "failed to find plugin "host-local" in path".',
    koWrong: '파드가 ContainerCreating에 머문다: "failed to find plugin "host-local" in path".',
    tiedTo: ["place:/opt/cni/bin", "NW-D07"],
  },
  {
    path: "ipam.subnet",
    en: "An older way to write one range: the subnet of the pods' addresses. ranges says the same and takes several.",
    ko: "대역 하나를 적는 예전 방식으로, 파드 주소의 서브넷이다. ranges가 같은 일을 하며 여러 대역을 받는다.",
    tiedTo: ["cni:ipam.ranges", "machines:POD_SUBNET", "NW-D08"],
  },
  {
    path: "ipam.rangeStart",
    en: "The first address of ipam.subnet that is given out.",
    ko: "ipam.subnet에서 나눠 주는 첫 주소다.",
    tiedTo: ["cni:ipam.subnet", "NW-D08"],
  },
  {
    path: "ipam.rangeEnd",
    en: "The last address of ipam.subnet that is given out.",
    ko: "ipam.subnet에서 나눠 주는 마지막 주소다.",
    tiedTo: ["cni:ipam.subnet", "NW-D08"],
  },
  {
    path: "ipam.gateway",
    en: "The gateway of ipam.subnet, where it is not its first address.",
    ko: "ipam.subnet의 첫 주소가 아닌 게이트웨이를 쓸 때 그 주소다.",
    tiedTo: ["cni:ipam.subnet", "cni:isGateway"],
  },
  {
    path: "ipam.ranges",
    en: "The ranges of addresses: a list of sets, each a list of ranges. A pod gets one address of each set, so a second set is a second address, as for IPv6; a second range in a set is more room for the same address.",
    ko: "주소 대역이다. 집합의 목록이며 집합마다 대역의 목록을 담는다. 파드는 집합마다 주소를 하나씩 받으므로, 두 번째 집합은 두 번째 주소(예: IPv6)가 되고, 한 집합의 두 번째 대역은 같은 주소를 뽑을 공간을 늘린다.",
    enWrong:
      'One bracket too few is refused. Full: "no IP addresses available in range set". Each node needs a subnet of its own: with the same on two nodes, two pods have one address and only one of them is reached.',
    koWrong:
      '대괄호가 하나 모자라면 거부된다. 가득 차면 "no IP addresses available in range set"이 나온다. 노드마다 서브넷이 달라야 한다. 두 노드가 같으면 두 파드가 같은 주소를 갖고 하나만 통신된다.',
    tiedTo: [
      "machines:POD_SUBNET",
      "machines:SUBNET",
      "kubelet:maxPods",
      "kube-proxy:clusterCIDR",
      "kube-controller-manager --allocate-node-cidrs",
      "NW-C18",
      "NW-D08",
      "NW-D09",
      "NW-D10",
      "NW-D12",
      "NW-D13",
      "NW-D22",
    ],
  },
  {
    path: "ipam.ranges[][].subnet",
    en: "The subnet of a range, /30 or larger, without host bits. In the template it is SUBNET, which becomes each node's POD_SUBNET.",
    ko: "대역의 서브넷이다. /30 이상의 크기여야 하고 호스트 비트가 없어야 한다. 템플릿에는 SUBNET이라고 적으며, 노드마다 POD_SUBNET으로 치환된다.",
    enWrong:
      '"Network has host bits set" for 10.200.1.5/24, "Network ... too small to allocate from" for a /31. A file that still says SUBNET was never rendered: "invalid CIDR address: SUBNET".',
    koWrong:
      '10.200.1.5/24이면 "Network has host bits set", /31이면 "Network ... too small to allocate from"이 나온다. SUBNET이 그대로 남은 파일은 치환되지 않은 것으로 "invalid CIDR address: SUBNET"이 나온다.',
    tiedTo: ["machines:POD_SUBNET", "machines:SUBNET", "NW-D08", "NW-D09", "NW-D10", "NW-D11"],
  },
  {
    path: "ipam.ranges[][].rangeStart",
    en: "The first address that is given out; by default the second of the subnet, as the first is the gateway's.",
    ko: "나눠 주는 첫 주소다. 첫 주소는 게이트웨이이므로 기본값은 서브넷의 두 번째 주소다.",
    enWrong: "Outside of the subnet: every ADD fails.",
    koWrong: "서브넷 밖이면 모든 ADD가 실패한다.",
    tiedTo: ["NW-D08"],
  },
  {
    path: "ipam.ranges[][].rangeEnd",
    en: "The last address that is given out; by default the last of the subnet before its broadcast address.",
    ko: "나눠 주는 마지막 주소다. 기본값은 서브넷의 브로드캐스트 주소 바로 앞이다.",
    enWrong: "Outside of the subnet, or before rangeStart: every ADD fails.",
    koWrong: "서브넷 밖이거나 rangeStart보다 앞이면 모든 ADD가 실패한다.",
    tiedTo: ["NW-D08"],
  },
  {
    path: "ipam.ranges[][].gateway",
    en: "The pods' gateway, by default the first address of the subnet. With isGateway the bridge gets it.",
    ko: "파드의 게이트웨이다. 기본값은 서브넷의 첫 주소다. isGateway이면 브리지가 이 주소를 갖는다.",
    tiedTo: ["cni:isGateway", "NW-D13"],
  },
  {
    path: "ipam.routes",
    en: "Routes that pods get. One to 0.0.0.0/0 (and ::/0 for IPv6) leads all traffic to the gateway.",
    ko: "파드에 추가하는 경로다. 0.0.0.0/0(IPv6는 ::/0)은 모든 트래픽을 게이트웨이로 보낸다.",
    enWrong:
      "Without a default route pods reach the pods of their own node and nothing else: no Service, no DNS.",
    koWrong: "기본 경로가 없으면 같은 노드의 파드에만 닿는다. 서비스도 DNS도 되지 않는다.",
    tiedTo: ["cni:isDefaultGateway", "NW-D08", "NW-D13"],
  },
  {
    path: "ipam.routes[].dst",
    en: "The destination, a subnet in CIDR form. 0.0.0.0/0 is everything.",
    ko: "목적지 서브넷이다(CIDR). 0.0.0.0/0은 전체를 뜻한다.",
  },
  {
    path: "ipam.routes[].gw",
    en: "The next hop; by default the gateway of the range.",
    ko: "다음 홉의 주소다. 기본값은 대역의 게이트웨이다.",
  },
  {
    path: "ipam.routes[].mtu",
    en: "The largest packet on this route.",
    ko: "이 경로의 최대 패킷 크기다.",
    tiedTo: ["cni:mtu"],
  },
  {
    path: "ipam.routes[].advmss",
    en: "The TCP segment size that is announced on this route.",
    ko: "이 경로에서 알리는 TCP 세그먼트 크기다.",
  },
  {
    path: "ipam.routes[].priority",
    en: "The metric: of two routes to one destination the lower counts.",
    ko: "경로의 메트릭이다. 같은 목적지의 경로가 둘이면 낮은 쪽을 쓴다.",
  },
  {
    path: "ipam.routes[].table",
    en: "The number of the routing table, other than the main one.",
    ko: "기본 테이블이 아닌 라우팅 테이블의 번호다.",
  },
  {
    path: "ipam.routes[].scope",
    en: "How far the destination is: 0 the world, 253 the link, 254 the host itself.",
    ko: "목적지의 범위다. 0은 전체, 253은 링크, 254는 호스트 자신이다.",
  },
  {
    path: "ipam.dataDir",
    en: "Where host-local notes which address belongs to whom: a directory for each network, a file for each address.",
    ko: "어느 주소를 누가 쓰는지 host-local이 기록하는 곳이다. 네트워크마다 디렉터리, 주소마다 파일이 있다.",
    enWrong:
      "On a file system that is emptied at a reboot it is right; moved while pods run, addresses are given out twice.",
    koWrong:
      "재부팅할 때 비워지는 파일 시스템에 두는 것은 괜찮지만, 파드가 실행 중일 때 옮기면 같은 주소를 두 번 나눠 준다.",
    tiedTo: ["cni:name", "place:/var/lib/cni/networks", "NW-D14"],
  },
  {
    path: "ipam.resolvConf",
    en: "A file in the form of resolv.conf whose servers the plugin returns as dns. Kubernetes does not use it.",
    ko: "resolv.conf 형식의 파일로, 그 서버들을 플러그인이 dns 결과로 돌려준다. 쿠버네티스는 쓰지 않는다.",
    enWrong: "A missing file makes every ADD fail.",
    koWrong: "파일이 없으면 모든 ADD가 실패한다.",
    tiedTo: ["cni:dns", "kubelet:resolvConf"],
  },
];
