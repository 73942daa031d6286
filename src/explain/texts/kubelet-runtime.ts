import type { OptionText } from "../option.ts";

/** KubeletConfiguration: the container runtime, images, container logs. */
export const kubeletRuntimeTexts: readonly OptionText[] = [
  {
    path: "containerRuntimeEndpoint",
    en: "The socket on which the kubelet talks CRI with the container runtime. For containerd it is the address of its gRPC server; /var/run and /run are the same place.",
    ko: "kubelet이 컨테이너 런타임과 CRI로 통신하는 소켓이다. containerd에서는 gRPC 서버의 주소이며, /var/run과 /run은 같은 곳이다.",
    enWrong:
      'The kubelet ends, and is restarted every few seconds: "dial unix ...: connect: no such file or directory", or "unknown service runtime.v1.RuntimeService" where containerd\'s CRI plugin is off.',
    koWrong:
      'kubelet이 "dial unix ...: connect: no such file or directory"로 종료하고 몇 초마다 다시 시작된다. containerd의 CRI 플러그인이 꺼져 있으면 "unknown service runtime.v1.RuntimeService"가 나온다.',
    tiedTo: [
      "containerd:grpc.address",
      "containerd:disabled_plugins",
      "kubelet:imageServiceEndpoint",
      "unit:Unit.After",
      "place:/run/containerd/containerd.sock",
      "NW-A08",
      "NW-A09",
    ],
  },
  {
    path: "imageServiceEndpoint",
    en: "The socket for image operations, where it is another one than containerRuntimeEndpoint. With containerd it stays empty.",
    ko: "이미지 작업에 쓰는 소켓이 containerRuntimeEndpoint와 다를 때 적는다. containerd에서는 비워 둔다.",
    enWrong:
      "Where both name different runtimes, images are pulled into one and looked for in the other: ErrImagePull for images that are there.",
    koWrong:
      "두 값이 서로 다른 런타임을 가리키면 이미지는 한쪽에 받아지고 다른 쪽에서 찾게 되어, 있는 이미지도 ErrImagePull이 된다.",
    tiedTo: ["kubelet:containerRuntimeEndpoint", "NW-A08"],
  },
  {
    path: "runtimeRequestTimeout",
    en: "How long the kubelet waits for an answer of the runtime. Long requests (pulling an image, logs, exec, attach) are not held to it. The tutorial's 15m is a remnant of older kubelets.",
    ko: "kubelet이 런타임의 응답을 기다리는 시간이다. 오래 걸리는 요청(이미지 풀, logs, exec, attach)에는 적용되지 않는다. 튜토리얼의 15m은 예전 kubelet에서 물려받은 값이다.",
    enWrong:
      "Too short, slow disks make sandbox creation fail with DeadlineExceeded, and what containerd goes on to make is left over; very long, a hanging runtime is noticed late.",
    koWrong:
      "너무 짧으면 느린 디스크에서 샌드박스 생성이 DeadlineExceeded로 실패하고, containerd가 뒤늦게 만든 것이 남는다. 너무 길면 멈춘 런타임을 늦게 알아챈다.",
    tiedTo: ["kubelet:containerRuntimeEndpoint"],
  },
  {
    path: "seccompDefault",
    en: "Gives containers that ask for no seccomp profile the runtime's own (RuntimeDefault) rather than none. It blocks system calls that ordinary programs do not need.",
    ko: "seccomp 프로파일을 지정하지 않은 컨테이너에 프로파일 없음 대신 런타임 기본값(RuntimeDefault)을 적용한다. 일반 프로그램에 필요 없는 시스템 콜을 막는다.",
    enWrong:
      'Turned on, a program that needs a blocked call fails with "Operation not permitted" after its next restart.',
    koWrong:
      '켜면, 막힌 시스템 콜이 필요한 프로그램은 다음 재시작부터 "Operation not permitted"로 실패한다.',
    tiedTo: ["containerd:cri.unset_seccomp_profile"],
  },
  {
    path: "allowedUnsafeSysctls",
    en: "Sysctls beyond the safe ones that pods of this node may set in their securityContext: names, or prefixes that end in *. Only namespaced ones are taken: kernel.shm*, kernel.msg*, kernel.sem, fs.mqueue.*, net.*.",
    ko: "안전한 목록 외에 이 노드의 파드가 securityContext에서 설정할 수 있는 sysctl이다. 이름 또는 *로 끝나는 접두사를 적는다. 네임스페이스가 있는 kernel.shm*, kernel.msg*, kernel.sem, fs.mqueue.*, net.*만 허용된다.",
    enWrong: "A pod that sets one that is not listed is refused: status SysctlForbidden.",
    koWrong: "목록에 없는 sysctl을 설정한 파드는 SysctlForbidden 상태로 거부된다.",
  },
  {
    path: "volumePluginDir",
    en: "Where FlexVolume drivers lie, an old kind of volume plugin. CSI drivers do not use it.",
    ko: "오래된 볼륨 플러그인 방식인 FlexVolume 드라이버의 디렉터리다. CSI 드라이버는 쓰지 않는다.",
    enWrong:
      "On a system whose /usr is read-only the kubelet logs that it cannot create the directory.",
    koWrong: "/usr가 읽기 전용인 시스템에서는 디렉터리를 만들 수 없다는 로그가 남는다.",
    tiedTo: ["kube-controller-manager --flex-volume-plugin-dir"],
  },
  {
    path: "enableControllerAttachDetach",
    en: "Leaves attaching and detaching of volumes to the controller manager. CSI volumes need true.",
    ko: "볼륨의 연결(attach)과 분리(detach)를 kube-controller-manager에 맡긴다. CSI 볼륨에는 true가 필요하다.",
    enWrong: "With false, pods with CSI volumes wait in ContainerCreating.",
    koWrong: "false이면 CSI 볼륨을 쓰는 파드가 ContainerCreating에 머문다.",
  },
  {
    path: "registryPullQPS",
    en: "How many image pulls a second may start over a longer time. 0 is without limit.",
    ko: "초당 시작할 수 있는 이미지 풀의 평균 한도다. 0이면 제한이 없다.",
    enWrong:
      'Too low for a node that starts many pods at once: "pull QPS exceeded", and the pods try again later.',
    koWrong:
      '파드를 한꺼번에 많이 시작하는 노드에서 너무 낮으면 "pull QPS exceeded"가 나오고 나중에 다시 시도한다.',
    tiedTo: ["kubelet:registryBurst"],
  },
  {
    path: "registryBurst",
    en: "How many pulls may start at once before registryPullQPS holds them back.",
    ko: "registryPullQPS 제한이 걸리기 전까지 한꺼번에 시작할 수 있는 풀의 수다.",
    tiedTo: ["kubelet:registryPullQPS"],
  },
  {
    path: "serializeImagePulls",
    en: "Pulls one image at a time. With false several are pulled at once, as many as maxParallelImagePulls allows.",
    ko: "이미지를 한 번에 하나씩 받는다. false이면 maxParallelImagePulls가 허용하는 만큼 동시에 받는다.",
    enWrong: "With true one large image holds up every other pod of the node.",
    koWrong: "true이면 큰 이미지 하나가 노드의 다른 모든 파드를 기다리게 한다.",
    tiedTo: ["kubelet:maxParallelImagePulls", "containerd:cri.max_concurrent_downloads", "NW-C23"],
  },
  {
    path: "maxParallelImagePulls",
    en: "How many images are pulled at once. It needs serializeImagePulls: false; absent, that means no limit.",
    ko: "동시에 받는 이미지의 수다. serializeImagePulls: false가 필요하며, 그때 이 값이 없으면 제한이 없다.",
    enWrong:
      'Above 1 with serializeImagePulls: true the kubelet ends with "invalid configuration".',
    koWrong:
      'serializeImagePulls가 true인데 1보다 크면 kubelet이 "invalid configuration"으로 종료한다.',
    tiedTo: ["kubelet:serializeImagePulls", "NW-C23"],
  },
  {
    path: "imagePullCredentialsVerificationPolicy",
    en: "Whether a pod has to show credentials for an image that is on the node already, so that the private image of one namespace is not used from another. It works in kubelets with the feature KubeletEnsureSecretPulledImages (on since 1.35).",
    ko: "이미 노드에 있는 이미지를 쓸 때도 파드가 자격 증명을 보여야 하는지 정한다. 한 네임스페이스의 비공개 이미지를 다른 네임스페이스가 그냥 쓰는 일을 막는다. KubeletEnsureSecretPulledImages 기능이 있는 kubelet에서 동작한다(1.35부터 기본으로 켜짐).",
    values: {
      NeverVerify: ["whatever is on the node may be used", "노드에 있는 이미지는 누구나 쓴다"],
      NeverVerifyPreloadedImages: [
        "what something else than the kubelet has put there may be used",
        "kubelet이 아닌 다른 것이 가져다 둔 이미지는 누구나 쓴다",
      ],
      NeverVerifyAllowlistedImages: [
        "of those, only the ones in preloadedImagesVerificationAllowlist",
        "그 가운데 preloadedImagesVerificationAllowlist에 있는 것만 쓴다",
      ],
      AlwaysVerify: [
        "credentials are checked for every image",
        "모든 이미지의 자격 증명을 확인한다",
      ],
    },
    enWrong:
      "Too strict on a site without a registry: imported images are there and the pods still get ErrImagePull. Where the feature is off the kubelet refuses the key.",
    koWrong:
      "레지스트리가 없는 환경에서 너무 엄격하면, 미리 넣어 둔 이미지가 있어도 파드가 ErrImagePull이 된다. 기능이 꺼진 kubelet은 이 키를 거부한다.",
    tiedTo: ["kubelet:preloadedImagesVerificationAllowlist", "NW-C23"],
  },
  {
    path: "preloadedImagesVerificationAllowlist",
    en: "Images that may be used without credentials under NeverVerifyAllowlistedImages: names without tag or digest; a last part of /* stands for everything below.",
    ko: "NeverVerifyAllowlistedImages 정책에서 자격 증명 없이 쓸 수 있는 이미지다. 태그나 다이제스트 없는 이름을 적고, 마지막의 /*는 그 아래 전부를 뜻한다.",
    enWrong:
      'With another policy, or for a name with a tag, the kubelet ends with "invalid configuration".',
    koWrong:
      '다른 정책과 함께 쓰거나 태그가 붙은 이름을 적으면 kubelet이 "invalid configuration"으로 종료한다.',
    tiedTo: ["kubelet:imagePullCredentialsVerificationPolicy", "NW-C23"],
  },
  {
    path: "imageMinimumGCAge",
    en: "How old an unused image has to be before it may be removed to free disk space.",
    ko: "디스크를 비우려고 지울 수 있는, 쓰이지 않는 이미지의 최소 나이다.",
    tiedTo: ["kubelet:imageGCHighThresholdPercent", "NW-C23"],
  },
  {
    path: "imageMaximumGCAge",
    en: "Removes an image that was not used for this long, however full the disk is. 0s turns it off. The time starts anew when the kubelet restarts.",
    ko: "디스크 사용량과 관계없이 이 시간 동안 쓰이지 않은 이미지를 지운다. 0s이면 끈다. kubelet이 재시작하면 시간을 다시 센다.",
    enWrong:
      "It has to be longer than imageMinimumGCAge: the kubelet refuses anything else. On a site without a registry removed images do not come back.",
    koWrong:
      "imageMinimumGCAge보다 길어야 하며, 아니면 kubelet이 거부한다. 레지스트리가 없는 환경에서는 지워진 이미지를 다시 받을 수 없다.",
    tiedTo: ["kubelet:imageMinimumGCAge", "NW-C23"],
  },
  {
    path: "imageGCHighThresholdPercent",
    en: "How full the disk of the images may be, in percent, before the kubelet removes unused ones. 100 turns it off. The pause image is never removed where containerd has it pinned.",
    ko: "이미지 디스크 사용률이 이 값(%)을 넘으면 kubelet이 쓰이지 않는 이미지를 지운다. 100이면 끈다. containerd가 고정(pin)한 pause 이미지는 지우지 않는다.",
    enWrong: 'Not above imageGCLowThresholdPercent: the kubelet ends with "invalid configuration".',
    koWrong:
      'imageGCLowThresholdPercent보다 크지 않으면 kubelet이 "invalid configuration"으로 종료한다.',
    tiedTo: [
      "kubelet:imageGCLowThresholdPercent",
      "kubelet:evictionHard",
      "containerd:cri.sandbox_image",
      "NW-A18",
      "NW-C23",
    ],
  },
  {
    path: "imageGCLowThresholdPercent",
    en: "How far down the disk is cleared once the removal has begun.",
    ko: "이미지 삭제를 시작한 뒤 디스크 사용률을 어디까지 낮출지 정한다.",
    enWrong: 'It has to be below imageGCHighThresholdPercent: otherwise "invalid configuration".',
    koWrong: 'imageGCHighThresholdPercent보다 작아야 한다. 아니면 "invalid configuration"이 된다.',
    tiedTo: ["kubelet:imageGCHighThresholdPercent", "NW-C23"],
  },
  {
    path: "podLogsDir",
    en: "Where the logs of containers are written, a directory for each pod. Log collectors and /var/log/containers lead there.",
    ko: "컨테이너 로그를 쓰는 디렉터리다. 파드마다 하위 디렉터리가 생긴다. 로그 수집기와 /var/log/containers가 이곳을 가리킨다.",
    enWrong:
      "A path that is not absolute and plain ASCII ends the kubelet. Elsewhere than a collector looks, and it finds no logs; on a small file system logs fill it.",
    koWrong:
      "절대 경로가 아니거나 ASCII가 아닌 글자가 있으면 kubelet이 종료한다. 수집기가 보는 곳과 다르면 로그가 수집되지 않고, 작은 파일 시스템에 두면 로그로 가득 찬다.",
    tiedTo: ["NW-C23"],
  },
  {
    path: "containerLogMaxSize",
    en: "How large a container's log file may grow before it is rotated.",
    ko: "컨테이너 로그 파일을 로테이션하기 전까지의 최대 크기다.",
    enWrong: "kubectl logs shows only the current file: with a small size, yesterday is gone.",
    koWrong: "kubectl logs는 현재 파일만 보여 주므로, 작게 잡으면 지난 로그가 곧 사라진다.",
    tiedTo: ["kubelet:containerLogMaxFiles", "kubelet:containerLogMonitorInterval"],
  },
  {
    path: "containerLogMaxFiles",
    en: "How many log files of a container are kept, the current one included.",
    ko: "현재 파일을 포함해 컨테이너마다 보관하는 로그 파일의 수다.",
    enWrong: 'Below 2 the kubelet ends with "invalid configuration".',
    koWrong: '2보다 작으면 kubelet이 "invalid configuration"으로 종료한다.',
    tiedTo: ["kubelet:containerLogMaxSize", "NW-C23"],
  },
  {
    path: "containerLogMaxWorkers",
    en: "How many logs are rotated at the same time.",
    ko: "동시에 로테이션하는 로그의 수다.",
    tiedTo: ["kubelet:containerLogMonitorInterval", "NW-C23"],
  },
  {
    path: "containerLogMonitorInterval",
    en: "How often the sizes of logs are looked at. A fast writer may exceed containerLogMaxSize between two looks.",
    ko: "로그 크기를 확인하는 주기다. 빠르게 쓰는 컨테이너는 두 확인 사이에 containerLogMaxSize를 넘을 수 있다.",
    enWrong: 'Below 3s the kubelet ends with "invalid configuration".',
    koWrong: '3s보다 짧으면 kubelet이 "invalid configuration"으로 종료한다.',
    tiedTo: ["kubelet:containerLogMaxSize", "NW-C23"],
  },
];
