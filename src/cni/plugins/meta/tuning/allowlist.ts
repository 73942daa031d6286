import { ERRNO, readText, SyscallError } from "../../../../sys/mod.ts";
import { CNI_ERROR, CniError } from "../../../errors.ts";

/** The administrator's word on what may be set: one regular expression a line. */
const ALLOWLIST = "/etc/cni/tuning/allowlist.conf";

/**
 * Refuses sysctls that no line of the allowlist fits (CniError 7). Without that file everything is
 * allowed; an empty one allows nothing. An expression counts where any part of the key fits, as in
 * the reference.
 */
export function checkAllowlist(keys: readonly string[], path = ALLOWLIST): void {
  const expressions = keys.length === 0 ? undefined : readAllowlist(path);
  if (expressions === undefined) return;
  for (const key of keys) {
    if (expressions.some((expression) => expression.test(key))) continue;
    throw new CniError(
      CNI_ERROR.invalidConfig,
      `Cannot set the sysctl "${key}": "${path}" does not allow it`,
    );
  }
}

function readAllowlist(path: string): readonly RegExp[] | undefined {
  let text: string;
  try {
    text = readText(path);
  } catch (thrown) {
    if (thrown instanceof SyscallError && thrown.errno === ERRNO.ENOENT) return undefined;
    throw thrown;
  }
  return parseAllowlist(text, path);
}

/** The expressions of an allowlist's text; CniError 7 names the line that cannot be read. */
export function parseAllowlist(text: string, path: string): readonly RegExp[] {
  return text.split("\n").flatMap((line, i) => {
    const expression = line.trim();
    if (expression === "") return [];
    try {
      return [parseExpression(expression)];
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
      throw new CniError(
        CNI_ERROR.invalidConfig,
        `Cannot read line ${i + 1} of "${path}": ${thrown.message}`,
      );
    }
  });
}

/** Character classes by name, which JavaScript has not. */
const CLASSES: Readonly<Record<string, string>> = {
  "[:alnum:]": "0-9A-Za-z",
  "[:alpha:]": "A-Za-z",
  "[:digit:]": "0-9",
  "[:lower:]": "a-z",
  "[:upper:]": "A-Z",
  "[:word:]": "0-9A-Za-z_",
  "[:xdigit:]": "0-9A-Fa-f",
};

/**
 * An expression in the reference's dialect (RE2). What the two dialects write otherwise is
 * translated; the flag `u` makes the rest an error instead of something that allows more.
 */
function parseExpression(source: string): RegExp {
  const ignoresCase = source.startsWith("(?i)");
  const translated = (ignoresCase ? source.slice(4) : source)
    .replaceAll(/\[:[a-z]+:\]/g, (name) => CLASSES[name] ?? name)
    .replaceAll("(?P<", "(?<")
    .replaceAll(/\\([!-/:-@[-`{-~])/g, escapePunctuation)
    .replaceAll("\\A", "^")
    .replaceAll("\\z", "$");
  return new RegExp(translated, ignoresCase ? "iu" : "u");
}

/** The dialect of the reference escapes any punctuation, JavaScript's only what has a meaning. */
function escapePunctuation(escaped: string, character: string): string {
  if ("^$\\.*+?()[]{}|/".includes(character)) return escaped;
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
