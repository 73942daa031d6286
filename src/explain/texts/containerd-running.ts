import type { OptionText } from "../option.ts";

/** containerd's config.toml, the CRI plugin: how containers run, security, streaming. */
export const containerdRunningTexts: readonly OptionText[] = [
  {
    path: "cri.systemd_cgroup",
    en: "Was the switch of the cgroup driver for the runtime of version 1. With runc.v2 it does nothing, although it looks right.",
    ko: "버전 1 런타임의 cgroup 드라이버 스위치였다. 맞아 보이지만 runc.v2에서는 아무 효과가 없다.",
    enWrong:
      "true in place of options.SystemdCgroup leaves runc on cgroupfs; with runc.v2 the CRI plugin may refuse to load.",
    koWrong:
      "options.SystemdCgroup 대신 이것을 true로 두면 runc는 여전히 cgroupfs를 쓰고, runc.v2에서는 CRI 플러그인이 로드를 거부하기도 한다.",
    tiedTo: ["containerd:cri.containerd.runtimes.*.options.SystemdCgroup", "NW-A01", "NW-A07"],
  },
  {
    path: "cri.disable_cgroup",
    en: "Makes no cgroups for containers, for rootless use. Limits of pods then do nothing.",
    ko: "루트리스 환경을 위해 컨테이너의 cgroup을 만들지 않는다. 파드의 자원 제한이 적용되지 않는다.",
  },
  {
    path: "cri.ignore_deprecation_warnings",
    en: "Deprecation warnings that are not logged, by id. Since 1.7.12.",
    ko: "로그에 남기지 않을 사용 중단 경고의 ID다. 1.7.12부터 있다.",
    tiedTo: ["NW-A19"],
  },
  {
    path: "cri.restrict_oom_score_adj",
    en: "Never gives a container a lower oom_score_adj than containerd itself has. A machine whose root lacks CAP_SYS_RESOURCE (a container as a machine) needs true.",
    ko: "컨테이너의 oom_score_adj를 containerd 자신보다 낮추지 않는다. root에게 CAP_SYS_RESOURCE가 없는 머신(컨테이너로 만든 머신)에서는 true가 필요하다.",
    enWrong:
      "With false on such a machine the pause container dies: \"can't get final child's PID from pipe: EOF\".",
    koWrong:
      "그런 머신에서 false이면 pause 컨테이너가 \"can't get final child's PID from pipe: EOF\"로 죽는다.",
    tiedTo: ["unit:Service.OOMScoreAdjust"],
  },
  {
    path: "cri.enable_selinux",
    en: "Labels containers for SELinux. On a machine with SELinux enforcing, true keeps them apart from the host.",
    ko: "컨테이너에 SELinux 레이블을 붙인다. SELinux를 강제하는 머신에서 true이면 컨테이너와 호스트를 분리한다.",
    tiedTo: ["NW-B09"],
  },
  {
    path: "cri.selinux_category_range",
    en: "The number of SELinux categories that containers are told apart by.",
    ko: "컨테이너를 구분하는 SELinux 카테고리의 수다.",
  },
  {
    path: "cri.max_container_log_line_size",
    en: "After how many bytes a line of a container's log is cut into two. -1 never cuts.",
    ko: "컨테이너 로그 한 줄을 나누는 바이트 수다. -1이면 나누지 않는다.",
  },
  {
    path: "cri.disable_apparmor",
    en: "Does not use AppArmor, although the machine has it.",
    ko: "머신이 지원해도 AppArmor를 쓰지 않는다.",
  },
  {
    path: "cri.disable_proc_mount",
    en: "Ignores procMount of pods, for Kubernetes before 1.12.",
    ko: "1.12 이전 쿠버네티스를 위해 파드의 procMount를 무시한다.",
  },
  {
    path: "cri.unset_seccomp_profile",
    en: "The seccomp profile of containers that ask for none; empty is unconfined.",
    ko: "seccomp 프로파일을 요청하지 않은 컨테이너의 프로파일이다. 비워 두면 제한이 없다.",
    tiedTo: ["kubelet:seccompDefault"],
  },
  {
    path: "cri.tolerate_missing_hugetlb_controller",
    en: "Starts containers with limits of huge pages although the cgroup controller hugetlb is missing.",
    ko: "hugetlb cgroup 컨트롤러가 없어도 huge page 제한이 있는 컨테이너를 시작한다.",
    tiedTo: ["NW-C07"],
  },
  {
    path: "cri.disable_hugetlb_controller",
    en: "Does not use the cgroup controller hugetlb at all.",
    ko: "hugetlb cgroup 컨트롤러를 아예 쓰지 않는다.",
  },
  {
    path: "cri.device_ownership_from_security_context",
    en: "Gives devices in a container to the user of its security context, so that pods without root can use them.",
    ko: "root가 아닌 파드도 쓸 수 있도록 컨테이너 안의 장치를 securityContext의 사용자 소유로 만든다.",
  },
  {
    path: "cri.ignore_image_defined_volumes",
    en: "Makes no volumes that only the image asks for (VOLUME in its Dockerfile).",
    ko: "이미지가 요구하는 볼륨(Dockerfile의 VOLUME)을 만들지 않는다.",
  },
  {
    path: "cri.netns_mounts_under_state_dir",
    en: "Keeps the network namespaces of pods below the state directory rather than in /run/netns, so that ip netns does not list them.",
    ko: "파드의 네트워크 네임스페이스를 /run/netns가 아니라 state 디렉터리에 둔다. ip netns 목록에 나오지 않는다.",
    enWrong:
      "Changed under running pods, containerd no longer finds their namespaces: all of them have to be deleted first.",
    koWrong:
      "파드가 실행 중일 때 바꾸면 containerd가 그 네임스페이스를 찾지 못하므로, 먼저 모든 파드를 지워야 한다.",
    tiedTo: ["env:CNI_NETNS", "containerd:state"],
  },
  {
    path: "cri.enable_unprivileged_ports",
    en: "Lets every process of a pod listen on ports below 1024.",
    ko: "파드의 모든 프로세스가 1024 미만 포트에서 수신할 수 있게 한다.",
    defaultIs: [
      "false in version 2, true in versions 3 and 4",
      "버전 2에서는 false, 버전 3과 4에서는 true",
    ],
  },
  {
    path: "cri.enable_unprivileged_icmp",
    en: "Lets every process of a pod send pings.",
    ko: "파드의 모든 프로세스가 ping을 보낼 수 있게 한다.",
    defaultIs: [
      "false in version 2, true in versions 3 and 4",
      "버전 2에서는 false, 버전 3과 4에서는 true",
    ],
  },
  {
    path: "cri.enable_cdi",
    en: "Lets pods have devices by CDI (Container Device Interface).",
    ko: "파드가 CDI(Container Device Interface)로 장치를 쓸 수 있게 한다.",
  },
  {
    path: "cri.cdi_spec_dirs",
    en: "Directories of CDI's descriptions of devices.",
    ko: "CDI 장치 명세의 디렉터리다.",
    tiedTo: ["containerd:cri.enable_cdi"],
  },
  {
    path: "cri.drain_exec_sync_io_timeout",
    en: "How long to wait for the output of an exec probe whose process has ended but left children behind. 0s waits forever.",
    ko: "exec 프로브의 프로세스는 끝났지만 자식이 남았을 때 출력을 기다리는 시간이다. 0s이면 계속 기다린다.",
  },
  {
    path: "cri.disable_tcp_service",
    en: "Does not serve CRI itself over TCP, only on the socket.",
    ko: "CRI를 TCP로 제공하지 않고 소켓으로만 제공한다.",
  },
  {
    path: "cri.stream_server_address",
    en: "Where the streaming server for exec, attach and port-forward listens. The kubelet connects to it from the same node.",
    ko: "exec, attach, port-forward의 스트리밍 서버가 수신하는 주소다. 같은 노드의 kubelet이 접속한다.",
    enWrong: "An address that the node does not have: the CRI plugin does not load.",
    koWrong: "노드에 없는 주소이면 CRI 플러그인이 로드되지 않는다.",
  },
  {
    path: "cri.stream_server_port",
    en: "The port of the streaming server; 0 is any free one.",
    ko: "스트리밍 서버의 포트다. 0이면 빈 포트를 쓴다.",
  },
  {
    path: "cri.stream_idle_timeout",
    en: "After which time an idle exec, attach or port-forward is closed.",
    ko: "유휴 상태의 exec, attach, port-forward를 닫기까지의 시간이다.",
    tiedTo: ["kubelet:streamingConnectionIdleTimeout"],
  },
  {
    path: "cri.enable_tls_streaming",
    en: "Serves streaming over TLS.",
    ko: "스트리밍을 TLS로 제공한다.",
  },
  {
    path: "cri.x509_key_pair_streaming",
    en: "Certificate and key of streaming over TLS.",
    ko: "TLS 스트리밍의 인증서와 키다.",
  },
  {
    path: "cri.x509_key_pair_streaming.tls_cert_file",
    en: "The certificate; without one containerd makes its own.",
    ko: "인증서다. 없으면 containerd가 만든다.",
    tiedTo: ["containerd:cri.enable_tls_streaming"],
  },
  {
    path: "cri.x509_key_pair_streaming.tls_key_file",
    en: "The key of the certificate.",
    ko: "인증서의 개인키다.",
  },
];
