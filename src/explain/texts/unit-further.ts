import { boolean, choice, list, text } from "../../config/mod.ts";
import type { ModelessOption } from "../option.ts";

const units = list(text());
const commands = list(text());
const yesOrNo = (value: boolean) => boolean({ default: value });

/** systemd units: keys that the tutorial's units do not have, and other units of nodes do. */
export const unitFurtherTexts: readonly ModelessOption[] = [
  {
    path: "Unit.BindsTo",
    schema: units,
    en: "As Requires=, and also stops this unit when one of those ends by itself.",
    ko: "Requires=와 같고, 적힌 유닛이 스스로 끝나도 이 유닛을 멈춘다.",
    enWrong:
      "For kubelet.service and containerd.service even worse than Requires=: a crash of containerd stops the kubelet.",
    koWrong:
      "kubelet.service에서 containerd.service에 쓰면 Requires=보다 더 나쁘다. containerd가 죽기만 해도 kubelet이 멈춘다.",
    tiedTo: ["unit:Unit.Requires", "NW-B01"],
  },
  {
    path: "Unit.PartOf",
    schema: units,
    en: "Stops and restarts this unit together with those, without starting them.",
    ko: "적힌 유닛을 멈추거나 재시작할 때 이 유닛도 함께 멈추거나 재시작한다. 시작시키지는 않는다.",
    tiedTo: ["unit:Unit.Requires", "NW-B01"],
  },
  {
    path: "Unit.Conflicts",
    schema: units,
    en: "Units that do not run together with this one: starting one stops the other.",
    ko: "이 유닛과 함께 실행하지 않는 유닛이다. 하나를 시작하면 다른 하나가 멈춘다.",
    tiedTo: ["NW-A20"],
  },
  {
    path: "Unit.OnFailure",
    schema: units,
    en: "Units that are started when this one has failed, as to send a message.",
    ko: "이 유닛이 실패했을 때 시작할 유닛이다. 알림을 보내는 데 쓴다.",
  },
  {
    path: "Unit.RequiresMountsFor",
    schema: list(text()),
    en: "Paths whose file systems have to be mounted before the unit starts, as for a disk of its own for /var/lib/containerd.",
    ko: "유닛을 시작하기 전에 마운트되어 있어야 하는 경로다. /var/lib/containerd에 별도 디스크를 쓸 때 적는다.",
    enWrong:
      "Without it containerd may start before that disk is there, and write onto the root disk below it.",
    koWrong:
      "없으면 디스크가 마운트되기 전에 containerd가 시작되어 그 아래 루트 디스크에 쓸 수 있다.",
    tiedTo: ["containerd:root", "NW-B13"],
  },
  {
    path: "Unit.ConditionPathExists",
    schema: list(text()),
    en: "Starts the unit only where this path exists (with ! before it: where it does not). A unit that is skipped for it has not failed.",
    ko: "이 경로가 있을 때만 유닛을 시작한다(앞에 !를 붙이면 없을 때만). 건너뛴 유닛은 실패로 보지 않는다.",
    enWrong: "A path that is not there: systemctl start says nothing, and the unit stays inactive.",
    koWrong: "경로가 없으면 systemctl start는 아무 말이 없고 유닛은 inactive로 남는다.",
  },
  {
    path: "Unit.DefaultDependencies",
    schema: yesOrNo(true),
    en: "Whether the unit is started after the basic system and stopped at a shutdown.",
    ko: "기본 시스템이 준비된 뒤에 시작하고 시스템이 종료될 때 멈추게 할지 정한다.",
  },
  {
    path: "Service.ExecStartPost",
    schema: commands,
    en: "Commands that run once the service has started.",
    ko: "서비스가 시작된 뒤에 실행하는 명령이다.",
  },
  {
    path: "Service.ExecReload",
    schema: commands,
    en: "What systemctl reload runs. containerd, the kubelet and kube-proxy cannot reload: a changed file needs a restart.",
    ko: "systemctl reload가 실행하는 명령이다. containerd, kubelet, kube-proxy는 리로드를 지원하지 않으므로 파일을 바꾸면 재시작해야 한다.",
  },
  {
    path: "Service.ExecStop",
    schema: commands,
    en: "Commands that stop the service; without them systemd sends KillSignal=.",
    ko: "서비스를 멈추는 명령이다. 없으면 systemd가 KillSignal=을 보낸다.",
    tiedTo: ["unit:Service.KillSignal", "unit:Service.TimeoutStopSec"],
  },
  {
    path: "Service.ExecStopPost",
    schema: commands,
    en: "Commands that run once the service has stopped, also after a failure.",
    ko: "서비스가 멈춘 뒤에 실행하는 명령이다. 실패한 뒤에도 실행한다.",
  },
  {
    path: "Service.ExecCondition",
    schema: commands,
    en: "Commands that decide whether the service is started: an exit code from 1 to 254 skips it, without a failure.",
    ko: "서비스를 시작할지 결정하는 명령이다. 종료 코드가 1~254이면 실패로 보지 않고 건너뛴다.",
  },
  {
    path: "Service.PIDFile",
    schema: text(),
    en: "Where a service of Type=forking writes the number of its main process.",
    ko: "Type=forking 서비스가 메인 프로세스의 번호를 쓰는 파일이다.",
    tiedTo: ["unit:Service.Type"],
  },
  {
    path: "Service.NotifyAccess",
    schema: choice(["none", "main", "exec", "all"]),
    en: "Which processes of the service systemd listens to with Type=notify.",
    ko: "Type=notify에서 어떤 프로세스의 알림을 받아들일지 정한다.",
    defaultIs: ["main with Type=notify, none otherwise", "Type=notify이면 main, 아니면 none"],
    tiedTo: ["unit:Service.Type"],
  },
  {
    path: "Service.WatchdogSec",
    schema: text({ default: "0" }),
    en: "How long the service may be silent before systemd takes it for hung and ends it. The program has to support it: the kubelet does since 1.32.",
    ko: "서비스가 이 시간 동안 신호를 보내지 않으면 멈춘 것으로 보고 종료한다. 프로그램이 지원해야 하며 kubelet은 1.32부터 지원한다.",
    enWrong: "For a program that does not support it, a restart every so often.",
    koWrong: "지원하지 않는 프로그램에 쓰면 일정 시간마다 재시작한다.",
    tiedTo: ["unit:Service.Restart"],
  },
  {
    path: "Service.KillSignal",
    schema: text({ default: "SIGTERM" }),
    en: "The signal that asks the service to end.",
    ko: "서비스에 종료를 요청하는 시그널이다.",
    tiedTo: ["unit:Service.KillMode", "unit:Service.TimeoutStopSec"],
  },
  {
    path: "Service.SendSIGKILL",
    schema: yesOrNo(true),
    en: "Whether processes that have not ended in time are killed.",
    ko: "시간 안에 끝나지 않은 프로세스를 강제로 죽일지 정한다.",
    tiedTo: ["unit:Service.TimeoutStopSec"],
  },
  {
    path: "Service.OOMPolicy",
    schema: choice(["continue", "stop", "kill"], { default: "stop" }),
    en: "What happens to the service when the kernel has killed one of its processes for lack of memory. containerd's shims are in its cgroup: continue is right for it.",
    ko: "메모리가 부족해 커널이 서비스의 프로세스 하나를 죽였을 때 서비스를 어떻게 할지 정한다. containerd의 cgroup에는 shim도 있으므로 continue가 알맞다.",
    values: {
      continue: ["the service goes on", "서비스를 계속 실행한다"],
      stop: ["the service is stopped", "서비스를 멈춘다"],
      kill: ["all of its processes are killed", "서비스의 모든 프로세스를 죽인다"],
    },
    defaultIs: ["stop; continue with Delegate=yes", "stop. Delegate=yes이면 continue"],
    tiedTo: ["unit:Service.Delegate", "unit:Service.OOMScoreAdjust"],
  },
  {
    path: "Service.LimitMEMLOCK",
    schema: text(),
    en: "How much memory a process may lock. eBPF programs of old kernels, and programs like Elasticsearch in containers, need infinity.",
    ko: "프로세스가 잠글 수 있는 메모리의 양이다. 오래된 커널의 eBPF 프로그램이나 컨테이너 안의 Elasticsearch 같은 프로그램은 infinity가 필요하다.",
    enWrong:
      'Too little: "Operation not permitted" or "Cannot allocate memory" in such containers.',
    koWrong:
      '부족하면 그런 컨테이너에서 "Operation not permitted"나 "Cannot allocate memory"가 나온다.',
    defaultIs: ["systemd's own (8M)", "systemd의 기본값(8M)"],
  },
  {
    path: "Service.CPUAccounting",
    schema: yesOrNo(true),
    en: "Counts the CPU time of the unit. The default is true since kernel 4.15; before, the kubelet's statistics of itself and of the runtime need the line.",
    ko: "유닛의 CPU 사용 시간을 집계한다. 커널 4.15부터 기본값이 true다. 그 이전에는 kubelet이 자신과 런타임의 통계를 내는 데 이 줄이 필요하다.",
  },
  {
    path: "Service.MemoryAccounting",
    schema: yesOrNo(true),
    en: "Counts the memory of the unit.",
    ko: "유닛의 메모리 사용량을 집계한다.",
  },
  {
    path: "Service.MemoryMax",
    schema: text({ default: "infinity" }),
    en: "How much memory the unit's cgroup may use. On containerd.service it counts the shims of all pods.",
    ko: "유닛의 cgroup이 쓸 수 있는 메모리의 한도다. containerd.service에서는 모든 파드의 shim도 포함된다.",
    enWrong: "Too little on containerd.service: shims are killed, and their pods with them.",
    koWrong: "containerd.service에서 너무 작으면 shim이 죽고 그 파드도 함께 죽는다.",
    tiedTo: ["unit:Service.OOMPolicy", "kubelet:kubeReserved"],
  },
  {
    path: "Service.CPUAffinity",
    schema: text(),
    en: "The CPUs that the service may use.",
    ko: "서비스가 쓸 수 있는 CPU다.",
    tiedTo: ["kubelet:reservedSystemCPUs"],
  },
  {
    path: "Service.RestartPreventExitStatus",
    schema: list(text()),
    en: "Exit codes and signals after which the service is not started again.",
    ko: "이 종료 코드나 시그널로 끝나면 다시 시작하지 않는다.",
    tiedTo: ["unit:Service.Restart"],
  },
  {
    path: "Service.SuccessExitStatus",
    schema: list(text()),
    en: "Further exit codes and signals that count as no error.",
    ko: "오류로 보지 않을 추가 종료 코드와 시그널이다.",
    tiedTo: ["unit:Service.Restart"],
  },
  {
    path: "Service.WorkingDirectory",
    schema: text({ default: "/" }),
    en: "The directory in which the service runs.",
    ko: "서비스를 실행하는 디렉터리다.",
    enWrong: "status=200/CHDIR where it does not exist.",
    koWrong: "없는 디렉터리이면 status=200/CHDIR이 나온다.",
  },
  {
    path: "Service.StandardOutput",
    schema: text({ default: "journal" }),
    en: "Where the output goes. The default is the journal: journalctl -u UNIT.",
    ko: "출력을 보낼 곳이다. 기본값은 저널이며 journalctl -u UNIT으로 본다.",
  },
  {
    path: "Service.StandardError",
    schema: text({ default: "inherit" }),
    en: "Where errors go; by default to the same place as StandardOutput=. The logs of containerd, the kubelet and kube-proxy come this way.",
    ko: "오류 출력을 보낼 곳이다. 기본값은 StandardOutput=과 같다. containerd, kubelet, kube-proxy의 로그가 이쪽으로 나온다.",
    tiedTo: ["unit:Service.StandardOutput"],
  },
  {
    path: "Service.ProtectSystem",
    schema: text({ default: "no" }),
    en: "Makes parts of the file system read-only for the service. containerd and the kubelet mount file systems for pods: they need no.",
    ko: "서비스에 파일 시스템 일부를 읽기 전용으로 보이게 한다. containerd와 kubelet은 파드를 위해 파일 시스템을 마운트하므로 no여야 한다.",
    enWrong:
      "Mounts of pods are made in a namespace of the service alone: volumes are empty or cannot be unmounted.",
    koWrong:
      "파드의 마운트가 서비스 전용 네임스페이스에만 만들어져, 볼륨이 비어 보이거나 해제되지 않는다.",
    tiedTo: ["unit:Service.PrivateTmp", "unit:Service.MountFlags"],
  },
  {
    path: "Service.PrivateTmp",
    schema: text({ default: "no" }),
    en: "Gives the service a /tmp of its own, by a mount namespace of its own. Not for containerd and the kubelet.",
    ko: "전용 마운트 네임스페이스로 서비스에 자기만의 /tmp를 준다. containerd와 kubelet에는 쓰지 않는다.",
    enWrong: "hostPath volumes below /tmp and mounts of pods are not where they are expected.",
    koWrong: "/tmp 아래의 hostPath 볼륨과 파드의 마운트가 예상한 곳에 없게 된다.",
    tiedTo: ["unit:Service.ProtectSystem"],
  },
  {
    path: "Service.MountFlags",
    schema: choice(["shared", "slave", "private"], { default: "shared" }),
    en: "Whether mounts of the service are seen by the machine. The kubelet and containerd need shared, which is the default.",
    ko: "서비스의 마운트가 머신에도 보이게 할지 정한다. kubelet과 containerd는 기본값인 shared가 필요하다.",
    enWrong:
      "slave, as old Docker units have it: volumes that the kubelet mounts are missing in containers.",
    koWrong: "예전 Docker 유닛처럼 slave이면 kubelet이 마운트한 볼륨이 컨테이너에 보이지 않는다.",
  },
  {
    path: "Service.StateDirectory",
    schema: list(text()),
    en: "Directories below /var/lib that systemd makes for the service.",
    ko: "systemd가 서비스를 위해 /var/lib 아래에 만드는 디렉터리다.",
  },
  {
    path: "Install.RequiredBy",
    schema: units,
    en: "As WantedBy=, but those units fail where this one fails.",
    ko: "WantedBy=와 같지만, 이 유닛이 실패하면 적힌 유닛도 실패한다.",
    tiedTo: ["unit:Install.WantedBy"],
  },
  {
    path: "Install.Alias",
    schema: list(text()),
    en: "Further names that systemctl enable makes for the unit.",
    ko: "systemctl enable이 유닛에 만들어 주는 다른 이름이다.",
  },
  {
    path: "Install.Also",
    schema: units,
    en: "Units that are enabled and disabled together with this one.",
    ko: "이 유닛과 함께 enable, disable되는 유닛이다.",
  },
];
