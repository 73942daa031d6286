import type { PluginAnswer } from "./test-host.ts";

/** One thing that was looked at. */
export interface Check {
  /** Plugin, operation, version, what: `bridge DEL 1.0.0: twice`. */
  readonly id: string;
  /** Undefined: as it should be. */
  readonly failure: string | undefined;
}

/** What an answer should be; undefined where it is. */
export type Expectation = (answer: PluginAnswer) => string | undefined;

/** Exit 0 and nothing printed: DEL, CHECK, GC and STATUS that went well. */
export const silentSuccess: Expectation = (answer) => {
  if (answer.exitCode !== 0) return `it failed: ${said(answer)}`;
  return answer.stdout.trim() === "" ? undefined : `it printed ${answer.stdout.slice(0, 200)}`;
};

/** Exit 0. */
export const success: Expectation = (answer) =>
  answer.exitCode === 0 ? undefined : `it failed: ${said(answer)}`;

/** An exit other than 0 and the error object of SPEC 1.1 "Error", of any code. */
export const anyError: Expectation = (answer) => {
  if (answer.exitCode === 0) return "it succeeded";
  const { code, msg } = answer.json ?? {};
  if (typeof code !== "number" || typeof msg !== "string" || msg === "") {
    return `it printed no error object: ${said(answer)}`;
  }
  return undefined;
};

/** As anyError, with one of these codes. */
export function errorCode(...codes: readonly number[]): Expectation {
  return (answer) => {
    const wrong = anyError(answer);
    if (wrong !== undefined) return wrong;
    const code = Number(answer.json?.["code"]);
    return codes.includes(code)
      ? undefined
      : `code ${code} instead of ${codes.join(" or ")}: ${said(answer)}`;
  };
}

/** As errorCode, with these words in the message. */
export function errorNaming(code: number, ...words: readonly string[]): Expectation {
  return (answer) => {
    const wrong = errorCode(code)(answer);
    if (wrong !== undefined) return wrong;
    const missing = words.filter((word) => !String(answer.json?.["msg"]).includes(word));
    return missing.length === 0
      ? undefined
      : `its message does not name ${missing.join(", ")}: ${said(answer)}`;
  };
}

/** What an answer said, short. */
export function said({ exitCode, json, stdout, stderr }: PluginAnswer): string {
  const text = json === undefined ? `${stdout.trim()} ${stderr.trim()}` : JSON.stringify(json);
  return `exit ${exitCode}, ${text.trim().slice(0, 300) || "nothing printed"}`;
}
