import type { Language } from "../base/mod.ts";
import type { Book } from "./book.ts";
import { LABELS } from "./labels.ts";
import { type OptionPage, optionPage, type Tie } from "./page.ts";

const INTRODUCTION = {
  en: `# Options

Every option of a worker node's files: what it does, what may stand there, what is seen where it is
wrong, and what it has to agree with. Written by \`bun scripts/docs.ts\` from the same texts as
\`nodewright explain OPTION\`; in Korean: [options.ko.md](options.ko.md).

An option is named FILE:PATH (\`kubelet:maxPods\`). \`nodewright explain\` takes the path or its end
alone where that is unambiguous (\`maxPods\`, \`anonymous.enabled\`), and a line out of a file
(\`SystemdCgroup = true\`).
`,
  ko: `# 옵션

워커 노드 파일들의 모든 옵션이다. 무엇을 하는지, 어떤 값을 쓸 수 있는지, 값이 잘못되면 무엇이 보이는지,
무엇과 맞춰야 하는지 설명한다. \`nodewright explain OPTION --lang ko\`와 같은 글이며
\`bun scripts/docs.ts\`가 만든다. 영어: [options.md](options.md).

옵션의 이름은 FILE:PATH다(\`kubelet:maxPods\`). \`nodewright explain\`에는 하나로 정해지는 한 경로나 그
끝부분(\`maxPods\`, \`anonymous.enabled\`), 파일의 한 줄(\`SystemdCgroup = true\`)을 적어도 된다.
`,
} as const;

/** All options as one Markdown document. */
export function optionsDocument(book: Book, language: Language): string {
  const contents = book.files.map(
    (file) => `- [${file.title[language]}](#${file.id}): ${file.options.length}`,
  );
  const sections = book.files.flatMap((file) => [
    `\n<a id="${file.id}"></a>\n\n## ${file.title[language]}\n\n${file.names.map(code).join(", ")}\n\n${escaped(file.about[language])}`,
    ...(file.where.length === 0
      ? []
      : [`\n${LABELS.where[language]}: ${file.where.map(code).join(", ")}`]),
    ...file.options.map((option) => section(optionPage(option, [], book, language), language)),
  ]);
  return `${INTRODUCTION[language]}\n${contents.join("\n")}\n${sections.join("\n")}\n`;
}

function section(page: OptionPage, language: Language): string {
  const path = page.name.slice(page.name.indexOf(":") + 1);
  const fact = (label: keyof typeof LABELS, text: string | undefined): string[] =>
    text === undefined ? [] : [`- ${LABELS[label][language]}: ${text}`];
  const type = page.isRequired ? `${page.type}; ${LABELS.required[language]}` : page.type;
  const values = page.values.map(({ value, meaning }) =>
    meaning === undefined ? `  - ${code(value)}` : `  - ${code(value)}: ${escaped(meaning)}`,
  );
  return [
    `\n### ${code(path)}\n`,
    escaped(page.does),
    "",
    ...fact("type", type === undefined ? undefined : escaped(type)),
    ...fact("default", page.default === undefined ? undefined : escaped(page.default)),
    ...fact("deprecated", page.deprecated),
    ...(values.length === 0 ? [] : [`- ${LABELS.values[language]}:`, ...values]),
    ...fact("wrong", page.wrong === undefined ? undefined : escaped(page.wrong)),
    ...fact("tiedTo", page.tiedTo.length === 0 ? undefined : page.tiedTo.map(tie).join(", ")),
    ...fact(
      "places",
      page.places.length === 0
        ? undefined
        : page.places.map((place) => `${place.in}: ${code(place.path)}`).join("; "),
    ),
  ].join("\n");
}

const tie = ({ name }: Tie): string => code(name);
const code = (text: string): string => `\`${text}\``;

/** What Markdown would take for its own. */
function escaped(text: string): string {
  return text.replace(/[*<[\]]/g, "\\$&");
}
