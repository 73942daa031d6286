import { boolean, choice, integer, list, text } from "../../config/mod.ts";
import type { ModelessOption } from "../option.ts";

const yesOrNo = (value: boolean) => boolean({ default: value });
const span = (value: string) => text({ default: value });
const command = text();

/** systemd units, [Service]: how a service is started, restarted, stopped and limited. */
export const unitServiceTexts: readonly ModelessOption[] = [
  {
    path: "Service.Type",
    schema: choice(
      ["simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle"],
      { default: "simple" },
    ),
    en: "When systemd takes the service for started. containerd tells when its socket answers, so notify is right for it; the tutorial leaves it out, and After=containerd.service then means little.",
    ko: "systemd가 언제 서비스가 시작되었다고 볼지 정한다. containerd는 소켓이 응답할 때 알려 주므로 notify가 맞다. 튜토리얼에는 이 줄이 없어 After=containerd.service의 의미가 약해진다.",
    values: {
      simple: ["as soon as the process was forked", "프로세스를 만든 즉시"],
      exec: ["once the program is being executed", "프로그램이 실행된 때"],
      forking: [
        "once the first process has ended",
        "첫 프로세스가 끝난 때(데몬으로 남는 프로그램)",
      ],
      oneshot: ["once the process has ended", "프로세스가 끝난 때(한 번만 하는 일)"],
      dbus: ["once it has its name on D-Bus", "D-Bus 이름을 얻은 때"],
      notify: ["once the program says so (sd_notify)", "프로그램이 알려 준 때(sd_notify)"],
      "notify-reload": [
        "as notify; also tells when a reload is done",
        "notify와 같고 리로드 완료도 알린다",
      ],
      idle: ["as simple, but after other jobs", "simple과 같지만 다른 작업이 끝난 뒤 실행"],
    },
    enWrong:
      "notify for a program that never says so: systemd ends it after TimeoutStartSec, again and again.",
    koWrong:
      "알려 주지 않는 프로그램에 notify를 쓰면 systemd가 TimeoutStartSec 뒤에 종료하기를 되풀이한다.",
    tiedTo: ["unit:Unit.After", "NW-B02"],
  },
  {
    path: "Service.ExecStartPre",
    schema: command,
    en: "Commands that run before ExecStart=; one that fails stops the start, unless a dash stands before its path. containerd.service loads the kernel module overlay here, which the overlayfs snapshotter needs.",
    ko: "ExecStart= 전에 실행하는 명령이다. 경로 앞에 대시(-)가 없으면 실패할 때 시작을 멈춘다. containerd.service는 여기에서 overlayfs 스냅숏터에 필요한 overlay 커널 모듈을 로드한다.",
    enWrong:
      "/sbin/modprobe overlay without the dash fails where overlay is built into a kernel without module files, and containerd does not start.",
    koWrong:
      "overlay가 커널에 내장되어 있고 모듈 파일이 없는 머신에서는 대시 없는 /sbin/modprobe overlay가 실패해 containerd가 시작하지 못한다.",
    tiedTo: ["containerd:cri.containerd.snapshotter", "NW-A17"],
  },
  {
    path: "Service.ExecStart",
    schema: command,
    en: "The program and its arguments. Its path has to be where the binary is installed: /bin/containerd, /usr/local/bin/kubelet, /usr/local/bin/kube-proxy. No shell reads it; a backslash at the end of a line goes on in the next.",
    ko: "실행할 프로그램과 인자다. 경로는 바이너리를 설치한 곳과 같아야 한다: /bin/containerd, /usr/local/bin/kubelet, /usr/local/bin/kube-proxy. 셸을 거치지 않으며, 줄 끝의 백슬래시는 다음 줄로 이어진다.",
    enWrong:
      "status=203/EXEC: the file is not there, not executable, of another architecture, on a noexec mount, or kept back by SELinux. A second ExecStart= in a drop-in is refused unless an empty one stands before it.",
    koWrong:
      "status=203/EXEC이면 파일이 없거나, 실행 권한이 없거나, 아키텍처가 다르거나, noexec 마운트에 있거나, SELinux가 막은 것이다. 드롭인에서 ExecStart=를 바꾸려면 먼저 빈 ExecStart=를 적어야 한다.",
    tiedTo: [
      "place:/bin/containerd",
      "place:/usr/local/bin",
      "flag:--config",
      "NW-A14",
      "NW-A15",
      "NW-B07",
      "NW-B08",
      "NW-B09",
      "NW-B11",
      "NW-C03",
    ],
  },
  {
    path: "Service.Restart",
    schema: choice(
      ["no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"],
      { default: "no" },
    ),
    en: "When systemd starts the service again after it has ended by itself. systemctl stop is never followed by a restart.",
    ko: "서비스가 스스로 끝났을 때 언제 다시 시작할지 정한다. systemctl stop으로 멈춘 뒤에는 다시 시작하지 않는다.",
    values: {
      no: ["never", "다시 시작하지 않는다"],
      always: ["always", "항상"],
      "on-success": ["after an end without an error", "오류 없이 끝났을 때"],
      "on-failure": [
        "after an error, a signal, a timeout or a watchdog",
        "오류, 시그널, 시간 초과, 워치독일 때",
      ],
      "on-abnormal": ["after a signal, a timeout or a watchdog", "시그널, 시간 초과, 워치독일 때"],
      "on-abort": ["after a signal that it did not expect", "예상하지 못한 시그널일 때"],
      "on-watchdog": ["after a watchdog only", "워치독일 때만"],
    },
    enWrong:
      "on-failure leaves a kubelet that has ended without an error down. no leaves the node without its runtime after any crash.",
    koWrong:
      "on-failure이면 오류 없이 끝난 kubelet이 멈춘 채로 남는다. no이면 한 번 죽은 뒤 노드에 런타임이 없는 상태가 된다.",
    tiedTo: ["unit:Service.RestartSec", "unit:Unit.StartLimitIntervalSec", "NW-B05"],
  },
  {
    path: "Service.RestartSec",
    schema: span("100ms"),
    en: "How long systemd waits before it starts the service again. 5 means five seconds.",
    ko: "다시 시작하기 전에 기다리는 시간이다. 5는 5초를 뜻한다.",
    enWrong:
      "With the default a failing service is started five times within a second and then given up.",
    koWrong: "기본값이면 실패하는 서비스를 1초 안에 다섯 번 시작하고 포기한다.",
    tiedTo: ["unit:Service.Restart", "unit:Unit.StartLimitIntervalSec", "NW-B05"],
  },
  {
    path: "Service.Delegate",
    schema: text({ default: "no" }),
    en: "Hands the unit's cgroup over: what is below it belongs to the service, and systemd does not touch it. containerd, which makes cgroups for containers, needs yes.",
    ko: "유닛의 cgroup 제어를 위임한다. 그 아래는 서비스의 것이 되어 systemd가 건드리지 않는다. 컨테이너의 cgroup을 만드는 containerd에는 yes가 필요하다.",
    enWrong:
      "With no, systemd rewrites cgroups of containers at any daemon-reload: limits vanish and metrics break.",
    koWrong:
      "no이면 daemon-reload 때 systemd가 컨테이너의 cgroup을 다시 써서 제한이 사라지고 메트릭이 깨진다.",
    tiedTo: ["unit:Service.KillMode", "kubelet:cgroupDriver", "NW-B03"],
    values: {
      yes: ["the whole cgroup is the service's", "cgroup 전체를 서비스에 위임한다"],
      no: ["systemd keeps it", "위임하지 않는다"],
    },
  },
  {
    path: "Service.KillMode",
    schema: choice(["control-group", "process", "mixed", "none"], { default: "control-group" }),
    en: "Which processes are ended when the unit is stopped or restarted. With process only containerd itself is: shims and containers run on, and the new containerd finds them again.",
    ko: "유닛을 멈추거나 재시작할 때 어떤 프로세스를 종료할지 정한다. process이면 containerd 자신만 종료하고 shim과 컨테이너는 계속 실행되며, 새 containerd가 이들을 다시 찾는다.",
    values: {
      "control-group": ["all in the unit's cgroup", "유닛의 cgroup에 있는 모두"],
      process: ["the main process only", "메인 프로세스만"],
      mixed: [
        "SIGTERM to the main process, then SIGKILL to the rest",
        "메인 프로세스에 SIGTERM, 나머지에 SIGKILL",
      ],
      none: ["none; systemd advises against it", "종료하지 않는다. systemd는 권하지 않는다"],
    },
    enWrong:
      "With the default, or with a misspelt word, every restart of containerd kills the shims, and by that all pods of the node.",
    koWrong:
      "기본값이거나 철자가 틀리면 containerd를 재시작할 때마다 shim이 죽고, 노드의 모든 파드가 함께 죽는다.",
    tiedTo: ["unit:Service.Delegate", "NW-B03"],
  },
  {
    path: "Service.OOMScoreAdjust",
    schema: integer({ min: -1000, max: 1000, default: 0 }),
    en: "How unlikely the kernel is to kill the service when memory runs out: -1000 never, 1000 first. containerd has -999, so that pods go before it. What it starts inherits the value unless it sets its own.",
    ko: "메모리가 부족할 때 커널이 이 서비스를 죽일 가능성이다. -1000이면 죽이지 않고 1000이면 가장 먼저 죽인다. containerd는 -999로, 파드가 먼저 죽게 한다. 여기에서 시작된 프로세스는 스스로 바꾸지 않으면 이 값을 물려받는다.",
    enWrong: "With 0 one pod that takes all memory may take the runtime of all others with it.",
    koWrong: "0이면 메모리를 다 쓴 파드 하나 때문에 다른 모든 파드의 런타임까지 죽을 수 있다.",
    tiedTo: [
      "kubelet:oomScoreAdj",
      "containerd:cri.restrict_oom_score_adj",
      "containerd:oom_score",
    ],
  },
  {
    path: "Service.LimitNOFILE",
    schema: text(),
    en: "How many files the service, and everything that it starts, may have open: SOFT:HARD or one number for both. Containers inherit it from containerd. containerd's own unit has had no such line since 2.0.",
    ko: "서비스와 거기에서 시작되는 모든 것이 열 수 있는 파일 수다. SOFT:HARD 또는 둘에 쓸 수 하나를 적는다. 컨테이너가 containerd에서 이 값을 물려받는다. containerd의 공식 유닛에는 2.0부터 이 줄이 없다.",
    enWrong:
      "1048576 or infinity reaches every container: programs that walk over all possible files (old MySQL, NFS, Java, dpkg) take minutes or gigabytes to start.",
    koWrong:
      "1048576이나 infinity는 모든 컨테이너에 전해진다. 가능한 파일 번호를 모두 훑는 프로그램(오래된 MySQL, NFS, Java, dpkg)은 시작하는 데 몇 분이나 몇 GB의 메모리를 쓴다.",
    defaultIs: ["systemd's own (1024:524288)", "systemd의 기본값(1024:524288)"],
    tiedTo: [
      "containerd:cri.containerd.runtimes.*.base_runtime_spec",
      "kubelet:maxOpenFiles",
      "NW-B04",
    ],
  },
  {
    path: "Service.LimitNPROC",
    schema: text(),
    en: "How many processes the user of the service may have. containerd has infinity: the processes of containers count too.",
    ko: "서비스의 사용자가 가질 수 있는 프로세스 수다. 컨테이너의 프로세스도 세므로 containerd는 infinity다.",
    enWrong: 'Too few: containers fail with "Resource temporarily unavailable".',
    koWrong: '부족하면 컨테이너가 "Resource temporarily unavailable"로 실패한다.',
    defaultIs: ["the kernel's, by memory", "커널이 메모리에 따라 정한 값"],
    tiedTo: ["unit:Service.TasksMax", "kubelet:podPidsLimit"],
  },
  {
    path: "Service.LimitCORE",
    schema: text(),
    en: "How large a core dump may be. containerd has infinity, and containers inherit it.",
    ko: "코어 덤프의 최대 크기다. containerd는 infinity이며 컨테이너가 물려받는다.",
    enWrong: "Crashing containers with much memory may fill the disk with dumps.",
    koWrong: "메모리를 많이 쓰는 컨테이너가 죽으면 덤프로 디스크가 찰 수 있다.",
    defaultIs: ["systemd's own (0:infinity)", "systemd의 기본값(0:infinity)"],
  },
  {
    path: "Service.TasksMax",
    schema: text(),
    en: "How many processes and threads the unit's cgroup may hold. With KillMode=process the shims are in containerd's, so it has infinity; the tutorial leaves the line out.",
    ko: "유닛의 cgroup이 담을 수 있는 프로세스와 스레드의 수다. shim이 containerd의 cgroup에 남으므로 infinity로 둔다. 튜토리얼에는 이 줄이 없다.",
    enWrong:
      'With systemd\'s default (15 % of what the kernel allows) a node with many pods comes to a point at which no new one starts: "fork: Resource temporarily unavailable".',
    koWrong:
      'systemd의 기본값(커널 한도의 15 %)이면 파드가 많은 노드에서 어느 순간 새 파드가 "fork: Resource temporarily unavailable"로 시작하지 못한다.',
    defaultIs: ["15 % of what the kernel allows", "커널 한도의 15 %"],
    tiedTo: ["unit:Service.LimitNPROC", "kubelet:podPidsLimit", "NW-B04"],
  },
  {
    path: "Service.Environment",
    schema: list(text()),
    en: "Environment variables as NAME=VALUE. HTTP_PROXY and HTTPS_PROXY of containerd are for pulling images; NO_PROXY then needs the API server, the node, pod and Service networks and .svc.",
    ko: "NAME=VALUE 형식의 환경 변수다. containerd의 HTTP_PROXY, HTTPS_PROXY는 이미지를 받을 때 쓰이며, 이때 NO_PROXY에 API 서버, 노드와 파드와 서비스 대역, .svc를 적어야 한다.",
    enWrong:
      "A proxy without NO_PROXY: the kubelet asks the proxy for the API server, and the node does not register.",
    koWrong:
      "NO_PROXY 없이 프록시를 쓰면 kubelet이 API 서버를 프록시에 물어 노드가 등록되지 않는다.",
    tiedTo: ["unit:Service.EnvironmentFile", "NW-A21", "NW-A15"],
  },
  {
    path: "Service.EnvironmentFile",
    schema: list(text()),
    en: "Files of NAME=VALUE lines; a dash before the path lets the file be absent.",
    ko: "NAME=VALUE 줄이 든 파일이다. 경로 앞의 대시(-)는 파일이 없어도 된다는 뜻이다.",
    enWrong:
      "A file that an earlier installation left (/etc/default/kubelet) adds flags that nobody sees in the unit.",
    koWrong:
      "예전 설치가 남긴 파일(/etc/default/kubelet)이 유닛에는 보이지 않는 플래그를 더할 수 있다.",
    tiedTo: ["unit:Service.Environment", "NW-B07", "NW-B11", "NW-C03"],
  },
  {
    path: "Service.Slice",
    schema: text({ default: "system.slice" }),
    en: "The cgroup in which the unit is. For kubeReservedCgroup the kubelet and containerd are put into one of their own.",
    ko: "유닛이 속하는 cgroup이다. kubeReservedCgroup을 쓸 때 kubelet과 containerd를 전용 슬라이스에 넣는다.",
    tiedTo: ["kubelet:kubeReservedCgroup", "kubelet:systemReservedCgroup"],
  },
  {
    path: "Service.User",
    schema: text({ default: "root" }),
    en: "As which user the service runs. containerd, the kubelet and kube-proxy have to be root.",
    ko: "서비스를 실행하는 사용자다. containerd, kubelet, kube-proxy는 root여야 한다.",
  },
  {
    path: "Service.TimeoutStartSec",
    schema: span("90s"),
    en: "How long a start may take before systemd gives it up and ends the process.",
    ko: "시작이 이 시간을 넘으면 systemd가 포기하고 프로세스를 종료한다.",
    tiedTo: ["unit:Service.Type"],
  },
  {
    path: "Service.TimeoutStopSec",
    schema: span("90s"),
    en: "How long a stop may take before systemd kills the process.",
    ko: "종료가 이 시간을 넘으면 systemd가 프로세스를 강제로 죽인다.",
    tiedTo: ["unit:Service.KillMode"],
  },
  {
    path: "Service.RemainAfterExit",
    schema: yesOrNo(false),
    en: "Takes a unit whose process has ended for active, as for Type=oneshot.",
    ko: "프로세스가 끝난 유닛도 활성 상태로 본다. Type=oneshot에 쓴다.",
    tiedTo: ["unit:Service.Type"],
  },
];
