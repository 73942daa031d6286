import type { OptionText } from "../option.ts";

/** KubeletConfiguration: the kubelet's servers, their TLS, what they serve for debugging. */
export const kubeletServerTexts: readonly OptionText[] = [
  {
    path: "apiVersion",
    en: "The group and version of this file's format. The kubelet has had only this one since 1.10.",
    ko: "이 파일 형식의 그룹과 버전이다. 1.10 이후로 kubelet이 읽는 형식은 이것 하나뿐이다.",
    enWrong:
      'The kubelet ends at once: "no kind KubeletConfiguration is registered for version ...".',
    koWrong:
      'kubelet이 곧바로 종료한다: "no kind KubeletConfiguration is registered for version ...".',
  },
  {
    path: "kind",
    en: "The kind of object in this file: KubeletConfiguration. With apiVersion it tells the kubelet how to read the rest.",
    ko: "이 파일에 담긴 오브젝트의 종류로, KubeletConfiguration이다. apiVersion과 함께 나머지 내용을 어떻게 읽을지 정한다.",
    enWrong:
      "The kubelet does not start; kube-proxy's file under the kubelet's name is the usual cause.",
    koWrong:
      "kubelet이 시작하지 못한다. kube-proxy의 파일을 kubelet의 파일 이름으로 둔 경우가 흔하다.",
  },
  {
    path: "enableServer",
    en: "Runs the kubelet's HTTPS server, on address and port. The API server reaches a node's pods through it: logs, exec, attach, port-forward; metrics come from it too.",
    ko: "kubelet의 HTTPS 서버를 address와 port에서 실행한다. API 서버는 이 서버를 거쳐 노드의 파드에 접근한다(logs, exec, attach, port-forward). 메트릭도 여기에서 나온다.",
    enWrong:
      "With false the node becomes Ready and pods run, but kubectl logs and exec fail with a refused connection to port 10250, and metrics-server has no numbers.",
    koWrong:
      "false이면 노드는 Ready가 되고 파드도 실행되지만, kubectl logs와 exec가 10250 포트 연결 거부로 실패하고 metrics-server는 수치를 얻지 못한다.",
    tiedTo: ["kubelet:address", "kubelet:port", "NW-C12", "NW-F08"],
  },
  {
    path: "address",
    en: "The address on which the kubelet's HTTPS server listens. 0.0.0.0 is every IPv4 address of the node, :: every address of both families.",
    ko: "kubelet의 HTTPS 서버가 수신하는 주소다. 0.0.0.0은 노드의 모든 IPv4 주소, ::는 두 주소 체계의 모든 주소를 뜻한다.",
    enWrong:
      "With 127.0.0.1 or the address of another network the API server cannot connect: kubectl logs ends in a timeout or a refused connection. An address that no interface has ends the kubelet with a bind error.",
    koWrong:
      "127.0.0.1이나 다른 네트워크의 주소를 쓰면 API 서버가 연결할 수 없어 kubectl logs가 시간 초과나 연결 거부로 끝난다. 어느 인터페이스에도 없는 주소이면 kubelet이 bind 오류로 종료한다.",
    tiedTo: ["kubelet:port", "machines:IPV4_ADDRESS", "NW-F08"],
  },
  {
    path: "port",
    en: "The port of the kubelet's HTTPS server: logs, exec, stats, metrics. The kubelet writes it into its Node (status.daemonEndpoints), and that is where the API server connects to.",
    ko: "kubelet HTTPS 서버의 포트다. 로그, exec, 통계, 메트릭에 쓴다. kubelet이 이 값을 자기 Node 오브젝트(status.daemonEndpoints)에 적고, API 서버는 그 포트로 연결한다.",
    enWrong:
      'A port that another process has ends the kubelet: "address already in use". Another port than firewalls and scrapers expect makes logs and metrics time out.',
    koWrong:
      '다른 프로세스가 쓰는 포트이면 kubelet이 "address already in use"로 종료한다. 방화벽이나 메트릭 수집기가 예상하는 포트와 다르면 로그와 메트릭 요청이 시간 초과된다.',
    tiedTo: ["kubelet:readOnlyPort", "kubelet:healthzPort", "NW-C26", "NW-F08"],
  },
  {
    path: "readOnlyPort",
    en: "A second, plain HTTP port (usually 10255) that shows pods and metrics to everyone without any authentication. 0 turns it off.",
    ko: "인증 없이 누구에게나 파드 목록과 메트릭을 보여 주는 두 번째 HTTP 포트다(보통 10255). 0이면 끈다.",
    enWrong:
      "Any other value than 0 lets everyone who reaches the node read the specifications of its pods, environment variables included.",
    koWrong:
      "0이 아닌 값이면 노드에 접근할 수 있는 누구나 환경 변수를 포함한 파드 명세를 읽을 수 있다.",
    tiedTo: ["NW-C12", "NW-C26"],
  },
  {
    path: "healthzPort",
    en: "The port of the kubelet's health endpoint, plain HTTP: /healthz answers ok while the kubelet works. 0 turns it off.",
    ko: "kubelet 상태 확인 엔드포인트의 포트다(HTTP). kubelet이 동작하는 동안 /healthz가 ok로 답한다. 0이면 끈다.",
    enWrong:
      "Watchdogs that ask localhost:10248 (kubeadm does) take the kubelet for dead; a port that is taken only costs the endpoint.",
    koWrong:
      "localhost:10248을 확인하는 감시 도구(kubeadm 등)가 kubelet이 죽었다고 판단한다. 이미 쓰이는 포트이면 이 엔드포인트만 열리지 않는다.",
    tiedTo: ["kubelet:healthzBindAddress", "NW-C26"],
  },
  {
    path: "healthzBindAddress",
    en: "The address of the health endpoint. It has no authentication, so it is for the node itself.",
    ko: "상태 확인 엔드포인트의 주소다. 인증이 없으므로 노드 자신만 쓰도록 둔다.",
    enWrong: "With 0.0.0.0 everyone who reaches the node may ask it.",
    koWrong: "0.0.0.0이면 노드에 접근할 수 있는 누구나 조회할 수 있다.",
    tiedTo: ["kubelet:healthzPort"],
  },
  {
    path: "tlsCertFile",
    en: "The certificate with which the kubelet's HTTPS server shows who it is, PEM; intermediate certificates follow it in the same file. Without it (and without serverTLSBootstrap) the kubelet makes a self-signed one.",
    ko: "kubelet HTTPS 서버가 자신의 신원을 보이는 인증서다(PEM). 중간 인증서가 있으면 같은 파일에 이어서 둔다. 이 값도 serverTLSBootstrap도 없으면 kubelet이 자체 서명 인증서를 만든다.",
    enWrong:
      'A missing file ends the kubelet. Where kube-apiserver has --kubelet-certificate-authority, a certificate that lacks the address it dials as a subject alternative name breaks logs and exec: "x509: certificate is valid for ..., not ...".',
    koWrong:
      'kubelet은 파일이 없으면 종료한다. kube-apiserver에 --kubelet-certificate-authority가 있을 때, 접속하는 주소가 인증서의 SAN에 없으면 logs와 exec가 "x509: certificate is valid for ..., not ..."로 실패한다.',
    tiedTo: [
      "kubelet:tlsPrivateKeyFile",
      "kubelet:serverTLSBootstrap",
      "place:/var/lib/kubelet/kubelet.crt",
      "kube-apiserver --kubelet-certificate-authority",
      "kube-apiserver --kubelet-preferred-address-types",
      "NW-C08",
      "NW-C09",
    ],
  },
  {
    path: "tlsPrivateKeyFile",
    en: "The private key of the certificate in tlsCertFile, PEM. Only root may read it (mode 0600).",
    ko: "tlsCertFile에 있는 인증서의 개인키다(PEM). root만 읽을 수 있어야 한다(권한 0600).",
    enWrong:
      'A key of another certificate ends the kubelet: "tls: private key does not match public key".',
    koWrong:
      '다른 인증서의 키이면 kubelet이 "tls: private key does not match public key"로 종료한다.',
    tiedTo: ["kubelet:tlsCertFile", "place:/var/lib/kubelet/kubelet.key", "NW-C08", "NW-B12"],
  },
  {
    path: "tlsCipherSuites",
    en: "The cipher suites that the HTTPS server accepts for TLS 1.2 and older, by the names of Go's crypto/tls. Those of TLS 1.3 cannot be chosen.",
    ko: "HTTPS 서버가 TLS 1.2 이하에서 허용하는 암호 스위트다. Go의 crypto/tls에 있는 이름으로 적는다. TLS 1.3의 암호 스위트는 고를 수 없다.",
    enWrong:
      "An unknown name ends the kubelet. A list without a suite that the API server has breaks logs and exec with a handshake failure.",
    koWrong:
      "모르는 이름이 있으면 kubelet이 종료한다. API 서버가 지원하는 스위트가 하나도 없으면 logs와 exec가 핸드셰이크 실패로 끝난다.",
    defaultIs: ["Go's own list", "Go의 기본 목록"],
    tiedTo: ["kubelet:tlsMinVersion"],
  },
  {
    path: "tlsMinVersion",
    en: "The oldest TLS version that the HTTPS server accepts.",
    ko: "HTTPS 서버가 허용하는 가장 낮은 TLS 버전이다.",
    enWrong: "VersionTLS13 shuts out clients that only have 1.2; 1.0 and 1.1 are no longer safe.",
    koWrong:
      "VersionTLS13이면 1.2까지만 지원하는 클라이언트가 접속하지 못한다. 1.0과 1.1은 더 이상 안전하지 않다.",
    defaultIs: ["VersionTLS12", "VersionTLS12"],
    tiedTo: ["kubelet:tlsCipherSuites"],
  },
  {
    path: "rotateCertificates",
    en: "Renews the kubelet's client certificate before it expires, by a CertificateSigningRequest. What it gets is kept in --cert-dir and counts from then on; a certificate that somebody wrote into the kubeconfig is only the first one, replaced at once. The control plane has to approve and sign such requests.",
    ko: "kubelet의 클라이언트 인증서를 만료 전에 CertificateSigningRequest로 갱신한다. 새로 받은 인증서는 --cert-dir에 보관하고 그때부터 그것을 쓴다. 사람이 kubeconfig에 넣어 둔 인증서는 첫 인증서일 뿐이며 곧바로 교체된다. 컨트롤 플레인이 이 요청을 승인하고 서명해야 한다.",
    enWrong:
      "Without an approver, as in the tutorial, the requests stay Pending and true only looks safe: when the certificate of the kubeconfig ends, the node turns NotReady. With false nobody renews it but you.",
    koWrong:
      "튜토리얼처럼 승인하는 주체가 없으면 요청이 Pending에 머물러, true는 안전해 보일 뿐이다. kubeconfig의 인증서가 만료되면 노드가 NotReady가 된다. false이면 직접 갱신해야 한다.",
    tiedTo: [
      "flag:--bootstrap-kubeconfig",
      "flag:--cert-dir",
      "place:/var/lib/kubelet/kubeconfig",
      "NW-C13",
    ],
  },
  {
    path: "serverTLSBootstrap",
    en: "Asks the cluster to sign the certificate of the HTTPS server, and renews it, in place of tlsCertFile. The request (signer kubernetes.io/kubelet-serving) is not approved by Kubernetes itself: a person or a controller of yours has to.",
    ko: "tlsCertFile 대신, HTTPS 서버 인증서의 서명을 클러스터에 요청하고 갱신도 한다. 이 요청(signer kubernetes.io/kubelet-serving)은 쿠버네티스가 자동으로 승인하지 않으므로 사람이나 별도의 컨트롤러가 승인해야 한다.",
    enWrong:
      'Until the request is approved the server has no certificate: kubectl logs and exec fail with "remote error: tls: internal error".',
    koWrong:
      '요청이 승인될 때까지 서버에 인증서가 없어 kubectl logs와 exec가 "remote error: tls: internal error"로 실패한다.',
    tiedTo: ["kubelet:tlsCertFile", "kubelet:rotateCertificates", "NW-C14"],
  },
  {
    path: "enableDebuggingHandlers",
    en: "Serves what kubectl logs, exec, attach, port-forward and cp need, and /runningpods. Without it the server gives metrics and little else.",
    ko: "kubectl logs, exec, attach, port-forward, cp에 필요한 경로와 /runningpods를 제공한다. 끄면 서버는 메트릭 외에 거의 아무것도 제공하지 않는다.",
    enWrong: 'With false kubectl logs and exec answer "Debug endpoints are disabled."',
    koWrong: 'false이면 kubectl logs와 exec가 "Debug endpoints are disabled."로 답한다.',
    tiedTo: ["kubelet:enableServer", "kubelet:enableContentionProfiling"],
  },
  {
    path: "enableContentionProfiling",
    en: "Records where goroutines of the kubelet wait for each other, for /debug/pprof/block. It costs time and is for developers of the kubelet.",
    ko: "kubelet의 고루틴이 서로 기다리는 지점을 기록해 /debug/pprof/block으로 보여 준다. 성능 비용이 있으며 kubelet 개발자를 위한 것이다.",
    tiedTo: ["kubelet:enableDebuggingHandlers", "kubelet:enableProfilingHandler"],
  },
  {
    path: "enableProfilingHandler",
    en: "Serves Go profiles of the kubelet under /debug/pprof/, to callers that are authorized for it.",
    ko: "권한이 있는 호출자에게 /debug/pprof/에서 kubelet의 Go 프로파일을 제공한다.",
    tiedTo: ["kubelet:enableDebuggingHandlers"],
  },
  {
    path: "enableDebugFlagsHandler",
    en: "Lets an authorized caller change the log verbosity of the running kubelet with a PUT to /debug/flags/v.",
    ko: "권한이 있는 호출자가 /debug/flags/v에 PUT 요청을 보내 실행 중인 kubelet의 로그 상세 수준을 바꿀 수 있게 한다.",
    tiedTo: ["kubelet:enableDebuggingHandlers", "flag:--v"],
  },
  {
    path: "enableSystemLogHandler",
    en: "Serves the files of /var/log under /logs/ on the HTTPS server, to authorized callers.",
    ko: "권한이 있는 호출자에게 HTTPS 서버의 /logs/ 경로로 /var/log의 파일을 제공한다.",
    tiedTo: ["kubelet:enableDebuggingHandlers", "kubelet:enableSystemLogQuery"],
  },
  {
    path: "enableSystemLogQuery",
    en: "Lets an authorized caller ask for the journal of a service through /logs/ (kubectl get --raw .../logs/?query=kubelet).",
    ko: "권한이 있는 호출자가 /logs/를 통해 서비스의 저널을 조회할 수 있게 한다(kubectl get --raw .../logs/?query=kubelet).",
    enWrong:
      "It needs enableSystemLogHandler and, in versions where it is not yet stable, the feature gate NodeLogQuery; otherwise the kubelet refuses its configuration.",
    koWrong:
      "enableSystemLogHandler가 필요하고, 아직 안정화되지 않은 버전에서는 기능 게이트 NodeLogQuery도 필요하다. 그렇지 않으면 kubelet이 설정을 거부한다.",
    tiedTo: ["kubelet:enableSystemLogHandler", "kubelet:featureGates", "NW-C23"],
  },
  {
    path: "streamingConnectionIdleTimeout",
    en: "Was the time after which an idle exec or port-forward connection was closed. The runtime streams by itself today: containerd's stream_idle_timeout decides.",
    ko: "유휴 상태의 exec, port-forward 연결을 닫는 시간이었다. 지금은 런타임이 직접 스트리밍하므로 containerd의 stream_idle_timeout이 결정한다.",
    tiedTo: ["containerd:cri.stream_idle_timeout"],
  },
];
