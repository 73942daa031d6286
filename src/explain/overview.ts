import { inColumns, wrap } from "../base/mod.ts";
import type { Book } from "./book.ts";
import { LABELS } from "./labels.ts";
import type { Option, OptionFile } from "./option.ts";
import type { PageLook } from "./render-page.ts";

/** A file with more options than this shows its top level alone. */
const MOST_NAMES = 80;

/** Every file with the names of its options in columns, and the rules. */
export function renderOverview(book: Book, look: PageLook): string[] {
  const { language, columns, color } = look;
  const bold = (text: string): string => (color ? `\u001b[1m${text}\u001b[22m` : text);
  const block = (heading: string, aside: string, names: readonly string[]): string[] => [
    "",
    `${bold(heading)}  ${aside}`,
    ...inColumns(names, columns - 2).map((line) => `  ${line}`),
  ];
  const files = book.files.flatMap((file) =>
    block(file.id, `(${file.title[language]})`, namesOf(file)),
  );
  const rules = book.rules.map((rule) => rule.id);
  return [
    ...wrap(LABELS.overview[language], columns),
    ...files,
    ...(rules.length === 0 ? [] : block("NW", `(${LABELS.rules[language]})`, rules)),
  ];
}

/** The names that fit on a page: whole paths, or what stands at the top of them. */
function namesOf(file: OptionFile): readonly string[] {
  const isGroup = ({ schema }: Option): boolean => schema?.type === "object";
  const leaves = file.options.filter((option) => !isGroup(option));
  if (leaves.length <= MOST_NAMES) return leaves.map(({ path }) => path);
  const depth = file.id === "containerd" ? 2 : 1;
  const names = file.options.flatMap((option) => {
    const size = option.path.split(".").length;
    if (size > depth) return [];
    if (!isGroup(option)) return [option.path];
    return size === depth ? [`${option.path}...`] : [];
  });
  return names;
}
