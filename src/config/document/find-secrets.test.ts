import { describe, expect, test } from "bun:test";
import { findSecrets, holdsPrivateKey, maskSecrets } from "../mod.ts";

describe("maskSecrets()", () => {
  test.each([
    ["client-key-data:\n  SECRET\nb: 1", "client-key-data:\n  ***\nb: 1"],
    ["- token: |\n    SECRET\n  other: 1", "- token: |\n    ***\n  other: 1"],
    ["password: SECRET two words # why\nx: SHOWN", "password: *** # why\nx: SHOWN"],
    ['auth = "SECRET" # why', 'auth = "***" # why'],
    ["{user: {token: SECRET, name: x}}", "{user: {token: ***, name: x}}"],
    ["token: !!str SECRET\nx: 1", "token: !!str ***\nx: 1"],
    ["A=b PASSWORD=SECRET C=d", "A=b PASSWORD=*** C=d"],
    ["x --bootstrap-token SECRET \\\n  --other y", "x --bootstrap-token *** \\\n  --other y"],
    ["http://user:SECRET@proxy:3128/", "http://***@proxy:3128/"],
    ["http://user@proxy:3128/", "http://user@proxy:3128/"],
    ["secret:\n  secretName: a", "secret:\n  secretName: a"],
    ["# the token is in /etc/token", "# the token is in /etc/token"],
    ["token: true\npassword: null", "token: true\npassword: null"],
  ])("%j", (text, want) => expect(maskSecrets(text)).toBe(want));
});

test.each([
  ["-----BEGIN PRIVATE KEY-----\nx", true],
  ["a: |\n  -----BEGIN RSA PRIVATE KEY-----\n  x\n  -----END RSA PRIVATE KEY-----", true],
  ["-----BEGIN OPENSSH PRIVATE KEY-----\nx", true],
  ["users: [{user: {client-key-data: eA==}}]", true],
  ["-----BEGIN CERTIFICATE-----\nx", false],
  ["token: x", false],
])("holdsPrivateKey(%j) is %p", (text, want) => expect(holdsPrivateKey(text)).toBe(want));

/** Each would take minutes where every place is looked at from every other one. */
describe("security 6: no text makes findSecrets() slow", () => {
  const COUNT = 100_000;
  test.each([
    "token",
    "token: ",
    "token:\n",
    "token:\n ",
    'token: "',
    "password='",
    "://a:",
    "-----BEGIN PRIVATE KEY-----",
    "a",
    "token = [",
  ])("%j many times", (piece) => {
    expect(findSecrets(piece.repeat(COUNT)).length).toBeGreaterThanOrEqual(0);
  });
});
