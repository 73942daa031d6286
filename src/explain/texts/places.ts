import type { ModelessOption } from "../option.ts";

/** Where the files of a worker node lie. */
export const placeTexts: readonly ModelessOption[] = [
  {
    path: "/etc/cni/net.d",
    en: "The directory of CNI configuration, read by the container runtime (not by the kubelet). containerd sorts *.conf, *.conflist and *.json by name and takes the first: it is the network of every pod. The others are not run after it.",
    ko: "CNI 설정 디렉터리다. kubelet이 아니라 컨테이너 런타임이 읽는다. containerd는 *.conf, *.conflist, *.json을 이름순으로 정렬해 첫 파일을 모든 파드의 네트워크로 쓴다. 나머지 파일이 그 다음에 이어서 실행되는 것이 아니다.",
    enWrong:
      'Empty: the node stays NotReady with "cni plugin not initialized". A file of an earlier network (05-cilium.conflist, 10-calico.conflist) that sorts before yours wins.',
    koWrong:
      '비어 있으면 노드가 "cni plugin not initialized"로 NotReady에 머문다. 예전 네트워크의 파일(05-cilium.conflist, 10-calico.conflist)이 이름순으로 앞서면 그 파일이 쓰인다.',
    tiedTo: [
      "containerd:cri.cni.conf_dir",
      "containerd:cri.cni.max_conf_num",
      "NW-D02",
      "NW-D04",
      "NW-F06",
      "NW-D01",
      "NW-D03",
      "NW-D05",
    ],
  },
  {
    path: "/etc/cni/net.d/10-bridge.conf",
    en: "The network of this node's pods: the bridge plugin with host-local. A list, 10-bridge.conflist, can do more (portmap, bandwidth); have one of the two, not both.",
    ko: "이 노드의 파드 네트워크 설정이다(bridge 플러그인과 host-local). 목록 형식인 10-bridge.conflist는 더 많은 일(portmap, bandwidth)을 할 수 있다. 둘 중 하나만 둔다.",
    enWrong:
      "Missing while 99-loopback.conf is there: that one becomes the network, and pods start without an address.",
    koWrong:
      "이 파일이 없고 99-loopback.conf만 있으면 그것이 네트워크가 되어 파드가 주소 없이 시작된다.",
    tiedTo: ["cni:type", "NW-D02", "NW-D05"],
  },
  {
    path: "/etc/cni/net.d/99-loopback.conf",
    en: "A configuration of the loopback plugin. It is not needed: containerd brings up lo in every pod by itself. It is not applied after 10-bridge.conf either: only the first file by name is used, and the number says which that is.",
    ko: "loopback 플러그인의 설정이다. 필요하지 않다. containerd가 모든 파드의 lo를 스스로 올린다. 10-bridge.conf 다음에 적용되는 것도 아니다. 이름순으로 첫 파일만 쓰이며, 숫자는 어느 파일이 첫 번째인지를 정할 뿐이다.",
    enWrong:
      "As the only file it is the network of every pod: pods have lo and nothing else. With max_conf_num = 0 every pod gets a further interface.",
    koWrong:
      "이 파일만 있으면 모든 파드의 네트워크가 되어 파드에 lo밖에 없다. max_conf_num = 0이면 파드마다 인터페이스가 하나 더 생긴다.",
    tiedTo: [
      "containerd:cri.cni.use_internal_loopback",
      "containerd:cri.cni.max_conf_num",
      "NW-D03",
    ],
  },
  {
    path: "/opt/cni/bin",
    en: "The executables of the CNI plugins: bridge, host-local, loopback, portmap and others. The container runtime runs them; nothing of them stays running (but the daemon of dhcp).",
    ko: "CNI 플러그인 실행 파일의 디렉터리다(bridge, host-local, loopback, portmap 등). 컨테이너 런타임이 실행하며, dhcp 데몬을 빼면 계속 떠 있는 것은 없다.",
    enWrong:
      'A missing one: "failed to find plugin "..." in path [/opt/cni/bin]". One of another architecture: "exec format error".',
    koWrong:
      '필요한 파일이 없으면 "failed to find plugin "..." in path [/opt/cni/bin]", 아키텍처가 다르면 "exec format error"가 나온다.',
    tiedTo: [
      "containerd:cri.cni.bin_dir",
      "cni:type",
      "cni:ipam.type",
      "env:CNI_PATH",
      "NW-A14",
      "NW-D01",
      "NW-D07",
    ],
  },
  {
    path: "/var/lib/cni/networks",
    en: "Where host-local notes the addresses in use: a directory for each network, a file for each address with the pod's sandbox in it.",
    ko: "host-local이 사용 중인 주소를 기록하는 곳이다. 네트워크마다 디렉터리, 주소마다 파일이 있고 파일에는 파드의 샌드박스가 적힌다.",
    enWrong:
      'Entries that outlive their pods (after a crash, or a deleted runtime) use up the subnet: "no IP addresses available in range set".',
    koWrong:
      '크래시나 런타임 삭제 뒤에 파드 없이 남은 기록이 서브넷을 소진시켜 "no IP addresses available in range set"이 나온다.',
    tiedTo: ["cni:name", "cni:ipam.dataDir", "NW-D14"],
  },
  {
    path: "/etc/containerd/config.toml",
    en: "containerd's configuration, read once when it starts. Without the file containerd runs with its defaults, SystemdCgroup = false among them.",
    ko: "containerd의 설정 파일이며 시작할 때 한 번 읽는다. 파일이 없으면 SystemdCgroup = false를 포함한 기본값으로 실행된다.",
    enWrong:
      "A change does nothing until containerd is restarted; with KillMode=process pods run on meanwhile.",
    koWrong:
      "바꿔도 containerd를 재시작할 때까지 적용되지 않는다. KillMode=process이면 재시작하는 동안에도 파드는 계속 실행된다.",
    tiedTo: ["containerd:version", "NW-A04", "NW-A05", "NW-B06"],
  },
  {
    path: "/run/containerd/containerd.sock",
    en: "containerd's socket, for the kubelet, crictl and ctr. /var/run/containerd/containerd.sock is the same, as /var/run is a link to /run.",
    ko: "kubelet, crictl, ctr가 접속하는 containerd의 소켓이다. /var/run은 /run을 가리키는 링크이므로 /var/run/containerd/containerd.sock도 같은 소켓이다.",
    tiedTo: ["containerd:grpc.address", "kubelet:containerRuntimeEndpoint", "NW-A08"],
  },
  {
    path: "/etc/crictl.yaml",
    en: "Tells crictl which socket to ask. nodewright writes it with containerd's.",
    ko: "crictl이 접속할 소켓을 정한다. nodewright가 containerd의 소켓으로 만들어 둔다.",
    enWrong:
      "Without it crictl tries several sockets, with warnings; with another it shows no containers.",
    koWrong:
      "없으면 crictl이 여러 소켓을 시도하며 경고를 내고, 다른 소켓이 적혀 있으면 컨테이너가 보이지 않는다.",
    tiedTo: ["containerd:grpc.address", "NW-A08"],
  },
  {
    path: "/var/lib/kubelet",
    en: "The kubelet's directory: its configuration, certificates, kubeconfig, the volumes of pods, and what it remembers (cpu_manager_state, device plugins).",
    ko: "kubelet의 디렉터리다. 설정, 인증서, kubeconfig, 파드의 볼륨, kubelet이 기억하는 상태(cpu_manager_state, 장치 플러그인)가 있다.",
    enWrong: "On a disk that is mounted noexec or read-only pods with volumes fail.",
    koWrong: "noexec나 읽기 전용으로 마운트된 디스크이면 볼륨을 쓰는 파드가 실패한다.",
    tiedTo: ["flag:--root-dir", "NW-B13", "NW-F06", "NW-C24"],
  },
  {
    path: "/var/lib/kubelet/kubelet-config.yaml",
    en: "The kubelet's configuration (KubeletConfiguration). It is read when the kubelet starts; a change needs a restart of the kubelet, under which pods run on.",
    ko: "kubelet의 설정 파일이다(KubeletConfiguration). kubelet이 시작할 때 읽으므로 바꾸면 kubelet을 재시작해야 한다. 재시작해도 파드는 계속 실행된다.",
    enWrong:
      'An unknown key does not stop the kubelet: one line in the log, "Using lenient decoding as strict decoding failed", and the setting has no effect.',
    koWrong:
      '모르는 키가 있어도 kubelet은 멈추지 않는다. 로그에 "Using lenient decoding as strict decoding failed" 한 줄이 남고 그 설정은 적용되지 않는다.',
    tiedTo: ["flag:--config", "NW-B12", "NW-C01"],
  },
  {
    path: "/var/lib/kubelet/kubeconfig",
    en: "How the kubelet reaches the API server: its address and CA, and the kubelet's own certificate (CN system:node:NAME, O system:nodes). One for each node, mode 0600.",
    ko: "kubelet이 API 서버에 접속하는 정보다. 주소와 CA, kubelet 자신의 인증서(CN system:node:NAME, O system:nodes)가 들어 있다. 노드마다 다르며 권한은 0600이다.",
    enWrong:
      "Another node's file: this node may not register. An expired certificate: the node turns NotReady, and the log says Unauthorized.",
    koWrong:
      "다른 노드의 파일이면 등록할 수 없다. 인증서가 만료되면 노드가 NotReady가 되고 로그에 Unauthorized가 남는다.",
    tiedTo: ["flag:--kubeconfig", "machines:HOSTNAME", "NW-B12", "NW-C10", "NW-C11", "NW-C13"],
  },
  {
    path: "/var/lib/kubelet/ca.crt",
    en: "The CA by which the kubelet checks client certificates, kube-apiserver's above all.",
    ko: "kubelet이 클라이언트 인증서, 특히 kube-apiserver의 인증서를 검증하는 CA다.",
    enWrong:
      "Another CA than kube-apiserver's client certificate is from: kubectl logs and exec answer Unauthorized.",
    koWrong:
      "kube-apiserver의 클라이언트 인증서를 발급한 CA가 아니면 kubectl logs와 exec가 Unauthorized로 끝난다.",
    tiedTo: ["kubelet:authentication.x509.clientCAFile", "NW-C08", "NW-C13"],
  },
  {
    path: "/var/lib/kubelet/kubelet.crt",
    en: "The certificate of the kubelet's HTTPS server. In the tutorial it is the node's client certificate too (NODE.crt).",
    ko: "kubelet HTTPS 서버의 인증서다. 튜토리얼에서는 노드의 클라이언트 인증서(NODE.crt)를 함께 쓴다.",
    enWrong:
      "Without the node's address among its names kubectl logs fails where kube-apiserver checks it.",
    koWrong:
      "노드의 주소가 인증서에 없으면, kube-apiserver가 검증하는 경우 kubectl logs가 실패한다.",
    tiedTo: [
      "kubelet:tlsCertFile",
      "place:/var/lib/kubelet/kubelet.key",
      "NW-C08",
      "NW-C09",
      "NW-C13",
    ],
  },
  {
    path: "/var/lib/kubelet/kubelet.key",
    en: "The private key of kubelet.crt. Mode 0600, root only.",
    ko: "kubelet.crt의 개인키다. 권한은 0600이고 root만 읽는다.",
    tiedTo: ["kubelet:tlsPrivateKeyFile", "NW-B12", "NW-C08"],
  },
  {
    path: "/var/lib/kube-proxy",
    en: "kube-proxy's directory: its configuration and its kubeconfig.",
    ko: "kube-proxy의 디렉터리다. 설정과 kubeconfig가 있다.",
  },
  {
    path: "/var/lib/kube-proxy/kube-proxy-config.yaml",
    en: "kube-proxy's configuration (KubeProxyConfiguration). It is read when kube-proxy starts; a change makes kube-proxy end, and systemd starts it again with the new one.",
    ko: "kube-proxy의 설정 파일이다(KubeProxyConfiguration). 시작할 때 읽으며, 파일이 바뀌면 kube-proxy가 종료하고 systemd가 새 설정으로 다시 시작한다.",
    enWrong: "An unknown key does not stop kube-proxy: it is told in the log and ignored.",
    koWrong: "모르는 키가 있어도 kube-proxy는 멈추지 않는다. 로그에 남기고 무시한다.",
    tiedTo: ["flag:--config", "NW-C01"],
  },
  {
    path: "/var/lib/kube-proxy/kubeconfig",
    en: "How kube-proxy reaches the API server, as the user system:kube-proxy. The same on all nodes, mode 0600.",
    ko: "kube-proxy가 system:kube-proxy 사용자로 API 서버에 접속하는 정보다. 모든 노드에서 같으며 권한은 0600이다.",
    tiedTo: ["kube-proxy:clientConnection.kubeconfig", "NW-B12", "NW-E08", "NW-C13"],
  },
  {
    path: "/etc/systemd/system",
    en: "The units of containerd, kubelet and kube-proxy, and their drop-ins (NAME.service.d/*.conf). After a change systemctl daemon-reload has to be run, then a restart of the unit.",
    ko: "containerd, kubelet, kube-proxy의 유닛과 드롭인(NAME.service.d/*.conf)을 두는 곳이다. 바꾼 뒤에는 systemctl daemon-reload와 유닛 재시작이 필요하다.",
    enWrong:
      "A drop-in that an earlier installation left (kubelet.service.d/10-kubeadm.conf) replaces ExecStart, and your flags are ignored.",
    koWrong:
      "예전 설치가 남긴 드롭인(kubelet.service.d/10-kubeadm.conf)이 ExecStart를 바꾸어 의도한 플래그가 무시된다.",
    tiedTo: ["unit:Service.ExecStart", "NW-B06", "NW-B07"],
  },
  {
    path: "/usr/local/bin",
    en: "runc, crictl, kubelet, kube-proxy and kubectl.",
    ko: "runc, crictl, kubelet, kube-proxy, kubectl을 두는 곳이다.",
    enWrong:
      'Another path than ExecStart= has: status=203/EXEC. runc outside of containerd\'s PATH: "exec: "runc": executable file not found".',
    koWrong:
      'ExecStart=의 경로와 다르면 status=203/EXEC가 나온다. runc가 containerd의 PATH에 없으면 "exec: "runc": executable file not found"가 나온다.',
    tiedTo: ["unit:Service.ExecStart", "NW-A15", "NW-B08", "NW-B10", "NW-A12", "NW-F01", "NW-F13"],
  },
  {
    path: "/bin/containerd",
    en: "containerd, with its shim containerd-shim-runc-v2 and ctr beside it, where the tutorial puts them.",
    ko: "containerd다. 튜토리얼은 shim인 containerd-shim-runc-v2와 ctr도 같은 곳에 둔다.",
    enWrong:
      'Replaced by cp while it runs: "Text file busy". A new file has to be renamed into its place.',
    koWrong:
      '실행 중에 cp로 덮어쓰면 "Text file busy"가 나온다. 새 파일을 옆에 두고 이름을 바꿔 넣어야 한다.',
    tiedTo: [
      "unit:Service.ExecStart",
      "NW-A13",
      "NW-A14",
      "NW-B08",
      "NW-B10",
      "NW-A10",
      "NW-A11",
      "NW-A15",
    ],
  },
];
