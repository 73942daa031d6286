import { describe, expect, test } from "bun:test";
import { inColumns, LANGUAGES, type Language, textWidth, wrap } from "../base/mod.ts";
import type { RuleInfo } from "../check/rule.ts";
import { object } from "../config/mod.ts";
import { createBook } from "./book.ts";
import { lookUp } from "./lookup.ts";
import { renderOverview } from "./overview.ts";
import { filePage, optionPage, rulePage, tieOf } from "./page.ts";
import { renderChoices, renderPage } from "./render-page.ts";

const RULE: RuleInfo = {
  id: "NW-A01",
  severity: "error",
  title: "The kubelet and runc use the same cgroup driver",
  stages: ["files", "running"],
  places: ["kubelet-config.yaml: cgroupDriver"],
  symptom: "Pods are restarted in waves.",
  why: "Both make control groups.",
  fix: "Use systemd in both.",
  holds: [{ component: "kubelet", since: "1.20", until: "1.38" }],
  provoked: { how: "SystemdCgroup = false" },
};
const BOOK = createBook({ rules: [RULE], settings: object({}) });
const OPTIONS = BOOK.files.flatMap((file) => file.options);

function page(word: string, language: Language, columns = 80, color = false): string[] {
  const found = lookUp(word, BOOK);
  if (found.kind !== "option") throw new Error(`${word} is ${found.kind}`);
  const of = optionPage(found.option, found.others, BOOK, language);
  return renderPage(of, { language, columns, color });
}

describe("the page of an option", () => {
  test("has type, default, values, what is seen, what it is tied to", () => {
    const text = page("authorization.mode", "en").join("\n");
    expect(text).toStartWith("kubelet:authorization.mode  (kubelet-config.yaml)\n");
    expect(text).toContain("  Type     one of the values below\n  Default  Webhook\n");
    expect(text).toContain("Values\n");
    expect(text).toContain("  AlwaysAllow  everyone who is authenticated may do everything\n");
    expect(text).toContain("If it is wrong\n");
    expect(text).toContain("Tied to\n");
    expect(text).toContain("Others of that name\n  kube-proxy:mode");
  });

  test("has the same in Korean", () => {
    const text = page("authorization.mode", "ko").join("\n");
    expect(text).toContain("  타입    아래 값 중 하나\n  기본값  Webhook\n");
    expect(text).toContain("  AlwaysAllow  인증된 호출자는 무엇이든 할 수 있다\n");
    for (const heading of ["값", "값이 잘못되면", "함께 맞춰야 하는 것", "이름이 같은 다른 옵션"]) {
      expect(text).toContain(`\n${heading}\n`);
    }
  });

  test("names what names it", () => {
    const text = page("containerd:cri.containerd.runtimes.*.options.SystemdCgroup", "en").join(
      "\n",
    );
    expect(text).toContain("  kubelet:cgroupDriver");
    expect(text).toContain("NW-A01                The kubelet and runc use the same cgroup driver");
    expect(page("cgroupDriver", "en").join("\n")).toContain("options.SystemdCgroup");
    // podsPerCore says that it is tied to maxPods, and so does maxPods the other way round.
    expect(page("idsPerPod", "en").join("\n")).toContain("  kubelet:maxPods");
    expect(page("maxPods", "en").join("\n")).toContain("  kubelet:userNamespaces.idsPerPod");
  });

  test("says where it stands in each version of the file", () => {
    const text = page("bin_dir", "en").join("\n");
    expect(text).toContain(`version 2     plugins."io.containerd.grpc.v1.cri".cni.bin_dir`);
    expect(text).toContain(`version 3, 4  plugins."io.containerd.cri.v1.runtime".cni.bin_dir`);
  });

  test("lists the keys of a group", () => {
    const text = page("kubelet:authentication", "en").join("\n");
    expect(text).toContain("Keys below it\n");
    expect(text).toContain("kubelet:authentication.anonymous");
    expect(text).not.toContain("authentication.anonymous.enabled");
    const taints = page("registerWithTaints", "en").join("\n");
    expect(taints).toContain("kubelet:registerWithTaints[].effect");
    const runtimes = page("cri.containerd.runtimes", "en").join("\n");
    expect(runtimes).toContain("runtimes.*.runtime_type");
  });

  test("says that a key must be there, and that one should go", () => {
    expect(page("kubelet:kind", "en").join("\n")).toContain("; it must be there");
    expect(page("iptablesDropBit", "en").join("\n")).toContain(
      "Deprecated  it no longer has any effect",
    );
    expect(page("iptablesDropBit", "ko").join("\n")).toContain(
      "사용 중단  더 이상 아무 효과도 없다",
    );
  });

  test.each([
    ["readOnlyPort", "en", "0"],
    ["clusterDomain", "en", '"" (empty)'],
    ["clusterDomain", "ko", '""(빈 값)'],
    ["tlsMinVersion", "en", "VersionTLS12"],
    ["enforceNodeAllocatable", "en", '["pods"]'],
    ["maxParallelImagePulls", "ko", "없음"],
  ] as const)("%s in %s has the default %s", (word, language, byDefault) => {
    const label = language === "ko" ? "기본값" : "Default";
    expect(page(word, language).join("\n")).toMatch(
      new RegExp(`^  ${label} +${byDefault.replace(/[[\]"()]/g, "\\$&")}$`, "m"),
    );
  });

  test.each(
    LANGUAGES.flatMap((language) => [40, 80, 100].map((columns) => [language, columns] as const)),
  )("in %s fits into %d columns but for names that are longer", (language, columns) => {
    const tooLong = OPTIONS.flatMap((option) => {
      const of = optionPage(option, [], BOOK, language);
      const lines = renderPage(of, { language, columns, color: false });
      // A word that is longer than the line stays whole.
      const isBreakable = (line: string) => line.trim().split(/ {2,}/).at(-1)?.includes(" ");
      return lines.filter((line) => textWidth(line) > columns && isBreakable(line));
    });
    expect(tooLong).toEqual([]);
  });

  test("is plain without colour, with bold headings otherwise", () => {
    const plain = page("maxPods", "en");
    expect(plain.join("\n")).not.toContain("\u001b");
    const colored = page("maxPods", "en", 80, true);
    expect(colored[0]).toBe("\u001b[1mkubelet:maxPods\u001b[22m  (kubelet-config.yaml)");
    expect(Bun.stripANSI(colored.join("\n"))).toBe(plain.join("\n"));
  });
});

describe("other pages", () => {
  const look = { language: "ko", columns: 80, color: false } as const;

  test("of a rule: the frame is in the language, the texts are the rule's", () => {
    const text = renderPage(rulePage(RULE, BOOK), look).join("\n");
    expect(text).toContain("심각도              오류\n");
    expect(text).toContain("판단 근거           파일, 실행 중인 노드\n");
    expect(text).toContain("적용 버전           kubelet 1.20부터 1.38까지\n");
    expect(text).toContain("증상\n  Pods are restarted in waves.");
    expect(text).toContain("고치는 방법\n  Use systemd in both.");
    expect(text).toContain("\n옵션\n  containerd:cri.systemd_cgroup\n");
    const english = renderPage(rulePage(RULE, BOOK), { ...look, language: "en" }).join("\n");
    expect(english).toContain("Holds for               kubelet since 1.20 until 1.38\n");
    expect(english).toContain("Seen on a real machine  SystemdCgroup = false\n");
    const unseen = { ...RULE, provoked: { not: "it needs a kubelet" } };
    expect(renderPage(rulePage(unseen, BOOK), look).join("\n")).toContain(
      "확인하지 못함: it needs a kubelet",
    );
  });

  test("of a file: what it is, where it lies, a line for each option", () => {
    for (const file of BOOK.files) {
      const text = renderPage(filePage(file, [], BOOK, "en"), { ...look, language: "en" }).join(
        "\n",
      );
      expect(text).toContain(file.title.en);
      for (const path of file.where) expect(text).toContain(path);
      for (const option of file.options) expect(text).toContain(`${file.id}:${option.path}`);
    }
  });

  test("of a word with several meanings", () => {
    const found = lookUp("masqueradeAll", BOOK);
    const options = found.kind === "options" ? found.options : [];
    const lines = renderChoices(
      options.map((option) => tieOf(option, "en")),
      { ...look, language: "en" },
    );
    expect(lines.at(-1)).toBe(
      "  Name one of them: nodewright explain kube-proxy:iptables.masqueradeAll",
    );
  });

  test("the overview names every file and every rule", () => {
    const text = renderOverview(BOOK, look).join("\n");
    for (const file of BOOK.files) expect(text).toContain(`\n${file.id}  (${file.title.ko})\n`);
    expect(text).toContain("NW-A01");
    expect(text).toContain("maxPods");
  });
});

describe("textWidth(), wrap(), inColumns()", () => {
  test("count Hangul as two columns", () => {
    expect(textWidth("kubelet은 노드")).toBe(14);
    expect(wrap("가나 다라 마바", 9)).toEqual(["가나 다라", "마바"]);
  });
  test("keep long words whole, and newlines", () => {
    expect(wrap("a verylongword b\nc", 5)).toEqual(["a", "verylongword", "b", "c"]);
  });
  test("fill columns downwards, each as wide as it needs", () => {
    expect(inColumns(["a", "bb", "c", "dddd", "e"], 9)).toEqual(["a   dddd", "bb  e", "c"]);
    expect(inColumns(["a", "b", "c"], 80)).toEqual(["a  b  c"]);
    expect(inColumns(["longer than all", "b"], 5)).toEqual(["longer than all", "b"]);
    expect(inColumns([], 80)).toEqual([]);
  });
});
