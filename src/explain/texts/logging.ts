import type { OptionText } from "../option.ts";

/** LoggingConfiguration, which the kubelet and kube-proxy share. */
export const loggingTexts: readonly OptionText[] = [
  {
    path: "logging",
    en: "How the program writes its log. It goes to standard error, and with a systemd unit from there into the journal.",
    ko: "프로그램이 로그를 쓰는 방법이다. 로그는 표준 오류로 나가고, systemd 유닛에서는 저널에 쌓인다.",
  },
  {
    path: "logging.format",
    en: "The form of a log line.",
    ko: "로그 한 줄의 형식이다.",
    values: {
      text: ["klog's lines for people", "사람이 읽는 klog 형식"],
      json: ["a JSON object a line, for collectors", "수집기를 위한, 한 줄에 JSON 오브젝트 하나"],
    },
  },
  {
    path: "logging.flushFrequency",
    en: "How long log lines may be held back before they are written out.",
    ko: "로그를 모아 두었다가 내보내기까지의 최대 시간이다.",
  },
  {
    path: "logging.verbosity",
    en: "How much is logged: 0 the least, 2 what is useful in daily work, 4 for debugging, more for developers. The flag --v says the same and wins over it.",
    ko: "로그의 상세 수준이다. 0이 가장 적고, 2는 평소 운영에 알맞고, 4는 디버깅용이며, 그 이상은 개발자용이다. 플래그 --v가 같은 뜻이고 그쪽이 우선한다.",
    tiedTo: ["flag:--v", "NW-B11"],
  },
  {
    path: "logging.vmodule",
    en: "Another verbosity for single source files. Only with format text.",
    ko: "특정 소스 파일에만 다른 상세 수준을 적용한다. format이 text일 때만 쓸 수 있다.",
    enWrong: "With format json the program ends: vmodule is only for text.",
    koWrong: "format이 json이면 프로그램이 종료한다. vmodule은 text에서만 쓸 수 있다.",
  },
  {
    path: "logging.vmodule[].filePattern",
    en: "Names of source files without .go, with * and ? as wildcards, such as kubelet*.",
    ko: ".go를 뺀 소스 파일 이름이다. *와 ?를 와일드카드로 쓴다(예: kubelet*).",
  },
  {
    path: "logging.vmodule[].verbosity",
    en: "The verbosity for these files.",
    ko: "이 파일들에 적용할 상세 수준이다.",
  },
  {
    path: "logging.options",
    en: "Details of each format. They are alpha: the feature gate LoggingAlphaOptions has to be on.",
    ko: "형식별 세부 옵션이다. 알파 단계라서 기능 게이트 LoggingAlphaOptions를 켜야 한다.",
    enWrong: "Anything but the defaults without that gate ends the program.",
    koWrong: "게이트 없이 기본값이 아닌 값을 쓰면 프로그램이 종료한다.",
  },
  {
    path: "logging.options.text",
    en: "Details of the text format.",
    ko: "text 형식의 세부 옵션이다.",
  },
  {
    path: "logging.options.text.splitStream",
    en: "Writes errors to standard error and everything else to standard output.",
    ko: "오류는 표준 오류로, 나머지는 표준 출력으로 내보낸다.",
  },
  {
    path: "logging.options.text.infoBufferSize",
    en: "How many bytes of ordinary messages are held back for standard output. Only with splitStream.",
    ko: "표준 출력으로 내보낼 일반 메시지를 모아 두는 바이트 수다. splitStream일 때만 쓰인다.",
  },
  {
    path: "logging.options.json",
    en: "Details of the JSON format.",
    ko: "json 형식의 세부 옵션이다.",
  },
  {
    path: "logging.options.json.splitStream",
    en: "Writes errors to standard error and everything else to standard output.",
    ko: "오류는 표준 오류로, 나머지는 표준 출력으로 내보낸다.",
  },
  {
    path: "logging.options.json.infoBufferSize",
    en: "How many bytes of ordinary messages are held back for standard output. Only with splitStream.",
    ko: "표준 출력으로 내보낼 일반 메시지를 모아 두는 바이트 수다. splitStream일 때만 쓰인다.",
  },
];
