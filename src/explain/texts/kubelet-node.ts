import type { OptionText } from "../option.ts";

/** KubeletConfiguration: the Node object, the API server, static pods, shutdown. */
export const kubeletNodeTexts: readonly OptionText[] = [
  {
    path: "registerNode",
    en: "Creates the Node object of this machine in the API server. The kubelet may do so by its certificate: CN system:node:NAME, O system:nodes.",
    ko: "이 머신의 Node 오브젝트를 API 서버에 만든다. kubelet의 인증서(CN system:node:NAME, O system:nodes)가 그 권한을 준다.",
    enWrong:
      "With false somebody else has to create the Node, by exactly this name; until then the kubelet logs that its node is not found and runs no pods but static ones.",
    koWrong:
      "false이면 다른 누군가가 정확히 같은 이름으로 Node를 만들어야 한다. 그때까지 kubelet은 노드를 찾을 수 없다는 로그를 남기고 스태틱 파드 외에는 실행하지 않는다.",
    tiedTo: ["kubelet:registerWithTaints", "flag:--hostname-override", "NW-C10", "NW-F02"],
  },
  {
    path: "registerWithTaints",
    en: "Taints that the Node gets when it is created. Later changes here do nothing to a Node that exists: change it with kubectl taint.",
    ko: "Node를 처음 만들 때 붙이는 테인트다. 이미 있는 Node에는 여기의 변경이 적용되지 않으므로 kubectl taint로 바꾼다.",
    enWrong:
      "After a reinstall under the same name the old Node object keeps its old taints, and pods go to the wrong node or to none.",
    koWrong:
      "같은 이름으로 다시 설치하면 예전 Node 오브젝트의 테인트가 남아, 파드가 엉뚱한 노드로 가거나 스케줄되지 않는다.",
    tiedTo: ["kubelet:registerNode", "NW-C20", "NW-F07"],
  },
  {
    path: "registerWithTaints[].key",
    en: "The name of the taint, such as example.com/gpu. Pods tolerate a taint by its key.",
    ko: "테인트의 이름이다(예: example.com/gpu). 파드는 이 키로 테인트를 용인(toleration)한다.",
  },
  {
    path: "registerWithTaints[].value",
    en: "The value of the taint; a toleration with operator Equal has to have the same. It may be left out.",
    ko: "테인트의 값이다. operator가 Equal인 톨러레이션은 같은 값을 가져야 한다. 생략할 수 있다.",
  },
  {
    path: "registerWithTaints[].effect",
    en: "What happens to pods that do not tolerate the taint.",
    ko: "테인트를 용인하지 않는 파드를 어떻게 할지 정한다.",
    values: {
      NoSchedule: ["they are not put on this node", "이 노드에 배치하지 않는다"],
      PreferNoSchedule: [
        "they are put here only where no other node is left",
        "다른 노드가 없을 때만 배치한다",
      ],
      NoExecute: [
        "they are not put here, and those that run are evicted",
        "배치하지 않고, 실행 중인 파드는 축출한다",
      ],
    },
  },
  {
    path: "registerWithTaints[].timeAdded",
    en: "When the taint was added. It is part of a Node's taints, and has no place in this file.",
    ko: "테인트가 추가된 시각이다. Node의 테인트에 있는 필드이며 이 파일에는 적지 않는다.",
    enWrong: 'Written here the kubelet ends: "invalid configuration: taint.TimeAdded is not nil".',
    koWrong:
      '여기에 적으면 kubelet이 "invalid configuration: taint.TimeAdded is not nil"로 종료한다.',
    tiedTo: ["NW-C23"],
  },
  {
    path: "providerID",
    en: "The identity of this machine at its cloud provider, put into the Node's spec.providerID. On premises it stays empty.",
    ko: "클라우드 제공자에서 이 머신의 식별자로, Node의 spec.providerID에 들어간다. 온프레미스에서는 비워 둔다.",
    tiedTo: ["NW-C29"],
  },
  {
    path: "nodeStatusUpdateFrequency",
    en: "How often the kubelet works out the state of its node. It is sent to the API server when it has changed, or when nodeStatusReportFrequency is over.",
    ko: "kubelet이 노드 상태를 계산하는 주기다. 상태가 바뀌었거나 nodeStatusReportFrequency가 지났을 때 API 서버로 보낸다.",
    enWrong:
      "Much longer than the controller manager's --node-monitor-grace-period, and changes such as DiskPressure are seen too late.",
    koWrong:
      "kube-controller-manager의 --node-monitor-grace-period보다 훨씬 길면 DiskPressure 같은 변화가 너무 늦게 보인다.",
    tiedTo: [
      "kubelet:nodeStatusReportFrequency",
      "kubelet:nodeLeaseDurationSeconds",
      "kube-controller-manager --node-monitor-grace-period",
    ],
  },
  {
    path: "nodeStatusReportFrequency",
    en: "How often the state of the node is sent where nothing has changed. Where only nodeStatusUpdateFrequency is written, it has that value too. Whether the node is alive is told by its Lease, not by this.",
    ko: "바뀐 것이 없을 때 노드 상태를 보내는 주기다. nodeStatusUpdateFrequency만 적으면 이 값도 그와 같아진다. 노드가 살아 있는지는 이것이 아니라 Lease로 알린다.",
    tiedTo: ["kubelet:nodeStatusUpdateFrequency"],
  },
  {
    path: "nodeStatusMaxImages",
    en: "How many images the Node object lists at most; the scheduler prefers nodes that have a pod's images. -1 is without limit, 0 lists none.",
    ko: "Node 오브젝트에 나열하는 이미지의 최대 개수다. 스케줄러는 파드의 이미지를 가진 노드를 선호한다. -1은 제한 없음, 0은 나열하지 않음이다.",
  },
  {
    path: "nodeLeaseDurationSeconds",
    en: "How long the node's Lease in the namespace kube-node-lease is valid. The kubelet renews it four times in that span; a node whose Lease runs out becomes NotReady, and its pods are evicted some minutes later.",
    ko: "kube-node-lease 네임스페이스에 있는 노드 Lease의 유효 시간이다. kubelet이 그 시간 동안 네 번 갱신한다. Lease가 만료된 노드는 NotReady가 되고, 몇 분 뒤 파드가 축출된다.",
    enWrong: "Too short, and a slow network makes a healthy node NotReady.",
    koWrong: "너무 짧으면 네트워크가 느릴 때 정상 노드도 NotReady가 된다.",
    tiedTo: ["kube-controller-manager --node-monitor-grace-period", "NW-F05", "NW-C23"],
  },
  {
    path: "contentType",
    en: "The encoding of what the kubelet sends to the API server: protobuf is smaller and faster, JSON can be read in a capture.",
    ko: "kubelet이 API 서버로 보내는 요청의 인코딩이다. protobuf가 더 작고 빠르며, JSON은 패킷 캡처에서 읽을 수 있다.",
  },
  {
    path: "kubeAPIQPS",
    en: "How many requests a second the kubelet may send to the API server over a longer time. 0 means the client library's own limit.",
    ko: "kubelet이 API 서버로 보낼 수 있는 초당 요청 수의 평균 한도다. 0이면 클라이언트 라이브러리의 기본 한도를 쓴다.",
    enWrong: 'Too low, pods start slowly in waves: the log says "client-side throttling".',
    koWrong:
      '너무 낮으면 파드가 한꺼번에 생길 때 느리게 시작하고 로그에 "client-side throttling"이 남는다.',
    tiedTo: ["kubelet:kubeAPIBurst"],
  },
  {
    path: "kubeAPIBurst",
    en: "How many requests the kubelet may send at once before kubeAPIQPS holds it back.",
    ko: "kubeAPIQPS 제한이 걸리기 전까지 kubelet이 한꺼번에 보낼 수 있는 요청 수다.",
    tiedTo: ["kubelet:kubeAPIQPS"],
  },
  {
    path: "eventRecordQPS",
    en: "How many events a second the kubelet may create. 0 is without limit.",
    ko: "kubelet이 초당 만들 수 있는 이벤트 수다. 0이면 제한이 없다.",
    enWrong:
      "Too low, events that would explain a failing pod are missing; 0 lets a crashing pod flood the API server.",
    koWrong:
      "너무 낮으면 파드 실패를 설명할 이벤트가 빠지고, 0이면 계속 죽는 파드의 이벤트가 API 서버로 쏟아진다.",
    tiedTo: ["kubelet:eventBurst"],
  },
  {
    path: "eventBurst",
    en: "How many events may be created at once before eventRecordQPS holds them back. It counts only where eventRecordQPS is above 0.",
    ko: "eventRecordQPS 제한이 걸리기 전까지 한꺼번에 만들 수 있는 이벤트 수다. eventRecordQPS가 0보다 클 때만 쓰인다.",
    tiedTo: ["kubelet:eventRecordQPS"],
  },
  {
    path: "configMapAndSecretChangeDetectionStrategy",
    en: "How the kubelet learns that a ConfigMap or Secret of its pods has changed.",
    ko: "파드가 쓰는 컨피그맵이나 시크릿이 바뀐 것을 kubelet이 알아내는 방법이다.",
    values: {
      Get: ["it reads each object anew whenever it needs it", "필요할 때마다 새로 읽는다"],
      Cache: ["it reads it again when the cached one is too old", "캐시가 오래되면 다시 읽는다"],
      Watch: ["the API server tells it of changes", "API 서버가 변경을 알려 준다"],
    },
    tiedTo: ["kubelet:syncFrequency"],
  },
  {
    path: "staticPodPath",
    en: "A directory (or one file) with pod manifests that this kubelet runs by itself, without scheduler or API server; kubeadm keeps the control plane there (/etc/kubernetes/manifests). Empty turns it off, which is right for a worker that has none.",
    ko: "스케줄러나 API 서버 없이 이 kubelet이 직접 실행하는 파드 매니페스트의 디렉터리(또는 파일 하나)다. kubeadm은 컨트롤 플레인을 여기에 둔다(/etc/kubernetes/manifests). 비워 두면 끈 상태이며, 스태틱 파드가 없는 워커에는 이것이 맞다.",
    enWrong:
      "Whatever lies there runs: a manifest that an earlier installation left is a pod that nobody ordered. Who may write there is root on the node.",
    koWrong:
      "그 안에 있는 것은 모두 실행된다. 예전 설치가 남긴 매니페스트도 아무도 요청하지 않은 파드가 된다. 여기에 쓸 수 있는 사람은 노드의 root와 같다.",
    tiedTo: ["kubelet:fileCheckFrequency", "NW-C28"],
  },
  {
    path: "staticPodURL",
    en: "A URL from which the kubelet fetches static pods.",
    ko: "kubelet이 스태틱 파드를 가져오는 URL이다.",
    enWrong: "Whoever answers at that URL runs pods on the node; plain http can be forged.",
    koWrong:
      "그 URL에서 응답하는 쪽이 노드에서 파드를 실행하게 된다. 암호화되지 않은 http는 위조될 수 있다.",
    tiedTo: ["kubelet:staticPodURLHeader", "kubelet:httpCheckFrequency"],
  },
  {
    path: "staticPodURLHeader",
    en: "HTTP headers for the request to staticPodURL, a list of values for each name.",
    ko: "staticPodURL 요청에 붙이는 HTTP 헤더다. 이름마다 값의 목록을 적는다.",
    tiedTo: ["kubelet:staticPodURL"],
  },
  {
    path: "syncFrequency",
    en: "How often every pod is compared with what it should be, at the latest. ConfigMaps and Secrets that are mounted as files are brought up to date in this rhythm.",
    ko: "모든 파드를 원하는 상태와 비교하는 최대 주기다. 파일로 마운트된 컨피그맵과 시크릿도 이 주기로 갱신된다.",
    tiedTo: ["kubelet:configMapAndSecretChangeDetectionStrategy"],
  },
  {
    path: "fileCheckFrequency",
    en: "How often staticPodPath is read again, beside the kernel's own word of changes.",
    ko: "커널의 변경 알림과 별도로 staticPodPath를 다시 읽는 주기다.",
    tiedTo: ["kubelet:staticPodPath"],
  },
  {
    path: "httpCheckFrequency",
    en: "How often staticPodURL is fetched again.",
    ko: "staticPodURL을 다시 가져오는 주기다.",
    tiedTo: ["kubelet:staticPodURL"],
  },
  {
    path: "runOnce",
    en: "Was meant to run static pods once and end. The mode was removed; leave it false.",
    ko: "스태틱 파드를 한 번 실행하고 종료하는 모드였다. 이 모드는 제거되었으므로 false로 둔다.",
    enWrong: "Current kubelets refuse to start with true.",
    koWrong: "최신 kubelet은 true이면 시작을 거부한다.",
    tiedTo: ["kubelet:staticPodPath", "NW-C23"],
  },
  {
    path: "shutdownGracePeriod",
    en: "How long the shutdown of the machine is held back so that pods can end properly. The kubelet asks systemd-logind for that time (an inhibitor lock). 0s turns it off: pods are then killed with the machine.",
    ko: "파드가 정상 종료할 수 있도록 머신 종료를 늦추는 시간이다. kubelet이 systemd-logind에 이 시간을 요청한다(inhibitor lock). 0s이면 끈 상태이며, 파드는 머신과 함께 강제로 종료된다.",
    enWrong:
      "Longer than logind's InhibitDelayMaxSec, and the kubelet has to raise that by a drop-in of its own; where it cannot, pods get less time. Below 1s (but for 0s) it is refused. Not together with shutdownGracePeriodByPodPriority: the kubelet refuses both.",
    koWrong:
      "logind의 InhibitDelayMaxSec보다 길면 kubelet이 드롭인으로 그 값을 올려야 하고, 올리지 못하면 파드가 더 짧은 시간만 얻는다. 0s가 아니면서 1s보다 짧으면 거부된다. shutdownGracePeriodByPodPriority와 함께 쓰면 kubelet이 거부한다.",
    tiedTo: [
      "kubelet:shutdownGracePeriodCriticalPods",
      "kubelet:shutdownGracePeriodByPodPriority",
      "NW-C23",
    ],
  },
  {
    path: "shutdownGracePeriodCriticalPods",
    en: "The part of shutdownGracePeriod that is kept for critical pods, which end last. With 30s and 10s ordinary pods have 20 seconds.",
    ko: "shutdownGracePeriod 가운데 마지막에 종료되는 중요(critical) 파드를 위해 남겨 두는 시간이다. 30s와 10s이면 일반 파드는 20초를 쓴다.",
    enWrong: 'Longer than shutdownGracePeriod: the kubelet ends with "invalid configuration".',
    koWrong: 'shutdownGracePeriod보다 길면 kubelet이 "invalid configuration"으로 종료한다.',
    tiedTo: ["kubelet:shutdownGracePeriod", "NW-C23"],
  },
  {
    path: "shutdownGracePeriodByPodPriority",
    en: "In place of the two other periods: a time for each range of pod priorities. An entry holds from its priority up to the next entry's.",
    ko: "앞의 두 시간 대신, 파드 우선순위 구간마다 종료 시간을 정한다. 각 항목은 자신의 우선순위부터 다음 항목의 우선순위 전까지 적용된다.",
    enWrong:
      "Together with shutdownGracePeriod or shutdownGracePeriodCriticalPods the kubelet refuses its configuration.",
    koWrong:
      "shutdownGracePeriod나 shutdownGracePeriodCriticalPods와 함께 쓰면 kubelet이 설정을 거부한다.",
    tiedTo: ["kubelet:shutdownGracePeriod", "kubelet:shutdownGracePeriodCriticalPods", "NW-C23"],
  },
  {
    path: "shutdownGracePeriodByPodPriority[].priority",
    en: "The lowest pod priority that the entry holds for, as a PriorityClass has it (2000000000 and above are the system's).",
    ko: "이 항목이 적용되는 가장 낮은 파드 우선순위다. PriorityClass의 값과 같은 수이며 2000000000 이상은 시스템용이다.",
  },
  {
    path: "shutdownGracePeriodByPodPriority[].shutdownGracePeriodSeconds",
    en: "How many seconds these pods have to end.",
    ko: "이 파드들이 종료하는 데 주어지는 시간(초)이다.",
  },
  {
    path: "crashLoopBackOff",
    en: "How long the kubelet waits between restarts of a container that keeps crashing (CrashLoopBackOff).",
    ko: "계속 죽는 컨테이너를 다시 시작하기까지 기다리는 시간(CrashLoopBackOff)을 정한다.",
  },
  {
    path: "crashLoopBackOff.maxContainerRestartPeriod",
    en: "The longest wait; the waits double from 10 seconds up to it. From 1s to 300s.",
    ko: "가장 긴 대기 시간이다. 대기 시간은 10초에서 시작해 두 배씩 늘어 이 값까지 간다. 1s에서 300s 사이다.",
    enWrong:
      "It needs the feature gate KubeletCrashLoopBackOffMax; without it, or out of range, the kubelet refuses its configuration.",
    koWrong:
      "기능 게이트 KubeletCrashLoopBackOffMax가 필요하다. 게이트가 꺼져 있거나 범위를 벗어나면 kubelet이 설정을 거부한다.",
    tiedTo: ["kubelet:featureGates", "NW-C23"],
  },
  {
    path: "podCIDR",
    en: "The pod subnet of a kubelet that runs without an API server. In a cluster it does nothing; the subnet of the node's pods is in the CNI configuration.",
    ko: "API 서버 없이 실행하는 kubelet의 파드 서브넷이다. 클러스터에서는 아무 일도 하지 않으며, 노드의 파드 서브넷은 CNI 설정에 있다.",
    tiedTo: ["cni:ipam.ranges", "NW-D12"],
  },
];
