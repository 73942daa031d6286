import { integer, list, text } from "../../config/mod.ts";
import type { ModelessOption } from "../option.ts";

const span = (value: string) => text({ default: value });
const units = list(text());

/** systemd units, [Unit] and [Install]: what a unit is, its order, when it is started. */
export const unitTexts: readonly ModelessOption[] = [
  {
    path: "Unit.Description",
    schema: text(),
    en: "A name for people: systemctl status and the journal show it.",
    ko: "사람이 읽는 이름이다. systemctl status와 저널에 나온다.",
  },
  {
    path: "Unit.Documentation",
    schema: text(),
    en: "Where to read more, as URIs. systemctl status shows them.",
    ko: "더 읽을 곳의 URI다. systemctl status에 나온다.",
  },
  {
    path: "Unit.After",
    schema: units,
    en: "Starts this unit only after those units have started, where both are started at all. It orders and nothing else: it does not start the others. containerd.service has network.target, which says that interfaces are being set up, not that they have addresses; kubelet.service has containerd.service.",
    ko: "함께 시작되는 경우, 적힌 유닛이 시작된 다음에 이 유닛을 시작한다. 순서만 정할 뿐 다른 유닛을 시작시키지는 않는다. containerd.service의 network.target은 네트워크 설정이 시작되었다는 뜻이지 주소를 받았다는 뜻이 아니다. kubelet.service에는 containerd.service를 적는다.",
    enWrong:
      "A kubelet without After=containerd.service ends once or twice at boot until the socket is there. A unit that needs names or addresses needs network-online.target, in Wants= as well.",
    koWrong:
      "After=containerd.service가 없는 kubelet은 부팅할 때 소켓이 생길 때까지 한두 번 종료한다. 이름 해석이나 주소가 필요한 유닛은 network-online.target이 필요하며 Wants=에도 적어야 한다.",
    tiedTo: [
      "unit:Unit.Wants",
      "unit:Service.Type",
      "kubelet:containerRuntimeEndpoint",
      "NW-B01",
      "NW-B02",
    ],
  },
  {
    path: "Unit.Before",
    schema: units,
    en: "The other way round of After=: those units start only after this one.",
    ko: "After=의 반대다. 적힌 유닛이 이 유닛 다음에 시작된다.",
    tiedTo: ["unit:Unit.After"],
  },
  {
    path: "Unit.Requires",
    schema: units,
    en: "Starts those units together with this one; where somebody stops or restarts one of them, this one is stopped or restarted as well (a crash of it does not count). It says nothing of order: After= does.",
    ko: "적힌 유닛을 함께 시작하고, 누가 그 유닛을 멈추거나 재시작하면 이 유닛도 함께 멈추거나 재시작된다(스스로 죽은 경우는 해당하지 않는다). 순서는 정하지 않는다. 순서는 After=가 정한다.",
    enWrong:
      "The tutorial's kubelet.service has Requires=containerd.service: systemctl stop containerd for an upgrade stops the kubelet too, and starting containerd again does not bring it back. Wants= is right.",
    koWrong:
      "튜토리얼의 kubelet.service에는 Requires=containerd.service가 있다. 업그레이드하려고 containerd를 멈추면 kubelet도 멈추고, containerd를 다시 시작해도 kubelet은 돌아오지 않는다. Wants=가 맞다.",
    tiedTo: ["unit:Unit.Wants", "unit:Unit.After", "NW-B01"],
  },
  {
    path: "Unit.Wants",
    schema: units,
    en: "Starts those units together with this one, and goes on where they fail or are stopped later.",
    ko: "적힌 유닛을 함께 시작하지만, 그 유닛이 실패하거나 나중에 멈춰도 이 유닛은 계속 실행한다.",
    tiedTo: ["unit:Unit.Requires", "unit:Unit.After", "NW-B01"],
  },
  {
    path: "Unit.StartLimitIntervalSec",
    schema: span("10s"),
    en: "The span in which StartLimitBurst starts are allowed. 0 allows any number.",
    ko: "StartLimitBurst번의 시작을 허용하는 시간이다. 0이면 횟수를 제한하지 않는다.",
    enWrong:
      'A unit that fails faster than allowed is given up: "Start request repeated too quickly", state start-limit-hit. It then stays down although its cause may be gone.',
    koWrong:
      '허용보다 빠르게 실패하는 유닛은 "Start request repeated too quickly", start-limit-hit 상태로 포기한다. 원인이 사라져도 멈춘 채로 있다.',
    tiedTo: ["unit:Unit.StartLimitBurst", "unit:Service.RestartSec", "NW-B05"],
  },
  {
    path: "Unit.StartLimitBurst",
    schema: integer({ min: 0, default: 5 }),
    en: "How many starts are allowed within StartLimitIntervalSec.",
    ko: "StartLimitIntervalSec 안에 허용하는 시작 횟수다.",
    tiedTo: ["unit:Unit.StartLimitIntervalSec", "NW-B05"],
  },
  {
    path: "Install.WantedBy",
    schema: units,
    en: "The target that starts the unit at boot once it is enabled: multi-user.target is the ordinary one. The line does nothing by itself: systemctl enable does.",
    ko: "enable한 유닛을 부팅할 때 시작시키는 타깃이다. multi-user.target이 일반적이다. 이 줄만으로는 아무 일도 일어나지 않고 systemctl enable을 해야 한다.",
    enWrong:
      "Without it systemctl enable has nothing to do, and the node is gone after the next reboot.",
    koWrong: "없으면 systemctl enable이 할 일이 없어 다음 재부팅 뒤 노드가 돌아오지 않는다.",
    tiedTo: ["NW-B06", "NW-F14"],
  },
];
