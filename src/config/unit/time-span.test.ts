import { expect, test } from "bun:test";
import { parseTimeSpanMs } from "./time-span.ts";

test.each([
  { text: "5", want: 5000 },
  { text: "0", want: 0 },
  { text: "100ms", want: 100 },
  { text: "1min 30s", want: 90_000 },
  { text: "2h5", want: 7_205_000 },
  { text: "1.5s", want: 1500 },
  { text: "infinity", want: Number.POSITIVE_INFINITY },
  { text: "soon", want: undefined },
  { text: "5 parsecs", want: undefined },
  { text: "", want: undefined },
])("parseTimeSpanMs() of $text", ({ text, want }) => {
  expect(parseTimeSpanMs(text)).toBe(want);
});
