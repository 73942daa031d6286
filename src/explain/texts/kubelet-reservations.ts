import type { OptionText } from "../option.ts";

/** KubeletConfiguration: what is kept back for the system, and which CPUs and memory pods get. */
export const kubeletReservationTexts: readonly OptionText[] = [
  {
    path: "systemReserved",
    en: "What is kept back for the operating system (sshd, journald, containerd): cpu, memory, ephemeral-storage, pid. Pods get the capacity less this, kubeReserved and evictionHard; the Node shows it as allocatable.",
    ko: "운영체제(sshd, journald, containerd 등) 몫으로 남겨 두는 자원이다: cpu, memory, ephemeral-storage, pid. 전체 용량에서 이 값과 kubeReserved, evictionHard를 뺀 나머지를 파드가 쓰며, Node에 allocatable로 표시된다.",
    enWrong:
      "Absent, pods may take everything, and the machine swaps, kills or hangs under load. More than the machine has: the kubelet ends, or nothing is scheduled here.",
    koWrong:
      "값이 없으면 파드가 모든 자원을 차지해 부하가 걸릴 때 머신이 멈추거나 프로세스가 죽는다. 머신이 가진 것보다 많으면 kubelet이 종료하거나 아무것도 스케줄되지 않는다.",
    tiedTo: [
      "kubelet:kubeReserved",
      "kubelet:evictionHard",
      "kubelet:enforceNodeAllocatable",
      "kubelet:reservedSystemCPUs",
      "NW-C22",
    ],
  },
  {
    path: "kubeReserved",
    en: "What is kept back for Kubernetes' own programs on the node (the kubelet, the runtime), counted like systemReserved.",
    ko: "노드에서 실행되는 쿠버네티스 프로그램(kubelet, 런타임) 몫으로 남겨 두는 자원이다. systemReserved와 같은 방식으로 계산한다.",
    enWrong:
      "Too little on a node with many pods, and the kubelet itself runs short of CPU or memory: the node flaps between Ready and NotReady.",
    koWrong:
      "파드가 많은 노드에서 너무 적으면 kubelet 자신의 CPU나 메모리가 부족해져 노드가 Ready와 NotReady를 오간다.",
    tiedTo: ["kubelet:systemReserved", "kubelet:kubeReservedCgroup", "NW-C22"],
  },
  {
    path: "reservedSystemCPUs",
    en: "Which CPUs are kept for the system, by number (0-1,8), in place of amounts of cpu in systemReserved and kubeReserved. It is used with the static CPU manager.",
    ko: "systemReserved와 kubeReserved의 cpu 양 대신, 시스템용으로 남겨 둘 CPU의 번호를 적는다(0-1,8). static CPU 관리자와 함께 쓴다.",
    enWrong:
      "Together with systemReservedCgroup or kubeReservedCgroup the kubelet refuses its configuration. The system's own processes still have to be kept on these CPUs, as by systemd's CPUAffinity.",
    koWrong:
      "systemReservedCgroup이나 kubeReservedCgroup과 함께 쓰면 kubelet이 설정을 거부한다. 시스템 프로세스를 실제로 이 CPU에 묶는 일은 따로 해야 한다(systemd의 CPUAffinity 등).",
    tiedTo: [
      "kubelet:cpuManagerPolicy",
      "kubelet:systemReservedCgroup",
      "kubelet:kubeReservedCgroup",
      "NW-C21",
      "NW-C22",
      "NW-C24",
    ],
  },
  {
    path: "systemReservedCgroup",
    en: "The cgroup of the system's services (/system.slice), on which systemReserved is enforced where enforceNodeAllocatable lists system-reserved.",
    ko: "시스템 서비스의 cgroup이다(/system.slice). enforceNodeAllocatable에 system-reserved가 있으면 여기에 systemReserved를 강제한다.",
    enWrong:
      "Missing, although system-reserved is listed, or a cgroup that does not exist: the kubelet ends.",
    koWrong:
      "system-reserved가 목록에 있는데 값이 없거나 존재하지 않는 cgroup이면 kubelet이 종료한다.",
    tiedTo: ["kubelet:systemReserved", "kubelet:enforceNodeAllocatable", "NW-C21"],
  },
  {
    path: "kubeReservedCgroup",
    en: "The cgroup of Kubernetes' own services, on which kubeReserved is enforced where enforceNodeAllocatable lists kube-reserved. The units have to be put into it (Slice=).",
    ko: "쿠버네티스 서비스의 cgroup이다. enforceNodeAllocatable에 kube-reserved가 있으면 여기에 kubeReserved를 강제한다. 유닛을 그 안에 넣어야 한다(Slice=).",
    enWrong:
      "Missing, although kube-reserved is listed, or a cgroup that does not exist: the kubelet ends.",
    koWrong:
      "kube-reserved가 목록에 있는데 값이 없거나 존재하지 않는 cgroup이면 kubelet이 종료한다.",
    tiedTo: ["kubelet:kubeReserved", "kubelet:enforceNodeAllocatable", "NW-C21"],
  },
  {
    path: "enforceNodeAllocatable",
    en: "On whom limits are enforced: pods as a whole, the system's services, Kubernetes' services.",
    ko: "제한을 누구에게 강제하는지 정한다. 파드 전체, 시스템 서비스, 쿠버네티스 서비스 가운데서 고른다.",
    values: {
      none: ["on nobody; it stands alone", "누구에게도 강제하지 않는다. 단독으로만 쓴다"],
      pods: [
        "all pods together get no more than allocatable",
        "파드 전체가 allocatable을 넘지 못한다",
      ],
      "system-reserved": [
        "systemReservedCgroup gets no more than systemReserved",
        "systemReservedCgroup이 systemReserved를 넘지 못한다",
      ],
      "kube-reserved": [
        "kubeReservedCgroup gets no more than kubeReserved",
        "kubeReservedCgroup이 kubeReserved를 넘지 못한다",
      ],
      "system-reserved-compressible": ["the same, for CPU only", "위와 같지만 CPU에만 적용한다"],
      "kube-reserved-compressible": ["the same, for CPU only", "위와 같지만 CPU에만 적용한다"],
    },
    enWrong:
      "system-reserved with too little memory lets the kernel kill sshd or containerd. A group without its cgroup option, a group beside its own -compressible, or none beside others: the kubelet ends.",
    koWrong:
      "메모리가 부족한 system-reserved는 커널이 sshd나 containerd를 죽이게 만든다. cgroup 옵션 없이 해당 값을 쓰거나, 같은 그룹의 -compressible과 함께 쓰거나, none을 다른 값과 함께 쓰면 kubelet이 종료한다.",
    tiedTo: [
      "kubelet:cgroupsPerQOS",
      "kubelet:systemReservedCgroup",
      "kubelet:kubeReservedCgroup",
      "NW-C21",
    ],
  },
  {
    path: "qosReserved",
    en: "Keeps a share of the memory that Guaranteed pods request out of reach of the other pods. memory only, as a percentage.",
    ko: "Guaranteed 파드가 요청한 메모리의 일정 비율을 다른 파드가 쓰지 못하게 한다. memory만 백분율로 적을 수 있다.",
    enWrong:
      "It needs the feature gate QOSReserved; without it the kubelet refuses its configuration.",
    koWrong: "기능 게이트 QOSReserved가 필요하며, 없으면 kubelet이 설정을 거부한다.",
    tiedTo: ["kubelet:featureGates", "kubelet:cgroupsPerQOS", "NW-C23"],
  },
  {
    path: "reservedMemory",
    en: "Which memory of which NUMA node is kept back, for the static memory manager. All entries together have to be as much as systemReserved, kubeReserved and evictionHard ask for.",
    ko: "static 메모리 관리자를 위해, 어느 NUMA 노드의 메모리를 얼마나 남겨 둘지 정한다. 전체 합이 systemReserved, kubeReserved, evictionHard의 메모리 합과 같아야 한다.",
    enWrong:
      'Where the sums differ the kubelet ends: "the total amount ... of type "memory" is not equal to the value ... determined by Node Allocatable feature".',
    koWrong:
      '합이 다르면 kubelet이 "the total amount ... of type "memory" is not equal to the value ... determined by Node Allocatable feature"로 종료한다.',
    tiedTo: [
      "kubelet:memoryManagerPolicy",
      "kubelet:systemReserved",
      "kubelet:kubeReserved",
      "kubelet:evictionHard",
      "NW-C22",
      "NW-C23",
    ],
  },
  {
    path: "reservedMemory[].numaNode",
    en: "The number of the NUMA node. It has to exist on the machine.",
    ko: "NUMA 노드의 번호다. 머신에 실제로 있는 번호여야 한다.",
  },
  {
    path: "reservedMemory[].limits",
    en: "How much of that node's memory and hugepages-SIZE is kept back.",
    ko: "그 노드의 memory와 hugepages-SIZE를 얼마나 남겨 둘지 적는다.",
  },
  {
    path: "cpuManagerPolicy",
    en: "Whether containers get CPUs of their own. The policy is recorded in /var/lib/kubelet/cpu_manager_state.",
    ko: "컨테이너에 전용 CPU를 줄지 정한다. 정책은 /var/lib/kubelet/cpu_manager_state에 기록된다.",
    values: {
      none: ["all containers share all CPUs", "모든 컨테이너가 모든 CPU를 함께 쓴다"],
      static: [
        "Guaranteed pods with whole CPUs get these for themselves",
        "CPU를 정수로 요청한 Guaranteed 파드가 전용 CPU를 받는다",
      ],
    },
    enWrong:
      'Changed on a node that ran before: "configured policy "static" differs from state checkpoint policy "none"", and the kubelet does not start until the node is drained and the state file deleted. static also needs CPU reserved.',
    koWrong:
      '이미 실행된 적이 있는 노드에서 바꾸면 "configured policy "static" differs from state checkpoint policy "none""이 나오고, 노드를 드레인하고 상태 파일을 지울 때까지 kubelet이 시작하지 못한다. static은 예약된 CPU도 필요하다.',
    tiedTo: [
      "kubelet:reservedSystemCPUs",
      "kubelet:systemReserved",
      "kubelet:cpuManagerPolicyOptions",
      "kubelet:topologyManagerPolicy",
      "NW-C24",
    ],
  },
  {
    path: "cpuManagerPolicyOptions",
    en: 'Refinements of the static CPU policy by name, such as full-pcpus-only: "true" (whole physical cores). Values are text.',
    ko: '정적(static) CPU 정책의 세부 옵션이다. 예를 들어 full-pcpus-only: "true"는 물리 코어 단위로만 준다. 값은 텍스트로 적는다.',
    enWrong:
      "An unknown option, or one whose feature gate is off, ends the kubelet; full-pcpus-only refuses pods with SMTAlignmentError.",
    koWrong:
      "모르는 옵션이나 기능 게이트가 꺼진 옵션이면 kubelet이 종료한다. full-pcpus-only는 맞지 않는 파드를 SMTAlignmentError로 거부한다.",
    tiedTo: ["kubelet:cpuManagerPolicy"],
  },
  {
    path: "cpuManagerReconcilePeriod",
    en: "How often the CPUs of running containers are set again to what was assigned.",
    ko: "실행 중인 컨테이너의 CPU를 배정된 값으로 다시 맞추는 주기다.",
    tiedTo: ["kubelet:cpuManagerPolicy"],
  },
  {
    path: "memoryManagerPolicy",
    en: "Whether memory of Guaranteed pods is taken from as few NUMA nodes as possible. The policy is recorded in /var/lib/kubelet/memory_manager_state.",
    ko: "Guaranteed 파드의 메모리를 가능한 한 적은 NUMA 노드에서 할당할지 정한다. 정책은 /var/lib/kubelet/memory_manager_state에 기록된다.",
    values: {
      None: ["the kernel decides", "커널이 정한다"],
      Static: ["memory is assigned by NUMA node", "NUMA 노드 단위로 배정한다"],
    },
    enWrong:
      "Static without reservedMemory ends the kubelet; a change needs the node drained and the state file deleted.",
    koWrong:
      "Static인데 reservedMemory가 없으면 kubelet이 종료한다. 바꾸려면 노드를 드레인하고 상태 파일을 지워야 한다.",
    tiedTo: ["kubelet:reservedMemory", "kubelet:topologyManagerPolicy", "NW-C24"],
  },
  {
    path: "topologyManagerPolicy",
    en: "How strictly CPUs, memory and devices of a pod have to come from the same NUMA nodes.",
    ko: "파드의 CPU, 메모리, 장치가 같은 NUMA 노드에서 나와야 하는 정도를 정한다.",
    values: {
      none: ["not at all", "맞추지 않는다"],
      "best-effort": ["as well as possible", "가능한 만큼 맞춘다"],
      restricted: [
        "a pod that cannot have the best placement is refused",
        "최적으로 맞출 수 없는 파드는 거부한다",
      ],
      "single-numa-node": [
        "a pod that does not fit into one NUMA node is refused",
        "NUMA 노드 하나에 들어가지 않는 파드는 거부한다",
      ],
    },
    enWrong:
      "The scheduler knows nothing of it: pods are sent here and end with TopologyAffinityError, again and again.",
    koWrong:
      "스케줄러는 이 설정을 모르므로, 파드가 이 노드로 보내졌다가 TopologyAffinityError로 끝나기를 되풀이할 수 있다.",
    tiedTo: [
      "kubelet:topologyManagerScope",
      "kubelet:cpuManagerPolicy",
      "kubelet:memoryManagerPolicy",
    ],
  },
  {
    path: "topologyManagerScope",
    en: "Whether each container is placed for itself, or all of a pod together.",
    ko: "컨테이너마다 따로 배치할지, 파드 전체를 함께 배치할지 정한다.",
    values: {
      container: ["each container for itself", "컨테이너마다 따로"],
      pod: ["all containers of the pod together", "파드의 모든 컨테이너를 함께"],
    },
    tiedTo: ["kubelet:topologyManagerPolicy"],
  },
  {
    path: "topologyManagerPolicyOptions",
    en: 'Refinements of the topology policy by name, such as prefer-closest-numa-nodes: "true". Values are text.',
    ko: '토폴로지 정책의 세부 옵션이다. 예를 들어 prefer-closest-numa-nodes: "true"가 있다. 값은 텍스트로 적는다.',
    enWrong: "An unknown option, or one whose feature gate is off, ends the kubelet.",
    koWrong: "모르는 옵션이나 기능 게이트가 꺼진 옵션이면 kubelet이 종료한다.",
    tiedTo: ["kubelet:topologyManagerPolicy"],
  },
  {
    path: "memoryThrottlingFactor",
    en: "From which share of its memory limit on a container is slowed down (cgroup v2 memory.high), before it reaches the limit and is killed. It counts where the feature MemoryQoS is on; since 1.37, where it is on for everyone, there is no slowing down without a value here.",
    ko: "컨테이너가 메모리 제한에 닿아 죽기 전에, 제한의 어느 비율부터 느려지게 할지 정한다(cgroup v2의 memory.high). MemoryQoS 기능이 켜져 있을 때 쓰인다. 이 기능이 기본으로 켜진 1.37부터는 여기에 값을 적지 않으면 느려지게 하지 않는다.",
    enWrong: "Low values make memory-hungry pods crawl without any error; 0 is refused.",
    koWrong: "값이 작으면 메모리를 많이 쓰는 파드가 오류 없이 매우 느려진다. 0은 거부된다.",
    tiedTo: ["kubelet:memoryReservationPolicy", "kubelet:featureGates", "NW-C23"],
  },
  {
    path: "memoryReservationPolicy",
    en: "Whether the memory that pods request is protected from being reclaimed by the kernel (cgroup v2). It counts where the feature MemoryQoS is on; 1.36 or later.",
    ko: "파드가 요청한 메모리를 커널이 회수하지 못하게 보호할지 정한다(cgroup v2). MemoryQoS 기능이 켜진 1.36 이상에서 쓰인다.",
    values: {
      None: ["nothing is protected", "보호하지 않는다"],
      TieredReservation: [
        "firmly for Guaranteed pods (memory.min), as far as possible for Burstable ones (memory.low)",
        "Guaranteed 파드는 확실히(memory.min), Burstable 파드는 가능한 만큼(memory.low) 보호한다",
      ],
    },
    enWrong:
      "With much of the memory requested by Guaranteed pods, little is left for the kernel to take from: other processes are killed sooner. TieredReservation without the feature gate is refused.",
    koWrong:
      "Guaranteed 파드가 메모리의 대부분을 요청하면 커널이 회수할 메모리가 줄어 다른 프로세스가 더 빨리 죽는다. 기능 게이트 없이 TieredReservation을 쓰면 거부된다.",
    tiedTo: ["kubelet:memoryThrottlingFactor", "kubelet:featureGates", "NW-C23"],
  },
];
