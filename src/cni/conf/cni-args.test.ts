import { describe, expect, test } from "bun:test";
import { CniError } from "../errors.ts";
import { parseCniArgs, splitCniArgs } from "./cni-args.ts";

const KNOWN = ["IP", "GATEWAY", "MAC"] as const;

describe("parseCniArgs()", () => {
  test.each([
    { text: "", want: {} },
    { text: "IP=10.0.0.1", want: { IP: "10.0.0.1" } },
    {
      text: "IP=10.0.0.1;GATEWAY=10.0.0.254;MAC=c2:11:22:33:44:55",
      want: { IP: "10.0.0.1", GATEWAY: "10.0.0.254", MAC: "c2:11:22:33:44:55" },
    },
    { text: "IgnoreUnknown=1;K8S_POD_NAME=a;IP=1.2.3.4", want: { IP: "1.2.3.4" } },
    // The order does not matter, and neither does the case of the value.
    { text: "K8S_POD_NAME=a;IgnoreUnknown=TRUE", want: {} },
    { text: "IgnoreUnknown=false;MAC=x", want: { MAC: "x" } },
    { text: "IP=1;IP=2", want: { IP: "2" } },
    { text: "IP=1;IP=", want: {} },
    { text: "IgnoreUnknown=1;ip=1;__proto__=x;toString=y", want: {} },
  ])("reads $text", ({ text, want }) => {
    expect(parseCniArgs(text, KNOWN)).toEqual(want);
  });

  test.each([
    { text: "ip=10.0.0.1", says: '"ip" is unknown' },
    { text: "A=1;B=2;IgnoreUnknown=0", says: '"A", "B" is unknown' },
    { text: "IgnoreUnknown=yes", says: 'IgnoreUnknown="yes" is neither' },
    { text: "IP", says: '"IP" is no pair' },
    { text: "IP=a=b", says: '"IP=a=b" is no pair' },
    { text: "IP=1;", says: '"" is no pair' },
  ])("refuses $text", ({ text, says }) => {
    const read = () => parseCniArgs(text, KNOWN);
    expect(read).toThrow(CniError);
    expect(read).toThrow(`Cannot use CNI_ARGS: ${says}`);
    try {
      read();
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 4 });
    }
  });
});

describe("splitCniArgs()", () => {
  test("keeps order and repeated keys", () => {
    expect(splitCniArgs("B=1;A=;B=2")).toEqual([
      ["B", "1"],
      ["A", ""],
      ["B", "2"],
    ]);
  });
});
