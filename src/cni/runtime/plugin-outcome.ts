import { CNI_ERROR, CniError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { decodeResult } from "../result/decode-result.ts";
import { encodeResult } from "../result/encode-result.ts";
import type { CniCommand } from "../skel/plugin.ts";
import type { ProcessOutcome } from "./run-process.ts";

/** Which call an outcome is of, for messages. */
export interface CalledPlugin {
  readonly command: CniCommand;
  readonly path: string;
}

/** Throws the error of a plugin that failed, as it said it; nothing where it succeeded. */
export function throwFailure(called: CalledPlugin, outcome: ProcessOutcome): void {
  if (outcome.exitCode === 0) return;
  const what = `Cannot ${called.command} with "${called.path}"`;
  if (outcome.isTimedOut) {
    const seconds = Math.round(outcome.durationMs / 100) / 10;
    throw new CniError(
      CNI_ERROR.internal,
      `${what}: it was not done after ${seconds} s and was killed`,
      details(outcome.stderr),
    );
  }
  // The specification's overview says stderr, its text on errors stdout; all plugins use stdout.
  const said = parseObject(outcome.stdout);
  const { code, msg } = said ?? {};
  if (said !== undefined && typeof code === "number" && typeof msg === "string") {
    const more = said["details"];
    throw new CniError(code, msg, typeof more === "string" ? { details: more } : {});
  }
  const how =
    outcome.signalCode === null
      ? `it exited with ${outcome.exitCode}`
      : `it was ended by ${outcome.signalCode}`;
  const printed = outcome.stdout.trim();
  const last = printed === "" ? outcome.stderr.trim() : printed;
  const words = last === "" ? "and said nothing" : `and said: ${shorten(last)}`;
  throw new CniError(CNI_ERROR.internal, `${what}: ${how} ${words}`, details(outcome.stderr));
}

function details(stderr: string): { readonly details?: string } {
  return stderr.trim() === "" ? {} : { details: stderr.trim() };
}

function shorten(text: string): string {
  return text.length > 500 ? `${text.slice(0, 497)}...` : text;
}

/**
 * The result that an ADD printed, in the version of its configuration: as it came where it has
 * that version (or none), unknown keys included; converted otherwise. CniError 6 for anything
 * that is no result; `null` is an empty one.
 */
export function readResult(
  { command, path }: CalledPlugin,
  stdout: string,
  cniVersion: string,
): JsonObject {
  try {
    const json = stdout.trim() === "null" ? {} : JSON.parse(stdout);
    return resultInVersion(json, cniVersion);
  } catch (thrown) {
    const what = `Cannot read what "${path}" answered to ${command}`;
    if (thrown instanceof CniError) {
      throw new CniError(thrown.code, `${what}: ${thrown.message}`, { cause: thrown });
    }
    const printed = stdout.trim() === "" ? "it printed nothing" : `it printed ${shorten(stdout)}`;
    throw new CniError(CNI_ERROR.decodingFailure, `${what}: ${printed}`, { cause: thrown });
  }
}

/** A result, valid and in that version. One without a version is taken to have it. */
export function resultInVersion(json: unknown, cniVersion: string): JsonObject {
  const result = decodeResult(json, cniVersion);
  if (!isJsonObject(json)) return encodeResult(result, cniVersion);
  const own = json["cniVersion"];
  if (own === cniVersion) return json;
  if (own === undefined || own === "") return { ...json, cniVersion };
  return encodeResult(result, cniVersion);
}

/** The JSON object that a text is; undefined for everything else. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isJsonObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
