import { Option } from "@commander-js/extra-typings";
import { LANGUAGES, type Language } from "../../base/mod.ts";
import type { CliContext } from "../context.ts";

/** `--lang`, for a command with texts that explain something; `what` is in that language. */
export function languageOption(what: string) {
  return new Option(
    "--lang <language>",
    `the language of ${what} (default: Korean where LC_ALL, LC_MESSAGES or LANG says so, else English)`,
  ).choices(LANGUAGES);
}

/** The language of messages by POSIX: the first of these variables that is not empty decides. */
export function languageOf(env: CliContext["process"]["env"]): Language {
  const locale = [env["LC_ALL"], env["LC_MESSAGES"], env["LANG"]].find((one) => one);
  return LANGUAGES.find((language) => locale?.split(/[_.@]/, 1)[0] === language) ?? "en";
}
