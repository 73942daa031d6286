import type { OptionText } from "../option.ts";

/** KubeletConfiguration: feature gates, traces, metrics. */
export const kubeletObservabilityTexts: readonly OptionText[] = [
  {
    path: "featureGates",
    en: "Switches single features of this kubelet on or off, by name: true or false for each. Which names exist, what they default to and which can no longer be changed depends on the version.",
    ko: "이 kubelet의 개별 기능을 이름으로 켜거나 끈다. 이름마다 true 또는 false를 적는다. 어떤 이름이 있고 기본값이 무엇이며 더는 바꿀 수 없는 것이 무엇인지는 버전마다 다르다.",
    enWrong:
      'An unknown name ends the kubelet: "unrecognized feature gate". So does a changed value of one that has become stable: "cannot set feature gate ... feature is locked".',
    koWrong:
      '모르는 이름이 있으면 kubelet이 "unrecognized feature gate"로 종료한다. 안정화되어 고정된 게이트의 값을 바꿔도 "cannot set feature gate ... feature is locked"로 종료한다.',
    tiedTo: ["kube-apiserver --feature-gates", "NW-C02"],
  },
  {
    path: "tracing",
    en: "Sends traces of the kubelet's work (OpenTelemetry) to a collector. Absent, nothing is sent.",
    ko: "kubelet 작업의 트레이스(OpenTelemetry)를 수집기로 보낸다. 이 키가 없으면 보내지 않는다.",
  },
  {
    path: "tracing.endpoint",
    en: "The collector: HOST:PORT of an OTLP gRPC receiver. The connection is not encrypted, so it should be on the node.",
    ko: "수집기의 주소로, OTLP gRPC 수신기의 HOST:PORT다. 연결이 암호화되지 않으므로 같은 노드에 두는 것이 좋다.",
    tiedTo: ["kubelet:tracing.samplingRatePerMillion"],
  },
  {
    path: "tracing.samplingRatePerMillion",
    en: "How many of a million operations are traced. Where it is 0 or absent, only what a caller that is itself traced has asked for.",
    ko: "백만 건의 작업 가운데 트레이스로 남길 건수다. 0이거나 없으면, 이미 트레이스 중인 호출자가 요청한 작업만 남긴다.",
    tiedTo: ["kubelet:tracing.endpoint"],
  },
  {
    path: "showHiddenMetricsForVersion",
    en: "Shows metrics again that the last minor version has hidden, for the time of a migration. Only the version before this one is taken, such as 1.35.",
    ko: "직전 마이너 버전에서 숨긴 메트릭을 전환 기간 동안 다시 보여 준다. 바로 앞 버전(예: 1.35)만 쓸 수 있다.",
    enWrong: "Another version ends the kubelet.",
    koWrong: "다른 버전을 적으면 kubelet이 종료한다.",
    tiedTo: ["NW-C23"],
  },
  {
    path: "volumeStatsAggPeriod",
    en: "How often the disk usage of the pods' volumes is measured. A negative value turns it off.",
    ko: "파드 볼륨의 디스크 사용량을 측정하는 주기다. 음수이면 측정하지 않는다.",
    enWrong:
      "Very short on volumes with millions of files, and the kubelet reads disks all the time.",
    koWrong: "파일이 아주 많은 볼륨에서 너무 짧게 잡으면 kubelet이 디스크를 계속 읽는다.",
  },
];
