import type { OptionText } from "../option.ts";

/** CNI configuration: what every network and every plugin has. */
export const cniNetworkTexts: readonly OptionText[] = [
  {
    path: "cniVersion",
    en: "The version of the CNI specification that the file is written for, and that results are given in. Every plugin of the network has to know it: 1.0.0 needs the reference plugins 1.0 or later, 1.1.0 needs 1.6 or later.",
    ko: "이 파일이 따르는 CNI 스펙의 버전이며, 플러그인의 결과도 이 버전으로 나온다. 네트워크의 모든 플러그인이 이 버전을 알아야 한다. 1.0.0은 레퍼런스 플러그인 1.0 이상, 1.1.0은 1.6 이상이 필요하다.",
    enWrong:
      'No pod starts: "incompatible CNI versions; config is "1.1.0", plugin supports [...]". Without it the version is 0.1.0 or the file is refused, by who reads it.',
    koWrong:
      '파드가 시작하지 못한다: "incompatible CNI versions; config is "1.1.0", plugin supports [...]". 값이 없으면 읽는 쪽에 따라 0.1.0으로 보거나 파일을 거부한다.',
    tiedTo: ["cni:type", "place:/opt/cni/bin", "NW-D06"],
  },
  {
    path: "cniVersions",
    en: "Further versions that the file may be read as; a runtime takes the highest that it knows. Since specification 1.1.0.",
    ko: "이 파일을 읽을 수 있는 다른 버전들이다. 런타임은 자신이 아는 가장 높은 버전을 쓴다. 스펙 1.1.0부터 있다.",
    tiedTo: ["cni:cniVersion", "NW-D06"],
  },
  {
    path: "name",
    en: "The name of the network. It is more than a label: host-local keeps its addresses in /var/lib/cni/networks/NAME, and the runtime caches results by it.",
    ko: "네트워크의 이름이다. 단순한 표시가 아니다. host-local이 /var/lib/cni/networks/NAME에 주소를 기록하고, 런타임도 이 이름으로 결과를 캐시한다.",
    enWrong:
      "Renamed while pods run, the addresses under the old name are never given back, and the new name hands out the same ones again: two pods with one address. Names have letters, digits, dot, dash and underscore.",
    koWrong:
      "파드가 실행 중일 때 바꾸면 옛 이름의 주소는 반환되지 않고, 새 이름은 같은 주소를 다시 나눠 주어 두 파드가 같은 주소를 갖는다. 이름에는 글자, 숫자, 점, 대시, 밑줄만 쓴다.",
    tiedTo: ["cni:ipam.dataDir", "place:/var/lib/cni/networks", "NW-D14"],
  },
  {
    path: "type",
    en: "The name of the plugin's executable in bin_dir: bridge runs /opt/cni/bin/bridge. A chained plugin (portmap, bandwidth, firewall) is a further entry of plugins in a list.",
    ko: "bin_dir에 있는 플러그인 실행 파일의 이름이다. bridge이면 /opt/cni/bin/bridge를 실행한다. 이어서 실행할 플러그인(portmap, bandwidth, firewall)은 목록 파일의 plugins에 항목을 추가한다.",
    enWrong:
      'Pods stay in ContainerCreating: "failed to find plugin "bridge" in path [/opt/cni/bin]".',
    koWrong:
      '파드가 ContainerCreating에 머문다: "failed to find plugin "bridge" in path [/opt/cni/bin]".',
    values: {
      bridge: [
        "a Linux bridge on the host; a veth pair for each pod",
        "호스트의 리눅스 브리지. 파드마다 veth 쌍을 만든다",
      ],
      ptp: [
        "a veth pair for each pod, routed, without a bridge",
        "브리지 없이 파드마다 veth 쌍을 만들고 라우팅한다",
      ],
      macvlan: [
        "a virtual card with its own MAC on a card of the host",
        "호스트 카드 위에 자체 MAC을 가진 가상 카드를 만든다",
      ],
      ipvlan: [
        "a virtual card with the MAC of a card of the host",
        "호스트 카드와 같은 MAC을 쓰는 가상 카드를 만든다",
      ],
      vlan: ["a VLAN of a card of the host", "호스트 카드의 VLAN 인터페이스를 만든다"],
      "host-device": [
        "a card of the host itself, moved into the pod",
        "호스트의 카드를 그대로 파드로 옮긴다",
      ],
      loopback: [
        "lo; containerd brings it up without any file",
        "lo 인터페이스. containerd가 파일 없이도 올린다",
      ],
      tap: [
        "a tap device, for machines inside a pod",
        "파드 안의 가상 머신을 위한 tap 장치를 만든다",
      ],
      dummy: ["a device that leads nowhere", "어디로도 이어지지 않는 장치를 만든다"],
      portmap: ["chained: hostPort of pods", "이어서 실행: 파드의 hostPort를 처리한다"],
      bandwidth: ["chained: limits of traffic", "이어서 실행: 대역폭을 제한한다"],
      firewall: [
        "chained: lets the pods' traffic through the host's firewall",
        "이어서 실행: 호스트 방화벽에서 파드 트래픽을 허용한다",
      ],
      tuning: [
        "chained: sysctls and properties of the interface",
        "이어서 실행: sysctl과 인터페이스 속성을 바꾼다",
      ],
      sbr: ["chained: routing by source address", "이어서 실행: 출발지 주소에 따라 라우팅한다"],
      vrf: [
        "chained: a routing domain of its own",
        "이어서 실행: 별도의 라우팅 도메인(VRF)에 넣는다",
      ],
    },
    tiedTo: ["containerd:cri.cni.bin_dir", "place:/opt/cni/bin", "NW-D07", "NW-A14"],
  },
  {
    path: "plugins",
    en: "The plugins of the network in the order in which ADD calls them; DEL goes backwards. Only a list (.conflist) has it: a single configuration (.conf) is one plugin, and libcni calls that form deprecated.",
    ko: "네트워크의 플러그인을 ADD가 호출하는 순서로 적은 목록이다. DEL은 거꾸로 호출한다. 목록 파일(.conflist)에만 있다. 단일 설정(.conf)은 플러그인 하나이며 libcni는 이 형식을 사용 중단으로 본다.",
    enWrong:
      'In a file named .conf it is not understood, and the load of all networks stops: "network type not found". The first plugin has to make the interface: portmap alone gives an error.',
    koWrong:
      '.conf라는 이름의 파일에 있으면 이해하지 못해 모든 네트워크를 읽지 못한다: "network type not found". 첫 플러그인이 인터페이스를 만들어야 하므로 portmap만 있으면 오류가 난다.',
    tiedTo: ["cni:type", "NW-D04", "NW-D05", "NW-D17", "NW-D03"],
  },
  {
    path: "disableCheck",
    en: "Tells runtimes not to call CHECK for this network, as some chained plugins cannot answer it. containerd does not call CHECK anyway.",
    ko: "이 네트워크에 CHECK를 호출하지 않도록 런타임에 알린다. 답하지 못하는 플러그인이 있을 때 쓴다. containerd는 어차피 CHECK를 호출하지 않는다.",
  },
  {
    path: "disableGC",
    en: "Tells runtimes not to call GC for this network, by which leftovers of vanished pods are cleaned up. Since specification 1.1.0; needed where two runtimes share one network.",
    ko: "이 네트워크에 GC를 호출하지 않도록 런타임에 알린다. GC는 사라진 파드가 남긴 것을 정리한다. 스펙 1.1.0부터 있으며, 두 런타임이 한 네트워크를 함께 쓸 때 필요하다.",
    enWrong:
      "false where two runtimes share a network: each takes the addresses of the other's pods for leftovers.",
    koWrong:
      "두 런타임이 네트워크를 함께 쓰는데 false이면, 서로 상대 파드의 주소를 남은 것으로 보고 지운다.",
    tiedTo: ["NW-D14", "NW-A20"],
  },
  {
    path: "loadOnlyInlinedPlugins",
    en: "With false, further plugin configurations are read from a directory named after the network, beside this file. Since libcni 1.3.",
    ko: "false이면 이 파일 옆의, 네트워크 이름과 같은 디렉터리에서 플러그인 설정을 더 읽는다. libcni 1.3부터 있다.",
  },
  {
    path: "capabilities",
    en: 'What the plugin wants to be told by the runtime, by name: {"portMappings": true} for portmap, {"bandwidth": true} for bandwidth. The runtime then puts the values into runtimeConfig.',
    ko: '플러그인이 런타임에서 받고 싶은 정보의 이름이다. portmap은 {"portMappings": true}, bandwidth는 {"bandwidth": true}를 적는다. 런타임이 그 값을 runtimeConfig에 넣어 준다.',
    enWrong:
      "portmap without portMappings is called and does nothing: hostPort of pods is accepted and dead.",
    koWrong:
      "portmap에 portMappings가 없으면 호출되어도 아무것도 하지 않는다. 파드의 hostPort가 받아들여지지만 동작하지 않는다.",
    tiedTo: ["cni:runtimeConfig", "NW-D17"],
  },
  {
    path: "runtimeConfig",
    en: "What the runtime passes for this pod: ports, bandwidth, MAC or IP addresses. The runtime fills it in; it is not written into the file.",
    ko: "런타임이 이 파드에 대해 전달하는 값이다(포트, 대역폭, MAC, IP 주소). 런타임이 채우는 것이며 파일에 직접 적지 않는다.",
    tiedTo: ["cni:capabilities"],
  },
  {
    path: "args",
    en: "Further values for plugins, by a convention from before capabilities. Rarely used.",
    ko: "capabilities 이전의 관례로 플러그인에 전달하는 추가 값이다. 거의 쓰지 않는다.",
    tiedTo: ["env:CNI_ARGS"],
  },
  {
    path: "prevResult",
    en: "What the plugin before this one in the list has made. The runtime fills it in; it is not written into the file.",
    ko: "목록에서 앞선 플러그인이 만든 결과다. 런타임이 채우는 것이며 파일에 직접 적지 않는다.",
  },
  {
    path: "dns",
    en: "DNS settings that the plugin returns in its result. Kubernetes does not use them: the kubelet writes /etc/resolv.conf of pods.",
    ko: "플러그인이 결과로 돌려주는 DNS 설정이다. 쿠버네티스는 쓰지 않는다. 파드의 /etc/resolv.conf는 kubelet이 쓴다.",
    tiedTo: ["kubelet:clusterDNS"],
  },
  {
    path: "dns.nameservers",
    en: "Addresses of DNS servers, in order.",
    ko: "DNS 서버의 주소를 순서대로 적는다.",
  },
  {
    path: "dns.domain",
    en: "The local domain for short names.",
    ko: "짧은 이름에 쓰는 로컬 도메인이다.",
  },
  {
    path: "dns.search",
    en: "Domains in which short names are looked for.",
    ko: "짧은 이름을 찾아볼 도메인들이다.",
  },
  {
    path: "dns.options",
    en: "Options of the resolver, such as ndots:5.",
    ko: "리졸버 옵션이다(예: ndots:5).",
  },
];
