import type { OptionText } from "../option.ts";

/** KubeletConfiguration: cgroups, limits of the kubelet itself, limits of pods. */
export const kubeletCgroupTexts: readonly OptionText[] = [
  {
    path: "cgroupDriver",
    en: "Who makes the cgroups of pods: the kubelet by itself (cgroupfs), or systemd on its behalf. It has to be the same as the container runtime's. Where systemd is the init process it should be systemd, so that only one program owns the cgroup tree. With containerd 2 a kubelet of 1.31 or later asks the runtime and ignores this line; with containerd 1.x it counts.",
    ko: "파드의 cgroup을 누가 만드는지 정한다. kubelet이 직접 만들거나(cgroupfs), systemd에 맡긴다. 컨테이너 런타임의 설정과 같아야 한다. init 프로세스가 systemd인 시스템에서는 cgroup 트리의 주인이 하나가 되도록 systemd를 쓴다. containerd 2에서는 1.31 이상의 kubelet이 런타임에 물어보고 이 값을 무시하지만, containerd 1.x에서는 이 값이 그대로 쓰인다.",
    enWrong:
      'Where the two differ, pods are not created: "expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups". Or pods start, and under load restart in waves, as two programs manage one tree. A change under running pods needs the node drained first.',
    koWrong:
      '둘이 다르면 파드가 만들어지지 않는다: "expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups". 또는 파드가 시작되더라도 두 프로그램이 한 트리를 관리하게 되어 부하가 걸릴 때 무더기로 재시작한다. 파드가 실행 중일 때 바꾸려면 먼저 노드를 드레인해야 한다.',
    values: {
      cgroupfs: ["the kubelet writes into /sys/fs/cgroup", "kubelet이 /sys/fs/cgroup에 직접 쓴다"],
      systemd: ["systemd makes slices and scopes for it", "systemd가 슬라이스와 스코프를 만든다"],
    },
    tiedTo: [
      "containerd:cri.containerd.runtimes.*.options.SystemdCgroup",
      "NW-A01",
      "NW-A02",
      "NW-A03",
    ],
  },
  {
    path: "cgroupRoot",
    en: "The cgroup below which the kubelet makes kubepods. Empty is the root.",
    ko: "kubelet이 kubepods를 만드는 상위 cgroup이다. 비워 두면 루트다.",
    enWrong: "A cgroup that does not exist ends the kubelet.",
    koWrong: "존재하지 않는 cgroup이면 kubelet이 종료한다.",
    tiedTo: ["kubelet:cgroupsPerQOS", "kubelet:systemCgroups"],
  },
  {
    path: "cgroupsPerQOS",
    en: "Makes a cgroup for each pod and for each quality of service class (Burstable, BestEffort), so that limits hold for pods as a whole.",
    ko: "파드마다, 그리고 QoS 클래스(Burstable, BestEffort)마다 cgroup을 만들어 파드 전체에 제한을 적용한다.",
    enWrong:
      "With false, enforceNodeAllocatable has to be none; otherwise the kubelet refuses its configuration.",
    koWrong:
      "false이면 enforceNodeAllocatable이 none이어야 하며, 아니면 kubelet이 설정을 거부한다.",
    tiedTo: ["kubelet:enforceNodeAllocatable", "NW-C21"],
  },
  {
    path: "failCgroupV1",
    en: "Refuses to start on a machine with cgroup v1. The default is true since 1.35, where v1 is only kept for the transition.",
    ko: "cgroup v1 머신에서 시작을 거부한다. v1이 전환 기간용으로만 남은 1.35부터 기본값이 true다.",
    enWrong:
      'On a cgroup v1 machine the kubelet ends: "kubelet is configured to not run on a host using cgroup v1". Write false there for now, and move the machine to v2 (systemd.unified_cgroup_hierarchy=1, a reboot).',
    koWrong:
      'cgroup v1 머신에서 kubelet이 "kubelet is configured to not run on a host using cgroup v1"로 종료한다. 당장은 false로 두고, 머신을 v2로 옮긴다(systemd.unified_cgroup_hierarchy=1 후 재부팅).',
    tiedTo: ["kubelet:memorySwap.swapBehavior", "NW-C06", "NW-C07"],
  },
  {
    path: "kubeletCgroups",
    en: "The cgroup that the kubelet moves itself into. With a systemd unit it is in kubelet.service already; leave it empty.",
    ko: "kubelet이 스스로 옮겨 가는 cgroup이다. systemd 유닛으로 실행하면 이미 kubelet.service에 있으므로 비워 둔다.",
    tiedTo: ["kubelet:kubeReservedCgroup"],
  },
  {
    path: "systemCgroups",
    en: "A cgroup into which the kubelet moves every process that is in none. On a machine with systemd all are in slices already; leave it empty.",
    ko: "어느 cgroup에도 속하지 않은 프로세스를 kubelet이 옮겨 넣는 cgroup이다. systemd 머신에서는 모두 슬라이스에 들어 있으므로 비워 둔다.",
    enWrong: "It needs cgroupRoot, and only a reboot undoes it.",
    koWrong: "cgroupRoot가 필요하며, 되돌리려면 재부팅해야 한다.",
    tiedTo: ["kubelet:cgroupRoot", "NW-C23"],
  },
  {
    path: "oomScoreAdj",
    en: "How unlikely the kernel is to kill the kubelet when memory runs out: -1000 never, 1000 first. The kubelet sets it for itself.",
    ko: "메모리가 부족할 때 커널이 kubelet을 죽일 가능성이다. -1000이면 죽이지 않고 1000이면 가장 먼저 죽인다. kubelet이 스스로 설정한다.",
    enWrong:
      "A high value lets the kernel kill the kubelet before the pods that took the memory. Without CAP_SYS_RESOURCE the kubelet logs that it could not lower it.",
    koWrong:
      "값이 크면 메모리를 차지한 파드보다 kubelet이 먼저 죽는다. CAP_SYS_RESOURCE가 없으면 낮추지 못했다는 로그가 남는다.",
    tiedTo: ["unit:Service.OOMScoreAdjust", "kube-proxy:oomScoreAdj"],
  },
  {
    path: "singleProcessOOMKill",
    en: "With true the kernel kills only the process that has gone over the memory limit, not all of its container. The default is what the cgroup version does: all of the container on v2, one process on v1.",
    ko: "true이면 메모리 한도를 넘은 프로세스만 죽이고 컨테이너 전체는 죽이지 않는다. 기본값은 cgroup 버전을 따른다. v2는 컨테이너 전체, v1은 프로세스 하나다.",
    enWrong:
      "false on cgroup v1 ends the kubelet. true leaves containers running with a part of their processes missing.",
    koWrong:
      "cgroup v1에서 false이면 kubelet이 종료한다. true이면 프로세스 일부가 사라진 채 컨테이너가 계속 실행될 수 있다.",
    defaultIs: ["true on cgroup v1, false on v2", "cgroup v1에서는 true, v2에서는 false"],
    tiedTo: ["kubelet:failCgroupV1", "NW-C06"],
  },
  {
    path: "protectKernelDefaults",
    en: "Looks at some kernel settings and ends the kubelet where they are not as it needs them; with false it sets them itself. They are vm.overcommit_memory=1, vm.panic_on_oom=0, kernel.panic=10, kernel.panic_on_oops=1, kernel.keys.root_maxkeys=1000000, kernel.keys.root_maxbytes=25000000.",
    ko: "몇 가지 커널 설정이 kubelet에 필요한 값과 다르면 시작을 거부한다. false이면 kubelet이 직접 바꾼다. 대상은 vm.overcommit_memory=1, vm.panic_on_oom=0, kernel.panic=10, kernel.panic_on_oops=1, kernel.keys.root_maxkeys=1000000, kernel.keys.root_maxbytes=25000000이다.",
    enWrong:
      'With true on a fresh machine the kubelet ends: "invalid kernel flag: vm/overcommit_memory, expected value: 1, actual value: 0".',
    koWrong:
      '새 머신에서 true이면 kubelet이 "invalid kernel flag: vm/overcommit_memory, expected value: 1, actual value: 0"으로 종료한다.',
    tiedTo: ["NW-C25"],
  },
  {
    path: "maxOpenFiles",
    en: "How many files the kubelet process itself may have open.",
    ko: "kubelet 프로세스 자신이 열 수 있는 파일 수다.",
    enWrong: 'Too low for many pods and mounts: "too many open files" in the kubelet\'s log.',
    koWrong: '파드와 마운트가 많을 때 너무 낮으면 kubelet 로그에 "too many open files"가 남는다.',
    tiedTo: ["unit:Service.LimitNOFILE"],
  },
  {
    path: "maxPods",
    en: "How many pods the node takes; the scheduler sees it as the node's capacity. Pods on the host network count too, though they need no address of the pod subnet.",
    ko: "노드가 받을 수 있는 파드의 수다. 스케줄러는 이것을 노드의 용량으로 본다. 호스트 네트워크를 쓰는 파드도 세지만, 파드 서브넷의 주소는 필요 없다.",
    enWrong:
      'More than the pod subnet has addresses (a /24 with a gateway has 253): the last pods stay in ContainerCreating with "no IP addresses available in range set". The tutorial\'s 16 is soon full: pods stay Pending with "Too many pods".',
    koWrong:
      '파드 서브넷의 주소 수(게이트웨이를 뺀 /24는 253개)보다 많으면 마지막 파드들이 "no IP addresses available in range set"으로 ContainerCreating에 머문다. 튜토리얼의 16은 금방 차서 파드가 "Too many pods"로 Pending에 머문다.',
    tiedTo: ["cni:ipam.ranges", "machines:POD_SUBNET", "kubelet:podsPerCore", "NW-C18"],
  },
  {
    path: "podsPerCore",
    en: "How many pods each CPU core takes; the smaller of this times the cores and maxPods counts. 0 turns it off.",
    ko: "CPU 코어 하나가 받을 수 있는 파드의 수다. 이 값에 코어 수를 곱한 값과 maxPods 중 작은 쪽이 적용된다. 0이면 끈다.",
    tiedTo: ["kubelet:maxPods"],
  },
  {
    path: "podPidsLimit",
    en: "How many processes and threads a pod may have. -1 is what the node allows (kernel.pid_max and the limits above).",
    ko: "파드 하나가 가질 수 있는 프로세스와 스레드의 수다. -1이면 노드가 허용하는 만큼(kernel.pid_max와 상위 제한)이다.",
    enWrong:
      'Without a limit one pod can take all process IDs of the node; with a small one Java and database pods fail with "Resource temporarily unavailable".',
    koWrong:
      '제한이 없으면 파드 하나가 노드의 모든 PID를 차지할 수 있고, 너무 작으면 Java나 데이터베이스 파드가 "Resource temporarily unavailable"로 실패한다.',
    tiedTo: ["unit:Service.TasksMax", "kubelet:evictionHard", "NW-F11"],
  },
  {
    path: "cpuCFSQuota",
    en: "Enforces CPU limits of containers by the kernel's CFS quota. With false limits of CPU are only used for scheduling.",
    ko: "컨테이너의 CPU 제한을 커널의 CFS 쿼터로 강제한다. false이면 CPU 제한은 스케줄링에만 쓰인다.",
    enWrong: "With false a busy pod may take the CPU of its neighbours.",
    koWrong: "false이면 바쁜 파드가 이웃 파드의 CPU를 차지할 수 있다.",
    tiedTo: ["kubelet:cpuCFSQuotaPeriod"],
  },
  {
    path: "cpuCFSQuotaPeriod",
    en: "The span over which a CPU limit is counted. A container that has used up its share of it waits for the next one.",
    ko: "CPU 제한을 계산하는 주기다. 주기 안의 몫을 다 쓴 컨테이너는 다음 주기까지 기다린다.",
    enWrong:
      "From 1ms to 1s; anything but 100ms needs the feature gate CustomCPUCFSQuotaPeriod. Otherwise the kubelet refuses its configuration.",
    koWrong:
      "1ms에서 1s 사이여야 하고, 100ms가 아닌 값에는 기능 게이트 CustomCPUCFSQuotaPeriod가 필요하다. 그렇지 않으면 kubelet이 설정을 거부한다.",
    tiedTo: ["kubelet:cpuCFSQuota", "kubelet:featureGates", "NW-C23"],
  },
  {
    path: "localStorageCapacityIsolation",
    en: "Counts what containers write to the node's disk (ephemeral-storage) and evicts pods that go over their limit.",
    ko: "컨테이너가 노드 디스크에 쓰는 양(ephemeral-storage)을 집계하고, 제한을 넘은 파드를 축출한다.",
    enWrong:
      "On a machine whose root file system cannot be measured (a container as a machine) the kubelet needs false; then pods must not ask for ephemeral-storage.",
    koWrong:
      "루트 파일 시스템을 측정할 수 없는 머신(컨테이너로 만든 머신)에서는 false가 필요하며, 이때 파드는 ephemeral-storage를 요청하지 않아야 한다.",
    tiedTo: ["kubelet:evictionHard"],
  },
  {
    path: "userNamespaces",
    en: "How user and group IDs are handed to pods with a user namespace of their own (hostUsers: false).",
    ko: "자체 사용자 네임스페이스를 쓰는 파드(hostUsers: false)에 사용자 ID와 그룹 ID를 나누어 주는 방법이다.",
    tiedTo: ["NW-F09"],
  },
  {
    path: "userNamespaces.idsPerPod",
    en: "How many IDs each such pod gets: a multiple of 65536. /etc/subuid and /etc/subgid of the user kubelet, where they are used, need room for maxPods times as many.",
    ko: "이런 파드 하나가 받는 ID의 수로, 65536의 배수다. kubelet 사용자의 /etc/subuid와 /etc/subgid를 쓴다면 maxPods배만큼의 여유가 있어야 한다.",
    enWrong:
      "Not a multiple of 65536: the kubelet refuses its configuration. A change under pods that run needs them made anew.",
    koWrong:
      "65536의 배수가 아니면 kubelet이 설정을 거부한다. 실행 중인 파드가 있을 때 바꾸면 다시 만들어야 한다.",
    tiedTo: ["kubelet:maxPods", "NW-C23"],
  },
];
