import type { Words } from "../base/mod.ts";
import type { Stage } from "../check/rule.ts";

/** The words around the texts. */
export const LABELS = {
  type: { en: "Type", ko: "타입" },
  default: { en: "Default", ko: "기본값" },
  none: { en: "none", ko: "없음" },
  empty: { en: '"" (empty)', ko: '""(빈 값)' },
  required: { en: "it must be there", ko: "반드시 있어야 한다" },
  deprecated: { en: "Deprecated", ko: "사용 중단" },
  values: { en: "Values", ko: "값" },
  emptyValue: { en: "the same as the default", ko: "기본값과 같다" },
  keys: { en: "Keys below it", ko: "하위 키" },
  wrong: { en: "If it is wrong", ko: "값이 잘못되면" },
  tiedTo: { en: "Tied to", ko: "함께 맞춰야 하는 것" },
  places: { en: "Where it stands", ko: "파일 안의 위치" },
  others: { en: "Others of that name", ko: "이름이 같은 다른 옵션" },
  file: { en: "File", ko: "파일" },
  where: { en: "On the node", ko: "노드에서의 위치" },
  options: { en: "Options", ko: "옵션" },
  several: { en: "Several options have that name", ko: "이름이 같은 옵션이 여러 개 있다" },
  choose: {
    en: "Name one of them: nodewright explain",
    ko: "하나를 골라 이름을 적는다: nodewright explain",
  },
  severity: { en: "Severity", ko: "심각도" },
  error: { en: "error", ko: "오류" },
  warning: { en: "warning", ko: "경고" },
  looksAt: { en: "Looks at", ko: "살펴보는 곳" },
  judged: { en: "Judged from", ko: "판단 근거" },
  holds: { en: "Holds for", ko: "적용 버전" },
  all: { en: "every version", ko: "모든 버전" },
  since: { en: "since", ko: "부터" },
  until: { en: "until", ko: "까지" },
  symptom: { en: "What you would see", ko: "증상" },
  why: { en: "Why", ko: "이유" },
  fix: { en: "How to fix it", ko: "고치는 방법" },
  provoked: { en: "Seen on a real machine", ko: "실제 머신에서 확인" },
  no: { en: "not seen", ko: "확인하지 못함" },
  overview: {
    en: "Options of the files of a worker node. One of them: nodewright explain OPTION; a file with all of its keys: nodewright explain FILE; a rule of check: nodewright explain NW-A01.",
    ko: "워커 노드 파일들의 옵션이다. 옵션 하나는 nodewright explain OPTION, 파일의 모든 키는 nodewright explain FILE, check의 규칙은 nodewright explain NW-A01로 본다.",
  },
  oneRule: {
    en: "More about one: nodewright explain",
    ko: "규칙 하나를 자세히 보려면: nodewright explain",
  },
  rules: { en: "Rules of nodewright check", ko: "nodewright check의 규칙" },
} as const satisfies { readonly [name: string]: Words };

/** What a rule has to see. */
export const STAGES: { readonly [S in Stage]: Words } = {
  files: { en: "the files", ko: "파일" },
  machine: { en: "the machine", ko: "머신" },
  api: { en: "the API server", ko: "API 서버" },
  running: { en: "the running node", ko: "실행 중인 노드" },
};
