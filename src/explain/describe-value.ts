import type { Language } from "../base/mod.ts";
import { describeSchema, type SchemaNode, type TextFormat } from "../config/mod.ts";

const INT32_MAX = 2 ** 31 - 1;

/** The forms of text in Korean; in English they are the schema's own words. */
const FORMATS_KO: { readonly [F in TextFormat]: string } = {
  duration: '기간(예: "30s", "1h30m")',
  quantity: '수량(예: "100Mi", "500m")',
  "quantity-or-percent": '수량(예: "100Mi") 또는 백분율(예: "10%")',
  percent: '백분율(예: "50%")',
  ip: "IP 주소",
  cidr: "서브넷(예: 10.200.0.0/16, 호스트 비트 없이)",
  "cidr-list": "서브넷, 또는 쉼표로 구분한 IPv4와 IPv6 서브넷",
  "cidr-or-primary": '서브넷 또는 "primary"',
  "ip-or-host-port": "포트를 붙인 주소(예: 0.0.0.0:10256)",
  "absolute-path": "절대 경로",
  "unix-socket-url": '소켓(예: "unix:///run/containerd/containerd.sock")',
  url: "URL(예: https://server:6443)",
  base64: "base64 텍스트",
};

/** The notes on deprecated keys in Korean, by the schema's English ones. */
const DEPRECATED_KO: ReadonlyMap<string, string> = new Map([
  ["it no longer has any effect", "더 이상 아무 효과도 없다"],
  [
    "use config_path and a hosts.toml for each registry",
    "config_path와 레지스트리별 hosts.toml을 쓴다",
  ],
  ["use image pull secrets", "이미지 풀 시크릿(imagePullSecrets)을 쓴다"],
  ["use options.BinaryName", "options.BinaryName을 쓴다"],
  ["use options.Root", "options.Root를 쓴다"],
  ["use options.SystemdCgroup of the runtime", "런타임의 options.SystemdCgroup을 쓴다"],
]);

/** What a value may be, in a few words. */
export function describeType(schema: SchemaNode, language: Language): string {
  switch (schema.type) {
    case "integer":
    case "number":
      return describeNumber(schema, language);
    case "list": {
      const items = describeType(schema.items, language);
      return language === "ko" ? `목록. 항목: ${items}` : `a list; each item: ${items}`;
    }
    case "map": {
      const values = describeType(schema.values, language);
      return language === "ko" ? `키와 값의 맵. 값: ${values}` : `a map; each value: ${values}`;
    }
    case "either": {
      const options = schema.options.map((option) => describeType(option, language));
      return options.join(language === "ko" ? " 또는 " : " or ");
    }
    case "choice":
      return language === "ko" ? "아래 값 중 하나" : "one of the values below";
    case "text":
      if (language === "en") return describeSchema(schema);
      if (schema.format !== undefined) return FORMATS_KO[schema.format];
      return schema.nonEmpty === true ? "비어 있지 않은 텍스트" : "텍스트";
    case "boolean":
      return language === "ko" ? "true 또는 false" : "true or false";
    case "object":
      return language === "ko" ? "아래 키들의 묶음" : "a group of the keys below";
    case "any":
      return language === "ko" ? "아무 값" : "any value";
  }
}

function describeNumber(
  schema: SchemaNode & { readonly type: "integer" | "number" },
  language: Language,
): string {
  const { min, max } = schema;
  const noun =
    language === "ko"
      ? { integer: "정수", number: "숫자" }[schema.type]
      : { integer: "a whole number", number: "a number" }[schema.type];
  if (min === undefined || min <= -(2 ** 31)) return noun;
  if (max === undefined || max >= INT32_MAX) {
    return language === "ko" ? `${noun}, ${min} 이상` : `${noun}, ${min} or more`;
  }
  return language === "ko" ? `${noun}, ${min}~${max}` : `${noun} from ${min} to ${max}`;
}

/** A default as it would be written into the file. */
export function describeDefault(value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  return JSON.stringify(value);
}

/** Why a key should go; undefined where it may stay. */
export function describeDeprecated(schema: SchemaNode, language: Language): string | undefined {
  const reason = schema.deprecated;
  if (reason === undefined || language === "en") return reason;
  return (
    DEPRECATED_KO.get(reason) ??
    reason.replace(/^version 4 has it in (.*)$/, "버전 4에서는 $1에 있다")
  );
}

/** The words that a value may be, at whatever depth of it: of choices, and keys of maps. */
export function wordsOf(schema: SchemaNode): readonly string[] {
  switch (schema.type) {
    case "choice":
      return schema.choices;
    case "list":
      return wordsOf(schema.items);
    case "map":
      return [...(schema.keys ?? []), ...wordsOf(schema.values)];
    case "either":
      return schema.options.flatMap(wordsOf);
    default:
      return [];
  }
}
