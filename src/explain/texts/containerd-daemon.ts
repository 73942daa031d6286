import type { OptionText } from "../option.ts";

/** containerd's config.toml: the daemon itself. */
export const containerdDaemonTexts: readonly OptionText[] = [
  {
    path: "version",
    en: "The version of the file's layout: 2 for containerd 1.3 to 1.7, 3 for 2.0 to 2.2, 4 from 2.3 on. A newer containerd converts an older layout when it starts; an older one cannot read a newer.",
    ko: "이 파일 구성의 버전이다. containerd 1.3~1.7은 2, 2.0~2.2는 3, 2.3부터는 4다. 새 containerd는 시작할 때 예전 구성을 변환하지만, 예전 containerd는 새 구성을 읽지 못한다.",
    enWrong:
      'Without it the file is taken for version 1, and every section with a long plugin name is silently ignored: SystemdCgroup falls back to false. Too new: "unsupported config version" or "expected containerd config version equal to or less than".',
    koWrong:
      '값이 없으면 버전 1로 보고, 긴 플러그인 이름의 섹션을 모두 조용히 무시한다. SystemdCgroup이 false로 돌아간다. 너무 새 버전이면 "unsupported config version" 또는 "expected containerd config version equal to or less than"이 나온다.',
    tiedTo: ["containerd:plugins", "NW-A04", "NW-A05"],
  },
  {
    path: "root",
    en: "Where containerd keeps what has to survive a reboot: images, snapshots, metadata.",
    ko: "이미지, 스냅숏, 메타데이터처럼 재부팅 후에도 남아야 하는 것을 두는 곳이다.",
    enWrong:
      'On NFS, on another overlay, or on xfs made with ftype=0 containers do not start: "failed to mount overlay". Moved, all images are gone for the new place.',
    koWrong:
      'NFS나 다른 overlay 위, ftype=0으로 만든 xfs에 두면 "failed to mount overlay"로 컨테이너가 시작하지 못한다. 위치를 옮기면 새 위치에는 이미지가 하나도 없다.',
    tiedTo: ["containerd:cri.containerd.snapshotter", "NW-A17", "NW-B13"],
  },
  {
    path: "state",
    en: "Where containerd keeps what a reboot may take: sockets of shims, mounts, process IDs. It has to be on a tmpfs such as /run.",
    ko: "shim 소켓, 마운트, PID처럼 재부팅하면 사라져도 되는 것을 두는 곳이다. /run 같은 tmpfs에 있어야 한다.",
    enWrong: "On a disk, containerd takes containers from before a reboot for running.",
    koWrong: "디스크에 두면 재부팅 전의 컨테이너를 실행 중인 것으로 착각한다.",
  },
  {
    path: "temp",
    en: "A directory for temporary files; empty is the system's.",
    ko: "임시 파일을 두는 디렉터리다. 비워 두면 시스템의 것을 쓴다.",
  },
  {
    path: "plugin_dir",
    en: "A directory of Go plugins that are loaded at the start. Releases of containerd do not support it.",
    ko: "시작할 때 읽는 Go 플러그인의 디렉터리다. 배포된 containerd는 지원하지 않는다.",
  },
  {
    path: "oom_score",
    en: "The oom_score_adj that containerd gives itself; 0 leaves what the unit says.",
    ko: "containerd가 스스로 설정하는 oom_score_adj다. 0이면 유닛의 값을 그대로 둔다.",
    tiedTo: ["unit:Service.OOMScoreAdjust"],
  },
  {
    path: "disabled_plugins",
    en: "Plugins that are not loaded, by name. The file that Docker's package installs has cri in it, which is right for Docker and wrong for Kubernetes.",
    ko: "불러오지 않을 플러그인의 이름이다. Docker 패키지가 설치하는 파일에는 cri가 들어 있는데, Docker에는 맞지만 쿠버네티스에는 맞지 않는다.",
    enWrong:
      'With cri (or a longer name of it) the kubelet ends: "unknown service runtime.v1.RuntimeService".',
    koWrong:
      'cri(또는 그 긴 이름)가 있으면 kubelet이 "unknown service runtime.v1.RuntimeService"로 종료한다.',
    defaultIs: ["none", "없음"],
    tiedTo: ["kubelet:containerRuntimeEndpoint", "NW-A06"],
  },
  {
    path: "required_plugins",
    en: "Plugins without which containerd shall not start. io.containerd.grpc.v1.cri here turns a CRI plugin that failed to load into a clear error.",
    ko: "이것 없이는 containerd가 시작하지 않아야 하는 플러그인이다. io.containerd.grpc.v1.cri를 적으면 CRI 플러그인을 읽지 못했을 때 분명한 오류가 난다.",
    enWrong: "A plugin that this version does not have ends containerd.",
    koWrong: "이 버전에 없는 플러그인을 적으면 containerd가 종료한다.",
    tiedTo: ["containerd:disabled_plugins", "NW-A07", "NW-A06"],
  },
  {
    path: "imports",
    en: "Further files that are read into this one; names may have *. What stands in them wins over this file.",
    ko: "이 파일에 더해 읽는 파일들이다. 이름에 *를 쓸 수 있고, 그 내용이 이 파일보다 우선한다.",
    enWrong:
      "A file that a package left there undoes a setting of yours, and nothing in this file shows it: see containerd config dump.",
    koWrong:
      "패키지가 남긴 파일이 설정을 되돌려 놓아도 이 파일에는 드러나지 않는다. containerd config dump로 확인한다.",
    tiedTo: ["NW-A05"],
  },
  {
    path: "grpc",
    en: "The socket that clients talk to: the kubelet, crictl, ctr.",
    ko: "kubelet, crictl, ctr 같은 클라이언트가 접속하는 소켓이다.",
  },
  {
    path: "grpc.address",
    en: "The path of containerd's socket, which serves CRI too.",
    ko: "containerd 소켓의 경로다. CRI도 이 소켓에서 제공한다.",
    enWrong:
      'Another path than the kubelet\'s containerRuntimeEndpoint: the kubelet ends, and crictl says "connect: no such file or directory".',
    koWrong:
      'kubelet의 containerRuntimeEndpoint와 다르면 kubelet이 종료하고 crictl은 "connect: no such file or directory"라고 한다.',
    tiedTo: [
      "kubelet:containerRuntimeEndpoint",
      "place:/run/containerd/containerd.sock",
      "place:/etc/crictl.yaml",
      "NW-A08",
    ],
  },
  {
    path: "grpc.tcp_address",
    en: "Serves the same API over TCP too. Whoever reaches it is root on the node unless TLS with client certificates is set up.",
    ko: "같은 API를 TCP로도 제공한다. 클라이언트 인증서를 쓰는 TLS를 설정하지 않으면 접속하는 누구나 노드의 root가 된다.",
  },
  {
    path: "grpc.tcp_tls_ca",
    en: "The CA of client certificates for tcp_address.",
    ko: "tcp_address에 접속하는 클라이언트 인증서의 CA다.",
  },
  {
    path: "grpc.tcp_tls_cert",
    en: "The server's certificate for tcp_address.",
    ko: "tcp_address 서버의 인증서다.",
  },
  { path: "grpc.tcp_tls_key", en: "The key of tcp_tls_cert.", ko: "tcp_tls_cert의 개인키다." },
  {
    path: "grpc.tcp_tls_common_name",
    en: "The name that a client certificate for tcp_address has to have.",
    ko: "tcp_address에 접속하는 클라이언트 인증서가 가져야 하는 이름이다.",
  },
  {
    path: "grpc.uid",
    en: "The user who owns the socket. Whoever may write to it is root on the node.",
    ko: "소켓의 소유자다. 소켓에 쓸 수 있는 사용자는 노드의 root와 같다.",
  },
  {
    path: "grpc.gid",
    en: "The group that owns the socket. Whoever may write to it is root on the node.",
    ko: "소켓의 그룹이다. 소켓에 쓸 수 있는 그룹은 노드의 root와 같다.",
  },
  {
    path: "grpc.max_recv_message_size",
    en: "The largest request in bytes.",
    ko: "받을 수 있는 요청의 최대 크기(바이트)다.",
    enWrong: 'Too small on a node with many containers: "received message larger than max".',
    koWrong: '컨테이너가 많은 노드에서 너무 작으면 "received message larger than max"가 나온다.',
  },
  {
    path: "grpc.max_send_message_size",
    en: "The largest answer in bytes.",
    ko: "보낼 수 있는 응답의 최대 크기(바이트)다.",
    enWrong: "Too small on a node with many containers: the kubelet cannot list them.",
    koWrong: "컨테이너가 많은 노드에서 너무 작으면 kubelet이 목록을 받지 못한다.",
  },
  {
    path: "grpc.tcp_max_recv_message_size",
    en: "The largest request over TCP in bytes. Version 4 only.",
    ko: "TCP로 받을 수 있는 요청의 최대 크기(바이트)다. 버전 4에만 있다.",
  },
  {
    path: "grpc.tcp_max_send_message_size",
    en: "The largest answer over TCP in bytes. Version 4 only.",
    ko: "TCP로 보낼 수 있는 응답의 최대 크기(바이트)다. 버전 4에만 있다.",
  },
  { path: "ttrpc", en: "The socket that shims talk to.", ko: "shim이 접속하는 소켓이다." },
  {
    path: "ttrpc.address",
    en: "The path of that socket; by default the one of grpc with .ttrpc behind it.",
    ko: "그 소켓의 경로다. 기본값은 grpc의 경로에 .ttrpc를 붙인 것이다.",
  },
  { path: "ttrpc.uid", en: "The user who owns that socket.", ko: "그 소켓의 소유자다." },
  { path: "ttrpc.gid", en: "The group that owns that socket.", ko: "그 소켓의 그룹이다." },
  {
    path: "debug",
    en: "How much is logged, and a socket for profiles.",
    ko: "로그의 상세 수준과 프로파일용 소켓을 정한다.",
  },
  {
    path: "debug.address",
    en: "The path of a socket that gives Go profiles; empty is none.",
    ko: "Go 프로파일을 제공하는 소켓의 경로다. 비워 두면 없다.",
  },
  { path: "debug.uid", en: "The user who owns that socket.", ko: "그 소켓의 소유자다." },
  { path: "debug.gid", en: "The group that owns that socket.", ko: "그 소켓의 그룹이다." },
  {
    path: "debug.level",
    en: "How much is logged: trace, debug, info, warn, error, fatal, panic. Empty is info. debug shows every call of a CNI plugin.",
    ko: "로그의 상세 수준이다: trace, debug, info, warn, error, fatal, panic. 비워 두면 info다. debug이면 CNI 플러그인 호출까지 볼 수 있다.",
  },
  {
    path: "debug.format",
    en: "The form of log lines: text or json. Empty is text.",
    ko: "로그 한 줄의 형식이다: text 또는 json. 비워 두면 text다.",
  },
  { path: "metrics", en: "Metrics for Prometheus.", ko: "Prometheus용 메트릭이다." },
  {
    path: "metrics.address",
    en: "ADDRESS:PORT of the metrics (/v1/metrics), without authentication. Empty is none.",
    ko: "메트릭(/v1/metrics)을 제공하는 주소:포트다. 인증이 없다. 비워 두면 제공하지 않는다.",
  },
  {
    path: "metrics.grpc_histogram",
    en: "Adds how long each kind of call takes. It costs memory.",
    ko: "호출 종류별 소요 시간을 추가한다. 메모리를 더 쓴다.",
  },
  { path: "cgroup", en: "The cgroup of containerd itself.", ko: "containerd 자신의 cgroup이다." },
  {
    path: "cgroup.path",
    en: "A cgroup that containerd moves itself into. With a systemd unit leave it empty.",
    ko: "containerd가 스스로 옮겨 가는 cgroup이다. systemd 유닛으로 실행하면 비워 둔다.",
    tiedTo: ["unit:Service.Delegate"],
  },
  {
    path: "timeouts",
    en: "How long single steps may take, by name (io.containerd.timeout.shim.load and others).",
    ko: "단계별 제한 시간을 이름으로 정한다(io.containerd.timeout.shim.load 등).",
  },
  {
    path: "proxy_plugins",
    en: "Snapshotters and the like that run as programs of their own (stargz, nydus), by name.",
    ko: "별도 프로그램으로 실행되는 스냅숏터 등(stargz, nydus)을 이름으로 등록한다.",
    tiedTo: ["containerd:cri.containerd.snapshotter"],
  },
  {
    path: "proxy_plugins.*.type",
    en: "What it is: snapshot, content, diff or sandbox.",
    ko: "종류다: snapshot, content, diff, sandbox.",
  },
  {
    path: "proxy_plugins.*.address",
    en: "The path of its socket.",
    ko: "그 프로그램의 소켓 경로다.",
  },
  {
    path: "proxy_plugins.*.platform",
    en: "The platform that it is for, such as linux/amd64.",
    ko: "대상 플랫폼이다(예: linux/amd64).",
  },
  {
    path: "proxy_plugins.*.exports",
    en: "Values that it tells to others, such as its root.",
    ko: "다른 쪽에 알리는 값이다(예: root).",
  },
  {
    path: "proxy_plugins.*.capabilities",
    en: "What it can do beyond the ordinary.",
    ko: "추가로 지원하는 기능의 목록이다.",
  },
  {
    path: "stream_processors",
    en: "Programs that layers of images are sent through, as for encrypted images.",
    ko: "암호화된 이미지처럼 이미지 레이어를 거쳐 보내는 프로그램이다.",
    tiedTo: ["containerd:cri.image_decryption.key_model"],
  },
  {
    path: "stream_processors.*.accepts",
    en: "Media types that it takes.",
    ko: "받아들이는 미디어 타입이다.",
  },
  {
    path: "stream_processors.*.returns",
    en: "The media type that it gives.",
    ko: "내보내는 미디어 타입이다.",
  },
  { path: "stream_processors.*.path", en: "Its executable.", ko: "실행 파일의 경로다." },
  { path: "stream_processors.*.args", en: "Its arguments.", ko: "실행 인자다." },
  { path: "stream_processors.*.env", en: "Its environment.", ko: "환경 변수다." },
  {
    path: "plugins",
    en: 'The settings of each plugin, by its full name. The one that Kubernetes talks to is "io.containerd.grpc.v1.cri" in version 2; in versions 3 and 4 it is split into "io.containerd.cri.v1.runtime" and "io.containerd.cri.v1.images". Here both are written cri.',
    ko: '플러그인별 설정을 전체 이름 아래에 적는다. 쿠버네티스가 쓰는 것은 버전 2에서 "io.containerd.grpc.v1.cri"이고, 버전 3과 4에서는 "io.containerd.cri.v1.runtime"과 "io.containerd.cri.v1.images"로 나뉘었다. 이 설명에서는 모두 cri로 줄여 적는다.',
    enWrong:
      "Settings under a name of another version are ignored: silently by 1.x, with a line in the log by 2.x.",
    koWrong:
      "다른 버전의 이름 아래에 적은 설정은 무시된다. 1.x는 아무 말 없이, 2.x는 로그 한 줄만 남긴다.",
    tiedTo: ["containerd:version", "NW-A05"],
  },
  {
    path: "cri",
    en: "The CRI plugin: what Kubernetes asks of containerd. Its full names are below.",
    ko: "CRI 플러그인이다. 쿠버네티스는 이 플러그인을 통해 containerd를 쓴다. 전체 이름은 아래에 있다.",
    tiedTo: ["containerd:disabled_plugins", "NW-A05", "NW-A06", "NW-A07"],
  },
];
