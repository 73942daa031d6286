import { expect, test } from "bun:test";
import { renderEncryptionConfig, verifyEncryptionConfig } from "./encryption.ts";

const SOUND = renderEncryptionConfig();
const secret = /secret: (.*)/.exec(SOUND)?.[1] ?? "";

test("verifyEncryptionConfig() takes what pki writes, with Windows line ends as well", () => {
  expect(verifyEncryptionConfig(SOUND)).toEqual([]);
  expect(verifyEncryptionConfig(SOUND.replaceAll("\n", "\r\n"))).toEqual([]);
  expect(verifyEncryptionConfig(SOUND.replace("Configuration", "Config"))).toEqual([]);
});

test.each([
  ["0 bytes", "", "it is empty"],
  ["a NUL byte", SOUND.replace("kind", "ki\0nd"), "kind: "],
  ["UTF-16", Buffer.from(`\ufeff${SOUND}`, "utf16le").toString(), "the document: "],
  ["no map", "- a\n", "the document: "],
  ["another kind", SOUND.replace("EncryptionConfiguration", "Config"), "kind: "],
  ["another version", SOUND.replace("k8s.io/v1", "k8s.io/v9"), "apiVersion: "],
  ["no resources", SOUND.replace("resources:", "other:"), "resources: "],
  ["no keys", SOUND.replace("keys:", "key:"), "aescbc: keys: "],
  [
    "a variable that was not expanded",
    SOUND.replace(secret, "$" + "{ENCRYPTION_KEY}"),
    'the secret of "key1" is not',
  ],
  ["a key cut short", SOUND.replace(secret, secret.slice(0, 20)), 'the secret of "key1" is not'],
])("verifyEncryptionConfig() refuses %s and never prints the key", (_what, text, why) => {
  const [problem, ...more] = verifyEncryptionConfig(text);
  expect(more).toEqual([]);
  expect(problem?.message).toStartWith(`Cannot use the encryption configuration: ${why}`);
  expect(problem?.message).not.toContain(secret);
  expect(problem?.fix).toStartWith("Restore it");
});
