import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LANGUAGES } from "../../base/mod.ts";
import { settingsSchema } from "../../bootstrap/inventory/mod.ts";
import {
  containerdV2,
  containerdV3,
  containerdV4,
  kubeletConfiguration,
  kubeProxyConfiguration,
  UNIT_KEYS,
} from "../../config/mod.ts";
import {
  chaptersOf,
  containerdKeys,
  describeDeprecated,
  firstSentence,
  LABELS,
  nameOf,
  schemaKeys,
  wordsOf,
} from "../../explain/mod.ts";
import { explainBook, optionsDocuments } from "./explain-book.ts";

const CHAPTERS = chaptersOf(settingsSchema);
const BOOK = explainBook();
const OPTIONS = BOOK.files.flatMap((file) => file.options);
const NAMES = new Set(OPTIONS.map(nameOf));

describe("the options", () => {
  test.each(Object.entries(CHAPTERS))(
    "of %s: each has one text, and no text is of another",
    (_, chapter) => {
      const keys = chapter.keys.map(({ path }) => path).sort();
      const texts = chapter.texts.map(({ path }) => path).sort();
      expect(texts).toEqual(keys);
      expect(new Set(texts).size).toBe(texts.length);
    },
  );

  test("of the kubelet and kube-proxy are all keys of their schemas, nested ones too", () => {
    const of = (id: string) =>
      BOOK.files.find((file) => file.id === id)?.options.map(({ path }) => path);
    expect(of("kubelet")).toEqual(schemaKeys(kubeletConfiguration).map(({ path }) => path));
    expect(of("kube-proxy")).toEqual(schemaKeys(kubeProxyConfiguration).map(({ path }) => path));
    expect(of("kubelet")).toContain("authentication.x509.clientCAFile");
    expect(of("kube-proxy")).toContain("conntrack.maxPerCore");
    expect(of("kubelet")?.length).toBeGreaterThan(160);
    expect(of("kube-proxy")?.length).toBeGreaterThan(70);
  });

  test("have whole sentences in both languages, Korean in the plain form", () => {
    const korean = /[가-힣]/;
    const wrong = OPTIONS.filter(({ text }) => {
      const { en, ko, enWrong, koWrong } = text;
      const isEnglish = [en, enWrong].every((one) => one === undefined || /[.:"”]$/.test(one));
      const isKorean = [ko, koWrong].every(
        (one) =>
          one === undefined || (korean.test(one) && /(?:[다요라음]|\))\.$|"\.$|:.*\.$/.test(one)),
      );
      return (
        !isEnglish ||
        !isKorean ||
        korean.test(en + (enWrong ?? "")) ||
        /(?<!아)니다\.|세요\./.test(ko + (koWrong ?? ""))
      );
    });
    expect(wrong.map(nameOf)).toEqual([]);
  });

  test("say what a wrong value does in both languages or in none", () => {
    const wrong = OPTIONS.filter(
      ({ text }) => (text.enWrong === undefined) !== (text.koWrong === undefined),
    );
    expect(wrong.map(nameOf)).toEqual([]);
  });

  test("explain only values that may stand there", () => {
    const wrong = OPTIONS.flatMap((option) => {
      const known = option.schema === undefined ? [] : wordsOf(option.schema);
      // Where the schema takes any text, the values are examples.
      if (known.length === 0) return [];
      const strange = Object.keys(option.text.values ?? {}).filter((one) => !known.includes(one));
      return strange.map((value) => `${nameOf(option)} ${value}`);
    });
    expect(wrong).toEqual([]);
  });

  test("are tied to options, rules and flags that exist", () => {
    const files = new Set(BOOK.files.map((file) => file.id));
    const rules = new Set<string>(BOOK.rules.map((rule) => rule.id));
    const ties = [
      ...OPTIONS.flatMap((option) =>
        (option.text.tiedTo ?? []).map((tie) => [nameOf(option), tie]),
      ),
      ...BOOK.files.flatMap((file) => file.tiedTo.map((tie) => [file.id, tie])),
    ];
    const wrong = ties.filter(([name, tie = ""]) => {
      if (tie === name) return true;
      if (tie.startsWith("NW-")) return !rules.has(tie);
      if (files.has(tie.slice(0, tie.indexOf(":")))) return !NAMES.has(tie);
      return !/^(?:kube-apiserver|kube-controller-manager) --[a-z-]+$|^(?:cluster RBAC:|host) ./.test(
        tie,
      );
    });
    expect(wrong).toEqual([]);
    expect(ties.length).toBeGreaterThan(400);
  });

  test("have a first sentence that lists have room for", () => {
    const wrong = OPTIONS.filter(({ text }) =>
      LANGUAGES.some((language) => firstSentence(text[language]).length > 240),
    );
    expect(wrong.map(nameOf)).toEqual([]);
  });

  test("that are deprecated say so in Korean too", () => {
    const reasons = OPTIONS.flatMap(
      ({ schema }) => (schema && describeDeprecated(schema, "ko")) ?? [],
    );
    expect(reasons.length).toBeGreaterThan(8);
    expect(reasons.filter((reason) => !/[가-힣]/.test(reason))).toEqual([]);
  });

  test("of containerd say so where the default depends on the version", () => {
    const versions = [containerdV2, containerdV3, containerdV4].map(
      (schema, at) =>
        new Map(containerdKeys([[at + 2, schema]]).map((key) => [key.path, key.schema.default])),
    );
    const differs = (path: string): boolean => {
      const defaults = versions.filter((keys) => keys.has(path)).map((keys) => keys.get(path));
      return new Set(defaults.map((one) => JSON.stringify(one))).size > 1;
    };
    const dependent = OPTIONS.filter(({ file, path }) => file.id === "containerd" && differs(path));
    expect(dependent.length).toBeGreaterThan(3);
    expect(dependent.filter(({ text }) => text.defaultIs === undefined).map(nameOf)).toEqual([]);
  });

  test("of units are keys that systemd knows, in their section", () => {
    const unknown = OPTIONS.filter(({ file, path }) => {
      const [section = "", key = ""] = path.split(".");
      return file.id === "unit" && UNIT_KEYS.get(section)?.includes(key) !== true;
    });
    expect(unknown.map(nameOf)).toEqual([]);
  });

  test("include everything that the tutorial's reader meets", () => {
    const origin = [
      ...["cniVersion", "name", "type", "bridge", "isGateway", "ipMasq", "ipam.type"],
      ...["ipam.ranges", "ipam.ranges[][].subnet", "ipam.routes", "ipam.routes[].dst"],
    ].map((path) => `cni:${path}`);
    const env = ["COMMAND", "CONTAINERID", "NETNS", "IFNAME", "PATH"].map((n) => `env:CNI_${n}`);
    const unit = [
      ...["Unit.Description", "Unit.Documentation", "Unit.After", "Unit.Requires"],
      ...["ExecStartPre", "ExecStart", "Restart", "RestartSec", "Delegate", "KillMode"].map(
        (key) => `Service.${key}`,
      ),
      ...["OOMScoreAdjust", "LimitNOFILE", "LimitNPROC", "LimitCORE"].map((k) => `Service.${k}`),
      "Install.WantedBy",
    ].map((path) => `unit:${path}`);
    const rest = [
      ...["flag:--config", "flag:--kubeconfig", "flag:--v", "machines:IPV4_ADDRESS"],
      ...["machines:FQDN", "machines:HOSTNAME", "machines:POD_SUBNET", "machines:SUBNET"],
      ...["/etc/cni/net.d", "/etc/cni/net.d/99-loopback.conf", "/opt/cni/bin"],
      ...["/etc/containerd/config.toml", "/var/lib/kubelet", "/var/lib/kube-proxy"],
    ].map((name) => (name.startsWith("/") ? `place:${name}` : name));
    expect([...origin, ...env, ...unit, ...rest].filter((name) => !NAMES.has(name))).toEqual([]);
  });
});

describe("the labels", () => {
  test("are there in both languages", () => {
    const korean = Object.values(LABELS).map((words) => words.ko);
    expect(korean.filter((word) => !/[가-힣]/.test(word))).toEqual([]);
  });
});

describe("docs/options.md", () => {
  test.each(Object.entries(optionsDocuments()))(
    "%s is what bun scripts/docs.ts writes",
    (name, text) => {
      expect(readFileSync(join(import.meta.dir, "../../../docs", name), "utf8")).toBe(text);
    },
  );
});
