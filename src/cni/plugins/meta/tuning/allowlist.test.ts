import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkAllowlist, parseAllowlist } from "./allowlist.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "nodewright-allowlist-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function check(text: string, ...keys: string[]): () => void {
  const path = join(directory, "allowlist.conf");
  writeFileSync(path, text);
  return () => checkAllowlist(keys, path);
}

describe("checkAllowlist()", () => {
  test("everything is allowed where there is no file", () => {
    expect(() => checkAllowlist(["net.x"], join(directory, "none"))).not.toThrow();
  });

  test("nothing is allowed by an empty one", () => {
    expect(check("\n  \n", "net.x")).toThrow(/Cannot set the sysctl "net.x": ".*" does not allow/);
    expect(check("")).not.toThrow();
  });

  test("one expression that fits a part is enough", () => {
    expect(check("ipv6\n ip_forward \n", "net.ipv4.ip_forward")).not.toThrow();
    expect(check("^net\\.ipv4\\.", "net.ipv4.ip_forward", "net.ipv6.x")).toThrow('"net.ipv6.x"');
  });
});

describe("parseAllowlist() reads the reference's dialect", () => {
  test.each([
    ["^net\\.ipv4\\.conf\\.[a-z0-9]+\\.rp_filter$", "net.ipv4.conf.eth0.rp_filter", true],
    ["^net\\.ipv4\\.conf\\.[[:alpha:]]+\\.x$", "net.ipv4.conf.eth.x", true],
    ["^net\\.ipv4\\.conf\\.[[:alpha:]]+\\.x$", "net.ipv4.conf.eth0.x", false],
    ["(?i)^NET\\.X$", "net.x", true],
    ["\\Anet\\.x\\z", "net.x", true],
    ["\\Anet\\.x\\z", "net.xy", false],
    ["^net\\.a\\-b\\_c$", "net.a-b_c", true],
    ["^net\\.[a\\-z]$", "net.-", true],
    ["^net\\.[a\\-z]$", "net.m", false],
    ["^(?P<top>net)\\.x$", "net.x", true],
  ])("%s for %s: %p", (expression, key, fits) => {
    expect(parseAllowlist(expression, "list").some((one) => one.test(key))).toBe(fits);
  });

  test.each(["net.(x", "net.\\q", "[z-a]", "net.{2,1}"])(
    "refuses %j with its line",
    (expression) => {
      expect(() => parseAllowlist(`net\n${expression}\n`, "list")).toThrow(
        /^Cannot read line 2 of "list": /,
      );
    },
  );
});
