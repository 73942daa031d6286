import { describe, expect, test } from "bun:test";
import { parseKubeletConfig, parseToml, parseUnit } from "../mod.ts";

/**
 * Texts that a backtracking expression would need minutes or years for: each parser must come to an
 * end. The runner's limit for a test is the bound.
 */
const BLANKS = " ".repeat(80_000);
const DIGITS = "1".repeat(80_000);

function unit(line: string): number {
  return parseUnit(`[Service]\nExecStart=/bin/true\n${line}\n`, "x.service").problems.length;
}

describe("security 6: no text makes a parser try every way to read it", () => {
  test.each([
    ["forty digits and a mark", `RestartSec=${"1".repeat(40)}!`],
    ["many digits and a mark", `TimeoutStartSec=${DIGITS}!`],
    ["numbers and blanks", `RestartSec=${"1 ".repeat(40_000)}!`],
    ["units without an end", `RestartSec=${"1min".repeat(20_000)}!`],
    ["a word and blanks", `Foo=token${BLANKS}y`],
    ["blanks after a key", `Environment${BLANKS}!`],
    ["quotes", `Environment=${'"'.repeat(40_001)}`],
    ["backslashes", `ExecStart=${"\\".repeat(80_001)}`],
    ["limits", `LimitNOFILE=${DIGITS}:`],
  ])("unit: %s", (_name, line) => {
    expect(unit(line)).toBeGreaterThanOrEqual(0);
  });

  test.each([
    ["5", true],
    ["1min 30s", true],
    ["1.5h", true],
    ["2 weeks3days", true],
    ["infinity", true],
    ["1 fortnight", false],
    ["1m!", false],
    ["s", false],
  ])("RestartSec=%s is right: %p", (value, isRight) => {
    const before = unit("RestartSec=1");
    expect(unit(`RestartSec=${value}`) === before).toBe(isRight);
  });

  test("YAML and TOML", () => {
    for (const value of [
      `"${DIGITS}!"`,
      `"$\{${"a-".repeat(20_000)}"`,
      `"{{${"{".repeat(40_000)}"`,
    ]) {
      const text = `apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n`;
      const parsed = parseKubeletConfig(
        `${text}syncFrequency: ${value}\nsystemReserved: {memory: ${value}}\n`,
        "x.yaml",
      );
      expect(parsed.problems.length).toBeGreaterThan(0);
    }
    for (const line of [`[x${"]".repeat(40_000)}.y`, `[${BLANKS}x`, `x = "${BLANKS}`]) {
      expect(parseToml(`${line}\n`, "x.toml").problems.length).toBeGreaterThan(0);
    }
  });
});
