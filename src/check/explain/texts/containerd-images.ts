import type { OptionText } from "../option.ts";

/** containerd's config.toml, the CRI plugin: images, registries, security, streaming. */
export const containerdImageTexts: readonly OptionText[] = [
  {
    path: "cri.sandbox_image",
    en: "The image of the pause container that holds each pod's namespaces. Version 3 and later have it as pinned_images.sandbox. Each containerd has another default, so a site without a registry names and preloads it. The kubelet never removes it, as containerd has it pinned.",
    ko: "파드마다 네임스페이스를 붙잡고 있는 pause 컨테이너의 이미지다. 버전 3부터는 pinned_images.sandbox다. containerd마다 기본값이 다르므로, 레지스트리가 없는 환경에서는 이미지를 지정하고 미리 넣어 둔다. containerd가 고정(pin)하므로 kubelet이 지우지 않는다.",
    enWrong:
      'No pod starts: "failed to get sandbox image "registry.k8s.io/pause:...": failed to pull image".',
    koWrong:
      '파드가 시작하지 못한다: "failed to get sandbox image "registry.k8s.io/pause:...": failed to pull image".',
    defaultIs: [
      "by version: pause:3.6 (1.6), 3.8 (1.7), 3.10 (2.0, 2.1), 3.10.1 (2.2), 3.10.2 (2.3)",
      "버전별로 다르다: pause:3.6(1.6), 3.8(1.7), 3.10(2.0, 2.1), 3.10.1(2.2), 3.10.2(2.3)",
    ],
    tiedTo: ["containerd:cri.pinned_images", "nodewright:images", "NW-A18"],
  },
  {
    path: "cri.pinned_images",
    en: "Images that are never removed, by their purpose; sandbox is the pause container's.",
    ko: "지우지 않는 이미지를 용도별로 적는다. sandbox가 pause 컨테이너의 이미지다.",
    enWrong: 'With sandbox wrong no pod starts: "failed to get sandbox image".',
    koWrong: 'sandbox가 잘못되면 "failed to get sandbox image"로 파드가 시작하지 못한다.',
    tiedTo: ["containerd:cri.sandbox_image", "NW-A18"],
  },
  {
    path: "cri.containerd.snapshotter",
    en: "How layers of images become the file system of a container. overlayfs lays them over each other without copying and is right for nearly everyone. Versions 3 and 4 have it among the images.",
    ko: "이미지 레이어를 컨테이너의 파일 시스템으로 만드는 방식이다. overlayfs는 복사 없이 레이어를 겹쳐 쓰며(copy-on-write) 거의 모든 경우에 알맞다. 버전 3과 4에서는 이미지 쪽 설정에 있다.",
    enWrong:
      'A snapshotter that is not there: "snapshotter ... was not found", and no image is unpacked. overlayfs on a file system that cannot carry it: "failed to mount overlay". A change needs all images pulled anew.',
    koWrong:
      '없는 스냅숏터이면 "snapshotter ... was not found"로 이미지를 풀지 못한다. overlayfs를 지원하지 않는 파일 시스템이면 "failed to mount overlay"가 나온다. 바꾸면 모든 이미지를 다시 받아야 한다.',
    tiedTo: ["containerd:root", "unit:Service.ExecStartPre", "NW-A17"],
  },
  {
    path: "cri.containerd.disable_snapshot_annotations",
    en: "Does not tell the snapshotter which image a layer is from. Lazily loading snapshotters (stargz, nydus) need false.",
    ko: "레이어가 어느 이미지의 것인지 스냅숏터에 알리지 않는다. 필요할 때 내려받는 스냅숏터(stargz, nydus)는 false가 필요하다.",
    tiedTo: ["containerd:cri.containerd.snapshotter"],
  },
  {
    path: "cri.containerd.discard_unpacked_layers",
    en: "Deletes the compressed layers once they are unpacked, which saves disk. Such images can no longer be exported or pushed.",
    ko: "압축된 레이어를 푼 뒤 지워 디스크를 아낀다. 그런 이미지는 내보내거나 푸시할 수 없다.",
  },
  {
    path: "cri.max_concurrent_downloads",
    en: "How many layers of one image are downloaded at once.",
    ko: "이미지 하나에서 동시에 내려받는 레이어의 수다.",
    tiedTo: ["kubelet:serializeImagePulls", "kubelet:maxParallelImagePulls"],
  },
  {
    path: "cri.concurrent_layer_fetch_buffer",
    en: "How many bytes one layer is cut into for several downloads at once; 0 does not cut. Since 2.1.",
    ko: "레이어 하나를 나누어 동시에 내려받을 조각의 크기(바이트)다. 0이면 나누지 않는다. 2.1부터 있다.",
  },
  {
    path: "cri.image_pull_progress_timeout",
    en: "After which time without a byte a pull is given up.",
    ko: "한 바이트도 받지 못한 채 이 시간이 지나면 풀을 포기한다.",
  },
  {
    path: "cri.image_pull_with_sync_fs",
    en: "Makes sure that an unpacked image is on the disk before the pull is done. It is slower, and safe where power fails.",
    ko: "풀을 마치기 전에 푼 이미지가 디스크에 기록되도록 한다. 느리지만 전원이 나가도 안전하다.",
  },
  {
    path: "cri.stats_collect_period",
    en: "How often, in seconds, disk usage of snapshots is measured.",
    ko: "스냅숏의 디스크 사용량을 측정하는 주기(초)다.",
    tiedTo: ["kubelet:evictionHard"],
  },
  {
    path: "cri.use_local_image_pull",
    en: "Pulls images in the client as 1.x did, rather than through the transfer service. Since 2.1.",
    ko: "전송(transfer) 서비스를 거치지 않고 1.x처럼 직접 이미지를 받는다. 2.1부터 있다.",
  },
  {
    path: "cri.disable_image_pull_with_transfer_service",
    en: "Pulls images without the transfer service, as use_local_image_pull does; only some versions have this name.",
    ko: "use_local_image_pull처럼 전송 서비스 없이 이미지를 받는다. 일부 버전에만 있는 이름이다.",
    tiedTo: ["containerd:cri.use_local_image_pull"],
  },
  {
    path: "cri.runtime_platforms",
    en: "Another platform and snapshotter for the images of single runtimes, by the runtime's name.",
    ko: "특정 런타임의 이미지에 쓸 다른 플랫폼과 스냅숏터를 런타임 이름별로 적는다.",
  },
  {
    path: "cri.runtime_platforms.*.platform",
    en: "The platform, such as linux/arm64.",
    ko: "플랫폼이다(예: linux/arm64).",
  },
  {
    path: "cri.runtime_platforms.*.snapshotter",
    en: "The snapshotter for it.",
    ko: "그 플랫폼에 쓸 스냅숏터다.",
  },
  {
    path: "cri.registry",
    en: "Registries: mirrors, certificates, credentials.",
    ko: "레지스트리의 미러, 인증서, 자격 증명 설정이다.",
  },
  {
    path: "cri.registry.config_path",
    en: "A directory with a folder and a hosts.toml for each registry (/etc/containerd/certs.d). Changes are seen without a restart.",
    ko: "레지스트리마다 폴더와 hosts.toml을 두는 디렉터리다(/etc/containerd/certs.d). 재시작 없이 변경이 반영된다.",
    enWrong:
      'Together with mirrors the CRI plugin does not load: "mirrors cannot be set when config_path is provided", and the kubelet finds no RuntimeService.',
    koWrong:
      'mirrors와 함께 쓰면 "mirrors cannot be set when config_path is provided"로 CRI 플러그인이 로드되지 않아 kubelet이 RuntimeService를 찾지 못한다.',
    tiedTo: ["containerd:cri.registry.mirrors", "NW-A07", "NW-A19"],
  },
  {
    path: "cri.registry.headers",
    en: "HTTP headers for requests to registries.",
    ko: "레지스트리 요청에 붙이는 HTTP 헤더다.",
  },
  {
    path: "cri.registry.mirrors",
    en: "Mirrors of registries. It goes in containerd 2.4.",
    ko: "레지스트리의 미러다. containerd 2.4에서 없어진다.",
    enWrong: "Together with a config_path the CRI plugin does not load.",
    koWrong: "config_path와 함께 쓰면 CRI 플러그인이 로드되지 않는다.",
    tiedTo: ["containerd:cri.registry.config_path", "NW-A07", "NW-A19"],
  },
  {
    path: "cri.registry.configs",
    en: "Certificates and credentials of registries. It goes in containerd 2.4.",
    ko: "레지스트리의 인증서와 자격 증명이다. containerd 2.4에서 없어진다.",
    tiedTo: ["containerd:cri.registry.config_path", "NW-A19"],
  },
  {
    path: "cri.registry.auths",
    en: "Credentials of registries. It goes in containerd 2.4.",
    ko: "레지스트리의 자격 증명이다. containerd 2.4에서 없어진다.",
    tiedTo: ["NW-A19"],
  },
  { path: "cri.image_decryption", en: "Encrypted images.", ko: "암호화된 이미지에 대한 설정이다." },
  {
    path: "cri.image_decryption.key_model",
    en: "Where keys of encrypted images lie: node for the node itself; empty turns decryption off.",
    ko: "암호화된 이미지의 키가 있는 곳이다. node는 노드 자신을 뜻하고, 비워 두면 복호화를 끈다.",
    tiedTo: ["containerd:stream_processors"],
  },
  {
    path: "cri.systemd_cgroup",
    en: "Was the switch of the cgroup driver for the runtime of version 1. With runc.v2 it does nothing, although it looks right.",
    ko: "버전 1 런타임의 cgroup 드라이버 스위치였다. 맞아 보이지만 runc.v2에서는 아무 효과가 없다.",
    enWrong:
      "true in place of options.SystemdCgroup leaves runc on cgroupfs; with runc.v2 the CRI plugin may refuse to load.",
    koWrong:
      "options.SystemdCgroup 대신 이것을 true로 두면 runc는 여전히 cgroupfs를 쓰고, runc.v2에서는 CRI 플러그인이 로드를 거부하기도 한다.",
    tiedTo: ["containerd:cri.containerd.runtimes.*.options.SystemdCgroup", "NW-A01"],
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
