import {
  allPages,
  type CommandPage,
  type CommandTable,
  type OptionPage,
} from "../command-table.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The completion script of a shell, made of the table that the help is made of. */
export function completionScript(shell: Shell, table: CommandTable): string {
  switch (shell) {
    case "bash":
      return bashScript(table);
    case "zsh":
      return zshScript(table);
    case "fish":
      return fishScript(table);
  }
}

function optionsOf(page: CommandPage, { common }: CommandTable): readonly OptionPage[] {
  return [...page.options, ...common];
}

const HEADER = "nodewright: written by `nodewright install`";

/** Walks the words to the command that they name, skipping the values of options. */
function bashScript(table: CommandTable): string {
  const pages = allPages(table);
  const key = (page: CommandPage): string => page.words.join(" ");
  const cases = (of: (page: CommandPage) => string): string =>
    pages.map((page) => `    ${bashQuote(key(page))}) echo ${bashQuote(of(page))} ;;`).join("\n");
  const withValue = (page: CommandPage): readonly OptionPage[] =>
    optionsOf(page, table).filter((option) => option.takesValue);
  const choices = pages.flatMap((page) =>
    withValue(page)
      .filter((option) => option.choices.length > 0)
      .flatMap((option) =>
        option.names.map(
          (name) =>
            `    ${bashQuote(`${key(page)}|${name}`)}) echo ${bashQuote(option.choices.join(" "))} ;;`,
        ),
      ),
  );
  return `# ${HEADER}
_nodewright_commands() {
  case "$1" in
${cases((page) => page.children.map((child) => child.words.at(-1)).join(" "))}
  esac
}
_nodewright_options() {
  case "$1" in
${cases((page) => optionsOf(page, table).flatMap(longNames).join(" "))}
  esac
}
_nodewright_valued() {
  case "$1" in
${cases((page) =>
  withValue(page)
    .flatMap(({ names }) => names)
    .join(" "),
)}
  esac
}
_nodewright_choices() {
  case "$1" in
${choices.join("\n")}
  esac
}
_nodewright() {
  local current=\${COMP_WORDS[COMP_CWORD]} path="" at word valued=""
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    valued=""
    case " $(_nodewright_valued "$path") " in *" $word "*) valued=$word; ((at++)); continue ;; esac
    case " $(_nodewright_commands "$path") " in *" $word "*) path="\${path:+$path }$word" ;; esac
  done
  if ((at > COMP_CWORD)) && [[ -n $valued ]]; then
    local choices
    choices=$(_nodewright_choices "$path|$valued")
    if [[ -n $choices ]]; then mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
    else mapfile -t COMPREPLY < <(compgen -f -- "$current"); fi
    return
  fi
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_nodewright_options "$path")" -- "$current")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$(_nodewright_commands "$path")" -- "$current")
  if ((\${#COMPREPLY[@]} == 0)); then mapfile -t COMPREPLY < <(compgen -f -- "$current"); fi
}
complete -o filenames -F _nodewright nodewright
`;
}

function longNames({ names }: OptionPage): readonly string[] {
  return names.filter((name) => name.startsWith("--"));
}

function bashQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** One function a command; \`_arguments\` reads the options. */
function zshScript(table: CommandTable): string {
  const functions = allPages(table).map((page) => zshFunction(page, table));
  return `#compdef nodewright
# ${HEADER}
${functions.join("\n")}
if [ "$funcstack[1]" = "_nodewright" ]; then _nodewright "$@"; else compdef _nodewright nodewright; fi
`;
}

function zshName(words: readonly string[]): string {
  return ["_nodewright", ...words].join("__").replaceAll("-", "_");
}

function zshFunction(page: CommandPage, table: CommandTable): string {
  const name = zshName(page.words);
  const options = optionsOf(page, table).flatMap(zshOption);
  const lines = options.map((option) => `    ${bashQuote(option)} \\`).join("\n");
  if (page.children.length === 0) {
    return `${name}() {\n  _arguments -s -S \\\n${lines}\n    '*: :_files'\n}`;
  }
  const list = page.children
    .map((child) => `    ${bashQuote(`${child.words.at(-1)}:${zshEscape(child.summary)}`)}`)
    .join("\n");
  const cases = page.children
    .map((child) => `        ${child.words.at(-1)}) ${zshName(child.words)} ;;`)
    .join("\n");
  return `${name}() {
  local context state line
  typeset -A opt_args
  _arguments -C -s -S \\
${lines}
    '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands=(
${list}
      )
      _describe command commands ;;
    rest)
      case $line[1] in
${cases}
      esac ;;
  esac
}`;
}

function zshOption(option: OptionPage): readonly string[] {
  const about = `[${zshEscape(option.description)}]`;
  const value = !option.takesValue
    ? ""
    : option.choices.length > 0
      ? `:value:(${option.choices.join(" ")})`
      : option.isPath
        ? ":file:_files"
        : ":value: ";
  return option.names.map((name) => `${name}${about}${value}`);
}

function zshEscape(text: string): string {
  return text.replace(/[[\]:\\]/g, "\\$&");
}

/** One line for each command and each option, with the commands that must have been typed. */
function fishScript(table: CommandTable): string {
  const lines = allPages(table).flatMap((page) => {
    const at = fishCondition(page);
    const children = page.children.map((child) => {
      const word = child.words.at(-1) ?? "";
      return `complete -c nodewright -f -n ${at} -a ${bashQuote(word)} -d ${fishQuote(child.summary)}`;
    });
    const options = optionsOf(page, table).map((option) => fishOption(option, at));
    return [...children, ...options];
  });
  return `# ${HEADER}
function __nodewright_at
    set -l found
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; and continue
        set -a found $word
    end
    set -l wanted (count $argv)
    if test $wanted -eq 0
        test (count $found) -eq 0
        return
    end
    test (count $found) -ge $wanted; and test "$found[1..$wanted]" = "$argv"
end
${lines.join("\n")}
`;
}

function fishCondition(page: CommandPage): string {
  return bashQuote(["__nodewright_at", ...page.words].join(" "));
}

function fishOption(option: OptionPage, at: string): string {
  const names = option.names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const value = !option.takesValue
    ? []
    : option.choices.length > 0
      ? ["-x", `-a ${bashQuote(option.choices.join(" "))}`]
      : ["-r"];
  const about = `-d ${fishQuote(option.description)}`;
  return ["complete -c nodewright", `-n ${at}`, ...names, ...value, about].join(" ");
}

/** In fish a backslash and a quote are escaped inside of quotes. */
function fishQuote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
