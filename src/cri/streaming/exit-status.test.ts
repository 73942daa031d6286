import { describe, expect, test } from "bun:test";
import { parseExitStatus } from "./exit-status.ts";

describe("parseExitStatus()", () => {
  test.each([
    { name: "success", text: '{"metadata":{},"status":"Success"}', want: 0 },
    { name: "nothing at all", text: "", want: 0 },
    {
      name: "an exit code",
      text: '{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: exit status 7","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"7"}]}}',
      want: 7,
    },
    {
      name: "a failure before the command",
      text: '{"metadata":{},"status":"Failure","message":"no such file","reason":"InternalError","code":500}',
      want: "no such file",
    },
    {
      name: "an exit code that is no number",
      text: '{"status":"Failure","message":"odd","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"x"}]}}',
      want: "odd",
    },
    { name: "plain text", text: "it broke\n", want: "it broke" },
    { name: "JSON of another kind", text: "[1]", want: 'unexpected status "[1]"' },
    { name: "a status without a word", text: "{}", want: 'unexpected status "{}"' },
  ])("$name", ({ text, want }) => {
    const result = parseExitStatus(text);
    expect(result.ok ? result.value : result.error).toBe(want);
  });
});
