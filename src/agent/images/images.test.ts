import { describe, expect, test } from "bun:test";
import { pullPolicy, withTag } from "./image-name.ts";
import { loginsOf } from "./pull-secrets.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

test.each([
  ["busybox", "busybox:latest"],
  ["library/busybox:1.37", "library/busybox:1.37"],
  ["host.example:5000/a/b", "host.example:5000/a/b:latest"],
  [`a/b@${DIGEST}`, `a/b@${DIGEST}`],
  [`a/b:1@${DIGEST}`, `a/b:1@${DIGEST}`],
  ["Upper", undefined],
  ["a b", undefined],
  ["a//b", undefined],
  ["", undefined],
])("withTag(%p) is %p", (image, want) => {
  expect(withTag(image)).toBe(want as string);
});

test.each([
  ["busybox", undefined, "Always"],
  ["busybox:latest", undefined, "Always"],
  ["busybox:1", undefined, "IfNotPresent"],
  [`busybox@${DIGEST}`, undefined, "IfNotPresent"],
  ["busybox", "Never", "Never"],
])("pullPolicy(%p, %p) is %p", (image, policy, want) => {
  expect(pullPolicy(image, policy)).toBe(want);
});

describe("loginsOf()", () => {
  const login = (user: string) => ({ auth: Buffer.from(`${user}:pa:ss`).toString("base64") });
  const config = (auths: object) =>
    new Map([[".dockerconfigjson", Buffer.from(JSON.stringify({ auths }))]]);

  test.each([
    { registry: "reg.example", image: "reg.example/a:1", found: true },
    { registry: "https://reg.example/v2/", image: "reg.example/a:1", found: true },
    { registry: "reg.example/team", image: "reg.example/team/a:1", found: true },
    { registry: "reg.example/team", image: "reg.example/other/a:1", found: false },
    { registry: "*.example", image: "reg.example/a:1", found: true },
    { registry: "*.example", image: "a.reg.example/a:1", found: false },
    { registry: "https://index.docker.io/v1/", image: "busybox:1", found: true },
    { registry: "reg.example", image: "reg.example.evil/a:1", found: false },
  ])("$registry for $image: $found", ({ registry, image, found }) => {
    expect(loginsOf(config({ [registry]: login("u") }), image).length === 1).toBe(found);
  });

  test("gives user and password, the most exact registry first", () => {
    const auths = { "r.io": login("all"), "r.io/team": login("team") };
    const logins = loginsOf(config(auths), "r.io/team/a");
    expect(logins.map(({ username, password }) => [username, password])).toEqual([
      ["team", "pa:ss"],
      ["all", "pa:ss"],
    ]);
  });

  test("takes a broken secret for none", () => {
    expect(loginsOf(new Map([[".dockerconfigjson", Buffer.from("{")]]), "a")).toEqual([]);
  });
});
