import { choice, integer, text } from "../../config/mod.ts";
import type { ModelessOption } from "../option.ts";

const path = text();

/** Command line flags of the kubelet and kube-proxy that units pass. */
export const flagTexts: readonly ModelessOption[] = [
  {
    path: "--config",
    schema: path,
    en: "The configuration file: a KubeletConfiguration for the kubelet, a KubeProxyConfiguration for kube-proxy. Nearly all settings belong there; a flag for one that the file has too wins over the file, for the kubelet, and is ignored by kube-proxy (but for --hostname-override).",
    ko: "설정 파일이다. kubelet은 KubeletConfiguration, kube-proxy는 KubeProxyConfiguration을 읽는다. 거의 모든 설정은 이 파일에 둔다. 같은 설정을 플래그로도 주면 kubelet은 플래그가 우선하고 kube-proxy는 플래그를 무시한다(--hostname-override는 예외).",
    enWrong:
      "A file that is not there ends the program. Without the flag the kubelet runs with its defaults, cgroupfs among them.",
    koWrong:
      "파일이 없으면 프로그램이 종료한다. 이 플래그가 없으면 kubelet은 cgroupfs를 포함한 기본값으로 실행된다.",
    tiedTo: [
      "place:/var/lib/kubelet/kubelet-config.yaml",
      "place:/var/lib/kube-proxy/kube-proxy-config.yaml",
      "unit:Service.ExecStart",
      "NW-B08",
      "NW-B11",
    ],
  },
  {
    path: "--kubeconfig",
    schema: path,
    en: "How the kubelet reaches the API server, and who it is there (system:node:NAME). Without it the kubelet runs alone, with static pods only. kube-proxy has it in its file: clientConnection.kubeconfig.",
    ko: "kubelet이 API 서버에 접속하는 방법과 그곳에서의 신원(system:node:NAME)이다. 없으면 kubelet이 스태틱 파드만 실행하는 독립 모드로 동작한다. kube-proxy는 설정 파일의 clientConnection.kubeconfig에 적는다.",
    enWrong:
      'A certificate of another node: "node "b" is forbidden ... cannot modify node "a"". A server whose name does not resolve, or another CA: the node never appears, and the log repeats "dial tcp: lookup" or "x509: certificate signed by unknown authority".',
    koWrong:
      '다른 노드의 인증서이면 "node "b" is forbidden ... cannot modify node "a""가 나온다. 서버 이름이 해석되지 않거나 CA가 다르면 노드가 나타나지 않고 로그에 "dial tcp: lookup"이나 "x509: certificate signed by unknown authority"가 되풀이된다.',
    tiedTo: [
      "place:/var/lib/kubelet/kubeconfig",
      "kubelet:registerNode",
      "NW-C10",
      "NW-C11",
      "NW-F06",
    ],
  },
  {
    path: "--v",
    schema: integer({ min: 0, max: 10, default: 0 }),
    en: "How much is logged: 0 the least, 2 what is useful in daily work, 4 for debugging, 6 and more show every API request. It wins over logging.verbosity.",
    ko: "로그의 상세 수준이다. 0이 가장 적고, 2는 평소 운영에 알맞고, 4는 디버깅용이며, 6 이상은 API 요청까지 보여 준다. logging.verbosity보다 우선한다.",
    enWrong: "High values fill the journal, which then forgets what was important.",
    koWrong: "값이 크면 저널이 가득 차 정작 중요한 로그가 밀려난다.",
    tiedTo: ["kubelet:logging.verbosity", "NW-B11"],
  },
  {
    path: "--bootstrap-kubeconfig",
    schema: path,
    en: "A kubeconfig with a token by which a new kubelet asks for its client certificate; the result is written to --kubeconfig and --cert-dir. It is not read where --kubeconfig exists.",
    ko: "새 kubelet이 클라이언트 인증서를 요청할 때 쓰는, 토큰이 든 kubeconfig다. 결과는 --kubeconfig와 --cert-dir에 기록된다. --kubeconfig 파일이 이미 있으면 읽지 않는다.",
    enWrong:
      'An expired token: "the server has asked for the client to provide credentials", for ever.',
    koWrong:
      '만료된 토큰이면 "the server has asked for the client to provide credentials"가 계속 나온다.',
    tiedTo: ["flag:--kubeconfig", "kubelet:rotateCertificates", "NW-C13", "NW-F12"],
  },
  {
    path: "--cert-dir",
    schema: text({ default: "/var/lib/kubelet/pki" }),
    en: "Where the kubelet keeps certificates that it has got by itself.",
    ko: "kubelet이 직접 발급받은 인증서를 두는 곳이다.",
    enWrong:
      "Certificates of an earlier cluster in it: the kubelet takes them and is unknown to the new one.",
    koWrong:
      "예전 클러스터의 인증서가 남아 있으면 kubelet이 그것을 써서 새 클러스터가 알아보지 못한다.",
    tiedTo: ["kubelet:rotateCertificates", "kubelet:serverTLSBootstrap", "NW-F06"],
  },
  {
    path: "--hostname-override",
    schema: text(),
    en: "The name of the Node, in place of the machine's host name. kube-proxy has it in its file: hostnameOverride.",
    ko: "머신의 호스트 이름 대신 쓸 Node의 이름이다. kube-proxy는 설정 파일의 hostnameOverride에 적는다.",
    enWrong:
      "Another name than the certificate's is forbidden to register; another than kube-proxy's breaks Services on the node.",
    koWrong:
      "인증서의 이름과 다르면 등록이 거부되고, kube-proxy의 이름과 다르면 이 노드의 서비스가 동작하지 않는다.",
    defaultIs: ["the host name in lower case", "소문자로 바꾼 호스트 이름"],
    tiedTo: ["kube-proxy:hostnameOverride", "machines:HOSTNAME", "NW-C10", "NW-E06", "NW-F02"],
  },
  {
    path: "--node-ip",
    schema: text({ format: "ip" }),
    en: "The address of the Node (InternalIP), on machines with several. Without it the kubelet takes the one of the default route.",
    ko: "주소가 여러 개인 머신에서 Node의 주소(InternalIP)로 쓸 값이다. 없으면 기본 경로가 있는 인터페이스의 주소를 쓴다.",
    enWrong:
      "An address that no interface has ends the registration; another network's makes logs, exec and routes to its pods fail.",
    koWrong:
      "어느 인터페이스에도 없는 주소이면 등록에 실패하고, 다른 네트워크의 주소이면 logs, exec, 파드로 가는 경로가 실패한다.",
    defaultIs: ["the address of the default route", "기본 경로의 주소"],
    tiedTo: ["machines:IPV4_ADDRESS", "kube-proxy:bindAddress", "NW-B11", "NW-C27"],
  },
  {
    path: "--node-labels",
    schema: text(),
    en: "Labels that the Node gets when it is created. Of those in kubernetes.io and k8s.io a kubelet may set only a few (topology.kubernetes.io/zone, node.kubernetes.io/* and some more).",
    ko: "Node를 처음 만들 때 붙이는 레이블이다. kubernetes.io와 k8s.io의 레이블 중 kubelet이 붙일 수 있는 것은 일부뿐이다(topology.kubernetes.io/zone, node.kubernetes.io/* 등).",
    enWrong:
      "node-role.kubernetes.io/worker ends the kubelet: \"unknown 'kubernetes.io' or 'k8s.io' labels specified\". Put it on with kubectl label after the node has joined.",
    koWrong:
      "node-role.kubernetes.io/worker를 적으면 kubelet이 \"unknown 'kubernetes.io' or 'k8s.io' labels specified\"로 종료한다. 노드가 등록된 뒤 kubectl label로 붙인다.",
    tiedTo: ["kubelet:registerWithTaints", "NW-C19", "NW-C20"],
  },
  {
    path: "--root-dir",
    schema: text({ default: "/var/lib/kubelet" }),
    en: "Where the kubelet keeps pods' volumes and its own state.",
    ko: "파드의 볼륨과 kubelet 자신의 상태를 두는 곳이다.",
    enWrong: "On a noexec or full disk pods fail; CSI drivers expect the default.",
    koWrong:
      "noexec이거나 가득 찬 디스크이면 파드가 실패하고, CSI 드라이버는 기본값을 전제로 한다.",
    tiedTo: ["place:/var/lib/kubelet", "NW-B13"],
  },
  {
    path: "--config-dir",
    schema: path,
    en: "A directory of files *.conf, each a part of a KubeletConfiguration, that are laid over --config in the order of their names.",
    ko: "--config 위에 이름순으로 덧씌우는, KubeletConfiguration의 일부가 든 *.conf 파일의 디렉터리다.",
    enWrong: "A file left there changes a setting that --config seems to have.",
    koWrong: "남아 있는 파일이 --config에 적힌 설정을 바꿔 놓을 수 있다.",
    tiedTo: ["flag:--config", "NW-B11"],
  },
  {
    path: "--cloud-provider",
    schema: choice(["", "external"], { default: "" }),
    en: "external says that a cloud controller manager finishes the Node. On premises it stays empty.",
    ko: "external이면 클라우드 컨트롤러 매니저가 Node를 완성한다는 뜻이다. 온프레미스에서는 비워 둔다.",
    enWrong:
      "external without such a controller: the taint node.cloudprovider.kubernetes.io/uninitialized stays, and pods are Pending.",
    koWrong:
      "그런 컨트롤러 없이 external이면 node.cloudprovider.kubernetes.io/uninitialized 테인트가 남아 파드가 Pending에 머문다.",
    tiedTo: ["kubelet:providerID", "NW-C29"],
  },
  {
    path: "--pod-infra-container-image",
    schema: text(),
    en: "Was the pause image that the kubelet kept from being removed. The runtime decides today; the flag is gone since 1.35.",
    ko: "kubelet이 지우지 않게 보호하던 pause 이미지였다. 지금은 런타임이 정하며 1.35에서 플래그가 없어졌다.",
    enWrong: 'With 1.35 or later the kubelet ends: "unknown flag".',
    koWrong: '1.35 이상에서는 kubelet이 "unknown flag"로 종료한다.',
    tiedTo: ["containerd:cri.sandbox_image", "NW-A18", "NW-C03"],
  },
];
