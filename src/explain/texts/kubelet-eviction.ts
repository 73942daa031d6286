import type { OptionText } from "../option.ts";

/** What each signal measures; evictionHard and its companions take the same ones. */
const SIGNALS: NonNullable<OptionText["values"]> = {
  "memory.available": ["free memory of the node", "노드의 남은 메모리"],
  "allocatableMemory.available": [
    "what is left of the memory that pods may take",
    "파드에 할당 가능한 메모리 중 남은 양",
  ],
  "nodefs.available": [
    "space on the disk of /var/lib/kubelet and of logs",
    "/var/lib/kubelet과 로그가 있는 디스크의 남은 공간",
  ],
  "nodefs.inodesFree": ["inodes on that disk", "같은 디스크의 남은 아이노드"],
  "imagefs.available": [
    "space on the disk of the runtime's images",
    "런타임의 이미지가 있는 디스크의 남은 공간",
  ],
  "imagefs.inodesFree": ["inodes on that disk", "같은 디스크의 남은 아이노드"],
  "containerfs.available": [
    "space on the disk of what containers write; the kubelet sets it itself",
    "컨테이너가 쓰는 디스크의 남은 공간. kubelet이 스스로 정한다",
  ],
  "containerfs.inodesFree": ["inodes on that disk", "같은 디스크의 남은 아이노드"],
  "pid.available": ["process IDs that are left", "남은 PID의 수"],
};

/** KubeletConfiguration: when pods are evicted, and swap. */
export const kubeletEvictionTexts: readonly OptionText[] = [
  {
    path: "evictionHard",
    en: "How little of a resource may be left before pods are evicted at once, without a grace period. Under it the node has a condition such as DiskPressure or MemoryPressure, and no new pods. The amounts also come off what pods may take.",
    ko: "자원이 이 값보다 적게 남으면 유예 기간 없이 곧바로 파드를 축출한다. 이때 노드는 DiskPressure, MemoryPressure 같은 조건을 갖고 새 파드를 받지 않는다. 이 양은 파드에 할당 가능한 자원에서도 빠진다.",
    enWrong:
      "Naming one signal sets all that are not named to 0, unless mergeDefaultEvictionSettings is true: a file with only memory.available never frees the disk. Thresholds that are above what is free evict every pod as soon as it starts.",
    koWrong:
      "신호 하나만 적으면, mergeDefaultEvictionSettings가 true가 아닌 한 적지 않은 신호는 모두 0이 된다. memory.available만 적은 파일은 디스크를 비우지 않는다. 현재 남은 양보다 큰 임계값은 파드를 시작하자마자 축출한다.",
    values: SIGNALS,
    tiedTo: [
      "kubelet:mergeDefaultEvictionSettings",
      "kubelet:evictionSoft",
      "kubelet:imageGCHighThresholdPercent",
      "kubelet:systemReserved",
      "NW-B13",
      "NW-C22",
    ],
  },
  {
    path: "evictionSoft",
    en: "Thresholds at which pods are evicted with a grace period, once they have lasted for evictionSoftGracePeriod.",
    ko: "evictionSoftGracePeriod 동안 지속되면 유예 기간을 주고 파드를 축출하는 임계값이다.",
    enWrong: "A signal without its entry in evictionSoftGracePeriod ends the kubelet.",
    koWrong: "evictionSoftGracePeriod에 짝이 없는 신호가 있으면 kubelet이 종료한다.",
    values: SIGNALS,
    tiedTo: [
      "kubelet:evictionSoftGracePeriod",
      "kubelet:evictionMaxPodGracePeriod",
      "kubelet:evictionHard",
      "NW-C23",
    ],
  },
  {
    path: "evictionSoftGracePeriod",
    en: "For each signal of evictionSoft, how long it has to last before anything is evicted.",
    ko: "evictionSoft의 신호마다, 얼마나 지속되어야 축출을 시작하는지 정한다.",
    enWrong: "A signal that is missing here but stands in evictionSoft ends the kubelet.",
    koWrong: "evictionSoft에 있는데 여기에 없는 신호가 있으면 kubelet이 종료한다.",
    values: SIGNALS,
    tiedTo: ["kubelet:evictionSoft", "NW-C23"],
  },
  {
    path: "evictionMinimumReclaim",
    en: "For each signal, how much has to become free beyond the threshold, so that the node does not go back and forth around it.",
    ko: "신호마다 임계값을 넘어 얼마나 더 확보할지 정한다. 노드가 임계값 주변을 오가지 않게 한다.",
    values: SIGNALS,
    tiedTo: ["kubelet:evictionHard", "kubelet:evictionPressureTransitionPeriod"],
  },
  {
    path: "evictionPressureTransitionPeriod",
    en: "How long a condition such as DiskPressure stays after its cause is gone.",
    ko: "DiskPressure 같은 조건이 원인이 사라진 뒤에도 유지되는 시간이다.",
    enWrong:
      "Too short, pods come back and are evicted again; too long, the node takes no pods although it could.",
    koWrong:
      "너무 짧으면 파드가 돌아왔다가 다시 축출되고, 너무 길면 여유가 있는데도 노드가 파드를 받지 않는다.",
    tiedTo: ["kubelet:evictionHard"],
  },
  {
    path: "evictionMaxPodGracePeriod",
    en: "How many seconds a pod has at most to end when it is evicted by a soft threshold, whatever it asked for itself.",
    ko: "소프트 임계값으로 축출될 때, 파드가 스스로 요청한 시간과 관계없이 주어지는 최대 종료 시간(초)이다.",
    tiedTo: ["kubelet:evictionSoft"],
  },
  {
    path: "mergeDefaultEvictionSettings",
    en: "Keeps the defaults of evictionHard for signals that the file does not name.",
    ko: "파일에 적지 않은 신호에는 evictionHard의 기본값을 유지한다.",
    enWrong:
      "With false (the default) a file that names one signal turns the others off without a word.",
    koWrong: "false(기본값)이면 신호 하나만 적은 파일이 나머지 신호를 아무 알림 없이 끈다.",
    tiedTo: ["kubelet:evictionHard"],
  },
  {
    path: "kernelMemcgNotification",
    en: "Lets the kernel tell the kubelet when memory gets short, rather than looking every ten seconds.",
    ko: "10초마다 확인하는 대신, 메모리가 부족해지면 커널이 kubelet에 알리게 한다.",
    tiedTo: ["kubelet:evictionHard"],
  },
  {
    path: "failSwapOn",
    en: "Refuses to start while the machine has swap on. false lets the kubelet start; whether containers may swap is then said by memorySwap.swapBehavior.",
    ko: "머신에 스왑이 켜져 있으면 시작을 거부한다. false이면 kubelet이 시작되고, 컨테이너가 스왑을 쓸 수 있는지는 memorySwap.swapBehavior가 정한다.",
    enWrong:
      'With true and swap on the kubelet ends: "running with swap on is not supported, please disable swap or set --fail-swap-on flag to false". Swap that was only turned off by hand is back after a reboot, and so is the failure.',
    koWrong:
      'true인데 스왑이 켜져 있으면 kubelet이 "running with swap on is not supported, please disable swap or set --fail-swap-on flag to false"로 종료한다. 손으로만 끈 스왑은 재부팅하면 다시 켜지고, 같은 실패가 되풀이된다.',
    tiedTo: [
      "kubelet:memorySwap.swapBehavior",
      "host /proc/swaps, /etc/fstab, zram",
      "NW-C04",
      "NW-C05",
    ],
  },
  {
    path: "memorySwap",
    en: "Whether containers may use the machine's swap. It counts only where there is swap.",
    ko: "컨테이너가 머신의 스왑을 쓸 수 있는지 정한다. 스왑이 있을 때만 의미가 있다.",
  },
  {
    path: "memorySwap.swapBehavior",
    en: "How much swap containers may use. Together with failSwapOn: false the default means that the machine may have swap, and its pods do not use it.",
    ko: "컨테이너가 스왑을 얼마나 쓸 수 있는지 정한다. failSwapOn: false와 함께 기본값을 쓰면, 호스트에 스왑이 있어도 파드는 쓰지 않는다는 뜻이다.",
    values: {
      NoSwap: [
        "containers use none (memory.swap.max is 0)",
        "컨테이너가 스왑을 쓰지 못한다(memory.swap.max가 0)",
      ],
      LimitedSwap: [
        "Burstable pods use some, in proportion to the memory they request; needs cgroup v2",
        "Burstable 파드가 요청한 메모리에 비례해 일부를 쓴다. cgroup v2가 필요하다",
      ],
    },
    enWrong:
      'Any other word ends the kubelet: "invalid configuration: memorySwap.swapBehavior". LimitedSwap on cgroup v1 gives no swap.',
    koWrong:
      '다른 단어를 쓰면 kubelet이 "invalid configuration: memorySwap.swapBehavior"로 종료한다. cgroup v1에서 LimitedSwap은 스왑을 주지 않는다.',
    tiedTo: ["kubelet:failSwapOn", "kubelet:failCgroupV1", "NW-C05", "NW-C23"],
  },
];
